"""Many requests in one channel: from when a picture is painted until it is shown, within Discord's rate limits.

Everything is real and in processes of its own, as in ``ack``. All requests are asked for in one channel as fast as its
members may write there; the sandbox enforces the limits that are observed of Discord. That a picture is painted is read
off the bot's log, that it is shown is seen where a member's client sees it.
"""

import argparse
import asyncio
import re
import time
from contextlib import AsyncExitStack
from statistics import median
from typing import Any

import aiohttp

from benchmarks.ack import bot, sandbox
from benchmarks.errors import BenchmarkError
from benchmarks.options import count

CHANNEL = "art"
SETTINGS = ("queue.total=1000", "queue.per_member=1000", "log.level=info")
REQUEST = ".imagine a red apple --seed {number} --size {size} --steps {steps}"
FINISHED = re.compile(rb"\] finished .*a-red-apple-(\d+)\.png")
SHOWN = re.compile(r"Again: .*--seed (\d+)\b")
HEARTBEAT_SECONDS = 20.0
LONGEST = 1800.0
"""Seconds that all of it may take."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("--requests", type=count, default=50, help="default: 50")
    parser.add_argument("--steps", type=count, default=40, help="default: 40")
    parser.add_argument("--size", default="64x64", help="default: 64x64")
    parser.add_argument("--devices", default="[cpu]", help="setting executor.devices (default: [cpu], on all cores)")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return the seconds from painted to shown."""
    painted, shown = asyncio.run(_measure(options))
    waits = sorted(shown[number] - painted[number] for number in shown)
    times = sorted(painted.values())
    return {
        "p50_s": median(waits),
        "max_s": waits[-1],
        "requests": len(waits),
        "seconds_per_picture": (times[-1] - times[0]) / max(1, len(times) - 1),
        "devices": options.devices,
    }


async def _measure(options: argparse.Namespace) -> tuple[dict[int, float], dict[int, float]]:
    painted: dict[int, float] = {}
    shown: dict[int, float] = {}
    settings = (*SETTINGS, f"executor.devices={options.devices}")

    def note(line: bytes) -> None:
        if match := FINISHED.search(line):
            painted[int(match[1])] = time.perf_counter()

    async with sandbox() as url, aiohttp.ClientSession() as http, AsyncExitStack() as stack:
        async with http.get(f"{url}/sandbox/state") as response:
            state = await response.json()
        await stack.enter_async_context(bot(url, state["bot"]["token"], settings, note))
        channel = next(each["id"] for each in state["channels"] if each["name"] == CHANNEL)
        tokens = [each["token"] for each in state["members"]]
        socket = await stack.enter_async_context(http.ws_connect(f"{url}/gateway?v=10&encoding=json"))
        await socket.send_json({"op": 2, "d": {"token": tokens[0], "properties": {}}})
        texts = [
            REQUEST.format(number=number, size=options.size, steps=options.steps) for number in range(options.requests)
        ]
        async with asyncio.TaskGroup() as tasks:
            for at, token in enumerate(tokens):
                tasks.create_task(
                    _ask(http, f"{url}/api/v10/channels/{channel}/messages", token, texts[at :: len(tokens)])
                )
            heart = tasks.create_task(_beat(socket))
            try:
                async with asyncio.timeout(LONGEST):
                    while len(shown) < options.requests:
                        _see(await socket.receive_json(), shown)
            except TimeoutError:
                raise BenchmarkError(f"{len(shown)} of {options.requests} pictures were shown.") from None
            heart.cancel()
    return painted, shown


async def _beat(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Keep the connection to the gateway."""
    while True:
        await asyncio.sleep(HEARTBEAT_SECONDS)
        await socket.send_json({"op": 1, "d": None})


def _see(frame: Any, shown: dict[int, float]) -> None:
    if frame["t"] in ("MESSAGE_CREATE", "MESSAGE_UPDATE") and (match := SHOWN.search(frame["d"]["content"])):
        shown.setdefault(int(match[1]), time.perf_counter())


async def _ask(http: aiohttp.ClientSession, url: str, token: str, texts: list[str]) -> None:
    """Write one message after the other, as fast as that is allowed."""
    for text in texts:
        while True:
            async with http.post(url, json={"content": text}, headers={"Authorization": token}) as response:
                answer = await response.json()
            if response.ok:
                break
            if response.status != 429:
                raise BenchmarkError(f"The sandbox refused what a member wrote: {answer['message']}")
            await asyncio.sleep(answer["retry_after"])
