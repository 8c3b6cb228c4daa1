"""CPU workers in turn: one with all cores, two that divide them, and two that compute with as many threads as one.

The last two are what ``executor.reproducible`` chooses between.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from statistics import median

from benchmarks.options import count, rounds, size
from benchmarks.stream import Stream, opened
from generation.request import ImagineRequest

WARM_UP_STEPS = 3

Taken = dict[str, list[float]]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    rounds(3)(parser)
    parser.add_argument("--size", type=size, default=128, help="default: 128")
    parser.add_argument("--requests", type=count, default=6, help="in a round for each; even is fair (default: 6)")
    parser.add_argument("--steps", type=count, default=40, help="of each request (default: 40)")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return pictures a second, ``ratio`` of two workers to one, and what ``exact`` costs two, as parts of ``fast``."""
    wall, cpu = asyncio.run(_measure(options))
    seconds, computed = ({name: median(each) for name, each in taken.items()} for taken in (wall, cpu))
    return {
        **{f"{name}_pictures_per_s": options.requests / each for name, each in seconds.items()},
        "ratio": seconds["one"] / seconds["two"],
        "exact_cost": seconds["two_exact"] / seconds["two"] - 1,
        "exact_cpu_cost": computed["two_exact"] / computed["two"] - 1,
        "size": options.size,
        "steps": options.steps,
        "requests": options.requests,
        "models": "pocket",
        "rounds_s": wall,
        "rounds_cpu_s": cpu,
    }


async def _measure(options: argparse.Namespace) -> tuple[Taken, Taken]:
    """Keep all ready, and let one of them paint at a time; the others sleep. Return seconds and seconds computed."""
    wall: Taken = {"one": [], "two": [], "two_exact": []}
    cpu: Taken = {name: [] for name in wall}
    pair = ["cpu", "cpu"]
    async with opened(["cpu"]) as one, opened(pair) as two, opened(pair, "exact") as two_exact:
        for turn in range(options.rounds + 1):
            steps = options.steps if turn else WARM_UP_STEPS
            for name, stream in (("one", one), ("two", two), ("two_exact", two_exact)):
                before = stream.cpu_seconds()
                seconds = await _paint(stream, _requests(f"{turn}", options.requests, options.size, steps))
                if turn:
                    wall[name].append(seconds)
                    cpu[name].append(stream.cpu_seconds() - before)
    return wall, cpu


async def _paint(stream: Stream, requests: Sequence[ImagineRequest]) -> float:
    start = time.monotonic()
    for request in requests:
        await stream.submit(request)
    await stream.until_painted(requests)
    return time.monotonic() - start


def _requests(turn: str, number: int, side: int, steps: int) -> list[ImagineRequest]:
    return [
        ImagineRequest(f"{turn}-{seed}", "a lighthouse in a storm", seed, side, side, steps) for seed in range(number)
    ]
