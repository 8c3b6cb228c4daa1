"""Who is next, and where: the one policy, for what happens and for what is forecast."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from generation.dispatch.devices import Device, Pool
from generation.dispatch.scheduler import Scheduler
from generation.request import ImagineRequest


@dataclass(frozen=True, slots=True)
class Plan:
    """What waits, and the devices that it waits for.

    Args:
        pool: the devices, and what they paint.
        scheduler: what waits, in order.
        interrupted: what lost its device, before everything else and longest first: on the devices that it waits for
            nothing else is begun.
        suspects: ids of requests over which a worker has died, with the name of its device, ``""`` where that is
            forgotten. Any of those that it painted may be the cause. So each goes on alone on a device, where nothing
            else suffers when it is, and on another one where one is up, in case that was the cause.
    """

    pool: Pool = field(default_factory=Pool)
    scheduler: Scheduler = field(default_factory=Scheduler)
    interrupted: deque[ImagineRequest] = field(default_factory=deque)
    suspects: dict[str, str] = field(default_factory=dict)

    def assign(self, *, only_interrupted: bool = False) -> Iterator[tuple[ImagineRequest, Device]]:
        """Let devices with room take what is next, or of that only what was interrupted; yield each with its device."""
        while (taken := self._next(only_interrupted=only_interrupted)) is not None:
            request, device = taken
            device.running[request.id] = request
            yield taken

    def is_interrupted(self, request_id: str) -> bool:
        """Return whether a request has lost its device."""
        return any(request.id == request_id for request in self.interrupted)

    def go_on(self, request: ImagineRequest, device: Device) -> None:
        """Take note that an interrupted request has not lost its device after all."""
        self.interrupted.remove(next(each for each in self.interrupted if each.id == request.id))
        device.running[request.id] = request
        if request.id in self.suspects:
            device.alone = request.id

    def replace(self, request: ImagineRequest) -> None:
        """Let a request take the place of the one that waits under its id, in whichever line; else it is ignored."""
        if request.id in self.scheduler:
            self.scheduler.replace(request)
        for place, other in enumerate(self.interrupted):
            if other.id == request.id:
                self.interrupted[place] = request

    def has_waiting(self, request_id: str) -> bool:
        """Return whether a request waits, in whichever line."""
        return request_id in self.scheduler or any(request.id == request_id for request in self.interrupted)

    def remove(self, request_id: str) -> None:
        """Take a request out, wherever it is."""
        self.suspects.pop(request_id, None)
        if self.scheduler.remove(request_id) is None:
            for device in self.pool.devices:
                device.running.pop(request_id, None)
            for request in [request for request in self.interrupted if request.id == request_id]:
                self.interrupted.remove(request)

    def copy(self) -> "Plan":
        """Return the same again, to play forward; devices stay as fast as they are."""
        pool = Pool([device.copy() for device in self.pool.devices])
        return Plan(pool, self.scheduler.copy(), deque(self.interrupted), dict(self.suspects))

    def _next(self, *, only_interrupted: bool) -> tuple[ImagineRequest, Device] | None:
        """Take what is next, and return it with its device; None where there is no room for it."""
        free = self.pool.devices
        for request in self.interrupted:
            awaited = self._awaited(request)
            able = [device for device in free if device in awaited and self._may_go_on(request, device)]
            if able:
                device = Pool(able).place(request)
                device.alone = request.id if request.id in self.suspects else ""
                self.interrupted.remove(request)
                return request, device
            free = [device for device in free if device not in awaited]
        room = Pool([] if only_interrupted else free)
        waiting = self.scheduler.pop(room)
        return (waiting, room.place(waiting)) if waiting else None

    def _awaited(self, request: ImagineRequest) -> list[Device]:
        """Return the devices for which an interrupted request waits."""
        devices = [device for device in self.pool.devices if device.can_paint(request.load)]
        died_on = self.suspects.get(request.id)
        others = [device for device in devices if device.is_up and device.name != died_on]
        return others if died_on and others else devices

    def _may_go_on(self, request: ImagineRequest, device: Device) -> bool:
        """Return whether there is room for an interrupted request."""
        return device.has_room(request.load) and not (device.running and request.id in self.suspects)
