"""What the operator can do, each of which is written down."""

import time
from collections.abc import Awaitable, Callable

import discord
import structlog

from bot.errors import UserError
from bot.markdown import escape, inline_code, shorten
from bot.moderation import LONGEST_BLOCK, LONGEST_REASON
from bot.posts import Posts
from bot.rules.book import PAUSED, RuleBook
from bot.rules.log import AuditLog
from store.blocks import Block, Blocks
from store.rules import SERVER, Rules
from store.tables import EVERYWHERE, OPERATOR

CANCELLED = "Cancelled by whoever runs Easel."
STOPPING = "The bot is being stopped already."

_log = structlog.get_logger(__name__)


class Actions:
    """Each method returns what it did, beginning with a verb in the past tense, or raises ``UserError``.

    A server is named by its id, all of them by ``EVERYWHERE``.

    Args:
        client: that knows the servers.
        posts: about the requests.
        book: which servers are paused.
        rules: where that is kept.
        blocks: of members.
        log: where it is written down.
        stop: ends the bot as the first signal does.
    """

    def __init__(
        self,
        client: discord.Client,
        posts: Posts,
        book: RuleBook,
        rules: Rules,
        blocks: Blocks,
        log: AuditLog,
        stop: Callable[[], None],
    ) -> None:
        self._client = client
        self._posts = posts
        self._book = book
        self._rules = rules
        self._blocks = blocks
        self._log = log
        self._stop = stop

    async def pause(self, server: int) -> str:
        """Take no more requests in a server; what waits is still painted."""
        guild, everywhere = self._guild(server), " everywhere" * (server == EVERYWHERE)
        if self._book.is_paused(server):
            raise UserError(f"Painting is paused{everywhere or ' there'} already.")
        return await self._change(
            guild, self._rules.set(server, SERVER, PAUSED, True), f"paused the painting{everywhere}"
        )

    async def resume(self, server: int) -> str:
        """Take requests in a server again, whoever had it paused."""
        guild, everywhere = self._guild(server), " everywhere" * (server == EVERYWHERE)
        if not self._book.is_paused(server):
            raise UserError(f"Painting is not paused{everywhere or ' there'}.")
        return await self._change(
            guild, self._rules.reset(server, (SERVER, PAUSED)), f"resumed the painting{everywhere}"
        )

    async def drain(self) -> str:
        """Take no more requests, finish or suspend what is being painted, and end the bot."""
        if self._posts.is_closed:
            raise UserError(STOPPING)
        what = "stopped the bot"
        await self._log.changed_by_operator(None, what)
        _log.info("stopped from the operator's page")
        self._stop()
        return what

    async def cancel(self, request_id: str) -> str:
        """Take a request back, which its post says."""
        entry = self._posts.entry(request_id)
        if entry is None:
            raise UserError("That request has ended, or is not known.")
        await self._posts.cancel([entry], CANCELLED)
        what = f"took back the picture {inline_code(request_id)} of <@{entry.origin.author.id}>"
        guild = entry.origin.guild
        await self._log.changed_by_operator(self._client.get_guild(guild.id) if guild else None, what)
        return what

    async def block(self, member: int, server: int, seconds: float | None, reason: str) -> str:
        """Let a member ask for no more pictures.

        Args:
            member: who.
            server: where.
            seconds: for how long, from 1; None for ever.
            reason: that the member is told; ``""`` for none.
        """
        guild, now = self._guild(server), time.time()
        if seconds is not None and not 1 <= seconds <= LONGEST_BLOCK:
            raise UserError("A block takes from a second to ten years; without a time it is for ever.")
        reason = shorten(" ".join(reason.split()), LONGEST_REASON)
        until = None if seconds is None else now + seconds
        end = " for ever" if until is None else f" until <t:{round(until)}:f>"
        why = f": {escape(reason)}" if reason else ""
        saving = self._blocks.add(server, member, Block(until, reason, OPERATOR, now))
        everywhere = " everywhere" * (server == EVERYWHERE)
        return await self._change(guild, saving, f"blocked <@{member}>{everywhere}{end}{why}")

    async def unblock(self, member: int, server: int) -> str:
        """Let a member ask for pictures again, whoever had them blocked."""
        if self._blocks.find(server, member) is None:
            raise UserError("They are not blocked there.")
        everywhere = " everywhere" * (server == EVERYWHERE)
        guild = self._client.get_guild(server)
        return await self._change(guild, self._blocks.remove(server, member), f"unblocked <@{member}>{everywhere}")

    async def _change(self, guild: discord.Guild | None, saving: Awaitable[None], what: str) -> str:
        await self._log.change_by_operator(guild, saving, what)
        return what

    def _guild(self, server: int) -> discord.Guild | None:
        """Return a server in which the bot is, None for all of them; raises ``UserError``."""
        guild = self._client.get_guild(server)
        if guild is None and server != EVERYWHERE:
            raise UserError("The bot is in no such server.")
        return guild
