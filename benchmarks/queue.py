"""The queue: one request in and one out, with many waiting and with few, in turn."""

import argparse
import time
from itertools import count
from statistics import median

from benchmarks.options import rounds
from bot.queue import RequestQueue
from generation.capacity import Capacity
from generation.dispatch.devices import Device, Pool, Running
from generation.request import ImagineRequest

FEW, MANY = 100, 10_000
CURVE = (100, 1_000, 10_000, 100_000)
MEMBERS = 100
SHAPES = ((128, 128), (256, 256), (512, 256), (512, 512))
PAIRS = 200
"""In and out so often at a time; the median is over all of them."""


class Line:
    """A queue in which always the same number of requests waits, beside two devices that paint.

    Args:
        waiting: so many.
    """

    def __init__(self, waiting: int) -> None:
        self.queue = RequestQueue(total=2 * waiting + PAIRS, per_member=2 * waiting + PAIRS)
        self.pool = Pool((_device("cuda:0", SHAPES[:2]), _device("cuda:1", SHAPES[2:])))
        self._numbers = count()
        for _ in range(waiting):
            self.queue.admit(self._request())

    def turn(self) -> list[float]:
        """Return the seconds of each of some pairs of one in and one out."""
        taken = []
        for _ in range(PAIRS):
            request = self._request()
            start = time.perf_counter()
            self.queue.admit(request)
            out = self.queue.take(self.pool)
            taken.append(time.perf_counter() - start)
            assert out is not None
            self.queue.remove(out.id)
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
    lines = {waiting: Line(waiting) for waiting in CURVE}
    taken: dict[int, list[float]] = {waiting: [] for waiting in CURVE}
    for line in lines.values():
        line.turn()
    for _ in range(options.rounds):
        for waiting, line in lines.items():
            taken[waiting] += line.turn()
    microseconds = {waiting: 1e6 * median(each) for waiting, each in taken.items()}
    return {
        "ratio": microseconds[MANY] / microseconds[FEW],
        "few_us": microseconds[FEW],
        "many_us": microseconds[MANY],
        "members": MEMBERS,
        "curve_us": {str(waiting): each for waiting, each in microseconds.items()},
        "curve_p99_us": {str(waiting): 1e6 * sorted(each)[99 * len(each) // 100] for waiting, each in taken.items()},
    }


def _device(name: str, shapes: tuple[tuple[int, int], ...]) -> Device:
    """Return a device that paints one picture of each shape and has room for more."""
    requests = [ImagineRequest(f"{name}-{shape}", "the sea", 0, *shape, 100) for shape in shapes]
    return Device(name, Capacity(8), running={request.id: Running(request) for request in requests})
