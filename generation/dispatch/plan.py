"""Who is next, and where: the one policy, for what happens and for what is forecast."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from generation.dispatch.devices import Device, Pool
from generation.dispatch.scheduler import Scheduler
from generation.request import ImagineRequest


@dataclass(frozen=True, slots=True)
class Plan:
    """What waits, and the devices that it waits for.

    Args:
        pool: the devices, and what they paint.
        scheduler: what waits, in order.
        interrupted: what lost its device, before everything else and longest first: nothing else is taken until a
            device has room for it.
    """

    pool: Pool = field(default_factory=Pool)
    scheduler: Scheduler = field(default_factory=Scheduler)
    interrupted: deque[ImagineRequest] = field(default_factory=deque)

    def assign(self, *, only_interrupted: bool = False) -> Iterator[tuple[ImagineRequest, Device]]:
        """Let devices with room take what is next, or of that only what was interrupted; yield each with its device."""
        while (self.interrupted or not only_interrupted) and (request := self._next()) is not None:
            device = self.pool.place(request)
            device.running[request.id] = request
            yield request, device

    def remove(self, request_id: str) -> None:
        """Take a request out, wherever it is."""
        if self.scheduler.remove(request_id) is None:
            for device in self.pool.devices:
                device.running.pop(request_id, None)
            for request in [request for request in self.interrupted if request.id == request_id]:
                self.interrupted.remove(request)

    def copy(self) -> "Plan":
        """Return the same again, to play forward; devices stay as fast as they are."""
        pool = Pool([replace(device, running=dict(device.running)) for device in self.pool.devices])
        return Plan(pool, self.scheduler.copy(), deque(self.interrupted))

    def _next(self) -> ImagineRequest | None:
        if not self.interrupted:
            return self.scheduler.pop(self.pool)
        return self.interrupted.popleft() if self.pool.has_room(self.interrupted[0].shape) else None
