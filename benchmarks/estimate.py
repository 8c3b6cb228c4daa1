"""The forecast: when members are told that their picture will be finished, and when it was.

Unlike requests of several members come one after the other, through the bot's queue to a worker with the pocket
models. Noted is what the member is told when the request is taken in, while others are in line and others still come,
and when its painting begins. A few pictures are painted before, as in a bot that has been up for a while.
"""

import argparse
import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from benchmarks.options import count
from benchmarks.stream import Stream, opened
from generation.request import ImagineRequest

SHAPES = ((64, 64), (128, 64), (128, 128), (192, 128))
MEMBERS = 4
AT_ONCE = 4
"""Requests that come together in the beginning."""
PAUSE = 1.5
"""Seconds from one request to the next after them, on average."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("--requests", type=count, default=24, help="default: 24")
    parser.add_argument("--steps", nargs=2, type=count, default=(20, 80), help="from and to (default: 20 80)")
    parser.add_argument("--devices", nargs="+", default=["cpu"], help="one worker each (default: cpu)")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return the mean and the 90th percentile of the relative errors."""
    forecasts = asyncio.run(_measure(options.requests, options.devices, options.steps))
    result: dict[str, object] = {"requests": options.requests, "devices": options.devices, "models": "pocket"}
    for moment, pairs in forecasts.items():
        errors = sorted(abs(told - came) / came for told, came in pairs)
        result[f"{moment}_mean_error"] = mean(errors)
        result[f"{moment}_p90_error"] = errors[max(0, -(-9 * len(errors) // 10) - 1)]
        result[f"{moment}_told_and_came_s"] = [[round(told, 2), round(came, 2)] for told, came in pairs]
    return result


@dataclass(frozen=True, slots=True)
class Word:
    """What a member was told.

    Args:
        time: when, on the monotonic clock.
        seconds: so long it would still take.
    """

    time: float
    seconds: float


async def _measure(number: int, devices: Sequence[str], steps: Sequence[int]) -> dict[str, list[tuple[float, float]]]:
    """Return the seconds that were told and those that it took, at either moment."""
    chance = random.Random(0)
    async with opened(devices) as stream:
        await _warm_up(stream, steps[0])
        admitted: dict[str, Word] = {}
        begun: dict[str, Word] = {}

        def note(words: dict[str, Word], request: ImagineRequest) -> None:
            words[request.id] = Word(time.monotonic(), stream.seconds_left(request))

        stream.on_begun = lambda request: note(begun, request)
        requests = [
            _request(f"r{index}", chance.choice(SHAPES), chance.randint(*steps), index) for index in range(number)
        ]
        for index, request in enumerate(requests):
            await stream.submit(request)
            note(admitted, request)
            await asyncio.sleep(chance.expovariate(1 / PAUSE) if index >= AT_ONCE else 0.0)
        await stream.until_painted(requests)
        return {
            moment: [(word.seconds, stream.finished[each] - word.time) for each, word in words.items()]
            for moment, words in (("admitted", admitted), ("begun", begun))
        }


async def _warm_up(stream: Stream, steps: int) -> None:
    requests = [_request(f"w{index}", shape, steps, 0) for index, shape in enumerate(SHAPES)]
    for request in requests:
        await stream.submit(request)
    await stream.until_painted(requests)


def _request(name: str, shape: tuple[int, int], steps: int, number: int) -> ImagineRequest:
    return ImagineRequest(name, "a lighthouse in a storm", number, *shape, steps, f"m{number % MEMBERS}")
