"""What can be chosen for a message: to begin from its picture, and to see how that was asked for."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import discord
import structlog
from discord import app_commands

from bot.admission import Admission
from bot.buttons.forms import form
from bot.buttons.ids import ButtonId
from bot.buttons.lookup import Lookup, pictures_in
from bot.buttons.parameters import parameters
from bot.buttons.press import Action, Press
from bot.client import FAULT
from bot.command import Call, Run
from bot.discord_api import CALL_ERRORS, reason
from bot.errors import UserError
from bot.metrics import Metrics
from bot.origin import Origin
from bot.posts import Posts
from bot.receipt import Reply, acknowledge, refuse, tell

USE, SHOW = "Use as start picture", "Show parameters"
NO_PICTURE = "There is no picture in that message."
GONE = "That message is not there any more, or I may not read it."

_log = structlog.get_logger(__name__)


class Menus:
    """The two entries of the menus of messages.

    Args:
        posts: about the requests.
        admission: that lets requests in.
        lookup: that finds out how pictures were asked for.
        imagine: paints what is typed.
        metrics: that count refusals.
    """

    def __init__(self, posts: Posts, admission: Admission, lookup: Lookup, imagine: Run, metrics: Metrics) -> None:
        self._posts = posts
        self._admission = admission
        self._lookup = lookup
        self._imagine = imagine
        self._metrics = metrics

    def actions(self) -> Mapping[str, Action]:
        """Return what becomes of the form."""
        return {"start": Action(self._begin, has_button=False)}

    def add_to(self, tree: app_commands.CommandTree[Any]) -> None:
        """Let Discord know the entries, once it is told of the tree."""

        async def use(interaction: discord.Interaction[Any], message: discord.Message) -> None:
            await self._use(interaction, message)

        async def show(interaction: discord.Interaction[Any], message: discord.Message) -> None:
            await self._show(interaction, message)

        tree.add_command(app_commands.ContextMenu(name=USE, callback=use))
        tree.add_command(app_commands.ContextMenu(name=SHOW, callback=show))

    async def _use(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Open a form for what to paint on the picture in a message."""
        try:
            if not pictures_in(message):
                raise UserError(NO_PICTURE)
            self._admission.enter(Origin.of_interaction(interaction))
        except UserError as error:
            self._metrics.refuse(USE, error)
            await refuse(interaction, USE, str(error))
            return
        made = form(ButtonId("start", str(message.id)), USE, "What to paint, and flags")
        try:
            await interaction.response.send_modal(made)
        except CALL_ERRORS as error:
            _log.warning("could not open a form", action=USE, error=reason(error))

    async def _begin(self, press: Press) -> str | Reply | None:
        """Paint what was filled in, from the picture in the message."""
        message_id = int(press.id.of) if press.id.of.isdecimal() else 0
        try:
            message = await press.origin.channel.fetch_message(message_id)
        except discord.HTTPException:
            raise UserError(GONE) from None
        pictures = pictures_in(message)
        if not pictures:
            raise UserError(NO_PICTURE)
        origin = replace(press.origin, source=message.id)
        return await self._imagine(Call(origin, {"prompt": press.text, "start": pictures[0]}))

    async def _show(self, interaction: discord.Interaction[Any], message: discord.Message) -> None:
        """Say what to type for the picture in a message."""
        if await acknowledge(interaction, SHOW):
            origin = Origin.of_interaction(interaction)
            await tell(interaction, SHOW, await self._shown(message, origin))

    async def _shown(self, message: discord.Message, origin: Origin) -> str | Reply:
        try:
            request = await self._lookup.of_message(message)
            return parameters(request, self._admission.gate.settings(origin), self._posts.available)
        except UserError as error:
            self._metrics.refuse(SHOW, error)
            return str(error)
        except Exception:
            _log.exception("a menu failed", menu=SHOW, message=message.id)
            return FAULT
