import pytest

from training import budget
from training.budget import Budget


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


def test_rate_rises_and_then_falls_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(budget, "time", clock)
    hour = Budget(60)
    assert hour.rate(0) == pytest.approx(1 / 50)
    assert hour.rate(100) == pytest.approx(1)
    clock.now += 1800
    assert hour.progress == pytest.approx(0.5)
    assert hour.rate(100) == pytest.approx(0.505)
    clock.now += 3600
    assert hour.progress == 1
    assert hour.rate(100) == pytest.approx(0.01)


def test_time_spent_before_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "time", Clock())
    assert Budget(60, spent=900).progress == pytest.approx(0.25)
