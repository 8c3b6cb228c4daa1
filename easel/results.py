"""What painting in Python returns, and tells of while it goes on."""

import base64
import io
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from easel.formats import check_ending, check_room, format_of, in_format
from easel.story_requests import SECONDS
from generation.events import Finished
from generation.request import FILMS, LATENT, ImagineRequest
from texts.page import FILM, PAGE, Figure, named, page

SAMPLE = "a sample"
"""The prompt of what is drawn without any."""
MEDIA_TYPES = {"mp4": "video/mp4", "gif": "image/gif", "webp": "image/webp"}


@dataclass(frozen=True, slots=True)
class Video:
    """A film; a notebook plays it.

    Args:
        data: its file.
        kind: ``mp4``, ``gif`` or ``webp``.
    """

    data: bytes = field(repr=False)
    kind: str

    def save(self, path: str | Path) -> None:
        """Write its file; raises ``ValueError`` where the name does not end as its kind."""
        file = Path(path)
        check_ending(file, [f".{self.kind}"])
        file.write_bytes(self.data)

    def _repr_html_(self) -> str:
        address = f"data:{MEDIA_TYPES[self.kind]};base64,{base64.b64encode(self.data).decode()}"
        return f'<video src="{address}" controls loop></video>' if self.kind == "mp4" else f'<img src="{address}">'


@dataclass(frozen=True, slots=True)
class Painting:
    """A finished picture and what was made beside it.

    Args:
        request: for what was painted; with its seed it is painted again.
        png: the picture's file, which says how it was made.
        seconds: that it took.
        video: how it came about, where that was asked for.
        latent: the file of what it is decoded from, where that was asked for: safetensors, for ``init_latent``.
    """

    request: ImagineRequest
    png: bytes
    seconds: float
    video: Video | None = None
    latent: bytes | None = None

    def __repr__(self) -> str:
        width, height = self.image.size
        return f"<{self.request.prompt!r}, seed {self.request.seed}, {width}x{height}, {self.seconds:.1f} s>"

    @property
    def image(self) -> Image.Image:
        """The picture."""
        with Image.open(io.BytesIO(self.png)) as image:
            return image.convert("RGB")

    @classmethod
    def of(cls, request: ImagineRequest, finished: Finished) -> "Painting":
        """Return what came of a request."""
        film = next((Video(finished.files[kind], kind) for kind in FILMS if kind in finished.files), None)
        return cls(request, finished.png, finished.seconds, film, finished.files.get(LATENT))

    def save(self, path: str | Path) -> None:
        """Write the picture with how it was made, as PNG, JPEG or WebP by the ending of the name.

        Raises:
            ValueError: the name has another ending, or a JPEG has no room for the prompt.
        """
        file = Path(path)
        check_ending(file)
        check_room(file, self.request)
        file.write_bytes(in_format(self.png, format_of(file)))


@dataclass(frozen=True, slots=True, repr=False)
class Story:
    """A text in pictures.

    Args:
        sentences: of it, one for each picture.
        paintings: of them, each with the part of the film that ends in it.
        video: all parts, with the sentences as subtitles.
    """

    sentences: tuple[str, ...]
    paintings: tuple[Painting, ...]
    video: Video

    def __repr__(self) -> str:
        return f"<a story in {len(self.paintings)} pictures, seed {self.paintings[0].request.seed}>"

    def _repr_html_(self) -> str:
        return self.video._repr_html_()

    def save(self, folder: str | Path) -> None:
        """Write the pictures, the film and a page with both into a folder, as ``easel story`` does."""
        figures = []
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for number, (sentence, painting) in enumerate(zip(self.sentences, self.paintings, strict=True), 1):
            request, file = painting.request, f"{number:02}-{painting.request.slug}.png"
            figures.append(Figure(sentence, request.prompt, request.shape, named(file)))
            painting.save(folder / file)
        self.video.save(folder / FILM)
        (folder / PAGE).write_text(page(figures, FILM, SECONDS), "utf-8")


@dataclass(frozen=True, slots=True, repr=False)
class Sample:
    """A picture that a BigGAN drew.

    Args:
        request: that paints on from it, with its seed and its classes.
        image: the picture.
        latent: the file of what it is decoded from: safetensors, for ``init_latent``.
    """

    request: ImagineRequest
    image: Image.Image
    latent: bytes

    def __repr__(self) -> str:
        classes = ", ".join(f"{name} {share:g}" for name, share in self.request.classes)
        return f"<{classes}, seed {self.request.seed}, truncation {self.request.truncation:g}>"


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was taken.

    Args:
        number: of it, from 1.
        total: steps of the picture.
        seconds: since it began.
        preview: the picture after it, an encoded JPEG, the last one's a PNG; None for most, for there is one a second.
    """

    number: int
    total: int
    seconds: float
    preview: bytes | None = field(default=None, repr=False)

    @property
    def image(self) -> Image.Image | None:
        """The picture after it, where there is a preview."""
        if self.preview is None:
            return None
        with Image.open(io.BytesIO(self.preview)) as image:
            return image.convert("RGB")
