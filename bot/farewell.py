"""What a channel is told at the end, where too many wait to tell each by their own post."""

from collections.abc import Iterator, Sequence

import discord

from bot.caption import MAX_CONTENT, Caption
from bot.characters import units

TITLE = "**Easel was stopped before these pictures were finished.** To ask again:"


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
