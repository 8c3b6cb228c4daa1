"""A walk from the command line: past prompts, seeds, classes, latents and pictures, into a film."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from bot.errors import PromptError
from bot.prompt import parse
from bot.walk import walk, waypoints
from config.settings import Settings
from easel.again import available, read_file, with_pictures
from easel.contents import contents
from easel.formats import FILM_ENDINGS, film_of
from easel.imagine import report, tell_difference, watched
from easel.picture_arguments import decoded, sized
from easel.picture_file import SaveError, check, save
from easel.wording import plain
from generation import latents
from generation.errors import RequestError
from generation.fields import SEED_LIMIT
from generation.metadata import Metadata
from generation.request import PNG, ImagineRequest
from generation.sizes import Shape
from generation.waypoint import MOST_WAYPOINTS, Waypoint

FILES_ALONE = "a walk"
"""The prompt of a walk that only passes files."""
SEED = re.compile(r"\d{1,10}")


@dataclass(frozen=True, slots=True)
class Passed:
    """Files that a walk passes.

    Args:
        latents: of latents.
        pictures: of pictures, behind them.
    """

    latents: Sequence[Path] = ()
    pictures: Sequence[Path] = ()

    def read(self) -> tuple[list[Waypoint], Mapping[str, bytes], Shape | None]:
        """Return them with their contents by SHA-256, and width and height of the first latent's picture.

        Raises:
            ValueError: one cannot be read; the sentence says which.
        """
        found: dict[str, bytes] = {}
        passed: list[Waypoint] = []
        shape: Shape | None = None
        for path in self.latents:
            data = contents(path, latents.MOST_BYTES)
            try:
                latent, _ = latents.unpack(data)
            except RequestError as error:
                raise ValueError(f"{path}: {error}") from None
            if shape not in (None, latent.shape):
                own, first = ("{}x{}".format(*each) for each in (latent.shape, shape))
                raise ValueError(f"{path} is of a picture of {own}, and the first latent of one of {first}")
            shape = latent.shape
            passed.append(Waypoint(latent=_kept(data, found)))
        for path in self.pictures:
            passed.append(Waypoint(picture=_kept(decoded(path), found)))
        return passed, found, shape


def asked(
    prompt: str | None,
    settings: Settings,
    flags: Mapping[str, str | None],
    seeds: str | None,
    files: Passed,
) -> tuple[ImagineRequest, Mapping[str, bytes]]:
    """Return the request for a walk, and what it passes that is there, by SHA-256.

    Args:
        prompt: texts and classes with ``|`` between them, and flags; it passes them before the files.
        settings: the limits, what is usual, and which models there are.
        flags: more of them, by their names.
        seeds: with each of which each text is painted, with commas between; None for that of the walk.
        files: that it passes.

    Raises:
        ValueError: it is not allowed; the sentence says why.
    """
    passed, pictures, shape = files.read()
    if prompt is None and (seeds or len(passed) < 2):
        raise ValueError("say what to walk past: 'a red apple | a pear', or two or more --latent or --picture FILE")
    try:
        chosen = sized(flags, prompt or "", shape)
        typed = "".join(f" --{name}={value}" for name, value in chosen.items() if value is not None)
        text = (prompt or FILES_ALONE) + typed
        arguments = parse(text, settings.painting, available(settings.models), of_walk=True)
        request = arguments.request("walk")
        numbers = None if seeds is None else _seeds(seeds)
        if numbers is not None:
            arguments = replace(arguments, fields={**arguments.fields, "repeat": len(numbers)})
        texts = () if prompt is None else waypoints(arguments, request.seed, len(passed))
        if numbers is not None:
            texts = tuple(replace(each, seed=numbers[number % len(numbers)]) for number, each in enumerate(texts))
        if len(texts) + len(passed) > MOST_WAYPOINTS:
            raise PromptError(f"a walk passes up to {MOST_WAYPOINTS} pictures, not {len(texts) + len(passed)}")
        return walk(request, (*texts, *passed)), pictures
    except PromptError as error:
        raise ValueError(plain(error)) from None


def asked_again(source: Path, files: Passed) -> Metadata:
    """Return how a walk was made, with the request for it again and what it passes.

    Args:
        source: its film.
        files: that it passes, which the film does not hold.

    Raises:
        MetadataError: the file does not say how it was made.
        ValueError: it is no walk, or a file is missing.
    """
    before = with_pictures(read_file(source))
    if not before.request.waypoints:
        raise ValueError(f"{source} is no walk; easel imagine --from {source} makes its picture again")
    _, found, _ = files.read()
    if missing := before.request.pictures - found.keys():
        digests = ", ".join(sorted(missing))
        raise ValueError(f"give by --latent or --picture what it passes, of SHA-256 {digests}")
    return replace(before, request=replace(before.request, id="walk"), pictures=found)


def film(
    request: ImagineRequest,
    settings: Settings,
    out: Path,
    pictures: Mapping[str, bytes],
    *,
    as_json: bool,
    before: Metadata | None = None,
) -> None:
    """Walk, write the film and say so on standard output.

    Args:
        request: for the walk.
        settings: how, and with what.
        out: the film's file.
        pictures: that it passes, by their SHA-256.
        as_json: say it as a line of JSON.
        before: of the film that is made again, if it is one; what is otherwise now is said on standard error.

    Raises:
        GenerationError: there is no film.
        SaveError: there is one, but not where it should be.
    """
    kind = film_of(out)
    request = replace(request, outputs=(PNG, kind))
    finished = watched(request, settings, pictures, quietly=as_json)
    if kind not in finished.files:
        raise SaveError(f"{out} could not be made: a video can have 64 MB; ask for fewer frames or a smaller size")
    save(finished.files[kind], out)
    tell_difference(before, finished)
    report(request, finished, out, as_json=as_json)


def check_file(out: Path, request: ImagineRequest) -> None:
    """Raise ``ValueError`` when the film cannot be written there, as far as one can tell."""
    check(out, *request.shape, FILM_ENDINGS)


def _seeds(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    seeds = [int(part) for part in parts if SEED.fullmatch(part)]
    if len(seeds) < len(parts) or not all(seed < SEED_LIMIT for seed in seeds):
        raise ValueError(f"--seeds takes whole numbers from 0 to {SEED_LIMIT - 1} with commas between, not {text}")
    return seeds


def _kept(data: bytes, found: dict[str, bytes]) -> str:
    digest = sha256(data).hexdigest()
    found[digest] = data
    return digest
