"""What passes between a dispatcher and the other processes of its bot: JSON, each message a text of a WebSocket.

Nothing of it is executed: a message has one of the shapes below, or the connection ends. Records travel as they stand,
and not what happens to them, so that a process that was away for a while knows all when it has heard of each once.
"""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from generation.dispatch.record import Status
from generation.events import Failed, Finished, Offer
from generation.request import LONGEST_JSON
from generation.sizes import Shape
from generation.targets import Steering

VERSION = 2
"""Of these messages; processes of other versions do not understand each other."""
PATH = f"/dispatch/{VERSION}"
LARGEST_DOWN = 2**24
"""Bytes of a message to the dispatcher."""
LARGEST_UP = 2**29
"""Bytes of a message from it: pictures and films travel in them."""
BEAT_SECONDS = 4.0
"""From one sign of life to the next; a connection that gives none for half as long has ended."""

Id = Annotated[str, Field(max_length=100)]
Ids = Annotated[tuple[Id, ...], Field(max_length=100_000)]
Text = Annotated[str, Field(max_length=LONGEST_JSON)]


@dataclass(frozen=True, slots=True)
class Submit:
    """Message down: take in requests, all or none; those that are known are answered as if they were new.

    Args:
        call: number that the answer repeats, as in all messages that are answered.
        requests: JSON of each.
        notes: what the journal is to keep with each.
    """

    call: int
    requests: tuple[Text, ...]
    notes: tuple[Text, ...]
    kind: Literal["submit"] = "submit"


@dataclass(frozen=True, slots=True)
class Edit:
    """Message down: let a request take the place of the one that waits under its id."""

    call: int
    request: Text
    kind: Literal["edit"] = "edit"


@dataclass(frozen=True, slots=True)
class Steer:
    """Message down: have a request painted otherwise from now on."""

    call: int
    request_id: Id
    steering: tuple[Steering, ...]
    kind: Literal["steer"] = "steer"


@dataclass(frozen=True, slots=True)
class Cancel:
    """Message down: take back requests."""

    call: int
    request_ids: Ids
    kind: Literal["cancel"] = "cancel"


@dataclass(frozen=True, slots=True)
class Follow:
    """Message down: tell from now on how these fare, at once as they stand; ``Gone`` for those that have ended."""

    request_ids: Ids
    kind: Literal["follow"] = "follow"


@dataclass(frozen=True, slots=True)
class Answer:
    """Message up: what was asked for is done, or not.

    Args:
        call: number of the question.
        error: name of a class of errors; ``""`` where it is done.
        sentence: of the error.
        limit: of a full queue.
        member: whether that is the limit of the one who asked.
        request: as it is painted once it is steered.
    """

    call: int
    error: str = ""
    sentence: str = ""
    limit: int = 0
    member: bool = False
    request: Text | None = None
    kind: Literal["answer"] = "answer"


@dataclass(frozen=True, slots=True)
class Standing:
    """Message up: how a request stands.

    Args:
        request_id: of the request.
        status: as of ``Record``, like those below.
        step: steps done.
        place: in line.
        starts: Unix seconds.
        finishes: Unix seconds.
        left_out: the tail of the prompt that is not painted.
        smaller: in which shape it is painted instead.
        steering: all of the request's.
        preview: a newer one than before, an encoded JPEG.
        outcome: how it ended.
    """

    request_id: Id
    status: Status
    step: int
    place: int
    starts: float
    finishes: float
    left_out: str
    smaller: Shape | None
    steering: tuple[Steering, ...]
    preview: bytes | None = None
    outcome: Finished | Failed | None = None
    kind: Literal["standing"] = "standing"


@dataclass(frozen=True, slots=True)
class Gone:
    """Message up: a request has ended, or was never taken in; the journal knows."""

    request_id: Id
    kind: Literal["gone"] = "gone"


@dataclass(frozen=True, slots=True)
class DeviceStanding:
    """A device, as far as it says what can be asked for; see :class:`generation.dispatch.devices.Device`."""

    number: int
    name: str
    slots: int
    offers: dict[str, Offer]
    unusable: tuple[str, ...]
    parked: bool


@dataclass(frozen=True, slots=True)
class Devices:
    """Message up: all devices."""

    devices: tuple[DeviceStanding, ...] = field(default=())
    kind: Literal["devices"] = "devices"


Down = Submit | Edit | Steer | Cancel | Follow
Up = Answer | Standing | Gone | Devices

_CONFIG = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64", ser_json_inf_nan="strings", extra="forbid")
_down: TypeAdapter[Down] = TypeAdapter(Annotated[Down, Field(discriminator="kind")], config=_CONFIG)
_up: TypeAdapter[Up] = TypeAdapter(Annotated[Up, Field(discriminator="kind")], config=_CONFIG)


def pack_down(message: Down) -> str:
    """Return a message to the dispatcher as it travels."""
    return _down.dump_json(message).decode()


def pack_up(message: Up) -> str:
    """Return a message of the dispatcher's as it travels."""
    return _up.dump_json(message).decode()


def read_down(text: str) -> Down:
    """Return a message to the dispatcher; raises ``ValueError`` where it is none."""
    return _down.validate_json(text)


def read_up(text: str) -> Up:
    """Return a message of the dispatcher's; raises ``ValueError`` where it is none."""
    return _up.validate_json(text)
