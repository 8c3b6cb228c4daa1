"""Two CPU workers that share the cores, against one that has them all: pictures a second, in turn."""

import argparse
import asyncio
import time
from collections.abc import Sequence
from statistics import median

from benchmarks.options import count, rounds, size
from benchmarks.stream import Stream, opened
from generation.request import ImagineRequest

WARM_UP_STEPS = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    rounds(3)(parser)
    parser.add_argument("--size", type=size, default=128, help="default: 128")
    parser.add_argument("--requests", type=count, default=6, help="in a round for each; even is fair (default: 6)")
    parser.add_argument("--steps", type=count, default=40, help="of each request (default: 40)")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return the pictures a second of one and of two, and their ratio."""
    taken = asyncio.run(_measure(options))
    seconds = {name: median(each) for name, each in taken.items()}
    return {
        "one_pictures_per_s": options.requests / seconds["one"],
        "two_pictures_per_s": options.requests / seconds["two"],
        "ratio": seconds["one"] / seconds["two"],
        "size": options.size,
        "steps": options.steps,
        "requests": options.requests,
        "models": "pocket",
        "rounds_s": taken,
    }


async def _measure(options: argparse.Namespace) -> dict[str, list[float]]:
    """Keep both ready, and let one of them paint at a time; the other sleeps."""
    taken: dict[str, list[float]] = {"one": [], "two": []}
    async with opened(["cpu"]) as one, opened(["cpu", "cpu"]) as two:
        for turn in range(options.rounds + 1):
            steps = options.steps if turn else WARM_UP_STEPS
            for name, stream in (("one", one), ("two", two)):
                seconds = await _paint(stream, _requests(f"{turn}", options.requests, options.size, steps))
                if turn:
                    taken[name].append(seconds)
    return taken


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
