"""Everything on one machine: the sandbox in a process of its own, the bot in this one, a worker below it."""

import asyncio
import contextlib
import logging
import os
import sys
import webbrowser
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr

from bot.app import run
from bot.errors import BotError
from config.layers import load
from config.settings import Settings
from config.token_file import with_admin_token
from easel.disk import check_data_dir
from easel.logs import configure
from easel.models import with_paths
from easel.redaction import remember
from easel.sandbox_process import cancel_at_signals, child
from generation.executor.local import LocalExecutor
from generation.request import ImagineRequest

FIRST = ("log.level=warning", "data_dir=data/demo", "store.url=sqlite://")
"""The demo's own defaults, which arguments overrule; its Discord is gone when it ends, and so are the requests."""
CHANNEL = "art"
"""The channel at which the sandbox's page opens."""


def show(arguments: list[str], *, port: int, browser: bool, prompt: str) -> None:
    """Run until SIGTERM or SIGINT.

    Args:
        arguments: settings as ``key=value``.
        port: of the page and the API on 127.0.0.1; 0 takes a free one.
        browser: open the page.
        prompt: what a member asks for once the bot is ready; ``""`` for nothing.

    Raises:
        SystemExit: the sandbox did not come up; it has said why.
        BotError: the bot cannot run, or the sandbox ended before it was told to.
        ConfigError: a setting is wrong.
        GenerationError: no worker came up.
        WeightsError: a model that the settings name is not fetched, or damaged.
    """
    settings = with_admin_token(load(arguments=[*FIRST, *arguments]))
    configure(settings.log.level, [settings.admin.token.get_secret_value()] if settings.admin.token else [])
    check_data_dir(settings)
    # What the demo paints is kept apart; what it paints with is the bot's.
    settings = with_paths(settings, load(arguments=arguments))
    # discord.py mistakes an answer that comes in the same millisecond, as the sandbox's do, for one to the heartbeat
    # before, and warns of a late gateway.
    logging.getLogger("discord.gateway").setLevel(logging.ERROR)
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_show(settings, port, browser, prompt))


async def _show(settings: Settings, port: int, browser: bool, prompt: str) -> None:
    cancel_at_signals()
    async with child(port) as (sandbox, url), aiohttp.ClientSession() as http:
        async with http.get(f"{url}/sandbox/state") as response:
            state = await response.json()
        remember(state["bot"]["token"])
        settings = _inside(settings, url, state)
        executor = LocalExecutor(
            settings.models,
            settings.executor.devices,
            settings.painting.preview_seconds,
            reproducible=settings.executor.reproducible,
        )
        ready = asyncio.Event()
        bot = asyncio.create_task(run(settings, executor, on_ready=ready.set, on_finished=_tell))
        opening = asyncio.create_task(_open(ready, http, url, settings, state, browser, prompt))
        ended = asyncio.create_task(sandbox.wait())
        try:
            await asyncio.wait({bot, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            lost = ended.done() and not bot.done()
            tasks = (bot, opening, ended)
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        if lost:
            raise BotError("The sandbox ended, and the demo with it.")
        for result in results:
            if isinstance(result, Exception):
                raise result


def _inside(settings: Settings, url: str, state: dict[str, Any]) -> Settings:
    """Return the settings of a bot that logs in to the sandbox, and finishes nothing once it is stopped."""
    discord = {"api_base": f"{url}/api/v10", "token": SecretStr(state["bot"]["token"])}
    sections = {
        "discord": settings.discord.model_copy(update=discord),
        "executor": settings.executor.model_copy(update={"grace_seconds": 0.0}),
    }
    return settings.model_copy(update=sections)


async def _open(
    ready: asyncio.Event,
    http: aiohttp.ClientSession,
    url: str,
    settings: Settings,
    state: dict[str, Any],
    browser: bool,
    prompt: str,
) -> None:
    """Once the bot is ready, say where the page is, show it, and let a member ask for the first picture."""
    await ready.wait()
    print(f"Easel is ready at {url} (Ctrl-C stops it)", flush=True)
    if browser and _has_display():
        await asyncio.to_thread(webbrowser.open, url)
    if prompt:
        await _type(http, settings, state, f"{settings.discord.prefix}imagine {prompt}")


def _has_display() -> bool:
    """Say whether a browser would open a window, and not take over the terminal."""
    return sys.platform in {"darwin", "win32"} or bool({"DISPLAY", "WAYLAND_DISPLAY"} & os.environ.keys())


async def _type(http: aiohttp.ClientSession, settings: Settings, state: dict[str, Any], text: str) -> None:
    """Post as a member does, over the REST API."""
    member = next(member for member in state["members"] if member["role"] == "member")
    channel = next(channel for channel in state["channels"] if channel["name"] == CHANNEL)
    messages = f"{settings.discord.api_base}/channels/{channel['id']}/messages"
    headers = {"Authorization": member["token"]}
    async with http.post(messages, json={"content": text}, headers=headers) as response:
        refused = "" if response.ok else f", which was refused: {(await response.json())['message']}"
    print(f"{member['name']} types {text}{refused}", flush=True)


def _tell(path: Path, request: ImagineRequest) -> None:
    print(f"Finished: {path} ({request.prompt})", flush=True)
