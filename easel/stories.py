"""A text in pictures: of each sentence one that begins from the last, a film of all with captions, and a page."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from bot.prompt import quoted
from config.settings import Settings
from config.settings.texts import TextsSettings
from easel.abridging import abridge
from easel.captioned_film import Scene, joined
from easel.contents import contents
from easel.imagine import request as asked
from easel.in_turn import Requests, paint
from easel.picture_file import Files, SaveError, save
from easel.story_requests import SECONDS, carried, part
from generation.errors import MetadataError
from generation.events import Finished
from generation.metadata import read as read_metadata
from generation.request import PNG, ImagineRequest
from texts.abridgement import edited, written
from texts.errors import TextError
from texts.page import FILM, PAGE, Figure, named, page
from texts.sentences import MOST_BYTES, decode

TEXT, STATE, PARTS = "story.txt", "story.json", "parts"
"""In the folder, beside the pictures, the film and the page: the sentences, the seed, and what each part is made of."""
MOST_STATE = 1000
"""Bytes of the state that are read."""


@dataclass(slots=True)
class Story:
    """What is painted of a text.

    Args:
        sentences: of it, one for each picture.
        prompts: requests for the pictures, as if each were alone.
        folder: for all of it.
        files: from which others begin, by SHA-256.
        figures: that are painted already.
        scenes: of the film, likewise.
        painted: how many of them in this run.
    """

    sentences: Sequence[str]
    prompts: Sequence[ImagineRequest]
    folder: Path
    files: dict[str, bytes] = field(default_factory=dict)
    figures: list[Figure] = field(default_factory=list)
    scenes: list[Scene] = field(default_factory=list)
    painted: int = 0

    def requests(self) -> Requests:
        """Yield the requests for what is not finished, each begun from the last, and write what comes of it at once."""
        before = ""
        for number, (sentence, prompt) in enumerate(zip(self.sentences, self.prompts, strict=True), 1):
            request = part(prompt, before)
            kept = Part(self.folder / PARTS / f"{number:02}", request)
            made = kept.read()
            file = self.folder / f"{number:02}-{request.slug}.png"
            if made is None:
                finished = yield request
                self.painted += 1
                if "mp4" not in finished.files:
                    raise SaveError(
                        f"the film of picture {number} could not be made; what is painted is in {self.folder}"
                    )
                made = finished.png, finished.files
                kept.save(*made)
            png, files = made
            Files(file).save(Finished("", png, 0.0), {before: self.files[before]} if before else {})
            then = carried(request, png, files)
            before = sha256(then).hexdigest()
            self.files[before] = then
            self.figures.append(Figure(sentence, request.prompt, request.shape, named(file.name)))
            self.scenes.append(Scene(files["mp4"], sentence))


@dataclass(frozen=True, slots=True)
class Part:
    """What came of a sentence, as it is needed to go on after a break.

    Args:
        stem: of its files, without their kinds.
        request: that it is to be of.
    """

    stem: Path
    request: ImagineRequest

    def read(self) -> tuple[bytes, Mapping[str, bytes]] | None:
        """Return the picture and the files beside it; None where one is missing or of another request."""
        try:
            png = self._file(PNG).read_bytes()
            found = read_metadata(png).request
            files = {kind: self._file(kind).read_bytes() for kind in self.request.outputs if kind != PNG}
        except (OSError, MetadataError):
            return None
        is_this = replace(found, id=self.request.id) == self.request.anonymous
        return (png, files) if is_this else None

    def save(self, png: bytes, files: Mapping[str, bytes]) -> None:
        """Write all of them, the picture last: what has a picture is finished."""
        for kind, data in files.items():
            save(data, self._file(kind))
        save(png, self._file(PNG))

    def _file(self, kind: str) -> Path:
        return self.stem.with_suffix(f".{kind}")


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
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is no folder")
    if flags.get("seed") is None:
        flags = {**flags, "seed": _kept_seed(folder)}
    first = asked(quoted(sentences[0]), settings, flags)
    flags = {**flags, "seed": str(first.seed)}
    prompts = [first, *(asked(quoted(each), settings, flags) for each in sentences[1:])]
    return Story(sentences, prompts, folder)


def paint_story(story: Story, settings: Settings, *, as_json: bool) -> None:
    """Paint the pictures that are not finished, and write the sentences, the film and the page; say so.

    Raises:
        GenerationError: a picture cannot be painted; those before it stay.
        SaveError: something cannot be written.
    """
    folder = story.folder
    try:
        (folder / PARTS).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SaveError(f"{folder} cannot be made: {error.strerror}") from None
    seed = story.prompts[0].seed
    save(written(story.sentences).encode(), folder / TEXT)
    save(json.dumps({"seed": seed}).encode(), folder / STATE)
    requests = story.requests()
    first = next(requests, None)
    if first is not None:
        model = story.prompts[0].model
        paint(_after(first, requests), settings, story.files, len(story.prompts), model=model, quietly=as_json)
    try:
        film = joined(story.scenes)
    except ValueError as error:
        raise SaveError(str(error)) from None
    save(film, folder / FILM)
    save(page(story.figures, FILM, SECONDS).encode(), folder / PAGE)
    count = len(story.figures)
    if as_json:
        print(json.dumps({"seed": seed, "pictures": count, "already": count - story.painted, "out": str(folder)}))
    else:
        already = f", {count - story.painted} of them already there" if story.painted < count else ""
        print(f"{folder}: {count} pictures{already}, {FILM}, {PAGE}; seed {seed}")


def _after(first: ImagineRequest, requests: Requests) -> Requests:
    """Yield requests of which the first has been taken already."""
    finished = yield first
    while True:
        try:
            request = requests.send(finished)
        except StopIteration:
            return
        finished = yield request


def _kept_seed(folder: Path) -> str | None:
    """Return the seed of an earlier run in a folder, None where there was none."""
    file = folder / STATE
    if not file.exists():
        return None
    try:
        seed = json.loads(contents(file, MOST_STATE))["seed"]
    except (ValueError, LookupError, TypeError):
        raise ValueError(f"{file} is damaged; delete it, or name another folder with --out") from None
    return str(seed)


def _read(file: Path, parted: Callable[[str], list[str]]) -> list[str]:
    try:
        data = sys.stdin.buffer.read(MOST_BYTES + 1) if str(file) == "-" else contents(file, MOST_BYTES)
        return parted(decode(data))
    except TextError as error:
        raise ValueError(f"{file}: {error}") from None
