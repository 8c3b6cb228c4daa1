"""The commands by which members see and delete what is kept of them."""

from collections.abc import Callable, Sequence

from bot.command import Call, Command, Option
from bot.errors import UserError
from bot.posts import CANCELLED, Posts
from bot.rules.book import RuleBook
from store.errors import StoreError
from store.privacy import Personal, Privacy

EVERYTHING = "everything"
UNAVAILABLE = "What is kept of you cannot be looked up at the moment; try again in a few minutes."


class PrivacyCommands:
    """What is kept, and its deletion.

    Args:
        book: the prefix, and for how long it is kept.
        privacy: what is kept of members.
        posts: about requests that have not ended.
        also: what else forgets a member, in memory.
    """

    def __init__(self, book: RuleBook, privacy: Privacy, posts: Posts, also: Sequence[Callable[[int], None]]) -> None:
        self._also = also
        self._book = book
        self._privacy = privacy
        self._posts = posts

    def commands(self) -> Sequence[Command]:
        """Return the commands."""
        sure = Option("what", f"`{EVERYTHING}`, to delete it", choices=(EVERYTHING,))
        return (
            Command("mydata", "What is kept of you, and for how long", self._mydata, answers="latest"),
            Command("forgetme", "Delete what is kept of you", self._forgetme, (sure,)),
        )

    async def _mydata(self, call: Call) -> str:
        """Tell how much is kept."""
        kept = await self._of(call.origin.author.id)
        prefix, keep = self._book.prefix(call.origin.guild), self._book.settings.keep
        days = f"{self._book.settings.store.keep_days} days after they have ended"
        pictures = (
            "until whoever runs Easel deletes them" if keep.pictures.days is None else f"{keep.pictures.days} days"
        )
        lines = [
            "**What is kept of you**",
            *_told(kept),
            f"-# Requests stay until {days}, finished pictures {pictures}: so whoever runs "
            "Easel has set it. Pictures that were posted are on Discord.",
            f"-# `{prefix}forgetme` deletes it.",
        ]
        return "\n".join(lines)

    async def _forgetme(self, call: Call) -> str:
        """Say what would be deleted, or delete it."""
        member, prefix = call.origin.author.id, self._book.prefix(call.origin.guild)
        kept = await self._of(member)
        if call.options.get("what") != EVERYTHING:
            return "\n".join(
                [
                    f"**`{prefix}forgetme {EVERYTHING}` deletes**, for good:",
                    *_told(kept),
                    "-# What you wait for is cancelled. What was posted stays in its channels: the button 🗑️ below a "
                    "picture deletes that. What counts towards the limits of a day stays until tomorrow.",
                ]
            )
        await self._posts.settle()
        await self._posts.cancel([each for each in self._posts.entries if each.origin.author.id == member], CANCELLED)
        try:
            # Where several processes are one bot, others may have posts about some.
            await self._posts.drop(*await self._privacy.unfinished(member))
            count = await self._privacy.forget(member)
            for forget in self._also:
                forget(member)
        except StoreError:
            raise UserError(UNAVAILABLE) from None
        return f"Deleted: {_number(count, 'request')} with all their files, and your settings."

    async def _of(self, member: int) -> Personal:
        try:
            return await self._privacy.of(member)
        except StoreError:
            raise UserError(UNAVAILABLE) from None


def _told(kept: Personal) -> list[str]:
    since = "" if kept.since is None else f", since <t:{round(kept.since)}:D>"
    lines = [f"- {_number(kept.requests, 'request')} with prompt, time, channel and your name{since}"]
    lines += [f"- {_number(kept.files, 'file')}: pictures, videos and what they are made from"] * bool(kept.files)
    lines += ["- your settings"] * kept.has_settings
    asked = f"- that you asked for {_number(kept.counted, 'picture')} within 24 hours, in all servers and in private"
    lines += [asked] * bool(kept.counted)
    return lines + [f"- that you are blocked in {_number(kept.blocks, 'server')}"] * bool(kept.blocks)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"
