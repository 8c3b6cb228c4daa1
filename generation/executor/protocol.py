"""The pipe between the executor and a worker: length-prefixed pickles of plain dataclasses.

Both ends are processes of ours on one machine, the pipe is theirs alone, and only the vocabulary of
``generation.request``, ``generation.events`` and this module crosses it.
"""

import pickle
import struct
from dataclasses import dataclass
from typing import BinaryIO, Literal

from generation.capacity import Capacity
from generation.events import Event
from generation.request import ImagineRequest, Shape

HEADER = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Load:
    """First message down: what to load, and how often a preview can be shown.

    Args:
        vqgan: ``pocket`` or the path of a taming YAML.
        clip: ``pocket`` or the path of a CLIP file.
        precision: ``auto``, ``float32`` or ``bfloat16``.
        device: ``cpu``, ``cuda:N`` or ``auto``, the first GPU or else the CPU.
        threads: for arithmetic on a CPU.
        preview_seconds: about so often a preview of a request can be shown.
    """

    vqgan: str
    clip: str
    precision: Literal["auto", "float32", "bfloat16"]
    device: str
    threads: int
    preview_seconds: float


@dataclass(frozen=True, slots=True)
class Abort:
    """Message down: forget a request."""

    request_id: str


@dataclass(frozen=True, slots=True)
class Hello:
    """First message up: what there is, before anything is loaded.

    Args:
        gpus: that are visible on this machine.
    """

    gpus: int


@dataclass(frozen=True, slots=True)
class Ready:
    """Second message up: the models are loaded.

    Args:
        device: where they are, ``cpu`` or ``cuda:N``.
        capacity: how much it holds at once.
        multiple: of which the sides of pictures have to be multiples, in pixels.
        evaluations: of the loss in a step, in the costliest of the recipe's stages.
        inits: what a request's ``init`` may name beside ``auto``.
    """

    device: str
    capacity: Capacity
    multiple: int
    evaluations: int
    inits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """Second message up when it went wrong.

    Args:
        error: name of a class in ``generation.errors``.
        reason: its sentence.
    """

    error: str
    reason: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Message up after a step, or after a few that were short: the worker is alive, and so fast.

    Args:
        shape: of the pictures in the steps.
        batch: how many they were.
        steps: how many steps.
        seconds: that they took together.
    """

    shape: Shape
    batch: int
    steps: int
    seconds: float


ToWorker = Load | ImagineRequest | Abort
FromWorker = Hello | Ready | LoadFailed | Heartbeat | Event


def pack(message: ToWorker | FromWorker) -> bytes:
    """Return a message as it goes through the pipe."""
    body = pickle.dumps(message)
    return HEADER.pack(len(body)) + body


def unpack(body: bytes) -> ToWorker | FromWorker:
    """Return the message of a body, without its header."""
    message: ToWorker | FromWorker = pickle.loads(body)
    return message


def read(stream: BinaryIO) -> ToWorker | FromWorker | None:
    """Wait for the next message; None when the other end is gone."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (length,) = HEADER.unpack(header)
    body = stream.read(length)
    return unpack(body) if len(body) == length else None
