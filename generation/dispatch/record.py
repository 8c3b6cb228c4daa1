"""A request from its submission to its end: all there is to know of it."""

import time
from dataclasses import dataclass, field, replace
from math import inf
from typing import Literal

from generation.dispatch.devices import Device
from generation.events import Checkpoint, RequestEvent
from generation.request import ImagineRequest
from generation.sizes import Shape

Status = Literal["waiting", "running", "finished", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """When a request is begun and finished, in Unix seconds, as far as one can tell; infinite while no device can.

    Args:
        starts: when it is begun, or was.
        finishes: when it is finished; infinite also while it waits.
        place: in line, 1 for the next; 0 once it has been taken.
        tag: virtual time at which its turn comes, see ``generation.dispatch.scheduler``.
        following: when the one behind it in line is begun.
    """

    starts: float = inf
    finishes: float = inf
    place: int = 0
    tag: int = 0
    following: float = inf


@dataclass(slots=True, eq=False)
class Record:
    """A request and how it fares.

    Args:
        request: what is painted.
        status: the last three are final.
        device: that paints it; None while it waits, and while it runs and its device was lost: then the next device
            with room takes it.
        step: steps done.
        attempts: workers that have died over it.
        left_out: the tail of the prompt that is not painted.
        estimate: when it is begun and finished.
        checkpoint: from which it goes on where it loses its device; None also once it has ended.
        smaller: in which shape it is painted where a device has no memory for the one that was asked for.
        accepted: when this process took it in, by the monotonic clock.
    """

    request: ImagineRequest
    status: Status = "waiting"
    device: Device | None = None
    step: int = 0
    attempts: int = 0
    left_out: str = ""
    estimate: Estimate = Estimate()
    checkpoint: Checkpoint | None = None
    smaller: Shape | None = None
    accepted: float = field(default_factory=time.monotonic)

    @property
    def painted(self) -> ImagineRequest:
        """The request as it is painted."""
        if self.smaller is None:
            return self.request
        width, height = self.smaller
        return replace(self.request, width=width, height=height)

    @property
    def percent(self) -> int:
        """How much is done."""
        return 100 * self.step // self.request.end_step

    @property
    def seconds_left(self) -> float:
        """How long it will take if nothing changes; infinite while no device paints it."""
        if self.device is None:
            return inf
        left = self.device.work_left(self.painted, self.step)
        loading = self.device.loading_seconds(self.request.model)
        return loading + left * self.device.step_seconds(self.painted.kind)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Every request that has not ended.

    Args:
        running: oldest first.
        waiting: next first.
    """

    running: tuple[Record, ...]
    waiting: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Update:
    """Something about a request has changed.

    Args:
        record: as it is now.
        event: what has happened, None where its place in line, its device or its estimate is another one.
    """

    record: Record
    event: RequestEvent | None = None
