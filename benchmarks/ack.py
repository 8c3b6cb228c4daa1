"""The acknowledgement: from a member's message to the bot's reply beside it, while all workers are busy.

Everything is real and in processes of its own: discord.py in `easel run`, workers that paint pictures from before the
measurement until after it, and the sandbox as Discord. Members ask for one picture after the other, which all
wait; the reply is seen where a member's client sees it, on a gateway connection. Requests come no faster than
Discord lets a bot post in as many channels, so that its rate limit is not what is measured. All messages are asked for
at their time, whether or not the replies to those before have come.
"""

import argparse
import asyncio
import contextlib
import os
import re
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median
from typing import Any, Self

import aiohttp

from benchmarks import machine
from benchmarks.errors import BenchmarkError
from benchmarks.options import count

ROOT = Path(__file__).parents[1]
CHANNELS = ("art", "general")
"""In which everybody may write and the bot may paint."""
POSTS_PER_SECOND = 0.5
"""In one channel; Discord lets a bot post five times in five seconds, and the bot keeps two of them for newcomers."""
WARM_UP = 6
PATIENCE = 240.0
"""Seconds that anything may take: a process to come up, a reply or a preview to come."""
SETTINGS = (
    "queue.total=100000",
    "queue.per_member=100000",
    "painting.max_steps=1000000",
    "log.level=info",
    "log.format=text",
)
REQUEST = ".imagine a lighthouse in a storm {number} --size 256x256 --steps 1000000"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("--messages", type=count, default=100, help="default: 100")
    parser.add_argument("--devices", default="[cpu]", help="setting executor.devices (default: [cpu], on all cores)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="further settings of the bot")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return the percentiles in milliseconds."""
    settings = (*SETTINGS, f"executor.devices={options.devices}", *options.set)
    seconds, busy = asyncio.run(_measure(options.messages, settings))
    taken = sorted(1000 * each for each in seconds)
    return {
        "p50_ms": median(taken),
        "p99_ms": taken[max(0, -(-99 * len(taken) // 100) - 1)],
        "max_ms": taken[-1],
        "messages": len(taken),
        "devices": options.devices,
        "cores_busy": busy,
        "sorted_ms": [round(each, 2) for each in taken],
    }


async def _measure(messages: int, settings: tuple[str, ...]) -> tuple[list[float], float | None]:
    async with sandbox() as url, aiohttp.ClientSession() as http, AsyncExitStack() as stack:
        async with http.get(f"{url}/sandbox/state") as response:
            state = await response.json()
        await stack.enter_async_context(bot(url, state["bot"]["token"], settings))
        members = [
            await stack.enter_async_context(Member(http, url, each["token"], state["bot"]["id"]))
            for each in state["members"]
        ]
        channels = [each["id"] for each in state["channels"] if each["name"] in CHANNELS]
        await _ask_all(members, channels, WARM_UP)
        await _next_preview(members)
        before = machine.processor_times()
        seconds = await _ask_all(members, channels, messages)
        after = machine.processor_times()
        await _next_preview(members)
        return seconds, machine.busy_share(before, after)


async def _next_preview(members: Sequence["Member"]) -> None:
    """Wait until a picture has grown, which shows that workers are painting."""
    waiting = [asyncio.create_task(member.next_preview()) for member in members]
    done, others = await asyncio.wait(waiting, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
    if not done:
        raise BenchmarkError(f"No worker painted within {PATIENCE:.0f} s.")


async def _ask_all(members: Sequence["Member"], channels: Sequence[str], messages: int) -> list[float]:
    """Ask at even intervals, whether or not the replies have come; return what each took.

    Every channel in turn, by one member after the other, then every member's conversation with the bot.
    """
    places = [(None, channel) for channel in channels] + [(member, member.conversation) for member in members]
    asking = []
    async with asyncio.TaskGroup() as group:
        for number in range(messages):
            member, channel = places[number % len(places)]
            member = member or members[number // len(places) % len(members)]
            asking.append(group.create_task(member.ask(channel, REQUEST.format(number=number))))
            await asyncio.sleep(1 / POSTS_PER_SECOND / len(places))
    return [each.result() for each in asking]


class Member:
    """Somebody at a client: writes by the REST API and sees what comes through the gateway.

    Args:
        http: to connect with.
        url: of the sandbox.
        token: of the member.
        bot: its id.
    """

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str, bot: str) -> None:
        self._http = http
        self._url = url
        self._token = token
        self._bot = bot
        self._replies: dict[str, asyncio.Future[float]] = {}
        self._previewed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._socket = await self._http.ws_connect(f"{self._url}/gateway?v=10&encoding=json")
        await self._socket.send_json({"op": 2, "d": {"token": self._token, "properties": {}}})
        self._listening = asyncio.create_task(self._listen())
        self.conversation: str = (await self._post("/users/@me/channels", recipient_id=self._bot))["id"]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._listening.cancel()
        await self._socket.close()

    async def ask(self, channel: str, text: str) -> float:
        """Write a message and return the seconds until the bot's reply is there."""
        start = time.perf_counter()
        message = await self._post(f"/channels/{channel}/messages", content=text)
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._reply(message["id"]) - start
        except TimeoutError:
            raise BenchmarkError(f"The bot did not reply to `{text}` within {PATIENCE:.0f} s.") from None

    async def next_preview(self) -> None:
        """Wait until the bot shows a picture in progress that was not there before."""
        self._previewed.clear()
        await self._previewed.wait()

    async def _post(self, path: str, **body: str) -> Any:
        headers = {"Authorization": self._token}
        async with self._http.post(f"{self._url}/api/v10{path}", json=body, headers=headers) as response:
            answer = await response.json()
        if not response.ok:
            raise BenchmarkError(f"The sandbox refused what a member wrote: {answer['message']}")
        return answer

    async def _listen(self) -> None:
        """Note when the bot's replies arrive."""
        async for message in self._socket:
            frame = message.json()
            if frame["t"] in ("MESSAGE_CREATE", "MESSAGE_UPDATE") and frame["d"]["author"]["id"] == self._bot:
                self._see(frame["t"] == "MESSAGE_CREATE", frame["d"])

    def _see(self, new: bool, message: Any) -> None:
        if new:
            self._reply(message["message_reference"]["message_id"]).set_result(time.perf_counter())
        if message["attachments"]:
            self._previewed.set()

    def _reply(self, message_id: str) -> "asyncio.Future[float]":
        """Return the time of the reply to a message, which may come before the answer to its sending."""
        return self._replies.setdefault(message_id, asyncio.get_running_loop().create_future())


@asynccontextmanager
async def sandbox() -> AsyncIterator[str]:
    """Run the sandbox as a process and give its URL."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "easel", "sandbox", "--port", "0", "--until-input-ends"), stdin=PIPE, stdout=PIPE
    )
    async with _ended(process):
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode().strip()
        if not line.startswith("Sandbox at "):
            raise BenchmarkError("The sandbox did not come up.")
        yield line.removeprefix("Sandbox at ")


@asynccontextmanager
async def bot(
    url: str, token: str, settings: tuple[str, ...], note: Callable[[bytes], None] = lambda _: None
) -> AsyncIterator[Process]:
    """Run the bot as a process until it is killed; give it once commands are answered and workers are ready.

    Args:
        url: of the sandbox.
        token: of the bot.
        settings: of the bot.
        note: is given each line of its log.
    """
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "easel", "run", f"discord.api_base={url}/api/v10", f"data_dir={folder}", *settings),
            env={name: value for name, value in os.environ.items() if not name.startswith("EASEL_")}
            | {"EASEL_DISCORD__TOKEN": token, "PYTHONPATH": str(ROOT)},
            cwd=folder,  # where there is no easel.yaml
            stderr=PIPE,
        )
        async with _ended(process):
            ready = asyncio.Event()
            reading = asyncio.create_task(_read(process, ready, note))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE):
                    await ready.wait()
            if not ready.is_set() or process.returncode is not None:
                raise BenchmarkError("The bot did not come up; `easel run` says why.")
            yield process
        await reading


async def _read(process: Process, ready: asyncio.Event, note: Callable[[bytes], None]) -> None:
    """Pass the log on, and note when it says that the bot is ready."""
    assert process.stderr is not None
    async for line in process.stderr:
        note(line)
        if re.search(rb"\] ready\b", line):
            ready.set()
    ready.set()


@asynccontextmanager
async def _ended(process: Process) -> AsyncIterator[None]:
    """Let the process end with the block, without farewells."""
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
