"""Which value of a rule holds for somebody somewhere, and what else a server has set for itself.

A value for a role holds before one for a channel, and that before the server's. Of several roles of a member the most
generous value holds; of a thread, its channel and the category, the value of the innermost. Never is a value more
generous than the operator's, also where the operator has become stricter since it was set.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import discord

from bot.origin import Origin
from bot.rules.table import RULES
from config.settings import Settings
from store.rules import SERVER, Place, Rules, Scope, Value

PREFIX, LOG, PAUSED, ALLOWED = "prefix", "log", "paused", "allowed"
"""Keys beside those of the rule book: text, the id of a channel, whether nothing is painted, and, for channels and
roles, whether it is painted for them."""


class RuleBook:
    """Answers from memory.

    Args:
        settings: the operator's.
        rules: the servers'.
    """

    def __init__(self, settings: Settings, rules: Rules) -> None:
        self.settings = settings
        self._rules = rules

    def value(self, origin: Origin, key: str) -> Value:
        """Return what holds for whoever asks there; in private, and where nothing is set, the operator's."""
        rule = RULES[key]
        found = rule.usual(self.settings)
        if origin.guild is not None:
            values = {place: each for place, each in self.set_for(origin.guild.id, key).items() if rule.is_value(each)}
            mine: list[Place] = [("role", role) for role in roles(origin)]
            here: list[Place] = [*(("channel", each) for each in places(origin.channel)), SERVER]
            if of_roles := [values[place] for place in mine if place in values]:
                found = max(of_roles, key=rule.generosity)
            else:
                found = next((values[place] for place in here if place in values), found)
        return min(found, rule.ceiling(self.settings), key=rule.generosity)

    def set_for(self, guild: int, key: str) -> Mapping[Place, Value]:
        """Return which values of a key a server has set, by where they hold."""
        return {place: value for (place, each), value in self._rules.of(guild).items() if each == key}

    def prefix(self, guild: discord.Guild | None) -> str:
        """Return what a command begins with."""
        chosen = None if guild is None else self._rules.of(guild.id).get((SERVER, PREFIX))
        return chosen if isinstance(chosen, str) else self.settings.discord.prefix

    def log_channel(self, guild: int) -> int | None:
        """Return where a server is told of what its moderators change, and of who is refused."""
        return cast("int | None", self._rules.of(guild).get((SERVER, LOG)))

    def is_paused(self, guild: int) -> bool:
        """Return whether nothing is painted in a server, or, for ``EVERYWHERE``, anywhere."""
        return self._rules.of(guild).get((SERVER, PAUSED)) is True

    def allowed(self, guild: int, scope: Scope) -> Mapping[int, bool]:
        """Return which channels or roles were allowed and which denied, by their ids."""
        chosen = self.set_for(guild, ALLOWED)
        return {place: value is True for (each, place), value in chosen.items() if each == scope}

    def is_open(self, guild: int, channel: "discord.abc.MessageableChannel") -> bool:
        """Return whether a channel is allowed: by the innermost that is named; where some are allowed no others are."""
        chosen = self.allowed(guild, "channel")
        named = next((chosen[each] for each in places(channel) if each in chosen), None)
        return named if named is not None else not any(chosen.values())


def roles(origin: Origin) -> Sequence[int]:
    """Return the roles of whoever asks, as far as they are known."""
    return [role.id for role in origin.author.roles] if isinstance(origin.author, discord.Member) else []


def places(channel: "discord.abc.MessageableChannel") -> Sequence[int]:
    """Return a channel and what it lies in, the innermost first: a thread, its channel, the category."""
    real = located(channel)
    parent = real.parent if isinstance(real, discord.Thread) else real
    parents = [real.parent_id] if isinstance(real, discord.Thread) else []
    category = getattr(parent, "category_id", None)
    return [channel.id, *parents, *([category] if category else [])]


def is_age_restricted(channel: "discord.abc.MessageableChannel") -> bool:
    """Return whether only adults see a channel; a thread is as its channel is, and a conversation is not."""
    real = located(channel)
    if isinstance(real, discord.DMChannel | discord.PartialMessageable | discord.GroupChannel):
        return False
    return real.is_nsfw()


def located(channel: "discord.abc.MessageableChannel") -> "discord.abc.MessageableChannel":
    """Return the channel as the server has it, where only its id was known."""
    if isinstance(channel, discord.PartialMessageable) and channel.guild is not None:
        found = channel.guild.get_channel_or_thread(channel.id)
        return cast("discord.abc.MessageableChannel", found or channel)
    return channel
