"""`.styles`: the endings of prompts, with samples."""

from collections.abc import Sequence

from bot.command import Call, Command, Option, Reply
from bot.errors import UserError
from bot.flags import FLAGS
from bot.markdown import inline_code
from bot.styles import SHEET, STYLES, sample


class StyleCommands:
    """The command.

    Args:
        prefix: what a command begins with.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def commands(self) -> Sequence[Command]:
        """Return the command."""
        name = Option("name", "One of them", suggest=FLAGS["style"].suggest, takes_rest=True)
        return (Command("styles", "Endings for prompts, with sample pictures", self._styles, (name,)),)

    async def _styles(self, call: Call) -> Reply:
        """Show all, or one."""
        asked = call.options.get("name", "")
        name = "-".join(asked.casefold().split())
        if not name:
            names = ", ".join(f"`{each}`" for each in STYLES)
            example = inline_code(f"{self._prefix}imagine a castle on a green hill --style watercolor", 100)
            one = inline_code(f"{self._prefix}styles watercolor", 100)
            return Reply(f"{example}\n{names}\n-# {one} shows one. What the last ones do depends on the models.", SHEET)
        if name not in STYLES:
            raise UserError(f"There is no style {inline_code(asked)}; {inline_code(f'{self._prefix}styles')} shows all.")
        style = STYLES[name]
        return Reply(f"`--style {name}` adds “{style.ending}” to a prompt: {style.help}.", sample(name))
