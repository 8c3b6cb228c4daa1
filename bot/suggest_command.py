"""`.suggest`: prompts made up from a few words, each with a button that paints it; and 🎲, where nothing was said.

Flags that stand among the words go with the prompt that is painted, in the last line of the message.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import structlog

from bot.admission import Admission
from bot.block import block, lines_in
from bot.buttons.ids import ButtonId
from bot.buttons.press import Action, Press
from bot.buttons.row import BLUE, Button
from bot.command import Call, Command, Option, Run
from bot.errors import UserError
from bot.markdown import inline_code
from bot.mentions import with_names
from bot.origin import Origin
from bot.posts import Posts
from bot.prompt import flags_in, flags_typed, parse, quoted
from bot.receipt import Reply
from bot.uploads import sorted_out
from generation.styles import STYLES
from language.errors import LanguageError
from language.process import LanguageModels
from texts.errors import TextError
from texts.suggested import LONGEST, suggested

WORDS = "words"
"""That stand for a prompt, where its flags are read."""
COUNT = 4
"""Prompts at once: with 🎲 they go into one row of buttons."""
ABOUT = re.compile(r"About \W?`(?P<words>[^`]+)`")
TOO_LONG = f"These are {{0}} characters with the flags; {LONGEST} are possible, so take a few words of them."
NONE = "Nothing that could be suggested about that may stand in a prompt here."
GONE = "There is no such prompt in that message any more."
DICE = Button(ButtonId("dice", "words"), "Others", "🎲")
FIRST_DICE = Button(ButtonId("dice", "any"), "Suggest something", "🎲", BLUE)
"""Where nothing was said."""


_log = structlog.get_logger(__name__)


class SuggestCommand:
    """The command, and its buttons.

    Args:
        posts: that know what the models offer.
        admission: that says who may ask for pictures.
        imagine: paints what is typed.
        models: of which the author makes them up, where there is one.
    """

    def __init__(self, posts: Posts, admission: Admission, imagine: Run, models: LanguageModels) -> None:
        self._posts = posts
        self._models = models
        self._admission = admission
        self._imagine = imagine

    def commands(self) -> Sequence[Command]:
        """Return the command."""
        words = Option(
            "words", "What they are about; without them anything; flags for what is painted", takes_rest=True
        )
        return [Command("suggest", "Prompts made up from a few words", self._suggest, (words,), answers="latest")]

    def actions(self) -> Mapping[str, Action]:
        """Return what its buttons do, by their names."""
        return {"suggested": Action(self._paint), "dice": Action(self._others, is_once=False)}

    async def _suggest(self, call: Call) -> Reply:
        """Show prompts."""
        text = with_names(call.options.get("words", ""), call.origin, call.mentioned)
        return await self._suggestion(call.origin, *self._parted(call.origin, text))

    async def _others(self, press: Press) -> Reply:
        """Show other prompts about the same words."""
        content = press.message.content if press.message else ""
        match = ABOUT.search(content)
        _, flags = _shown(content)
        return await self._suggestion(press.origin, match["words"] if match else "", flags)

    async def _paint(self, press: Press) -> str | Reply | None:
        """Paint one of them."""
        self._admission.enter(press.origin)
        prompts, flags = _shown(press.message.content if press.message else "")
        place = int(press.id.of) if press.id.of.isdecimal() else 0
        if not 1 <= place <= len(prompts):
            raise UserError(GONE)
        typed = f"{quoted(prompts[place - 1])} {flags}".strip()
        return await self._imagine(Call(replace(press.origin, source=None), {"prompt": typed}))

    def _parted(self, origin: Origin, text: str) -> tuple[str, str]:
        """Return the words of a text, and the flags with which it is painted; raises ``UserError``."""
        available = self._posts.available
        words, values = flags_in(text, available)
        flags = flags_typed(values)
        arguments = parse(f"{WORDS} {flags}", self._admission.gate.settings(origin).painting, available)
        sorted_out([], [], arguments)
        self._admission.check(origin, arguments, has_pictures=False)
        if flags and len(words) + len(flags) > LONGEST:
            raise UserError(TOO_LONG.format(len(words) + len(flags)))
        return words, flags

    async def _suggestion(self, origin: Origin, words: str, flags: str) -> Reply:
        """Show prompts about some words, with the flags that go with them, and buttons."""
        self._admission.gate.check_text(origin, words)
        seed = secrets.randbits(32)
        try:
            endings = [style.ending for style in STYLES.values()]
            prompts = suggested(words, seed, COUNT, endings, partial(self._is_allowed, origin))
        except TextError as error:
            text = str(error)
            raise UserError(f"{text[0].upper()}{text[1:]}.") from None
        if self._models.settings.author is not None:
            self._admission.enter(origin)
            prompts = [*await self._made_up(origin, words, seed), *prompts][:COUNT]
        if not prompts:
            raise UserError(NONE)
        about = f"About {inline_code(words, LONGEST)}:\n" if words.strip() else ""
        places = range(1, len(prompts) + 1)
        numbers = [Button(ButtonId("suggested", str(place)), str(place), "", BLUE) for place in places]
        lines = [f"{place}. {prompt}" for place, prompt in enumerate(prompts, 1)] + [flags] * bool(flags)
        return Reply(f"{about}{block(lines)}", rows=((*numbers, DICE),))

    async def _made_up(self, origin: Origin, words: str, seed: int) -> list[str]:
        """Return prompts by the author that may be shown there."""
        try:
            made = await self._models.suggested(words, seed, COUNT)
        except LanguageError as error:
            _log.warning("could not make up prompts by the language model", reason=str(error))
            return []
        return [prompt for prompt in made if self._is_allowed(origin, prompt)]

    def _is_allowed(self, origin: Origin, prompt: str) -> bool:
        try:
            self._admission.gate.read(origin, prompt)
        except UserError:
            return False
        return True


def _shown(content: str) -> tuple[list[str], str]:
    """Return the prompts in a message, and the flags that go with them."""
    lines = lines_in(content)
    flags = lines.pop() if lines and lines[-1].startswith("--") else ""
    return [line.partition(". ")[2] for line in lines], flags
