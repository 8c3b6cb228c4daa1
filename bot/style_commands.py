"""`.styles`: the endings of prompts, with samples."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from bot.command import Call, Command, Option
from bot.errors import UserError
from bot.markdown import inline_code
from bot.receipt import Reply
from bot.rules.book import RuleBook
from bot.styles import SHEET, sample
from bot.suggestions import suggesting
from generation.styles import STYLES


class StyleCommands:
    """The command.

    Args:
        book: that knows what a command begins with.
    """

    def __init__(self, book: RuleBook) -> None:
        self._book = book

    def commands(self) -> Sequence[Command]:
        """Return the command."""
        name = Option("name", "One of them", suggest=suggesting(STYLES), takes_rest=True)
        return (
            Command("styles", "Endings for prompts, with sample pictures", self._styles, (name,), answers="latest"),
        )

    async def _styles(self, call: Call) -> Reply:
        """Show all, or one."""
        asked, prefix = call.options.get("name", ""), self._book.prefix(call.origin.guild)
        name = "-".join(asked.casefold().split())
        if not name:
            names = ", ".join(f"`{each}`" for each in STYLES)
            example = inline_code(f"{prefix}imagine a castle on a green hill --style watercolor", 100)
            one = inline_code(f"{prefix}styles watercolor", 100)
            return await _with(SHEET, f"{example}\n{names}\n-# {one} shows one.")
        if name not in STYLES:
            raise UserError(f"There is no style {inline_code(asked)}; {inline_code(f'{prefix}styles')} shows all.")
        style = STYLES[name]
        return await _with(sample(name), f"`--style {name}` adds “{style.ending}” to a prompt: {style.help}.")


async def _with(path: Path, text: str) -> Reply:
    return Reply(text, path.name, await asyncio.to_thread(path.read_bytes))
