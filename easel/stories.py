"""A text in pictures: of each sentence one that begins from the last, a film of all with captions, and a page."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from bot.prompt import quoted
from config.settings import Settings, TextsSettings
from easel.abridging import abridge
from easel.captioned_film import Scene, joined
from easel.imagine import request as asked
from easel.in_turn import Requests, paint
from easel.picture_arguments import contents
from easel.picture_file import Files, SaveError, save
from easel.story_page import FILM, PAGE, Figure, page
from easel.story_requests import SECONDS, part
from generation.request import ImagineRequest
from texts.abridgement import edited, written
from texts.errors import TextError
from texts.sentences import MOST_BYTES, decode

TEXT = "story.txt"
"""File of the folder, beside the pictures, the film and the page."""


@dataclass(slots=True)
class Story:
    """What is painted of a text.

    Args:
        sentences: of it, one for each picture.
        prompts: requests for the pictures, as if each were alone.
        folder: for all of it.
        pictures: from which others begin, by SHA-256.
        figures: that are painted already.
        scenes: of the film, likewise.
    """

    sentences: Sequence[str]
    prompts: Sequence[ImagineRequest]
    folder: Path
    pictures: dict[str, bytes] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)

    def requests(self) -> Requests:
        """Yield the requests, each for a picture that begins from the last, and write what comes of it at once."""
        before = ""
        for number, (sentence, prompt) in enumerate(zip(self.sentences, self.prompts, strict=True), 1):
            request = part(prompt, before)
            finished = yield request
            file = self.folder / f"{number:02}-{request.slug}.png"
            Files(file).save(finished, {before: self.pictures[before]} if before else {})
            if "mp4" not in finished.files:
                raise SaveError(f"the film of picture {number} could not be made; what is painted is in {self.folder}")
            before = sha256(finished.png).hexdigest()
            self.pictures[before] = finished.png
            self.figures.append(Figure(sentence, request, file.name))
            self.scenes.append(Scene(finished.files["mp4"], sentence))


def read(file: Path, count: int, settings: TextsSettings) -> list[str]:
    """Return a text in up to so many sentences.

    Raises:
        ValueError: it cannot be read.
        LanguageError: the settings name a model that cannot be used.
    """
    return _read(file, lambda text: abridge(text, count, settings))


def read_edited(file: Path) -> list[str]:
    """Return the sentences in a file, one in each line; raises ``ValueError`` where it cannot be read."""
    return _read(file, edited)


def story(sentences: Sequence[str], settings: Settings, flags: Mapping[str, str | None], folder: Path) -> Story:
    """Return what is to be painted of sentences.

    Args:
        sentences: one for each picture.
        settings: the limits, what is usual, and which models there are.
        flags: of all pictures, by their names.
        folder: for all of it.

    Raises:
        ValueError: it is not allowed, or the folder cannot be one; the sentence says why.
    """
    first = asked(quoted(sentences[0]), settings, flags)
    flags = {**flags, "seed": str(first.seed)}
    prompts = [first, *(asked(quoted(each), settings, flags) for each in sentences[1:])]
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is no folder")
    return Story(sentences, prompts, folder)


def paint_story(story: Story, settings: Settings, *, as_json: bool) -> None:
    """Paint all pictures, and write the sentences, the film and the page; say so on standard output.

    Raises:
        GenerationError: a picture cannot be painted; those before it stay.
        SaveError: something cannot be written.
    """
    folder = story.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SaveError(f"{folder} cannot be made: {error.strerror}") from None
    save(written(story.sentences).encode(), folder / TEXT)
    model = story.prompts[0].model
    paint(story.requests(), settings, story.pictures, len(story.prompts), model=model, quietly=as_json)
    try:
        film = joined(story.scenes)
    except ValueError as error:
        raise SaveError(str(error)) from None
    save(film, folder / FILM)
    save(page(story.figures, FILM, SECONDS).encode(), folder / PAGE)
    seed = story.prompts[0].seed
    if as_json:
        print(json.dumps({"seed": seed, "pictures": len(story.figures), "out": str(folder)}))
    else:
        print(f"{folder}: {len(story.figures)} pictures, {FILM}, {PAGE}; seed {seed}")


def _read(file: Path, parted: Callable[[str], list[str]]) -> list[str]:
    try:
        data = sys.stdin.buffer.read(MOST_BYTES + 1) if str(file) == "-" else contents(file, MOST_BYTES)
        return parted(decode(data))
    except TextError as error:
        raise ValueError(f"{file}: {error}") from None
