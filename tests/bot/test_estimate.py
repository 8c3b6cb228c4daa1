import pytest

from bot.estimate import Pace, estimate
from generation.request import ImagineRequest


def a_request(number: int, steps: int = 10) -> ImagineRequest:
    return ImagineRequest(f"r{number}", "a cat", 7, 10, 10, steps)


def test_the_first_measurement_replaces_the_guess() -> None:
    pace = Pace()
    pace.observe(2.0, 1_000_000)
    assert pace.seconds(1_000_000) == pytest.approx(2.0, rel=0.01)


def test_what_is_measured_now_counts_most() -> None:
    pace = Pace()
    for _ in range(100):
        pace.observe(10.0, 1000)
    for _ in range(100):
        pace.observe(20.0, 1000)
    assert pace.seconds(1000) == pytest.approx(20.0, rel=0.02)


def test_the_queue_is_played_through() -> None:
    pace = Pace()
    pace.observe(10.0, 1_000_000)
    waiting = [a_request(0, 10_000), a_request(1, 30_000), a_request(2, 10_000)]
    played = estimate(waiting, [105.0], 2, pace, now=100.0)
    assert [round(turn.starts) for turn in played] == [100, 105, 110]
    assert [round(turn.finishes) for turn in played] == [110, 135, 120]


def test_a_picture_that_is_overdue_is_expected_at_any_moment() -> None:
    pace = Pace()
    pace.observe(10.0, 1_000_000)
    (turn,) = estimate([a_request(0, 10_000)], [50.0], 1, pace, now=100.0)
    assert round(turn.starts) == 100
    assert round(turn.finishes) == 110
