"""Short answers to those who typed a command."""

import discord
import structlog

from bot.permissions import granted, may_write

_log = structlog.get_logger(__name__)


async def answer(message: discord.Message, text: str) -> None:
    """Reply to ``message`` without pinging anybody.

    Where the bot may not write the answer goes to the author in private. Where that is not possible either, or the
    message is gone, nothing is sent, and the log says so.
    """
    try:
        if not may_write(message):
            await message.author.send(f"About your message {message.jump_url}: {text}", suppress_embeds=True)
        elif granted(message).read_message_history:
            reference = message.to_reference(fail_if_not_exists=False)
            await message.channel.send(text, reference=reference, suppress_embeds=True)
        else:
            await message.channel.send(f"{message.author.mention} {text}", suppress_embeds=True)
    except discord.HTTPException as error:
        _log.warning("could not answer", channel=message.channel.id, text=text, error=error.text)
