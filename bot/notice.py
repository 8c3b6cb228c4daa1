"""The notice in a channel that the bot stops, where too many wait to tell each by their own post."""

import asyncio
import secrets
from collections.abc import Iterator, Sequence

import discord
import structlog

from bot.caption import Caption
from bot.characters import MAX_CONTENT, units
from bot.discord_api import CALL_ERRORS, is_transient, reason
from bot.origin import Origin
from bot.patience import Patience

TITLE = "**Easel is being restarted; these pictures go on by themselves:**"

_log = structlog.get_logger(__name__)


async def send_notices(
    channel: discord.abc.Messageable, posts: Sequence[tuple[Origin, Caption]], patience: Patience
) -> None:
    """Tell all members of a channel at once, as often as it takes while Discord is in trouble."""
    for text in notices(posts):
        nonce = secrets.token_hex(8)
        for pause in patience.pauses():
            try:
                await channel.send(text, suppress_embeds=True, nonce=nonce)
                break
            except CALL_ERRORS as error:
                if not is_transient(error):
                    _log.warning("could not send a notice", channel=str(channel), error=reason(error))
                    return
            await asyncio.sleep(pause)


def notices(posts: Sequence[tuple[Origin, Caption]]) -> Iterator[str]:
    """Yield messages, each of at most 2000 characters, with a line for every post: whose it is, and of what.

    Nobody is pinged by a mention that the sender does not allow.
    """
    text = TITLE
    for origin, caption in posts:
        line = f"\n{origin.author.mention} {caption.title}"
        if units(text + line) > MAX_CONTENT:
            yield text
            text = TITLE
        text += line
    yield text
