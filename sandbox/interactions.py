"""Interactions: who did what with the application, until when it must be answered, and how it was.

https://docs.discord.com/developers/interactions/receiving-and-responding
"""

import asyncio
import secrets
from collections.abc import Iterator

from sandbox import interaction_payloads
from sandbox.errors import refusal
from sandbox.events import Events
from sandbox.model import Interaction, User
from sandbox.payloads import Payload
from sandbox.world import World


class Interactions:
    """All interactions whose token is still good, oldest first."""

    def __init__(self, world: World, events: Events, response_seconds: float, token_seconds: float) -> None:
        self.response_seconds = response_seconds
        self.token_seconds = token_seconds
        self._world = world
        self._events = events
        self._by_token: dict[str, Interaction] = {}
        self._timers: dict[int, asyncio.TimerHandle] = {}

    def __iter__(self) -> Iterator[Interaction]:
        return iter(list(self._by_token.values()))

    def open(self, interaction: Interaction) -> None:
        """Tell the bot, and the person that it was told; from now on it is to be answered in time."""
        self._forget_expired()
        self._by_token[interaction.token] = interaction
        self._world.keep(interaction.attachments)
        self.tell(interaction, "INTERACTION_CREATE")
        self._watch(interaction)
        payload = interaction_payloads.interaction(self._world, interaction)
        self._events.to_user(self._world.application.bot, "INTERACTION_CREATE", payload)

    def unanswered(self, interaction_id: int, token: str) -> Interaction:
        """Return the interaction that is to have its first response; raises 10062 or 40060."""
        interaction = self._by_token.get(token)
        if interaction is None or interaction.id != interaction_id:
            raise refusal(10062)
        if interaction.acknowledged:
            raise refusal(40060)
        if interaction.failed or self._left(interaction) < 0:
            self._fail(interaction)
            raise refusal(10062)
        return interaction

    def acknowledge(self, interaction: Interaction) -> None:
        """Note that the first response is here, and tell the person."""
        interaction.acknowledged = True
        self._stop_watching(interaction)
        if interaction.parent is not None:
            interaction.parent.form = None
        self.tell(interaction, "INTERACTION_SUCCESS")

    def answered(self, application_id: int, token: str) -> Interaction:
        """Return the interaction behind a webhook; raises 50027 where its time is over, 10015 before it is answered."""
        self._forget_expired()
        interaction = self._by_token.get(token)
        if interaction is None or application_id != self._world.application.id:
            raise refusal(50027)
        if not interaction.acknowledged:
            raise refusal(10015)
        return interaction

    def with_form(self, user: User, interaction_id: int, custom_id: str) -> Interaction:
        """Return the interaction that a form was opened in for `user`; raises 10062."""
        for interaction in self:
            mine = interaction.id == interaction_id and interaction.user is user
            if mine and interaction.form is not None and interaction.form["custom_id"] == custom_id:
                return interaction
        raise refusal(10062)

    def tell(self, interaction: Interaction, event: str, more: Payload | None = None) -> None:
        """Tell the person something about their interaction."""
        data = {"id": str(interaction.id), "nonce": interaction.nonce} | (more or {})
        self._events.to_user(interaction.user, event, data, interaction.session_id)

    def expire(self) -> None:
        """Let everything fail that should have been answered by now; a clock that was turned asks for this."""
        for interaction in self:
            if not interaction.acknowledged and self._left(interaction) <= 0:
                self._fail(interaction)
        self._forget_expired()

    def close(self) -> None:
        """Wait for nothing any more."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _watch(self, interaction: Interaction) -> None:
        left = self._left(interaction)
        if left <= 0:
            self._fail(interaction)
        else:
            loop = asyncio.get_running_loop()
            self._timers[interaction.id] = loop.call_later(left, self._watch, interaction)

    def _stop_watching(self, interaction: Interaction) -> None:
        timer = self._timers.pop(interaction.id, None)
        if timer is not None:
            timer.cancel()

    def _fail(self, interaction: Interaction) -> None:
        self._stop_watching(interaction)
        if not interaction.failed:
            interaction.failed = True
            self.tell(interaction, "INTERACTION_FAILURE")

    def _left(self, interaction: Interaction) -> float:
        return interaction.created_at + self.response_seconds - self._world.clock()

    def _forget_expired(self) -> None:
        horizon = self._world.clock() - self.token_seconds
        for interaction in self:
            if interaction.created_at <= horizon:
                self._stop_watching(interaction)
                self._world.discard(interaction.attachments)
                interaction.attachments = []
                del self._by_token[interaction.token]


def new_token(interaction_id: int) -> str:
    """Return a token for an interaction."""
    return f"interaction.{interaction_id}.{secrets.token_urlsafe(96)}"
