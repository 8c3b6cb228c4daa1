"""Commands by which moderators set the rules of their server."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from itertools import product

import discord

from bot.characters import clean, units
from bot.command import Call, Command, Option
from bot.errors import UserError
from bot.listing import MAX_ANSWER
from bot.markdown import escape, inline_code
from bot.permissions import may_write
from bot.rules.book import ALLOWED, LOG, PAUSED, PREFIX, RuleBook
from bot.rules.log import AuditLog, actor_name
from bot.rules.rule import Rule
from bot.rules.table import RULES
from config.settings.discord import COMMAND_PREFIX
from store.audit import Audit
from store.errors import StoreError
from store.rules import SERVER, Place, Rules, Scope, Value

ONE_PLACE = "Name a channel or a role, not both."
MOST_SHOWN = 3
"""Channels and roles with a value of their own that are shown of a rule."""
MOST_LISTED = 30
LINES = 10
"""Of the log that are shown."""
UNREAD = "That cannot be read at the moment; whoever runs Easel has been told. Try again in a few minutes."

CHANNEL = Option("channel", "For this channel, its threads and what lies in it", "channel")
ROLE = Option("role", "For members with this role", "role")


class RuleCommands:
    """Limits, channels, roles, the prefix, pausing and the log.

    Args:
        book: the rules as they hold.
        rules: where they are kept.
        audit: what was done before.
        log: that is told of what is done.
    """

    def __init__(self, book: RuleBook, rules: Rules, audit: Audit, log: AuditLog) -> None:
        self._book = book
        self._rules = rules
        self._audit = audit
        self._log = log

    def commands(self) -> Sequence[Command]:
        """Return the commands."""
        key = Option("key", "Which limit", choices=tuple(RULES))
        needed_key = Option("key", "Which limit", needed="always", choices=tuple(RULES))
        value = Option("value", "A number, a time, yes or no, as the limit takes it", needed="always")
        here = Option("channel", "Which channel; without it this one", "channel")
        role = Option("role", "Which role", "role", needed="always")
        one_channel = Option("channel", "Which channel; without it all", "channel")
        one_role = Option("role", "Which role; without it all", "role")
        text = Option("prefix", "1 to 5 characters without blanks")
        log = Option("channel", "Where to tell of it", "channel")
        off = Option("state", "To tell nobody any more", choices=("off",))
        table = (
            ("limits show", "What members may ask for here", self._show, (CHANNEL, ROLE)),
            ("limits set", "Set a limit", self._set, (needed_key, value, CHANNEL, ROLE)),
            ("limits reset", "Forget limits that were set", self._reset, (key, CHANNEL, ROLE)),
            ("channels allow", "Paint in a channel, and in no others that are not allowed", self._allow, (here,)),
            ("channels deny", "Do not paint in a channel", self._deny, (here,)),
            ("channels reset", "Forget what was said of channels", self._forget_channels, (one_channel,)),
            ("channels list", "Where it is painted", self._channels, ()),
            ("roles allow", "Paint for members with a role, and for no others", self._allow, (role,)),
            ("roles deny", "Do not paint for members with a role", self._deny, (role,)),
            ("roles reset", "Forget what was said of roles", self._forget_roles, (one_role,)),
            ("roles list", "For whom it is painted", self._roles, ()),
            ("prefix", "What commands begin with here", self._prefix, (text,)),
            ("pause", "Take no more requests in this server", self._pause, ()),
            ("resume", "Take requests in this server again", self._resume, ()),
            ("log", "Tell a channel who changed what and who was refused why", self._tell, (log, off)),
        )
        made = (Command(name, help, run, options, for_moderators=True) for name, help, run, options in table)
        return [*made]

    async def _show(self, call: Call) -> str:
        """Show what is set: of the server with all places, or of one place."""
        guild, place = _guild(call), _place(call)
        if place != SERVER:
            own = {key: self._book.set_for(guild.id, key) for key in RULES}
            lines = [f"`{key}` {self._shown(RULES[key], own[key][place])}" for key in RULES if place in own[key]]
            return "\n".join([f"**Limits** {named(place, guild)}", *(lines or ["None of its own."])])
        answers = (self._all(guild, *size) for size in product((True, False), range(MOST_SHOWN, -1, -1)))
        return next(text for text in answers if units(text) <= MAX_ANSWER)

    def _all(self, guild: discord.Guild, with_help: bool, most: int) -> str:
        """Return a line for each rule, with so many of the places that have a value of their own."""
        lines = [f"**Limits** · {inline_code(self._book.prefix(guild) + 'limits set KEY VALUE', 60)} sets one"]
        for key, rule in RULES.items():
            chosen = dict(self._book.set_for(guild.id, key))
            value = self._shown(rule, chosen.pop(SERVER, rule.usual(self._book.settings)))
            places = [f"{self._shown(rule, each)} {named(place, guild)}" for place, each in chosen.items()]
            more = [f"{len(places) - most} more"] if len(places) > most else []
            lines.append(" · ".join([f"`{key}` **{value}**", *places[:most], *more, *([rule.help] * with_help)]))
        return "\n".join(lines)

    async def _set(self, call: Call) -> str:
        """Set a limit, for the server, a channel or a role."""
        guild, place = _guild(call), _place(call)
        rule = RULES[call.options["key"]]
        if place[0] not in rule.scopes:
            raise UserError(f"`{rule.name}` can be set for {' or '.join(f'a {each}' for each in rule.scopes)} only.")
        value = rule.read(call.options["value"], self._book.settings)
        what = f"set `{rule.name}` to `{rule.shown(value)}` {named(place, guild)}"
        await self._log.change(call.origin, self._rules.set(guild.id, place, rule.name, value), what)
        return f"Done: {what}."

    async def _reset(self, call: Call) -> str:
        """Forget limits: one or all, of a place or of all places."""
        guild, place, key = _guild(call), _place(call), call.options.get("key")
        keys = [key] if key else [*RULES]
        chosen = [(each, key) for key in keys for each in self._book.set_for(guild.id, key)]
        if place != SERVER or key:
            chosen = [(each, key) for each, key in chosen if each == place]
        if not chosen:
            return "None of these limits was set, so the operator's hold."
        limits = f"`{key}`" if key else f"{len(chosen)} limits" if len(chosen) > 1 else "1 limit"
        where = named(place, guild) if key or place != SERVER else "of the server and all its channels and roles"
        what = f"reset {limits} {where}"
        await self._log.change(call.origin, self._rules.reset(guild.id, *chosen), what)
        return f"Done: {what}."

    async def _allow(self, call: Call) -> str:
        """Paint in a channel or for a role."""
        guild, place = _guild(call), _place(call, here=True)
        return await self._open(call, "allowed", place, self._rules.set(guild.id, place, ALLOWED, True))

    async def _deny(self, call: Call) -> str:
        """Do not paint in a channel or for a role."""
        guild, place = _guild(call), _place(call, here=True)
        return await self._open(call, "denied", place, self._rules.set(guild.id, place, ALLOWED, False))

    async def _forget_channels(self, call: Call) -> str:
        """Forget what was said of a channel, or of all."""
        return await self._forget(call, "channel")

    async def _forget_roles(self, call: Call) -> str:
        """Forget what was said of a role, or of all."""
        return await self._forget(call, "role")

    async def _forget(self, call: Call, scope: Scope) -> str:
        guild, place = _guild(call), _place(call)
        all_places: list[Place] = [(scope, each) for each in self._book.allowed(guild.id, scope)]
        places = all_places if place == SERVER else [place]
        saving = self._rules.reset(guild.id, *((each, ALLOWED) for each in places))
        what = f"reset {f'all {scope}s' if place == SERVER else mention(place, guild)}"
        await self._log.change(call.origin, saving, what)
        return f"Done: {what}. {self._opened(guild, scope)}"

    async def _open(self, call: Call, verb: str, place: Place, saving: Awaitable[None]) -> str:
        guild = _guild(call)
        what = f"{verb} {mention(place, guild)}"
        await self._log.change(call.origin, saving, what)
        return f"Done: {what}. {self._opened(guild, place[0])}"

    async def _channels(self, call: Call) -> str:
        """Tell where it is painted."""
        return self._opened(_guild(call), "channel")

    async def _roles(self, call: Call) -> str:
        """Tell for whom it is painted."""
        return self._opened(_guild(call), "role")

    def _opened(self, guild: discord.Guild, scope: Scope) -> str:
        chosen = self._book.allowed(guild.id, scope)
        allowed, denied = (_listed(guild, scope, chosen, is_allowed) for is_allowed in (True, False))
        everywhere = "in every channel" if scope == "channel" else "for all members"
        only = ("in " if scope == "channel" else "for members with ") + allowed if allowed else everywhere
        return f"I paint {only}{f', but not {denied}' if denied else ''}."

    async def _prefix(self, call: Call) -> str:
        """Set or tell what commands begin with."""
        guild, text = _guild(call), call.options.get("prefix")
        always = "A mention always works too."
        if text is None:
            return f"Commands begin with {inline_code(self._book.prefix(guild))} here. {always}"
        if not COMMAND_PREFIX.fullmatch(text) or clean(text) != text or "`" in text:
            raise UserError("A prefix is 1 to 5 characters without blanks and backticks.")
        what = f"set the prefix to {inline_code(text)}"
        await self._log.change(call.origin, self._rules.set(guild.id, SERVER, PREFIX, text), what)
        return f"Done: {what}. {always}"

    async def _pause(self, call: Call) -> str:
        """Take no more requests."""
        if self._book.is_paused(_guild(call).id):
            return "Painting is paused here already."
        await self._log.change(
            call.origin, self._rules.set(_guild(call).id, SERVER, PAUSED, True), "paused the painting"
        )
        prefix = self._book.prefix(_guild(call))
        advice = f"`{prefix}clear` takes it back, `{prefix}resume` goes on."
        return f"I take no more requests here; what waits is still painted. {advice}"

    async def _resume(self, call: Call) -> str:
        """Take requests again."""
        if not self._book.is_paused(_guild(call).id):
            return "Painting is not paused here."
        await self._log.change(
            call.origin, self._rules.reset(_guild(call).id, (SERVER, PAUSED)), "resumed the painting"
        )
        return "I take requests here again."

    async def _tell(self, call: Call) -> str:
        """Set where it is told of changes and refusals, or show the last ones."""
        guild, channel = _guild(call), call.options.get("channel")
        if "state" in call.options:
            await self._log.change(call.origin, self._rules.reset(guild.id, (SERVER, LOG)), "switched the log off")
            return "I tell no channel any more."
        if channel is None:
            return await self._latest(guild)
        if not isinstance(channel, discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread):
            raise UserError("Messages cannot be written there; name a channel for text.")
        if not may_write(replace(call.origin, channel=channel)):
            raise UserError(f"I may not write in <#{channel.id}>; I need **View Channel** and **Send Messages** there.")
        what = f"set the log to <#{channel.id}>"
        await self._log.change(call.origin, self._rules.set(guild.id, SERVER, LOG, channel.id), what)
        return f"Done: {what}."

    async def _latest(self, guild: discord.Guild) -> str:
        try:
            lines = await self._audit.latest(guild.id, LINES)
        except StoreError:
            raise UserError(UNREAD) from None
        channel = self._book.log_channel(guild.id)
        text = f"I tell {f'<#{channel}>' if channel else 'no channel'} of changes and refusals."
        for line in lines:
            more = f"\n<t:{round(line.at)}:R> {actor_name(line.actor)} {line.what}"
            if units(text + more) <= MAX_ANSWER:
                text += more
        return text

    def _shown(self, rule: Rule, value: Value) -> str:
        """Return a value as it holds, which the operator's may not let be what was set."""
        settings = self._book.settings
        known = value if rule.is_value(value) else rule.usual(settings)
        return rule.shown(min(known, rule.ceiling(settings), key=rule.generosity))


def named(place: Place, guild: discord.Guild) -> str:
    """Return where something holds: ``in #art``, ``for Painters``, ``for the server``."""
    scope, _ = place
    if scope == "server":
        return "for the server"
    return f"{'in' if scope == 'channel' else 'for'} {mention(place, guild)}"


def mention(place: Place, guild: discord.Guild) -> str:
    """Return a channel or a role as it is shown in a message, without pinging anybody."""
    scope, place_id = place
    if scope == "channel":
        return f"<#{place_id}>"
    role = guild.get_role(place_id)
    return f"**{escape(role.name)}**" if role else f"a role that is gone ({place_id})"


def _listed(guild: discord.Guild, scope: Scope, chosen: Mapping[int, bool], is_allowed: bool) -> str:
    names = [mention((scope, each), guild) for each, value in chosen.items() if value is is_allowed]
    more = [f"{len(names) - MOST_LISTED} more"] if len(names) > MOST_LISTED else []
    return ", ".join([*names[:MOST_LISTED], *more])


def _guild(call: Call) -> discord.Guild:
    """Return the server, which there is in commands for moderators."""
    assert call.origin.guild is not None
    return call.origin.guild


def _place(call: Call, *, here: bool = False) -> Place:
    """Return what a command is about: a channel, a role, or, where none is named, the server or the channel here."""
    channel, role = call.options.get("channel"), call.options.get("role")
    if channel is not None and role is not None:
        raise UserError(ONE_PLACE)
    if role is not None:
        return "role", role.id
    if channel is not None:
        return "channel", channel.id
    return ("channel", call.origin.channel.id) if here else SERVER
