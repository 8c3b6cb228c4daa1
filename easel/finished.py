"""What is asked for of a finished picture on the command line: the same course goes on from its file."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from config.settings import Settings
from config.settings.painting import PaintingSettings
from easel.again import asked, read_file, with_pictures
from easel.picture_arguments import decoded
from generation.derived import continued, larger, vary
from generation.errors import RequestError
from generation.fields import SEED_LIMIT
from generation.metadata import Metadata
from generation.request import ImagineRequest


@dataclass(frozen=True, slots=True)
class FinishedArguments:
    """A file of a finished picture, in one of these places.

    Args:
        on: is painted on.
        like: is varied.
        small: becomes larger.
        strong: whether it is varied strongly.
    """

    on: Path | None = None
    like: Path | None = None
    small: Path | None = None
    strong: bool = False

    @property
    def path(self) -> Path | None:
        """The file, if one is named; raises ``ValueError`` where there are several."""
        paths = [path for path in (self.on, self.like, self.small) if path is not None]
        if len(paths) > 1:
            raise ValueError("--continue, --vary and --larger take one picture; give one of them")
        if self.strong and self.like is None:
            raise ValueError("--strong says how --vary FILE varies a picture; name the file")
        return paths[0] if paths else None

    def read(
        self, prompt: str | None, settings: Settings, flags: Mapping[str, str | None]
    ) -> tuple[ImagineRequest, Metadata]:
        """Return what is asked for, and the file's metadata with the picture among those that a request names.

        Args:
            prompt: another one.
            settings: the limits, what is usual, and which models there are.
            flags: other values of flags, by their names.

        Raises:
            MetadataError: the file does not say how it was made.
            ValueError: it is not allowed, or no picture; the sentence says why.
        """
        path = self.path
        assert path is not None
        before = with_pictures(read_file(path))
        png = decoded(path, still=True)
        digest = sha256(png).hexdigest()
        try:
            request = self._derived(before.request, digest, settings.painting, turned=prompt is not None)
        except RequestError as error:
            raise ValueError(str(error)) from None
        if prompt is not None:
            request = replace(request, steering=())
        before = replace(before, request=request, pictures={**before.pictures, digest: png})
        return asked(prompt, before, settings, flags), before

    def _derived(
        self, request: ImagineRequest, picture: str, painting: PaintingSettings, *, turned: bool
    ) -> ImagineRequest:
        if self.small is not None:
            return larger(request, picture, painting.max_side)
        if self.like is not None:
            return vary(request, picture, self.strong, secrets.randbelow(SEED_LIMIT))
        return continued(request, picture, turned=turned)
