"""What travels up: what happened to a request, in the order in which it happened.

A request's events are ``Started``, then any number of ``Progress``, then one ``Finished`` or ``Failed``. When a
worker dies in mid-picture the request starts again, so ``Started`` may come more than once. An aborted request
has no further events.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Started:
    """A worker took the request.

    Args:
        request_id: of the request.
        device: where it is painted, ``cpu`` or ``cuda:0``.
        left_out: the tail of the prompt that the perceptor has no room for, ``""`` when all of it fits.
    """

    request_id: str
    device: str
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """The request advanced.

    Args:
        request_id: of the request.
        step: steps done, ``1 <= step <= steps``.
        steps: steps asked for.
        seconds: since the request started.
        preview: the picture as it is now, an encoded JPEG, or None when only the count moved.
    """

    request_id: str
    step: int
    steps: int
    seconds: float
    preview: bytes | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """The picture is painted.

    Args:
        request_id: of the request.
        png: the picture, an encoded PNG that carries the request as metadata.
        seconds: since the request started, without the wait before it.
    """

    request_id: str
    png: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """The picture will not come.

    Args:
        request_id: of the request.
        reason: one sentence that can be shown to the one who asked.
    """

    request_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeviceChanged:
    """A device came up, went down, or was parked; it belongs to no request.

    Args:
        device: ``cpu`` or ``cuda:0``.
        state: ``ready`` to paint; ``down``, its worker is being replaced; ``parked``, it failed too often in a row and
            is only tried again now and then.
        reason: why it is not ready, for the operator.
    """

    device: str
    state: Literal["ready", "down", "parked"]
    reason: str = ""


Event = Started | Progress | Finished | Failed | DeviceChanged
