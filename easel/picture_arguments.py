"""Pictures that are named on the command line."""

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from bot.errors import PromptError
from bot.flags.picture import SIDES
from bot.prompt import LIKENESS, flags_in
from easel.contents import contents
from generation import latents
from generation.decoding import MAX_BYTES, decode
from generation.errors import PictureError, RequestError
from generation.fields import MOST_TARGETS
from generation.metadata import Metadata
from generation.request import AUTO, ImagineRequest
from generation.sizes import Shape
from generation.targets import Target

WEIGHTED = re.compile(r"(?P<file>.+?)::?(?P<weight>-?(?:\d{1,3}(?:\.\d{1,4})?|\.\d{1,4}))", re.DOTALL)
FILE = re.compile("[./]")
NO_START = "--{0} is about a picture to begin from; name it with --init FILE"
POINTLESS = {
    "strength": NO_START.format("strength"),
    "variation": NO_START.format("variation"),
    "move_every": "--move-every is about how often it is moved; add --zoom, --pan or --rotate",
}
"""Why these are refused where a request says nothing by them."""


@dataclass(frozen=True, slots=True)
class PictureArguments:
    """Files to paint from.

    Args:
        start: what it begins from.
        targets: what it comes near to, each with ``:`` and a weight behind its name, or without.
        mask: where it is painted on, white.
        latent: what it begins from exactly.
    """

    start: Path | None = None
    targets: Sequence[str] = ()
    mask: Path | None = None
    latent: Path | None = None

    @property
    def shape(self) -> Shape | None:
        """Width and height of the latent's picture, None without one.

        Raises:
            ValueError: it cannot be read; the sentence says why.
        """
        if self.latent is None:
            return None
        try:
            latent, _ = latents.unpack(contents(self.latent, latents.MOST_BYTES))
        except RequestError as error:
            raise ValueError(f"{self.latent}: {error}") from None
        return latent.shape

    def read(
        self, request: ImagineRequest, before: Metadata | None = None
    ) -> tuple[ImagineRequest, Mapping[str, bytes]]:
        """Return the request with these pictures, and all that it names, as PNGs by their SHA-256.

        Args:
            request: that may name others already; of each kind these take their place.
            before: which has these others.

        Raises:
            ValueError: one cannot be read, is missing, or there is nothing to begin from; the sentence says which.
        """
        if self.start is not None and request.init != AUTO:
            raise ValueError("it begins from a picture or in another way, not both")
        if self.mask is not None and self.start is None and not request.init_picture:
            raise ValueError("--mask needs --init FILE, the picture that is painted on where the mask is white")
        pictures = dict(before.pictures) if before else {}

        def taken(path: Path | None) -> str:
            if path is None:
                return ""
            png = decoded(path)
            digest = sha256(png).hexdigest()
            pictures[digest] = png
            return digest

        if len(self.targets) > MOST_TARGETS:
            raise ValueError(f"--target is there {len(self.targets)} times; {MOST_TARGETS} are allowed")
        targets = [Target(picture=taken(path), weight=weight) for path, weight in map(_weighted, self.targets)]
        if targets:
            words = tuple(target for target in request.targets if not target.picture) or (
                () if request.prompt == LIKENESS else (Target(request.prompt),)
            )
            request = replace(request, targets=(*words, *targets))
            if not request.has_aim:
                raise ValueError("--target only says what to keep away from; say also what to paint")
        start, mask = taken(self.start) or request.init_picture, taken(self.mask) or request.mask
        request = replace(request, init_picture=start, mask=mask)
        if self.latent is not None:
            if start or mask or request.init != AUTO:
                raise ValueError("it begins from a latent or in another way, not both")
            data = contents(self.latent, latents.MOST_BYTES)
            request = replace(request, init_latent=sha256(data).hexdigest())
            pictures[request.init_latent] = data
        if missing := request.pictures - pictures.keys():
            digests = ", ".join(sorted(missing))
            raise ValueError(f"give {options_for(request, missing)} what is not in the file: SHA-256 {digests}")
        return request, {digest: pictures[digest] for digest in request.pictures}


def sized(flags: Mapping[str, str | None], prompt: str, shape: Shape | None) -> Mapping[str, str | None]:
    """Return flags with the size of a latent's picture, so far as neither they nor those in a prompt say one.

    Args:
        flags: by their names; None for those that are not given.
        prompt: that may have flags in it.
        shape: of the latent's picture.
    """
    try:
        _, typed = flags_in(prompt)
    except PromptError:
        return flags  # whoever reads the prompt says why
    said = typed.keys() | {name for name, value in flags.items() if value}
    if shape is None or "size" in said:
        return flags
    if said.isdisjoint(SIDES):
        return {**flags, "size": "{}x{}".format(*shape)}
    return {**flags, **{side: f"{pixels}" for side, pixels in zip(SIDES, shape, strict=True) if side not in said}}


def check_beside(request: ImagineRequest, before: ImagineRequest | None) -> None:
    """Raise ``ValueError`` where something is asked for about a picture to begin from or a movement that there is not.

    Args:
        request: that is asked for.
        before: the one in a file that it comes from, which may have asked for that already.
    """
    for name in request.pointless:
        if before is None or name not in before.pointless:
            raise ValueError(POINTLESS[name])


def options_for(request: ImagineRequest, digests: Collection[str]) -> str:
    """Return by which options files of these SHA-256 are given that a request names, ``"--init or --mask"``."""
    named = {
        "--init": [request.init_picture],
        "--init-latent": [request.init_latent],
        "--mask": [request.mask],
        "--target": [target.picture for target in request.targets],
        "--latent": [waypoint.latent for waypoint in request.waypoints],
        "--picture": [waypoint.picture for waypoint in request.waypoints],
    }
    return " or ".join(option for option, files in named.items() if not set(digests).isdisjoint(files))


def start_in(init: str | None) -> Path | None:
    """Return the file that a value of ``--init`` names; without a dot or a slash it is a word."""
    return Path(init) if init is not None and FILE.search(init) else None


def _weighted(text: str) -> tuple[Path, float]:
    match = None if Path(text).exists() else WEIGHTED.fullmatch(text)
    return (Path(match["file"]), float(match["weight"])) if match else (Path(text), 1.0)


def decoded(path: Path, *, still: bool = False) -> bytes:
    """Return the picture in a file as a PNG, of which every other pixel is gone.

    Args:
        path: of the file.
        still: whether an animation is refused, of which this is the first picture.

    Raises:
        ValueError: it cannot be read; the sentence says why.
    """
    data = contents(path, MAX_BYTES)
    if still and _is_animation(data):
        raise ValueError(f"{path} is a video; name the picture that was painted")
    try:
        return asyncio.run(decode(data))
    except PictureError as error:
        raise ValueError(f"{path}: {error}") from None


def _is_animation(data: bytes) -> bool:
    """Return whether a file begins as a GIF, an MP4 or an animated WebP, whose flags say so."""
    in_motion = data[12:16] == b"VP8X" and bool(data[20:21] and data[20] & 2)
    return data.startswith(b"GIF8") or data[4:8] == b"ftyp" or (data.startswith(b"RIFF") and in_motion)
