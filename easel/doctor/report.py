"""The examination as a whole, and how it is printed."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bot.admin.site import NO_TOKEN
from config.layers import ConfigError, load
from config.settings import Settings
from config.token_file import with_admin_token, with_token
from easel.doctor.account import examine_account
from easel.doctor.devices import examine_painting
from easel.doctor.finding import Finding, Level
from easel.doctor.machine import examine_disk, examine_port, examine_python, examine_token_file
from easel.doctor.texts import examine_texts
from easel.logs import configure
from easel.redaction import redact
from store.engine import secrets
from store.errors import PassingError, StoreError
from store.inspection import holder, inspect

COLOURS: dict[Level, str] = {"ok": "green", "warning": "yellow", "error": "bold red"}


def examine(config: Path | None, arguments: Sequence[str]) -> list[Finding]:
    """Return what there is to say of the settings and of all that they name.

    Args:
        config: the file of settings.
        arguments: ``key=value`` each.
    """
    found = [examine_python()]
    try:
        settings = load(config, arguments)
    except ConfigError as error:
        return [*found, Finding("settings", "error", str(error))]
    token_file = settings.discord.token_file
    about_token: list[Finding] = []
    try:
        settings = with_token(settings)
    except ConfigError as error:
        about_token = [Finding("token file", "error", str(error))]
        settings = settings.model_copy(
            update={"discord": settings.discord.model_copy(update={"token": None, "token_file": None})}
        )
    else:
        if token_file is not None and (loose := examine_token_file(token_file)):
            about_token = [loose]
    settings, about_admin = _with_admin_token(settings)
    tokens = [token.get_secret_value() for token in (settings.discord.token, settings.admin.token) if token]
    url = settings.store.url
    configure("error", [*tokens, *(secrets(url.get_secret_value()) if url else [])])
    return [*found, examine_disk(settings), *about_token, *about_admin, *asyncio.run(_examine(settings))]


def _with_admin_token(settings: Settings) -> tuple[Settings, list[Finding]]:
    """Return the settings with the token of the operator's page, and what is wrong with that."""
    name, file = "admin token", settings.admin.token_file
    try:
        settings = with_admin_token(settings)
    except ConfigError as error:
        return settings, [Finding(name, "error", str(error))]
    if settings.admin.port is not None and settings.admin.token is None:
        return settings, [Finding(name, "error", NO_TOKEN)]
    loose = examine_token_file(file, name) if file is not None else None
    return settings, [loose] if loose else []


async def _examine(settings: Settings) -> list[Finding]:
    store = await _examine_store(settings)
    is_running = holder(settings.data_dir) is not None
    account, painting = await asyncio.gather(
        examine_account(settings.discord), examine_painting(settings, is_running=is_running)
    )
    ports = [
        examine_port(settings.metrics, is_running=is_running),
        examine_port(settings.admin, "admin", is_running=is_running),
    ]
    texts = await examine_texts(settings.texts)
    return [store, *(port for port in ports if port), *account, *painting, *texts]


async def _examine_store(settings: Settings) -> Finding:
    try:
        standing = await inspect(settings)
    except PassingError as error:
        return Finding("store", "error", str(error), "start its server, and check store.url and its password")
    except StoreError as error:
        return Finding("store", "error", str(error))
    user = holder(settings.data_dir)
    if user is not None:
        text = f"{settings.data_dir} is in use by {user}"
        return Finding("store", "warning", text, "a second bot would not start with it")
    if standing.revision is None:
        return Finding("store", "ok", f"{standing.database}, which the first start makes")
    later = "" if standing.revision == standing.newest else f", which the next start brings to {standing.newest}"
    return Finding("store", "ok", f"{standing.database}, revision {standing.revision}{later}")


def show(findings: Sequence[Finding], *, as_json: bool) -> bool:
    """Print the findings, one a line or all as one line of JSON, and return whether the bot can run."""
    sentences = [redact(each.sentence) for each in findings]
    if as_json:
        told = [
            {"name": each.name, "level": each.level, "text": redact(each.text), "advice": redact(each.advice)}
            for each in findings
        ]
        print(json.dumps(told))
    else:
        console = Console(file=sys.stdout, highlight=False, markup=False, soft_wrap=True)
        width = max(len(each.name) for each in findings)
        for each, sentence in zip(findings, sentences, strict=True):
            said = _harmless(f"  {each.name:<{width}}  {sentence}")
            console.print(Text.assemble((f"{each.level:<7}", COLOURS[each.level]), said))
    return all(each.level != "error" for each in findings)


def _harmless(text: str) -> str:
    """Return text in which what steers a terminal is replaced."""
    return "".join(c if c.isprintable() else "�" for c in text)
