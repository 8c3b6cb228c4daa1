"""The first answer to a slash command, a button or a form, which only whoever used it sees.

The interaction is only the receipt: whatever comes later goes by channel and message, so that a picture arrives however
long it takes.
"""

import asyncio
import io
from dataclasses import dataclass
from typing import Any

import discord
import structlog

from bot.buttons.row import Rows, view_of
from bot.discord_api import CALL_ERRORS, reason

RECEIVED = "It is on its way."
LONGEST_RECEIPT = 2.5
"""Seconds; after three Discord takes no first answer any more."""
LONGEST_ANSWER = 30.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with more than words.

    Args:
        text: markdown, at most 2000 characters.
        name: of a file; ``""`` for none.
        data: that is in it.
        rows: of buttons.
    """

    text: str
    name: str = ""
    data: bytes = b""
    rows: Rows = ()

    @property
    def files(self) -> list[discord.File]:
        """The file, to be sent once."""
        return [discord.File(io.BytesIO(self.data), self.name)] if self.name else []


async def acknowledge(interaction: discord.Interaction[Any], what: str) -> bool:
    """Say that it was heard; return whether whoever used it knows that, and expects that something comes of it.

    Args:
        interaction: that is not answered yet.
        what: it is, for the log.
    """
    try:
        async with asyncio.timeout(LONGEST_RECEIPT):
            await interaction.response.defer(ephemeral=True, thinking=True)
    except (*CALL_ERRORS, TimeoutError) as error:
        # Its author sees that it did not respond, and would not expect that something is painted.
        _log.warning("could not acknowledge an interaction", what=what, error=reason(error))
        return False
    return True


async def tell(interaction: discord.Interaction[Any], what: str, answer: str | Reply | None) -> None:
    """Say what there is to say after :func:`acknowledge`; None says that it is on its way."""
    reply = answer if isinstance(answer, Reply) else Reply(answer or RECEIVED)
    try:
        async with asyncio.timeout(LONGEST_ANSWER):
            view = view_of(reply.rows)
            await interaction.edit_original_response(content=reply.text, attachments=reply.files, view=view)
    except (*CALL_ERRORS, TimeoutError) as error:
        _log.warning("could not answer an interaction", what=what, error=reason(error))


async def refuse(interaction: discord.Interaction[Any], what: str, text: str) -> None:
    """Say at once why nothing comes of it."""
    try:
        async with asyncio.timeout(LONGEST_RECEIPT):
            await interaction.response.send_message(text, ephemeral=True)
    except (*CALL_ERRORS, TimeoutError) as error:
        _log.warning("could not answer an interaction", what=what, error=reason(error))
