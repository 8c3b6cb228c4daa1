"""When a picture will be started and finished, as far as one can tell."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass

from generation.request import ImagineRequest

GUESS = 5e-6
"""Seconds per unit of cost before anything has been painted: a laptop with the pocket models."""
HALF_LIFE = 300.0
"""Seconds of painting after which a measurement counts half."""


class Pace:
    """Seconds of painting per unit of cost: measured, and forgetting the past exponentially."""

    def __init__(self) -> None:
        self._seconds = GUESS
        self._cost = 1.0

    def observe(self, seconds: float, cost: float) -> None:
        """Take note that ``cost`` was painted in ``seconds``."""
        keep = 0.5 ** (seconds / HALF_LIFE)
        self._seconds = self._seconds * keep + seconds
        self._cost = self._cost * keep + cost

    def seconds(self, cost: float) -> float:
        """Return how long ``cost`` takes."""
        return cost * self._seconds / self._cost


@dataclass(frozen=True, slots=True)
class Estimate:
    """When a request is started and when it is finished, in Unix seconds."""

    starts: float
    finishes: float


def estimate(
    waiting: Iterable[ImagineRequest], running: Iterable[float], slots: int, pace: Pace, now: float
) -> list[Estimate]:
    """Play the queue through: each request goes to the slot that is free first.

    Args:
        waiting: the requests in line, next first.
        running: when each picture that is being painted will be finished, in Unix seconds.
        slots: how many pictures are painted at a time.
        pace: how fast.
        now: Unix time in seconds.
    """
    free = [max(now, finishes) for finishes in running]
    free += [now] * (slots - len(free))
    heapq.heapify(free)
    estimates = []
    for request in waiting:
        starts = heapq.heappop(free)
        finishes = starts + pace.seconds(request.cost)
        heapq.heappush(free, finishes)
        estimates.append(Estimate(starts, finishes))
    return estimates
