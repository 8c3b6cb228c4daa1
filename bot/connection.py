"""Logging in to Discord and staying connected, or saying in one line what the operator has to change."""

import asyncio
import logging
import zlib
from collections.abc import Awaitable, Callable

import discord
import structlog

from bot.client import Client
from bot.discord_api import DISCORD, NO_API, TRANSIENT, UnavailableError, is_transient, point_at, reason
from bot.errors import SetupError
from bot.patience import Patience
from config.settings.discord import DiscordSettings

DEVELOPER_PORTAL = "https://discord.com/developers/applications"
BAD_TOKEN = f"Discord refuses the token: copy the bot's from {DEVELOPER_PORTAL} to discord.token."
NO_INTENT = (
    f"what members type is withheld; slash commands and mentions work. For `.imagine` switch on Message Content Intent "
    f"at {DEVELOPER_PORTAL} and start again"
)
CLOSED = {
    4004: BAD_TOKEN,
    4010: "Discord refuses the connection (4010, invalid shard): update Easel.",
    4011: "Discord refuses the connection (4011, sharding required): the bot has outgrown shards.count.",
    4012: "Discord refuses the connection (4012, invalid API version): update Easel, or check discord.api_base.",
    4013: "Discord refuses the connection (4013, invalid intents): update Easel, or check discord.api_base.",
    4014: "Discord refuses the connection (4014, disallowed intents): update Easel, or check discord.api_base.",
}
"""What to do, by the codes with which the gateway closes for good."""
MALFORMED = (ValueError, TypeError, LookupError, AttributeError, RecursionError, zlib.error)
"""What discord.py raises when an answer, or a frame of the gateway, is not what Discord sends."""
DOWN = (discord.HTTPException, discord.RateLimited, UnavailableError, TimeoutError)
"""A Discord is there and cannot serve now; it is waited for as long as that takes."""

_log = structlog.get_logger(__name__)


async def connect(
    client: Client,
    settings: DiscordSettings,
    token: str,
    patience: Patience,
    on_login: Callable[[], Awaitable[None]],
) -> None:
    """Log in and listen until cancelled.

    While Discord is in trouble it is tried again, and the log says so.

    Args:
        client: that is connected.
        settings: where.
        token: of the bot.
        patience: with Discord.
        on_login: awaited before anything is heard.

    Raises:
        SetupError: Discord does not let the bot in, or nothing answers.
    """
    for name in ("discord.client", "discord.shard"):
        logging.getLogger(name).addFilter(_without_traceback)
    try:
        await _log_in(client, settings.api_base, token, patience)
        if not _may_read(client.application_flags):
            _log.warning(NO_INTENT)
            client.leave_out_content()
        await on_login()
        await _listen(client, patience)
    except discord.LoginFailure:
        raise SetupError(BAD_TOKEN) from None
    except discord.PrivilegedIntentsRequired:
        raise SetupError(CLOSED[4014]) from None
    except discord.ConnectionClosed as error:
        known = CLOSED.get(error.code, f"Discord ended the connection for good (code {error.code}).")
        raise SetupError(known) from None


def _may_read(flags: discord.ApplicationFlags) -> bool:
    return flags.gateway_message_content or flags.gateway_message_content_limited


async def _log_in(client: Client, api_base: str, token: str, patience: Patience) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    for pause in patience.pauses():
        try:
            await point_at(api_base)
            await client.login(token)
            return
        except (*TRANSIENT, *MALFORMED, discord.HTTPException) as error:
            if isinstance(error, discord.HTTPException) and not is_transient(error):
                raise SetupError(f"{api_base} does not let the bot log in: {reason(error)}.") from None
            if not isinstance(error, DOWN) and loop.time() - began + pause > patience.unreachable:
                raise SetupError(_advice(api_base, error)) from None
            _log.warning("cannot log in yet; trying again", error=reason(error), seconds=pause)
        # The session of a login that failed is closed; the next one makes another.
        await client.http.close()
        client.http.connector = discord.utils.MISSING
        await asyncio.sleep(pause)


def _advice(api_base: str, error: Exception) -> str:
    if not isinstance(error, OSError):
        return NO_API.format(api_base)
    advice = "check the network" if api_base == DISCORD else "start that server or check discord.api_base"
    return f"Nothing answers at {api_base}: {advice}."


async def _listen(client: Client, patience: Patience) -> None:
    loop = asyncio.get_running_loop()
    failures = 0
    while True:
        began = loop.time()
        try:
            await client.connect()
            return
        except discord.PrivilegedIntentsRequired:
            if not client.intents.message_content:
                raise
            _log.warning(NO_INTENT)  # it was switched off after the login
            client.leave_out_content()
            await client.disconnect()
        except MALFORMED as error:
            failures = 1 if loop.time() - began > patience.longest_pause else failures + 1
            pause = patience.after(failures)
            _log.warning("the gateway speaks nonsense; connecting anew", error=reason(error), seconds=pause)
            await client.disconnect()
            await asyncio.sleep(pause)


def _without_traceback(record: logging.LogRecord) -> bool:
    """Make one line of the traceback with which discord.py says why it connects again."""
    if record.exc_info is not None and isinstance(record.exc_info[1], Exception):
        record.msg, record.args = f"{record.getMessage()}: {reason(record.exc_info[1])}", ()
        record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
    return True
