import pytest

from training.budget import Budget


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_rate_rises_and_then_falls_with_the_time() -> None:
    clock = Clock()
    hour = Budget(60, clock=clock)
    assert hour.rate(0) == pytest.approx(1 / 50)
    assert hour.rate(100) == pytest.approx(1)
    clock.now += 1800
    assert hour.progress == pytest.approx(0.5)
    assert hour.rate(100) == pytest.approx(0.505)
    clock.now += 3600
    assert hour.progress == 1
    assert hour.rate(100) == pytest.approx(0.01)


def test_time_spent_before_counts() -> None:
    assert Budget(60, 900, Clock()).progress == pytest.approx(0.25)
