"""Pictures and videos in the style of another picture: each begins from the content and comes near to the style."""

import io
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from bot.prompt import LIKENESS
from config.settings import Settings
from config.settings.painting import PaintingSettings
from easel.formats import FORMATS
from easel.imagine import request as asked
from easel.in_turn import Requests, paint
from easel.picture_arguments import PictureArguments, decoded
from easel.picture_file import Files, SaveError, check, save
from easel.video_frames import MOST_FRAMES, frames, rate
from generation.metadata import Metadata
from generation.request import ImagineRequest
from generation.worker.video import Pace, encode

KEEP, STRENGTH = "2", "1"
"""Usual weight of the content and share of the course, chosen by looking at the pocket models' pictures: with less
weight things become others, with less strength nothing of the style is seen."""
MULTIPLE = 16
"""Of which the sides are multiples, in pixels."""
STILL, MOVED = 6.0, 18.0
"""Of 255: a pixel that changes by less stays as it was painted, by more it is painted anew; in between it is mixed."""
BLUR = 2
"""Pixels over which a change is looked at, so that noise is none."""


@dataclass(frozen=True, slots=True)
class Style:
    """What is wanted.

    Args:
        like: pictures in whose style, with ``:`` and a weight behind a name, or without.
        words: that describe it too; ``""`` for none.
        flags: of all pictures, by their names.
        settings: the limits, what is usual, and which models there are.
    """

    like: Sequence[str]
    words: str
    flags: Mapping[str, str | None]
    settings: Settings

    def request(self, content: Image.Image) -> tuple[ImagineRequest, dict[str, bytes]]:
        """Return the request for a content, without that, and the pictures of the style by SHA-256.

        Raises:
            ValueError: it is not allowed, or a picture cannot be read; the sentence says why.
        """
        flags = {"init-weight": KEEP, "strength": STRENGTH, **{k: v for k, v in self.flags.items() if v is not None}}
        flags.setdefault("size", "x".join(map(str, size_for(content, self.settings.painting))))
        request = asked(self.words, self.settings, flags, LIKENESS)
        request, pictures = PictureArguments(targets=self.like).read(request)
        return request, dict(pictures)


@dataclass(slots=True)
class Video:
    """A video whose frames are painted one after the other, what stands still only once.

    Args:
        contents: the frames.
        request: for each of them, without that.
        pictures: from which it is painted, by SHA-256.
        painted: as PNGs.
    """

    contents: Iterable[Image.Image]
    request: ImagineRequest
    pictures: dict[str, bytes]
    painted: list[bytes] = field(default_factory=list)

    def requests(self) -> Requests:
        """Yield the requests, each for a frame that begins from the last one's picture where nothing has moved."""
        seen = result = None
        begun = ""
        for content in self.contents:
            frame = np.asarray(_fitted(content, self.request.shape), np.float32)
            stays = np.zeros((*frame.shape[:2], 1), np.float32) if seen is None else still(seen, frame)
            begin = frame if result is None else _mixed(result, frame, stays)
            self.pictures.pop(begun, None)
            begun = _keep(begin, self.pictures)
            finished = yield replace(self.request, init_picture=begun)
            with Image.open(io.BytesIO(finished.png), formats=["PNG"]) as image:
                painted = np.asarray(_fitted(image, self.request.shape), np.float32)
            result = painted if result is None else _mixed(result, painted, stays)
            seen = frame if seen is None else _mixed(seen, frame, stays)
            self.painted.append(_png(result))

    def film(self, fps: float) -> bytes:
        """Return the painted frames as an MP4."""
        pace = Pace(1, Fraction(fps).limit_denominator(1001), 0)
        return encode("mp4", map(_array, self.painted), pace, Metadata(self.request.anonymous))


def paint_pictures(
    contents: Sequence[Path], style: Style, out: Path, settings: Settings, *, into_folder: bool, as_json: bool
) -> bool:
    """Paint pictures, one into a file or all into a folder; return whether all could be.

    Raises:
        GenerationError: one cannot be painted; those before it stay.
        SaveError: one cannot be written.
        ValueError: it is not allowed, or the only one cannot be read.
    """
    pictures: dict[str, bytes] = {}
    jobs: list[tuple[ImagineRequest, Path]] = []
    bad, alike = 0, Counter(path.stem for path in contents)
    for path in contents:
        try:
            png = decoded(path)
        except ValueError as error:
            if not into_folder:
                raise
            print(f"easel: {error}", file=sys.stderr)
            bad += 1
            continue
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            request, own = style.request(image)
        digest = sha256(png).hexdigest()
        pictures |= {**own, digest: png}
        name = path.stem if alike[path.stem] == 1 else path.name
        jobs.append((replace(request, init_picture=digest), out / f"{name}.png" if into_folder else out))
    for _, file in jobs:
        _check_apart(file, contents)
    if not jobs:
        raise ValueError("there is no picture in the folder that can be read")
    if into_folder:
        _make(out)
    else:
        check(out, *jobs[0][0].shape)

    def requests() -> Requests:
        for request, file in jobs:
            finished = yield request
            Files(file).save(finished, {digest: pictures[digest] for digest in request.pictures})

    paint(requests(), settings, pictures, len(jobs), model=jobs[0][0].model, quietly=as_json)
    _report(out, jobs[0][0].seed, len(jobs), as_json=as_json)
    return not bad


def paint_video(
    content: Path, style: Style, out: Path, settings: Settings, fps: float | None, *, as_json: bool
) -> None:
    """Paint the frames of a video, and write them as one.

    Raises:
        GenerationError: a frame cannot be painted.
        SaveError: it cannot be written.
        ValueError: it is not allowed, or cannot be read; the sentence says why.
    """
    own, number = rate(content)
    taken = min(fps or own, own)
    count = round(number * taken / own) if number else 0
    if count > MOST_FRAMES:
        raise ValueError(f"the video has {count} frames; {MOST_FRAMES} are possible: cut it, or take fewer by --fps")
    first = next(frames(content, taken))
    request, pictures = style.request(first)
    check(out, *request.shape, [".mp4"])
    _check_apart(out, [content])
    video = Video(frames(content, taken), request, pictures)
    paint(video.requests(), settings, pictures, count, model=request.model, quietly=as_json)
    save(video.film(taken), out)
    _report(out, request.seed, len(video.painted), as_json=as_json)


def pictures_in(folder: Path) -> list[Path]:
    """Return the pictures of a folder by the names of its files."""
    return sorted(file for file in folder.iterdir() if file.suffix.lower() in {*FORMATS, ".gif"} and file.is_file())


def size_for(content: Image.Image, painting: PaintingSettings) -> tuple[int, int]:
    """Return the size of about a content's shape, whose longer side is the usual one."""
    scale = max(painting.width, painting.height) / max(content.size)
    width, height = (max(64, round(side * scale / MULTIPLE) * MULTIPLE) for side in content.size)
    return min(width, painting.max_side), min(height, painting.max_side)


def still(seen: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Return how much each pixel stays as it was: ``[H, W, 1]``, 1 where nothing has changed.

    Args:
        seen: ``[H, W, 3]`` from 0 to 255, each pixel as it was when it was painted.
        frame: the next, likewise.
    """
    change = Image.fromarray(np.abs(frame - seen).max(2).clip(0, 255).astype(np.uint8))
    smooth = np.asarray(change.filter(ImageFilter.GaussianBlur(BLUR)), np.float32)
    share: np.ndarray = ((MOVED - smooth) / (MOVED - STILL)).clip(0, 1)[..., None]
    return share


def _mixed(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return a mixture of two pictures with such a share of the first in each pixel."""
    mixture: np.ndarray = second + (first - second) * share
    return mixture


def _fitted(image: Image.Image, shape: tuple[int, int]) -> Image.Image:
    return ImageOps.fit(image.convert("RGB"), shape, Image.Resampling.LANCZOS)


def _png(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture.round().clip(0, 255).astype(np.uint8)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def _array(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        return np.asarray(image.convert("RGB"))


def _keep(picture: np.ndarray, pictures: dict[str, bytes]) -> str:
    png = _png(picture)
    digest = sha256(png).hexdigest()
    pictures[digest] = png
    return digest


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SaveError(f"{folder} cannot be made: {error.strerror}") from None


def _check_apart(file: Path, contents: Sequence[Path]) -> None:
    """Raise ``ValueError`` where a file that is to be written is one of those that are painted."""
    if file.exists() and any(file.samefile(each) for each in contents if each.exists()):
        raise ValueError(f"{file} would be lost, since it is what is painted; name another place by --out")


def _report(out: Path, seed: int, count: int, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"seed": seed, "pictures": count, "out": str(out)}))
    else:
        print(f"{out}: {count} {'picture' if count == 1 else 'pictures'}, seed {seed}")
