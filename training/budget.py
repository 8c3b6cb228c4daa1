"""Training by the clock: so many minutes, interrupted or not."""

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch


class Budget:
    """A time budget that goes on where an interrupted training stopped.

    Args:
        minutes: for the whole training.
        spent: seconds that earlier runs have used up.
        clock: in seconds.
    """

    def __init__(self, minutes: float, spent: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = minutes * 60
        self._clock = clock
        self._start = clock() - spent

    @property
    def spent(self) -> float:
        """Seconds of training so far."""
        return self._clock() - self._start

    @property
    def progress(self) -> float:
        """Share of the budget that is used up, 0 to 1."""
        return min(1.0, self.spent / self._seconds)

    def rate(self, step: int, warmup: int = 50, floor: float = 0.01) -> float:
        """Return the learning rate as a share of the highest: a linear start, then a cosine over the time."""
        cosine = 0.5 * (1 + math.cos(math.pi * self.progress))
        return min(1.0, (step + 1) / warmup) * (floor + (1 - floor) * cosine)


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint; an interruption leaves the old one whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def load_checkpoint(path: Path, device: torch.device | None = None) -> dict[str, Any] | None:
    """Read a checkpoint, if there is one."""
    if not path.exists():
        return None
    state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    return state
