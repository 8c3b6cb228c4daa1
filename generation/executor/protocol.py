"""The pipe between the executor and a worker: length-prefixed pickles of plain dataclasses.

Both ends are processes of ours on one machine, the pipe is theirs alone, and only the vocabulary of
``generation.request`` with its targets and waypoints, ``generation.events`` and this module crosses it.
"""

import pickle
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, get_args, get_type_hints

from config.settings.executor import Reproducible
from config.settings.models import Precision
from generation.events import Checkpoint, Heartbeat, ModelEvent, Ready, RequestEvent
from generation.request import ImagineRequest
from generation.targets import Steering

HEADER = struct.Struct("!I")
LARGEST = 2**30
"""Bytes of a message."""


class GarbledError(Exception):
    """What came through the pipe is no message."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Where a model's weights are, and how they compute.

    Args:
        vqgan: ``pocket`` or the path of a taming YAML.
        clip: ``pocket`` or the path of a CLIP file, or several with ``+`` between them.
        precision: ``auto``, ``float32``, ``bfloat16`` or ``float16``.
        vqgan_config: the path of the YAML, where it does not lie beside the weights.
        biggan: ``pocket`` or the path of its JSON or its weights.
        vgg: the path of a VGG-19's weights; None for none.
    """

    vqgan: str
    clip: str
    precision: Precision = "auto"
    vqgan_config: Path | None = None
    biggan: str = "pocket"
    vgg: str | None = None


@dataclass(frozen=True, slots=True)
class LoadModels:
    """First message down: which models there are, and how often what is said.

    Args:
        models: by their names; the first is loaded at the start, the others when a request names them.
        device: ``cpu``, ``cuda:N`` or ``auto``, the first GPU or else the CPU.
        threads: for arithmetic on a CPU.
        preview_seconds: about so often a preview of a request can be shown.
        checkpoint_seconds: so often there is a checkpoint of a request.
        reproducible: whether a picture must not depend on what is painted beside it.
    """

    models: Mapping[str, Weights]
    device: str
    threads: int
    preview_seconds: float
    checkpoint_seconds: float
    reproducible: Reproducible = "exact"


@dataclass(frozen=True, slots=True)
class Paint:
    """Message down: paint a request.

    Args:
        request: to be painted.
        checkpoint: from which it goes on if it fits.
        pictures: that it names, PNGs by their SHA-256; those that are no longer there are missing.
    """

    request: ImagineRequest
    checkpoint: Checkpoint | None = None
    pictures: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Steer:
    """Message down: paint a request otherwise from its next step on; where it is in progress ``Steered`` answers.

    Args:
        request_id: of the request.
        steering: of which the worker sets the step.
    """

    request_id: str
    steering: tuple[Steering, ...]


@dataclass(frozen=True, slots=True)
class Abort:
    """Message down: forget a request."""

    request_id: str


@dataclass(frozen=True, slots=True)
class Suspend:
    """Message down: say from what a request can go on elsewhere, and forget it."""

    request_id: str


@dataclass(frozen=True, slots=True)
class Hello:
    """First message up: what there is, before anything is loaded.

    Args:
        gpus: that are visible on this machine.
    """

    gpus: int


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """Second message up when loading went wrong, instead of ``Ready``.

    Args:
        error: name of a class in ``generation.errors``.
        reason: its sentence.
    """

    error: str
    reason: str


ToWorker = LoadModels | Paint | Steer | Abort | Suspend
FromWorker = Hello | LoadFailed | Ready | ModelEvent | Heartbeat | RequestEvent


@cache
def fingerprint() -> str:
    """Return 16 hexadecimal digits that differ where these messages do, by the names of their classes and fields.

    A pickle that another version wrote is read without a complaint and lacks fields afterwards.
    """
    kinds, seen = [ToWorker, FromWorker], {}
    while kinds:
        kind: Any = kinds.pop()
        kinds += get_args(kind)
        if isinstance(kind, type) and kind not in seen and (is_dataclass(kind) or hasattr(kind, "_fields")):
            fields = get_type_hints(kind)
            seen[kind] = f"{kind.__module__}.{kind.__qualname__} {' '.join(fields)}"
            kinds += fields.values()
    return sha256("\n".join(sorted(seen.values())).encode()).hexdigest()[:16]


def pack(message: ToWorker | FromWorker) -> bytes:
    """Return a message as it goes through the pipe."""
    body = pickle.dumps(message)
    return HEADER.pack(len(body)) + body


def unpack(body: bytes) -> ToWorker | FromWorker:
    """Return the message of a body, without its header.

    Raises:
        GarbledError: it is none.
    """
    try:
        message: ToWorker | FromWorker = pickle.loads(body)  # noqa: S301, see above
    except Exception:
        # A damaged pickle can be wrong in more ways than there are names for.
        raise GarbledError from None
    return message


def read(stream: BinaryIO) -> ToWorker | FromWorker | None:
    """Wait for the next message; None when the other end is gone."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (length,) = HEADER.unpack(header)
    body = stream.read(length)
    return unpack(body) if len(body) == length else None
