import pytest

from generation.course import step_cost
from generation.dispatch.throughput import HALF_LIFE_SECONDS, Pace, Throughput

SMALL, LARGE = (128, 128), (512, 512)


def test_before_anything_is_measured_large_pictures_are_slower() -> None:
    pace = Throughput()
    assert 0 < pace.step_seconds(SMALL, 1) < pace.step_seconds(LARGE, 1)


def test_the_first_measurement_replaces_the_guess() -> None:
    pace = Throughput()
    pace.observe(SMALL, 1, 2.0)
    assert pace.step_seconds(SMALL, 1) == pytest.approx(2.0)
    assert pace.step_seconds(LARGE, 1) == pytest.approx(2.0 * step_cost(LARGE) / step_cost(SMALL), rel=1e-4)


@pytest.mark.parametrize("seconds", [0.01, 20.0])
def test_what_is_measured_now_counts_most(seconds: float) -> None:
    pace = Throughput()
    for _ in range(100):
        pace.observe(SMALL, 1, 10.0)
    for _ in range(10_000):
        pace.observe(SMALL, 1, seconds)
    assert pace.step_seconds(SMALL, 1) == pytest.approx(seconds, rel=0.01)


def test_steps_may_be_reported_together() -> None:
    one_by_one, together = Throughput(), Throughput()
    for _ in range(10):
        one_by_one.observe(SMALL, 2, 0.5)
    together.observe(SMALL, 2, 5.0, steps=10)
    assert one_by_one.step_seconds(SMALL, 2) == pytest.approx(together.step_seconds(SMALL, 2))


@pytest.mark.parametrize(("batch", "seconds"), [(1, 1.0), (2, 2.0), (4, 3.0), (6, 4.0), (12, 8.0)])
def test_a_batch_that_was_never_measured_is_derived_from_its_neighbours(batch: int, seconds: float) -> None:
    pace = Throughput()
    pace.observe(SMALL, 2, 2.0)
    pace.observe(SMALL, 6, 4.0)
    pace.observe(LARGE, 1, 100.0)
    assert pace.step_seconds(SMALL, batch) == pytest.approx(seconds)


def test_a_pace_is_that_of_late() -> None:
    pace = Pace()
    assert pace.steps_per_second is None
    pace.observe(2, 5.0, steps=10)
    assert pace.steps_per_second == pytest.approx(4.0)
    pace.observe(1, 10 * HALF_LIFE_SECONDS, steps=1)
    assert pace.steps_per_second == pytest.approx(1 / (10 * HALF_LIFE_SECONDS), rel=0.1)
