"""Commands by which moderators keep order: words that may not be asked for, who may not ask, what is taken back."""

import time
from collections.abc import Sequence

import discord

from bot.characters import units
from bot.command import Call, Command, Option, Who
from bot.errors import UserError
from bot.listing import MAX_ANSWER
from bot.markdown import escape, inline_code, shorten
from bot.posts import Posts
from bot.rules import words
from bot.rules.gate import Gate
from bot.rules.log import AuditLog, actor_name
from store.blocks import Block, Blocks
from store.words import Words

MOST_WORDS = 500
"""Of one server."""
LONGEST_BLOCK = 10 * 365 * 86400.0
"""Seconds; whoever is to be blocked for longer is blocked for ever."""
LONGEST_REASON = 200
CLEARED = "Cancelled by a moderator."
KINDS = ("forbidden", "adult")
"""Of words: everywhere, or outside of age-restricted channels."""
NOT_BLOCKED = "Name another member; you cannot block yourself, nor me."


class ModerationCommands:
    """Words, blocks, and taking back.

    Args:
        gate: that refuses.
        denied: words that may not stand in prompts.
        blocks: of members.
        posts: about the requests.
        log: that is told of what is done.
    """

    def __init__(self, gate: Gate, denied: Words, blocks: Blocks, posts: Posts, log: AuditLog) -> None:
        self._gate = gate
        self._words = denied
        self._blocks = blocks
        self._posts = posts
        self._log = log

    def commands(self) -> Sequence[Command]:
        """Return the commands."""
        kind = Option("kind", "Forbidden everywhere, or outside of age-restricted channels", choices=KINDS)
        word = Option("word", "A word, several words, or /an expression/", needed="always", takes_rest=True)
        text = Option("text", "What somebody could ask for", needed="always", takes_rest=True)
        member = Option("member", "Who", "member", needed="always")
        whose = Option("member", "Whose; without it everybody's", "member")
        duration = Option("time", "For how long, as 30m, 12h or 7d; without it for ever", "duration")
        reason = Option("reason", "Why; the member is told", takes_rest=True)
        table = (
            ("words add", "Forbid a word in prompts", self._add, (kind, word)),
            ("words remove", "Allow a word again", self._remove, (word,)),
            ("words list", "Which words are forbidden", self._list, ()),
            ("words test", "Whether a prompt would be refused here", self._test, (text,)),
            ("block", "Let somebody ask for no more pictures", self._block, (member, duration, reason)),
            ("unblock", "Let somebody ask for pictures again", self._unblock, (member,)),
            ("blocks", "Who is blocked", self._blocked, ()),
            ("clear", "Take back what waits or is being painted in this server", self._clear, (whose,)),
        )
        made = (Command(name, help, run, options, for_moderators=True) for name, help, run, options in table)
        return [*made]

    async def _add(self, call: Call) -> str:
        """Forbid a word."""
        guild, word, kind = _guild(call), " ".join(call.options["word"].split()), call.options.get("kind", "forbidden")
        words.compiled(word)
        own = self._words.of(guild)
        if word not in own and len(own) >= MOST_WORDS:
            raise UserError(
                f"There are {MOST_WORDS} words, which is the most; remove one, or join some as `/one|other/`."
            )
        what = f"added the {kind} word {inline_code(word, words.LONGEST)}"
        await self._log.change(call.origin, self._words.add(guild, word, is_adult=kind == "adult"), what)
        where = "outside of age-restricted channels" if kind == "adult" else "everywhere"
        return f"Done: {inline_code(word, words.LONGEST)} is refused {where} in this server."

    async def _remove(self, call: Call) -> str:
        """Allow a word again, also where its kind stands in front of it, as it was added."""
        guild, word = _guild(call), " ".join(call.options["word"].split())
        kind, _, behind = word.partition(" ")
        names = [words.fold(each) for each in ([word, behind] if kind.casefold() in KINDS else [word])]
        own = self._words.of(guild)
        known = next((each for name in names for each in own if words.fold(each) == name), None)
        if known is None:
            raise UserError(f"{inline_code(word)} is none of this server's words; the command `words list` shows them.")
        what = f"removed the word {inline_code(known, words.LONGEST)}"
        await self._log.change(call.origin, self._words.remove(guild, known), what)
        return f"Done: {what}."

    async def _list(self, call: Call) -> str:
        """Show the words, hidden until they are clicked."""
        own = self._words.of(_guild(call))
        if not own:
            return "This server has no words of its own."
        text, shown = f"**{len(own)} {'word' if len(own) == 1 else 'words'} of this server**", 0
        for word, is_adult in sorted(own.items()):
            line = f"\n{KINDS[is_adult]} ||{inline_code(word, words.LONGEST)}||"
            if units(text + line) > MAX_ANSWER:
                return f"{text}\n… and {len(own) - shown} more"
            text, shown = text + line, shown + 1
        return text

    async def _test(self, call: Call) -> str:
        """Tell whether a prompt would be refused."""
        try:
            self._gate.read(call.origin, call.options["text"])
        except UserError as error:
            return f"Refused: {error}"
        return "No word in it is forbidden here."

    async def _block(self, call: Call) -> str:
        """Let somebody ask for nothing."""
        member, seconds, origin = _who(call), call.options.get("time"), call.origin
        if member.id in {origin.author.id, origin.me.id if origin.me else None}:
            raise UserError(NOT_BLOCKED)
        if seconds is not None and not 1 <= seconds <= LONGEST_BLOCK:
            raise UserError("A block takes from `1s` to `3650d`; without a time it is for ever.")
        reason = shorten(" ".join(call.options.get("reason", "").split()), LONGEST_REASON)
        now = time.time()
        until = None if seconds is None else now + seconds
        end = " for ever" if until is None else f" until <t:{round(until)}:f>"
        why = f": {escape(reason)}" if reason else ""
        block = Block(until, reason, origin.author.id, now)
        what = f"blocked <@{member.id}>{end}{why}"
        await self._log.change(origin, self._blocks.add(_guild(call), member.id, block), what)
        typed = inline_code(f"{self._gate.book.prefix(origin.guild)}clear <@{member.id}>", 60)
        return f"Done: {what}. What they asked for before is still painted; {typed} takes it back."

    async def _unblock(self, call: Call) -> str:
        """Let somebody ask again."""
        member = _who(call)
        if self._blocks.find(_guild(call), member.id) is None:
            raise UserError(f"<@{member.id}> is not blocked.")
        what = f"unblocked <@{member.id}>"
        await self._log.change(call.origin, self._blocks.remove(_guild(call), member.id), what)
        return f"Done: {what}."

    async def _blocked(self, call: Call) -> str:
        """Show who is blocked."""
        blocked = self._blocks.of(_guild(call))
        if not blocked:
            return "Nobody is blocked."
        text, shown = "**Blocked**", 0
        for member, block in blocked.items():
            end = "for ever" if block.until is None else f"until <t:{round(block.until)}:f>"
            why = f": {escape(block.reason)}" if block.reason else ""
            line = f"\n<@{member}> {end}, by {actor_name(block.moderator)}{why}"
            if units(text + line) > MAX_ANSWER:
                return f"{text}\n… and {len(blocked) - shown} more"
            text, shown = text + line, shown + 1
        return text

    async def _clear(self, call: Call) -> str:
        """Take back everybody's requests in this server, or somebody's."""
        await self._posts.settle()
        guild, whose = _guild(call), call.options.get("member")
        here = [each for each in self._posts.entries if each.origin.guild and each.origin.guild.id == guild]
        taken = [each for each in here if whose is None or each.origin.author.id == whose.id]
        if not taken:
            return "Nothing waits or is being painted."
        await self._posts.cancel(taken, CLEARED)
        count = "1 picture" if len(taken) == 1 else f"{len(taken)} pictures"
        what = f"took back {count}{f' of <@{whose.id}>' if whose else ''}"
        await self._log.changed(call.origin, what)
        return f"Done: {what}."


def _guild(call: Call) -> int:
    """Return the server, which there is in commands for moderators."""
    assert isinstance(call.origin.guild, discord.Guild)
    return call.origin.guild.id


def _who(call: Call) -> Who:
    who: Who = call.options["member"]
    return who
