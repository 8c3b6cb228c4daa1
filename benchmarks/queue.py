"""The queue: one request in and one out, with many waiting and with few, in turn."""

import argparse
import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from itertools import count
from statistics import median
from typing import Self

from benchmarks.options import rounds
from generation.capacity import Capacity
from generation.dispatch.dispatcher import Dispatcher
from generation.events import Event, Finished, Offer, Ready
from generation.request import ImagineRequest
from generation.targets import Steering

FEW, MANY = 100, 10_000
CURVE = (100, 1_000, 10_000)
MEMBERS = 100
SHAPES = ((128, 128), (256, 256), (512, 256), (512, 512))
SLOTS = 8
"""Of a device."""
HOUR = 3600.0
PAIRS = 200
"""In and out so often at a time; the median is over all of them."""


class Devices:
    """An executor without processes: two devices that finish what they are told to."""

    outlives = False
    inherited = ()

    def __init__(self) -> None:
        self._events: asyncio.Queue[tuple[int, Event]] = asyncio.Queue()
        self._painted: deque[tuple[int, str]] = deque()
        self.taken = asyncio.Event()
        """Set when one is told to paint."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def send(self, device: int, request: ImagineRequest, *_: object) -> None:
        """Paint it."""
        self._painted.append((device, request.id))
        self.taken.set()

    def steer(self, device: int, request_id: str, steering: Sequence[Steering]) -> None:
        """Paint it otherwise."""

    def abort(self, device: int, request_id: str) -> None:
        """Stop painting it."""

    def suspend(self, device: int, request_id: str) -> None:
        """Stop painting it."""

    async def events(self) -> AsyncIterator[tuple[int, Event]]:
        """Yield what happens."""
        for number in range(2):
            yield number, Ready(f"cuda:{number}", Offer(Capacity(SLOTS)))
        while True:
            yield await self._events.get()

    def finish(self) -> None:
        """Finish the oldest."""
        device, request_id = self._painted.popleft()
        self._events.put_nowait((device, Finished(request_id, b"", 0.0)))


class Line:
    """A dispatcher with which always the same number of requests waits, beside two devices that are full.

    Args:
        waiting: so many.
    """

    def __init__(self, waiting: int) -> None:
        self.devices = Devices()
        plenty = 2 * (waiting + PAIRS + SLOTS)
        self.dispatcher = Dispatcher(self.devices, total=plenty, per_member=plenty, forecast_seconds=HOUR)
        self.running = asyncio.create_task(self.dispatcher.run())
        self._waiting = waiting
        self._numbers = count()

    async def fill(self) -> None:
        """Let so many wait."""
        for _ in range(self._waiting + 2 * SLOTS):
            await self.dispatcher.submit(self._request())
        async for update in self.dispatcher.updates():
            if update.record is self.dispatcher.snapshot().waiting[-1]:  # which the one forecast reaches last
                break

    async def turn(self) -> list[float]:
        """Return the seconds of each of some pairs of one in and one out."""
        taken = []
        for _ in range(PAIRS):
            request = self._request()
            self.devices.taken.clear()
            start = time.perf_counter()
            await self.dispatcher.submit(request)
            self.devices.finish()
            await self.devices.taken.wait()
            taken.append(time.perf_counter() - start)
        return taken

    def _request(self) -> ImagineRequest:
        number = next(self._numbers)
        width, height = SHAPES[number // MEMBERS % len(SHAPES)]
        steps = 100 + 50 * (number % 7)
        return ImagineRequest(f"r{number}", "the sea", number, width, height, steps, f"m{number % MEMBERS}")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    rounds(25)(parser)


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return ``ratio``, the microseconds of a pair with few and with many waiting, and the curve between."""
    microseconds = asyncio.run(_measure(options.rounds))
    medians = {waiting: median(each) for waiting, each in microseconds.items()}
    return {
        "ratio": medians[MANY] / medians[FEW],
        "few_us": medians[FEW],
        "many_us": medians[MANY],
        "members": MEMBERS,
        "curve_us": {str(waiting): each for waiting, each in medians.items()},
        "curve_p99_us": {str(waiting): sorted(each)[99 * len(each) // 100] for waiting, each in microseconds.items()},
    }


async def _measure(rounds: int) -> dict[int, list[float]]:
    """Return the microseconds of each pair, by how many waited."""
    lines = {waiting: Line(waiting) for waiting in CURVE}
    taken: dict[int, list[float]] = {waiting: [] for waiting in CURVE}
    for line in lines.values():
        await line.fill()
        await line.turn()
    for _ in range(rounds):
        for waiting, line in lines.items():
            taken[waiting] += [1e6 * seconds for seconds in await line.turn()]
    for line in lines.values():
        line.running.cancel()
    return taken
