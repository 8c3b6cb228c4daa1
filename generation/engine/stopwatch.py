"""How long steps take."""

import time
from collections import deque
from collections.abc import Callable

import torch

AHEAD = 1
"""Steps that may be queued on a GPU behind the one that it computes."""


class Stopwatch:
    """Times one step after the other on a device.

    A GPU computes while the processor prepares what comes next, so there a step's time is known only later; and the
    processor waits here so that it is never far ahead.

    Args:
        device: that computes.
        clock: of the processor, in seconds.
    """

    def __init__(self, device: torch.device, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._cuda = device.type == "cuda"
        self._under_way: deque[tuple[torch.cuda.Event, torch.cuda.Event, Callable[[float], None]]] = deque()
        self._started = 0.0
        self._start_event: torch.cuda.Event | None = None

    def start(self) -> None:
        """Note that a step begins."""
        self._started = self._clock()
        if self._cuda:
            self._start_event = torch.cuda.Event(enable_timing=True)
            self._start_event.record()

    def stop(self, report: Callable[[float], None]) -> None:
        """Note that it ends; ``report`` gets its seconds, now or when a later step ends."""
        if self._start_event is None:
            report(self._clock() - self._started)
            return
        end = torch.cuda.Event(enable_timing=True)
        end.record()
        self._under_way.append((self._start_event, end, report))
        while len(self._under_way) > AHEAD:
            start, end, report = self._under_way.popleft()
            end.synchronize()
            report(start.elapsed_time(end) / 1000)
