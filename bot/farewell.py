"""What a channel is told at the end, where too many wait to tell each by their own post."""

import asyncio
import secrets
from collections.abc import Iterator, Sequence

import aiohttp
import discord
import structlog

from bot.caption import MAX_CONTENT, Caption
from bot.characters import units
from bot.discord_api import is_trouble, reason
from bot.patience import Patience

TITLE = "**Easel was stopped before these pictures were finished.** To ask again:"

_log = structlog.get_logger(__name__)


async def say_farewell(
    channel: discord.abc.Messageable, posts: Sequence[tuple[discord.Message, Caption]], patience: Patience
) -> None:
    """Tell all members of a channel at once, as often as it takes while Discord is in trouble."""
    for text in farewells(posts):
        nonce = secrets.token_hex(8)
        for pause in patience.pauses():
            try:
                await channel.send(text, suppress_embeds=True, nonce=nonce)
                break
            except (discord.DiscordException, OSError, aiohttp.ClientError) as error:
                if not is_trouble(error):
                    _log.warning("could not say farewell", channel=str(channel), error=reason(error))
                    return
            await asyncio.sleep(pause)


def farewells(posts: Sequence[tuple[discord.Message, Caption]]) -> Iterator[str]:
    """Yield messages, each of at most 2000 characters, with a line for every post: whose it was, and how to ask again.

    Nobody is pinged by a mention that the sender does not allow.
    """
    text = TITLE
    for source, caption in posts:
        again = caption.again if caption.command else f"{caption.again}: {source.jump_url}"
        line = f"\n{source.author.mention} {again}"
        if units(text + line) > MAX_CONTENT:
            yield text
            text = TITLE
        text += line
    yield text
