"""A live view of the queue and the devices in a terminal."""

import asyncio
import json
import time
from math import ceil
from typing import Literal

import aiohttp
from pydantic import ValidationError
from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text
from yarl import URL

from bot.admin.state import DeviceState, QueuedRequest, State
from bot.characters import clean
from bot.errors import BotError, SetupError
from config.settings import Settings
from config.settings.serving import AdminSettings

SECONDS = 2.0
"""From one look to the next."""
LONGEST = 10.0
"""Seconds that an answer may take."""
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104, which is where to ask
"""Addresses of all interfaces, and by which of this machine's the bot is reached then."""
COLOURS = {"up": "green", "starting": "yellow", "down": "yellow", "parked": "bold red"}
CELLS = 8
"""Of a bar."""
OTHER_LINES = 12
"""Beside those of requests and devices: the summary, the headings with their rules, what is not shown, the note."""
NO_PORT = "admin.port is not set: set it as the bot has it, and admin.token_file too"
NO_TOKEN = "admin.token_file is not set: name the file that the bot has"  # noqa: S105
WRONG_TOKEN = "{0} does not take admin.token: set it as the bot has it"  # noqa: S105


def top(settings: Settings, *, once: bool, as_json: bool) -> None:
    """Print how a bot stands, until interrupted.

    Args:
        settings: with the address and the token of the operator's page.
        once: print it once.
        as_json: as one line of JSON, once.

    Raises:
        SetupError: the settings do not name the page, or not its token.
        BotError: nothing answers there, or something else than a bot.
    """
    url = address(settings.admin)
    console = Console()
    if once or as_json or not console.is_terminal:
        state = asyncio.run(_once(url, settings.admin))
        if as_json:
            print(json.dumps(json.loads(state.model_dump_json()), ensure_ascii=False))
        else:
            console.print(shown(state, most=len(state.requests)))
        return
    asyncio.run(_live(url, settings.admin, console))


def address(settings: AdminSettings) -> URL:
    """Return where the bot answers; raises ``SetupError``."""
    if settings.port is None:
        raise SetupError(NO_PORT)
    if settings.token is None:
        raise SetupError(NO_TOKEN)
    return URL.build(scheme="http", host=ANYWHERE.get(settings.host, settings.host), port=settings.port)


def shown(state: State, most: int, note: str = "") -> RenderableType:
    """Return the view.

    Args:
        state: as the bot has told it.
        most: requests that are shown.
        note: what else there is to say.
    """
    words = [clean(state.bot) or "Easel", f"{state.running} being painted", f"{state.waiting} waiting"]
    words += [f"{state.ended.get('finished', 0)} finished", f"{state.ended.get('failed', 0)} failed"]
    words += ["paused everywhere"] * state.is_paused + ["being stopped"] * state.is_stopping
    parts: list[RenderableType] = [Text(" · ".join(words), style="bold"), _devices(state)]
    parts.append(_queue(state, most) if state.requests else Text("Nothing waits, and nothing is being painted."))
    hidden = state.waiting + state.running - min(most, len(state.requests))
    parts += [Text(f"… and {hidden} more", style="dim")] if hidden > 0 else []
    parts += [Text(note, style="yellow")] if note else []
    return Group(*parts)


def _devices(state: State) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("device", "state", "models", "pictures", "", "steps/s", "memory"):
        justify: Literal["left", "right"] = "right" if name in {"steps/s", "memory"} else "left"
        table.add_column(name, justify=justify, no_wrap=name != "models", overflow="fold")
    for device in state.devices:
        table.add_row(*_device(device))
    return table


def _device(device: DeviceState) -> list[Text | str]:
    speed, memory = device.steps_per_second, device.memory
    used = "" if memory is None else f"{device.memory_used / 1e9:.1f}/{memory / 1e9:.1f} GB"
    return [
        Text(f"{clean(device.name)} {device.number}"),
        Text(device.state, style=COLOURS[device.state]),
        Text(clean(" · ".join(device.models))),
        f"{device.pictures}/{device.slots}",
        _bar(device.pictures / device.slots if device.slots else 0.0),
        "" if speed is None else f"{speed:.1f}",
        used,
    ]


def _queue(state: State, most: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True)
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("id", no_wrap=True)
    table.add_column("member", max_width=18, no_wrap=True, overflow="ellipsis")
    table.add_column("prompt", ratio=1, no_wrap=True, overflow="ellipsis")
    table.add_column("", no_wrap=True)
    table.add_column("forecast", no_wrap=True)
    for request in state.requests[:most]:
        table.add_row(*_request(request, state.time))
    return table


def _request(request: QueuedRequest, now: float) -> list[Text | str]:
    is_running = request.status == "running"
    ends = request.finishes if is_running else request.starts
    soon = "" if ends is None else f"{'ready' if is_running else 'starts'} in {_duration(ends - now)}"
    return [
        "▸" if is_running else str(request.place),
        Text(request.id, style="dim"),
        Text(_line(request.member.name)),
        Text(_line(request.prompt)),
        _bar(request.step / request.steps) if is_running else "",
        Text(soon),
    ]


def _line(text: str) -> str:
    """Return on one line what somebody wrote, without what steers a terminal."""
    return " ".join(clean(text).split())


def _bar(share: float) -> Text:
    full = round(CELLS * min(1.0, max(0.0, share)))
    return Text.assemble(("━" * full, "cyan"), ("━" * (CELLS - full), "dim"))


def _duration(seconds: float) -> str:
    seconds = max(1, ceil(seconds))
    return f"{seconds} s" if seconds < 100 else f"{round(seconds / 60)} min"


async def _once(url: URL, settings: AdminSettings) -> State:
    async with _session(settings) as http:
        return await _asked(http, url)


async def _live(url: URL, settings: AdminSettings, console: Console) -> None:
    async with _session(settings) as http:
        state = await _asked(http, url)
        with Live(console=console, screen=True, auto_refresh=False) as live:
            note, answered = "", time.monotonic()
            while True:
                live.update(shown(state, max(1, console.height - len(state.devices) - OTHER_LINES), note), refresh=True)
                await asyncio.sleep(SECONDS)
                try:
                    state, answered, note = await _asked(http, url), time.monotonic(), ""
                except BotError as error:
                    note = f"{error} This is how it stood {_duration(time.monotonic() - answered)} ago."


def _session(settings: AdminSettings) -> aiohttp.ClientSession:
    assert settings.token is not None
    headers = {"Authorization": f"Bearer {settings.token.get_secret_value()}"}
    return aiohttp.ClientSession(headers=headers, timeout=aiohttp.ClientTimeout(LONGEST))


async def _asked(http: aiohttp.ClientSession, url: URL) -> State:
    """Return how the bot stands; raises ``BotError``."""
    try:
        async with http.get(url / "api" / "state", allow_redirects=False) as answer:
            if answer.status == 401:
                raise SetupError(WRONG_TOKEN.format(url))
            if answer.status == 429:
                raise BotError(f"{url} was shown too many wrong tokens; try again in a minute.")
            answer.raise_for_status()
            return State.model_validate_json(await answer.read())
    except (aiohttp.ClientResponseError, ValidationError):
        raise BotError(f"What answers at {url} is no bot with an operator's page, or one of another version.") from None
    except (aiohttp.ClientError, TimeoutError, OSError):
        raise BotError(f"Nothing answers at {url}; does the bot run, with this admin.port?") from None
