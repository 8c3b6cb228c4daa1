"""The same request alone, again, beside others and by two workers: by how much its pixels differ at most.

Once for each value of ``executor.reproducible``, by real workers on this machine's CPU.
"""

import argparse
import asyncio
import io
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks import options as common
from benchmarks.stream import Stream, opened
from config.settings.executor import Reproducible
from generation.request import NOISE, ImagineRequest

Pixels = npt.NDArray[np.int16]
PROMPTS = ("a sunset over the sea", "a lighthouse at night", "green hills")
"""Of the others."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("--size", type=common.size, default=128, help="default: 128")
    parser.add_argument("--steps", type=common.count, default=50, help="default: 50")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return the largest differences from the picture alone, in levels of 255."""
    side = options.size
    request = ImagineRequest("", "a red apple", 7, side, side, options.steps, init=NOISE)
    exact, fast = (asyncio.run(_differences(request, each)) for each in ("exact", "fast"))
    return {
        "exact": exact,
        "fast": fast,
        "exact_largest": max(exact.values()),
        "fast_largest": max(fast.values()),
        "size": side,
        "steps": options.steps,
        "models": "pocket",
    }


async def _differences(request: ImagineRequest, reproducible: Reproducible) -> dict[str, int]:
    async with opened(["cpu"], reproducible) as one:
        alone = await _painted(one, replace(request, id="alone"))
        again = await _painted(one, replace(request, id="again"))
        beside = await _painted(one, replace(request, id="beside"), *_others(request))
    async with opened(["cpu", "cpu"], reproducible) as two:
        by_two = await _painted(two, replace(request, id="two"), *_others(request))
    pictures = {"again": again, "beside_others": beside, "two_workers": by_two}
    return {name: int(np.abs(each - alone).max()) for name, each in pictures.items()}


def _others(request: ImagineRequest) -> list[ImagineRequest]:
    return [replace(request, id=prompt, prompt=prompt, seed=seed) for seed, prompt in enumerate(PROMPTS)]


async def _painted(stream: Stream, request: ImagineRequest, *others: ImagineRequest) -> Pixels:
    """Return the pixels of a request that waits behind the first of others and is followed by the rest."""
    requests = [*others[:1], request, *others[1:]]
    for each in requests:
        await stream.submit(each)
    await stream.until_painted(requests)
    with Image.open(io.BytesIO(stream.pngs[request.id])) as image:
        return np.asarray(image.convert("RGB"), np.int16)
