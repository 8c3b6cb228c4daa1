"""``easel setup``: asks for what ``easel run`` needs, and writes it down."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import discord
import yaml
from pydantic import SecretStr
from rich.console import Console
from rich.prompt import Confirm, Prompt

from bot.connection import BAD_TOKEN, DEVELOPER_PORTAL
from bot.discord_api import CALL_ERRORS, reason
from bot.errors import SetupError
from config.layers import ConfigError, load
from config.settings import Settings
from config.settings.discord import DiscordSettings
from config.settings.section import TOKEN
from easel.disk import write_private
from easel.doctor.account import invitation, judge_intents, logged_in
from easel.models import fetch_all, root
from easel.redaction import remember
from weights.catalogue import CATALOGUE, find
from weights.folder import ModelFolder
from weights.names import JOINT, POCKET, perceptors, resolved

LONGEST = 60.0
"""Seconds that Discord may take to say who the bot is."""
LONGEST_TOKEN = 1000
INTENTS = f"""\
Discord tells a bot what members type only with its Message Content Intent: with it members may type .imagine, without
it they have slash commands and mention the bot. It is switched on at {DEVELOPER_PORTAL} under Bot, and
no other intent is needed. The token is there too: Reset Token shows it once."""
WEIGHTS = """
The pocket models come along and know some two hundred things. Published weights paint more,
want a GPU, and are fetched."""
ALONE = "there should be the token alone, in one line: in the file of --token-from, or typed"


@dataclass(frozen=True, slots=True)
class Answers:
    """What was answered beforehand; None is asked on a terminal, and elsewhere is as usual.

    Args:
        token_from: the file in which the token is now, ``-`` for standard input.
        data_dir: as the setting.
        vqgan: as ``models.vqgan``.
        clip: as ``models.clip``.
        fetch: whether published weights are fetched now.
    """

    token_from: str | None = None
    data_dir: str | None = None
    vqgan: str | None = None
    clip: str | None = None
    fetch: bool | None = None


def set_up(config: Path, token_file: Path, api_base: str | None, answers: Answers, *, force: bool) -> None:
    """Ask, write the settings and the token, and print how the bot is added to a server.

    Args:
        config: the YAML file of settings to write.
        token_file: where the token is put, for nobody but this user to read.
        api_base: as the setting, where it is not Discord.
        answers: what need not be asked.
        force: write over files that are there.

    Raises:
        ConfigError: an answer is not allowed.
        SetupError: a file is there already or cannot be written, Discord does not take the token, or there are no
            such weights.
        WeightsError: weights cannot be used, or cannot be fetched; in the latter case all else is written.
    """
    there = [str(file) for file in (config, token_file) if file.exists()]
    if there and not force:
        raise SetupError(f"Already there: {' and '.join(there)}; --force writes over what is.")
    _say(INTENTS)
    token = _token(answers.token_from)
    remember(token)
    place = {} if api_base is None else {"api_base": api_base}
    usual = load(environment={}, arguments=[f"discord.{key}={value}" for key, value in place.items()])
    application = asyncio.run(_introduced(usual.discord.model_copy(update={"token": SecretStr(token)})))
    data_dir = _asked(answers.data_dir, "Where the bot keeps requests and pictures", str(usual.data_dir))
    _say(WEIGHTS)
    vqgan = _asked(answers.vqgan, f"VQGAN: {POCKET}, {_names('vqgan')}, or a file", POCKET)
    clip = _asked(answers.clip, f"CLIP: {POCKET}, {_names('clip')}, or a file", POCKET)
    chosen = load(environment={}, arguments=[f"data_dir={data_dir}", f"models.vqgan={vqgan}", f"models.clip={clip}"])
    wanted = _published(chosen)
    values = {
        "data_dir": str(chosen.data_dir.absolute()),
        "discord": {**place, "token_file": str(token_file.absolute())},
        "models": {"vqgan": _anywhere(vqgan), "clip": JOINT.join(map(_anywhere, perceptors(clip)))},
    }
    write_private(token_file, f"{token}\n")
    write_private(config, yaml.safe_dump(values, sort_keys=False, allow_unicode=True))
    _say(f"\n{config} and {token_file} are written. Add the bot to a server at:")
    print(invitation(application), flush=True)
    if wanted and _agreed(answers.fetch, f"Fetch {' and '.join(wanted)} now?"):
        fetch_all(wanted, load(config, environment={}), None)
    elif wanted:
        _say(f"Before the first start: easel models fetch {' '.join(wanted)} --config {config}")
    _say(f"Next: easel doctor --config {config}; then easel run --config {config}")


def _token(source: str | None) -> str:
    """Return the token, from where it is or from whoever types it; raises ``ConfigError``."""
    try:
        if source is None and sys.stdin.isatty():
            token = Prompt.ask("Token (it is not shown)", password=True, console=_console())
        elif source in {None, "-"}:
            token = sys.stdin.readline(LONGEST_TOKEN)
        else:
            with Path(source or "").open(encoding="ascii", errors="replace") as file:
                token = file.read(LONGEST_TOKEN)
    except OSError as error:
        raise ConfigError(f"--token-from: the file cannot be read: {error.strerror}") from None
    token = token.strip()
    if not TOKEN.fullmatch(token):
        raise ConfigError(ALONE)
    return token


async def _introduced(settings: DiscordSettings) -> int:
    """Say who the bot is and what it may read, and return its application's id; raises ``SetupError``."""
    try:
        async with asyncio.timeout(LONGEST), logged_in(settings) as client:
            _say(f"\nThe token is that of {client.user}. {judge_intents(client.application_flags).sentence}.")
            assert client.application_id is not None
            return client.application_id
    except discord.LoginFailure:
        raise SetupError(BAD_TOKEN) from None
    except CALL_ERRORS as error:
        raise SetupError(f"{settings.api_base} does not say who the bot is: {reason(error)}.") from None


def _published(settings: Settings) -> Sequence[str]:
    """Return the published models among those that are named and not here yet.

    Raises:
        SetupError, UnusableError: one is neither published nor a file, damaged, or of the other kind.
    """
    missing = []
    for kind, name in (
        ("vqgan", settings.models.vqgan),
        *(("clip", each) for each in perceptors(settings.models.clip)),
    ):
        model = find(name)
        if model is not None and model.kind == kind and not ModelFolder(root(settings), model).is_there():
            missing.append(model.name)
        else:
            resolved(settings.models.model_copy(update={"vqgan": POCKET, "clip": POCKET, kind: name}), root(settings))
            if model is None and name != POCKET and not Path(name).expanduser().exists():
                raise SetupError(f"models.{kind}: {name} is no name from easel models list, and there is no such file.")
    return missing


def _anywhere(name: str) -> str:
    """Return what names the same model wherever the bot is started."""
    if name == POCKET or find(name) is not None:
        return name
    return str(Path(name).expanduser().absolute())


def _asked(given: str | None, question: str, usual: str) -> str:
    if given is None and sys.stdin.isatty():
        return Prompt.ask(question, default=usual, console=_console())
    return usual if given is None else given


def _agreed(given: bool | None, question: str) -> bool:
    if given is None and sys.stdin.isatty():
        return Confirm.ask(question, default=True, console=_console())
    return bool(given)


def _names(kind: Literal["vqgan", "clip"]) -> str:
    return ", ".join(model.name for model in CATALOGUE if model.kind == kind)


def _console() -> Console:
    return Console(stderr=True, highlight=False, soft_wrap=True)


def _say(text: str) -> None:
    _console().print(text, markup=False)
