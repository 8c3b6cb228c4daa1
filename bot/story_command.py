"""`.story`: a text in a few of its sentences, which are shown, can be edited, and are painted one after the other.

What is painted is one request: a prompt whose parts follow one another (``a ^ b ^ c``), with a film of it. So it has
one post, waits, counts, is refused and goes on after a restart as any other.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

import discord
import structlog

from bot.admission import Admission
from bot.block import block, lines_in
from bot.buttons.forms import LONGEST as LONGEST_FORM
from bot.buttons.forms import form
from bot.buttons.ids import ButtonId
from bot.buttons.press import Action, Press
from bot.buttons.row import BLUE, Button
from bot.command import Call, Command, Option, Run
from bot.commands import flag_options
from bot.errors import PromptError, UserError
from bot.fetch import Fetcher
from bot.flags.flag import NOTHING_KNOWN, Available
from bot.mentions import with_names
from bot.origin import Origin
from bot.posts import Posts
from bot.prompt import FLAG, flags_in, quoted
from bot.receipt import Reply
from bot.rules.gate import NO_STORY
from bot.uploads import replied_to
from generation.prompt import fenced
from generation.request import FILMS
from language.errors import LanguageError
from language.process import LanguageModels
from texts.abridgement import abridged, edited
from texts.errors import TextError
from texts.sentences import LONGEST, decode, shortened

USUAL, LEAST, MOST = 5, 2, 8
"""Sentences."""
FLAGS = ("style", "size", "steps", "seed")
"""That have an option of their own in the slash command."""
SEPARATOR = " ^ "
NO_TEXT = (
    "Give a text: behind `{0}story`, as a file in UTF-8, or by replying with `{0}story` to a message. It becomes a few "
    "sentences, which are painted one after the other."
)
ONE_FILE = "One file at a time; attach the others to messages of their own."
GONE = "There is no story in that message any more."
SHOWN = "A story in {0}, painted one after the other with a film of it. Paint it as it is, or edit it first."
UNUSABLE = "The language model did not abridge this text."
OWN = "These are sentences of its own."
LABEL = "A sentence a line; flags in the last"


_log = structlog.get_logger(__name__)


class StoryCommand:
    """The command, and its buttons.

    Args:
        posts: that know what the models offer.
        admission: that says who may ask for pictures.
        fetcher: that fetches files.
        imagine: paints what is typed.
        models: of which the summariser abridges, where there is one.
    """

    def __init__(
        self, posts: Posts, admission: Admission, fetcher: Fetcher, imagine: Run, models: LanguageModels
    ) -> None:
        self._models = models
        self._posts = posts
        self._admission = admission
        self._fetcher = fetcher
        self._imagine = imagine

    def commands(self) -> Sequence[Command]:
        """Return the command."""
        options = (
            Option("sentences", f"How many, {LEAST} to {MOST}; else {USUAL}", "integer", least=LEAST, most=MOST),
            Option("text", "What is told; or attach a file", takes_rest=True),
            Option("file", "A text in UTF-8", "picture"),
            *flag_options(self._posts.available, FLAGS),
        )
        return [Command("story", "Paint a text: a picture for each of its sentences, as a film", self._story, options)]

    def actions(self) -> Mapping[str, Action]:
        """Return what its buttons do, by their names."""
        return {"story": Action(self._paint), "story-edit": Action(self._edited, self._edit)}

    async def _story(self, call: Call) -> Reply:
        """Abridge the text, and show what is left of it."""
        self._enter(call.origin)
        count = call.options.get("sentences", USUAL)
        text, flags = await self._text(call)
        most = self._admission.gate.settings(call.origin).painting.max_prompt_length
        longest = min(LONGEST, (most + len(SEPARATOR)) // count - len(SEPARATOR))
        found, note = await self._abridged(text, count)
        sentences = [shortened(each, longest) for each in found]
        number = "1 sentence" if len(sentences) == 1 else f"{len(sentences)} sentences"
        lines = [*sentences, *([flags] if flags else [])]
        buttons = (
            Button(ButtonId("story", "text"), "Paint", "🎬", BLUE),
            Button(ButtonId("story-edit", "text"), "Edit", "✏️"),
        )
        return Reply(f"{note}{SHOWN.format(number)}\n{block(lines)}", rows=(buttons,))

    async def _abridged(self, text: str, count: int) -> tuple[list[str], str]:
        """Return a text in a few sentences, and why they are its own though there is a summariser."""
        try:
            own = await asyncio.to_thread(abridged, text, count)
        except TextError as error:
            raise UserError(_sentence(error)) from None
        if self._models.settings.summariser is None:
            return own, ""
        try:
            return await self._models.abridged(text, count), ""
        except TextError as error:
            return own, f"{_sentence(error)} {OWN}\n"
        except LanguageError as error:
            _log.warning("could not abridge a text by the language model", reason=str(error))
            return own, f"{UNUSABLE} {OWN}\n"

    async def _text(self, call: Call) -> tuple[str, str]:
        """Return the text that comes with a command, and flags of a slash command."""
        given, message, mentioned = call.options.get("text", ""), call.message, call.mentioned
        words, flags = given, ""
        if message is None:
            place = min((found for name in FLAGS if (found := given.rfind(f" --{name} ")) >= 0), default=len(given))
            words, flags = given[:place], given[place:].strip()
        files = [call.options["file"]] if "file" in call.options else message.attachments if message else []
        if not (words or files) and message is not None:
            answered = await replied_to(message)
            if answered is not None:
                words, files, mentioned = answered.content, answered.attachments, answered.mentions
        if len(files) > 1:
            raise UserError(ONE_FILE)
        if files:
            try:
                return decode(await self._fetcher.fetch(files[0].url)), flags
            except TextError as error:
                raise UserError(_sentence(error)) from None
        if not words:
            raise PromptError(NO_TEXT.format(self._admission.gate.book.prefix(call.origin.guild)))
        return with_names(words, call.origin, mentioned), flags

    async def _paint(self, press: Press) -> str | Reply | None:
        """Paint the story as it is."""
        return await self._painted(press, "\n".join(_lines(press.message)))

    async def _edit(self, press: Press) -> discord.ui.Modal:
        """Open a form with the sentences."""
        self._enter(press.origin)
        return form(press.id, "Edit and paint the story", LABEL, "\n".join(_lines(press.message))[:LONGEST_FORM])

    async def _edited(self, press: Press) -> str | Reply | None:
        """Paint what was filled in."""
        return await self._painted(press, press.text)

    async def _painted(self, press: Press, text: str) -> str | Reply | None:
        origin = replace(press.origin, source=None)
        self._enter(origin)
        return await self._imagine(Call(origin, {"prompt": prompt(text, self._posts.available)}))

    def _enter(self, origin: Origin) -> None:
        """Raise ``UserError`` where nothing is painted for whoever asks there, or no videos are made."""
        self._admission.enter(origin)
        self._admission.gate.check_film(origin, NO_STORY)


def prompt(text: str, available: Available = NOTHING_KNOWN) -> str:
    """Return what to type for a story: its parts one after the other, with its flags and a film.

    Args:
        text: a sentence in each line, flags in lines that begin with one.
        available: what the models in use offer.

    Raises:
        UserError: there are no sentences, or too many.
    """
    lines = [line.strip() for line in text.splitlines()]
    of_flags = [line for line in lines if _is_of_flags(line, available)]
    flags = " ".join(of_flags)
    try:
        sentences = edited("\n".join(line for line in lines if line not in of_flags))
    except TextError as error:
        raise PromptError(_sentence(error)) from None
    _, values = flags_in(flags, available)
    film = "" if "video" in values else f"--video {FILMS[0]}"
    return f"{SEPARATOR.join(map(_literal, sentences))} {flags} {film}".strip()


def _is_of_flags(line: str, available: Available) -> bool:
    """Return whether a line begins with a flag; one with a phone's dash, as many sentences have, with a known one."""
    flag = FLAG.match(line)
    return flag is not None and (flag["dashes"] == "--" or bool(flags_in(line, available)[1]))


def _literal(sentence: str) -> str:
    """Return what to type for a sentence as it is: no address of a picture, no choice between words, no flag."""
    return fenced(sentence) if "://" in sentence or "{" in sentence else quoted(sentence)


def _lines(message: discord.Message | None) -> list[str]:
    lines = lines_in(message.content) if message else []
    if not lines:
        raise UserError(GONE)
    return lines


def _sentence(error: TextError) -> str:
    text = str(error)
    return f"{text[0].upper()}{text[1:]}."
