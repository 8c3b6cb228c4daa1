"""The files into which a picture from the command line goes, and what is made beside it."""

import os
import secrets
import stat
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from easel.disk import PREFIX, try_writing
from easel.formats import FILM_ENDINGS, FORMATS, check_ending, check_room, film_of, format_of, in_format
from generation.events import Finished
from generation.request import LATENT, PNG, ImagineRequest


class SaveError(Exception):
    """What is finished is not where it should be; ``str(error)`` is one line that says where it is."""


def check(out: Path, width: int, height: int, endings: Collection[str] = FORMATS) -> None:
    """Raise ``ValueError`` when nothing as large as a picture of that size can be written there.

    Args:
        out: a file.
        width: in pixels.
        height: in pixels.
        endings: of its name, one of which it should have.
    """
    check_ending(out, endings)
    if not out.parent.is_dir():
        raise ValueError(f"there is no folder {out.parent}")
    try:
        mode = out.stat().st_mode
    except FileNotFoundError:
        pass
    except OSError as error:
        raise ValueError(f"{out}: {error.strerror}") from None
    else:
        if stat.S_ISDIR(mode):
            raise ValueError(f"{out} is a folder")
        if not stat.S_ISREG(mode):
            raise ValueError(f"{out} is not a file but a device")
        if not os.access(out, os.W_OK):
            raise ValueError(f"{out} is write-protected")
    folder = out.resolve().parent
    if not folder.is_dir():
        raise ValueError(f"{out} is a link into a folder that is not there: {folder}")
    try:
        try_writing(folder, width, height)
    except OSError as error:
        raise ValueError(f"a picture cannot be written into {folder}: {error.strerror}") from None


@dataclass(frozen=True, slots=True)
class Files:
    """Where a picture goes, and what is made beside it.

    Args:
        picture: its file.
        film: how it came about.
        latent: what it is decoded from.
    """

    picture: Path
    film: Path | None = None
    latent: Path | None = None

    @property
    def outputs(self) -> Mapping[str, Path]:
        """The files by what a request calls them."""
        film = {} if self.film is None else {film_of(self.film): self.film}
        latent = {} if self.latent is None else {LATENT: self.latent}
        return {PNG: self.picture, **film, **latent}

    def check(self, request: ImagineRequest) -> None:
        """Raise ``ValueError`` when one of them cannot be written for a request, as far as one can tell."""
        width, height = request.shape
        check(self.picture, width, height)
        check_room(self.picture, request)
        if self.film is not None:
            check(self.film, width, height, FILM_ENDINGS)
            if self.film.resolve() == self.picture.resolve():
                raise ValueError("the picture and the video cannot go into one file")
        if self.latent is not None:
            check(self.latent, width, height, [f".{LATENT}"])

    def save(self, finished: Finished, pictures: Mapping[str, bytes]) -> None:
        """Write all of them.

        Args:
            finished: what there is to write.
            pictures: from which it was painted; they go along as far as there is room.

        Raises:
            SaveError: one of them cannot be written, or was not made.
        """
        save(in_format(finished.png, format_of(self.picture), pictures), self.picture)
        for name, file in self.outputs.items():
            if name in finished.files:
                save(finished.files[name], file)
            elif name != PNG:
                raise SaveError(f"{file} could not be made; the picture is in {self.picture}")


def save(data: bytes, out: Path, spare: Path | None = None) -> None:
    """Write the file whole or not at all; a link stays, and what it leads to is replaced.

    Args:
        data: its content.
        out: the file.
        spare: the folder for what cannot be written there; the system's for temporary files by default.

    Raises:
        SaveError: the file cannot be written, although :func:`check` found that it could.
    """
    try:
        target = out.resolve()
        partial = target.with_name(f"{PREFIX}{secrets.token_hex(4)}")
        try:
            partial.write_bytes(data)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise SaveError(f"{out} cannot be written: {error.strerror}; {_kept(data, out, spare)}") from None


def _kept(data: bytes, out: Path, folder: Path | None) -> str:
    """Keep what cannot be written in the folder, by default among the temporary files, and say so."""
    try:
        with tempfile.NamedTemporaryFile(prefix="easel-", suffix=out.suffix, dir=folder, delete=False) as file:
            file.write(data)
    except OSError as error:
        return f"nor can it be kept among the temporary files: {error.strerror}"
    return f"it is kept as {file.name}"
