"""Discord: whether it answers, what time it is there, and what the bot may do."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import discord

from bot.app import NO_TOKEN
from bot.clock import ADVICE, ahead, difference
from bot.connection import BAD_TOKEN, DEVELOPER_PORTAL, MALFORMED
from bot.discord_api import CALL_ERRORS, TIMEOUT, BoundedHTTPClient, point_at, reason
from bot.errors import SetupError
from bot.permissions import NEEDED, lacking
from config.settings.discord import DiscordSettings
from easel.doctor.finding import Finding

LONGEST = 120.0
"""Seconds that all calls together may take."""
MOST_SERVERS = 50
"""That are looked at."""
MOST_NAMED = 5
"""Channels of a server that are named."""


async def examine_account(settings: DiscordSettings) -> list[Finding]:
    """Say how Discord, the token, the intents and the servers are."""
    if settings.token is None:
        return [Finding("token", "error", NO_TOKEN), *await _reach(settings.api_base)]
    reached = await _reach(settings.api_base)
    if reached[0].level == "error":
        return reached
    try:
        async with asyncio.timeout(LONGEST), logged_in(settings) as client:
            name = f"{client.user}, application {client.application_id}"
            found = [*reached, Finding("token", "ok", name), judge_intents(client.application_flags)]
            return [*found, *await _examine_servers(client)]
    except discord.LoginFailure:
        return [*reached, Finding("token", "error", BAD_TOKEN)]
    except SetupError as error:
        return [*reached, Finding("token", "error", str(error))]
    except (*CALL_ERRORS, *MALFORMED) as error:
        advice = "the bot tries that again and again; look at discordstatus.com"
        return [*reached, Finding("token", "warning", f"Discord is in trouble: {reason(error)}", advice)]


@contextlib.asynccontextmanager
async def logged_in(settings: DiscordSettings) -> AsyncIterator[discord.Client]:
    """Give a client that can call the REST API as the bot; no gateway, so that the bot itself goes on.

    Raises:
        discord.LoginFailure: the token is wrong.
        SetupError: no Discord answers there.
    """
    assert settings.token is not None
    await point_at(settings.api_base)
    async with discord.Client(intents=discord.Intents.none(), max_ratelimit_timeout=30.0) as client:
        client.http.__class__ = BoundedHTTPClient
        await client.login(settings.token.get_secret_value())
        yield client


def judge_intents(flags: discord.ApplicationFlags) -> Finding:
    """Say whether the bot may read what members type."""
    if flags.gateway_message_content or flags.gateway_message_content_limited:
        return Finding("intents", "ok", "Message Content Intent is on")
    advice = f"switch it on at {DEVELOPER_PORTAL} under Bot for .imagine; slash commands and mentions work without it"
    return Finding("intents", "warning", "Message Content Intent is off", advice)


def judge_clock(off: float) -> Finding:
    """Say whether this machine's clock is right, so many seconds ahead of Discord's."""
    words = difference(off)
    return Finding("clock", "warning", words, ADVICE) if words else Finding("clock", "ok", "as Discord's")


def invitation(application_id: int) -> str:
    """Return the address at which the bot is added to a server, with just what it needs."""
    return discord.utils.oauth_url(application_id, permissions=NEEDED)


async def _reach(api_base: str) -> list[Finding]:
    """Say whether Discord answers, and what time it is there."""
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT) as session,
            session.get(f"{api_base}/gateway") as response,
        ):
            off, status = ahead(response.headers), response.status
    except (aiohttp.ClientError, OSError) as error:
        return [Finding("discord", "error", f"nothing answers at {api_base} ({reason(error)})", "check the network")]
    if status >= 400:
        return [Finding("discord", "error", f"{api_base} answers {status}", "check discord.api_base")]
    found = Finding("discord", "ok", f"answers at {api_base}")
    return [found] if off is None else [found, judge_clock(off)]


async def _examine_servers(client: discord.Client) -> list[Finding]:
    guilds = [guild async for guild in client.fetch_guilds(limit=None, with_counts=False)]
    if not guilds:
        advice = f"add it: {invitation(client.application_id or 0)}"
        return [Finding("servers", "warning", "the bot is in none", advice)]
    found = [await _examine_server(client, guild.id) for guild in guilds[:MOST_SERVERS]]
    if len(guilds) > MOST_SERVERS:
        found.append(Finding("servers", "ok", f"{len(guilds)}, of which {MOST_SERVERS} were looked at"))
    return found


async def _examine_server(client: discord.Client, guild_id: int) -> Finding:
    assert client.user is not None
    guild = await client.fetch_guild(guild_id, with_counts=False)
    me = await guild.fetch_member(client.user.id)
    name = f"server {' '.join(guild.name.split())}"
    if missing := lacking(me.guild_permissions):
        advice = f"grant it to the bot's role, or add the bot anew: {invitation(client.application_id or 0)}"
        return Finding(name, "warning", f"missing: {', '.join(missing)}", advice)
    channels = [each for each in await guild.fetch_channels() if isinstance(each, discord.TextChannel)]
    seen = [each for each in channels if each.permissions_for(me).view_channel]
    less = [f"#{each.name} ({', '.join(gone)})" for each in seen if (gone := lacking(each.permissions_for(me)))]
    text = f"all that is needed, and {len(seen)} of {len(channels)} text channels"
    if less:
        more = f" and {len(less) - MOST_NAMED} more" if len(less) > MOST_NAMED else ""
        text += f"; less in {', '.join(less[:MOST_NAMED])}{more}"
    return Finding(name, "ok", text)
