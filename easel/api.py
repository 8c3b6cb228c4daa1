"""Painting in Python: ``from easel import paint``. Nothing of the bot is imported."""

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Unpack

from PIL import Image

from config.layers import load
from config.settings import Settings
from easel import arguments as reading
from easel.arguments import PaintArguments
from easel.display import Display
from easel.session import session
from generation.dispatch.record import Update
from generation.errors import GenerationError
from generation.events import Failed, Finished, Progress, Started
from generation.request import FILMS, LATENT, ImagineRequest
from weights.folder import FOLDER
from weights.names import resolved

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
        """Write its file."""
        Path(path).write_bytes(self.data)

    def _repr_html_(self) -> str:
        import base64

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

    def save(self, path: str | Path) -> None:
        """Write the PNG."""
        Path(path).write_bytes(self.png)


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


OnStep = Callable[[Step], None]


def paint(
    prompt: str,
    *,
    on_step: OnStep | None = None,
    vqgan: str | None = None,
    clip: str | None = None,
    device: str | None = None,
    precision: str | None = None,
    **arguments: Unpack[PaintArguments],
) -> Painting:
    """Paint a picture; in a notebook it is shown as it grows.

    It blocks until the picture is finished. The models are loaded by the first call, in a process of their own, and
    kept for the next one. Ctrl-C, or *Interrupt* in a notebook, stops within a step.

    Args:
        prompt: what to paint, with ``|``, ``^`` and ``::`` as ``docs/prompts.md`` has them. Flags in it are text.
        on_step: called after each step, in order. Steps of less than a twentieth of a second come several at once.
        vqgan: a fetched VQGAN by its name, or its file; as ``models.vqgan`` is set where none is given.
        clip: likewise a CLIP, or several with ``+`` between.
        device: ``cpu``, ``cuda``, ``cuda:N`` or several with commas; a GPU, else the CPU, where none is given.
        precision: ``float32``, ``bfloat16`` or ``float16``.
        arguments: all others, by the names of the flags; see :class:`easel.arguments.PaintArguments`.

    Raises:
        TypeError: there is no such argument.
        ValueError: an argument is out of its range, or a file cannot be read.
        config.layers.ConfigError: a model, device or precision cannot be set so.
        weights.errors.UnusableError: a model has not been fetched.
        generation.errors.GenerationError: the models in use do not paint that, or no worker comes up.
    """
    settings = _settings(vqgan=vqgan, clip=clip, device=device, precision=precision)
    request, pictures = reading.read(prompt, settings.painting, arguments)
    display = Display(request)
    follower = _Follower(request, display, on_step)
    try:
        (ended,) = session(settings).paint([request], pictures, follower.follow)
    except BaseException as error:
        display.fail(str(error) or type(error).__name__)
        raise
    if isinstance(ended, Failed):
        reason = ended.reason.replace("`", "")
        display.fail(reason)
        raise GenerationError(reason)
    return _painting(request, ended)


vars(paint)["__signature__"] = reading.signature(paint)


class _Follower:
    """Tells of the steps of one picture.

    Args:
        request: that is painted.
        display: where it is shown.
        on_step: who else is told.
    """

    def __init__(self, request: ImagineRequest, display: Display, on_step: OnStep | None) -> None:
        self._request = request
        self._display = display
        self._on_step = on_step
        self._told = 0

    def follow(self, update: Update) -> None:
        """Tell of an update."""
        match update.event:
            case Started(left_out=left_out):
                if left_out:
                    warnings.warn(f"the prompt is too long for CLIP; left out: {left_out}", stacklevel=4)
                if update.record.smaller:
                    width, height = update.record.smaller
                    warnings.warn(f"memory ran out; it is painted at {width}x{height}", stacklevel=4)
            case Progress(step=step, seconds=seconds, preview=preview):
                self._tell(step, seconds, preview)
                self._display.show(step, preview)
            case Finished(png=png, seconds=seconds):
                self._tell(self._request.end_step, seconds, png)
                self._display.show(self._request.end_step, png, "png")

    def _tell(self, step: int, seconds: float, preview: bytes | None) -> None:
        """Tell of all steps up to one, which are not told of again where a worker was lost and some are repeated."""
        first, self._told = self._told + 1, max(self._told, step)
        if self._on_step is not None:
            for number in range(first, step + 1):
                shown = preview if number == step else None
                self._on_step(Step(number, self._request.end_step, seconds, shown))


def _settings(**chosen: str | None) -> Settings:
    """Return the settings of this folder and the environment, with these over them, and paths for names of models."""
    keys = {"device": "executor.devices"}
    words = [f"{keys.get(name, f'models.{name}')}={value}" for name, value in chosen.items() if value is not None]
    settings = load(arguments=words)
    return settings.model_copy(update={"models": resolved(settings.models, settings.data_dir / FOLDER)})


def _painting(request: ImagineRequest, finished: Finished) -> Painting:
    film = next((Video(finished.files[kind], kind) for kind in FILMS if kind in finished.files), None)
    return Painting(request, finished.png, finished.seconds, film, finished.files.get(LATENT))
