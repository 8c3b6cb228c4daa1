"""`.style`: one picture in the style of another. It begins from the first and comes near to the second."""

from collections.abc import Sequence

import discord

from bot.command import Call, Command, Option, Run
from bot.commands import flag_options
from bot.errors import PromptError
from bot.posts import Posts
from bot.prompt import flags_in
from bot.receipt import Reply
from bot.rules.book import RuleBook
from bot.uploads import pictures_of, replied_to

USUAL = {"init-weight": "2", "strength": "1"}
"""Flags where none are given, by which the content stays and the style is seen; ``docs/journeys.md`` shows it."""
FLAGS = ("painter", "init-weight", "strength", "size", "quality", "steps", "seed")
"""That have an option of their own in the slash command."""
TWO = (
    "Attach two pictures: first the one that is painted, then the one in whose style. Or reply with `{0}style` to the "
    "first with the second attached."
)


class RestyleCommand:
    """The command.

    Args:
        book: that knows what a command begins with.
        posts: that know what the models offer.
        imagine: paints what is typed.
    """

    def __init__(self, book: RuleBook, posts: Posts, imagine: Run) -> None:
        self._posts = posts
        self._book = book
        self._imagine = imagine

    def commands(self) -> Sequence[Command]:
        """Return the command."""
        options = (
            Option("words", "That describe the style too", takes_rest=True),
            Option("content", "The picture that is painted", "picture", needed="slash"),
            Option("like", "The picture in whose style", "picture", needed="slash"),
            *flag_options(self._posts.available, FLAGS),
        )
        return [Command("style", "Paint one picture in the style of another", self._style, options, asks=True)]

    async def _style(self, call: Call) -> str | Reply | None:
        """Paint the one in the style of the other."""
        pictures = await _pictures(call)
        if len(pictures) != 2:
            raise PromptError(TWO.format(self._book.prefix(call.origin.guild)))
        words = call.options.get("words", "")
        _, given = flags_in(words, self._posts.available)
        flags = "".join(f" --{name} {value}" for name, value in USUAL.items() if name not in given)
        content, like = pictures
        options = {"prompt": f"{words}{flags}", "start": content, "target": like}
        return await self._imagine(Call(call.origin, options, mentioned=call.mentioned))


async def _pictures(call: Call) -> list[discord.Attachment]:
    """Return the pictures that come with a command, that which is painted first."""
    if call.message is None:
        return [call.options[name] for name in ("content", "like")]
    files = list(call.message.attachments)
    if len(files) == 1:
        answered = await replied_to(call.message)
        files = [*(await pictures_of(answered) if answered else [])[:1], *files]
    return files
