"""Buttons that are pressed and forms that are sent: whether there are such, and what comes of it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import discord
import structlog
from discord.ext import commands
from structlog.contextvars import bound_contextvars

from bot.buttons.forms import filled
from bot.buttons.ids import ButtonId
from bot.client import FAULT
from bot.discord_api import CALL_ERRORS, reason
from bot.errors import UserError
from bot.metrics import Metrics
from bot.origin import Origin
from bot.receipt import Reply, acknowledge, refuse, tell

UNKNOWN = "That button is not there any more, or is of another version of Easel."
TWICE = "You pressed that a moment ago, and it counts once. Press it again in a few seconds for another one."
TOO_SLOW = "That took too long; press it again."
ONCE_SECONDS = 5.0
"""In which the same button counts once for the same member."""
FORM_SECONDS = 2.0
"""In which a form has to be ready; after three seconds Discord takes none any more."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed, or a form that was sent.

    Args:
        id: of the button or the form.
        origin: who pressed it, and where.
        message: under which the button is, as it was then; None for a form that was opened elsewhere.
        text: that was filled in; ``""`` for a button.
    """

    id: ButtonId
    origin: Origin
    message: discord.Message | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """What a button does.

    Args:
        run: does it and returns what there is to say to whoever pressed it, None where it is on its way; raises
            ``UserError``.
        form: returns a form that is opened at once; ``run`` is then for what was filled in.
        has_button: whether it begins with a button; otherwise with a form that is opened elsewhere.
        is_once: whether it counts once where the same member presses the same button twice within seconds.
    """

    run: Callable[[Press], Awaitable[str | Reply | None]]
    form: Callable[[Press], Awaitable[discord.ui.Modal]] | None = None
    has_button: bool = True
    is_once: bool = True


class Presses(commands.Cog):
    """Hears of all buttons and forms, by their ids alone: nothing is remembered from when they were sent.

    Args:
        metrics: that count refusals.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._actions: dict[str, Action] = {}
        self._lately: dict[tuple[object, ...], float] = {}

    def add(self, actions: Mapping[str, Action]) -> None:
        """Add actions of new names, as they stand in the ids."""
        self._actions |= actions

    @commands.Cog.listener()
    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        """Do what a button or a form is for."""
        is_form = interaction.type is discord.InteractionType.modal_submit
        if not is_form and interaction.type is not discord.InteractionType.component:
            return
        if not self._is_first(interaction.id):
            return  # the gateway delivered it twice
        data: Any = interaction.data or {}
        id = ButtonId.parse(str(data.get("custom_id", "")))
        action = self._actions.get(id.action) if id else None
        if id is None or action is None or not _is_there(interaction, id, action, is_form=is_form):
            await self._refuse(interaction, "unknown", UserError(UNKNOWN))
            return
        message = interaction.message
        press = Press(id, _origin(interaction, id), message, filled(data) if is_form else "")
        if action.form is not None and not is_form:
            await self._open(interaction, action.form, press)
            return
        key = (interaction.user.id, message.id if message else 0, str(id), press.text)
        if action.is_once and not self._is_first(*key):
            await self._refuse(interaction, id.action, UserError(TWICE))
        elif await acknowledge(interaction, id.action):
            await tell(interaction, id.action, await self._ran(action, press, key))

    async def _ran(self, action: Action, press: Press, key: tuple[object, ...]) -> str | Reply | None:
        with bound_contextvars(asked=press.origin.id):
            try:
                return await action.run(press)
            except UserError as error:
                self._metrics.refuse(press.id.action, error)
                self._lately.pop(key, None)  # what was refused can be tried again at once
                return str(error)
            except Exception:
                _log.exception("a button failed", action=press.id.action)
                return FAULT

    async def _open(
        self, interaction: discord.Interaction[Any], form: Callable[[Press], Awaitable[discord.ui.Modal]], press: Press
    ) -> None:
        try:
            async with asyncio.timeout(FORM_SECONDS):
                made = await form(press)
        except UserError as error:
            await self._refuse(interaction, press.id.action, error)
            return
        except TimeoutError:
            await self._refuse(interaction, press.id.action, UserError(TOO_SLOW))
            return
        except Exception:
            _log.exception("a form failed", action=press.id.action, asked=press.origin.id)
            await refuse(interaction, press.id.action, FAULT)
            return
        try:
            await interaction.response.send_modal(made)
        except CALL_ERRORS as error:
            _log.warning("could not open a form", action=press.id.action, error=reason(error))

    async def _refuse(self, interaction: discord.Interaction[Any], what: str, error: UserError) -> None:
        """Say at once why nothing comes of it, and count that."""
        self._metrics.refuse(what, error)
        await refuse(interaction, what, str(error))

    def _is_first(self, *key: object) -> bool:
        """Return whether something happens for the first time in a while."""
        now = time.monotonic()
        self._lately = {each: until for each, until in self._lately.items() if until > now}
        is_first = key not in self._lately
        self._lately.setdefault(key, now + ONCE_SECONDS)
        return is_first


def _is_there(interaction: discord.Interaction[Any], id: ButtonId, action: Action, *, is_form: bool) -> bool:
    """Return whether there is such a button under the message, so that ids forged by hand lead nowhere."""
    message = interaction.message
    if message is None:
        return is_form and not action.has_button
    if not action.has_button or message.author.id != interaction.client.user.id or (is_form and action.form is None):
        return False
    return str(id) in {
        child.custom_id
        for row in message.components
        if isinstance(row, discord.ActionRow)
        for child in row.children
        if isinstance(child, discord.Button) and not child.disabled
    }


def _origin(interaction: discord.Interaction[Any], id: ButtonId) -> Origin:
    message = interaction.message
    return Origin.of_interaction(interaction, how=id.action, source=message.id if message else None)
