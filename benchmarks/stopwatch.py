"""How long things take, measured in turn, so that whatever else the machine does hits all of them alike."""

import time
from collections.abc import Callable, Mapping
from statistics import median

import torch


def wait_for(device: torch.device) -> None:
    """Return when the device has done all that it was told to."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def seconds(task: Callable[[], object], device: torch.device, repeats: int = 1) -> float:
    """Return how long a task takes, done so often in a row, until the device is done with it."""
    wait_for(device)
    start = time.perf_counter()
    for _ in range(repeats):
        task()
    wait_for(device)
    return time.perf_counter() - start


def alternate(
    tasks: Mapping[str, Callable[[], object]], device: torch.device, rounds: int, repeats: int
) -> dict[str, list[float]]:
    """Return the seconds of a repetition of each task, in each round.

    Args:
        tasks: by name; every round does each of them ``repeats`` times in a row before the next one's turn.
        device: on which they work.
        rounds: at least 1.
        repeats: at least 1.
    """
    taken: dict[str, list[float]] = {name: [] for name in tasks}
    for _ in range(rounds):
        for name, task in tasks.items():
            taken[name].append(seconds(task, device, repeats) / repeats)
    return taken


def medians(taken: Mapping[str, list[float]]) -> dict[str, float]:
    """Return the median of each list."""
    return {name: median(each) for name, each in taken.items()}
