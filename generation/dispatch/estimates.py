"""When each picture will be begun and finished, as far as one can tell: the line and the devices, played forward."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from math import inf

from generation.dispatch.devices import Device, Pool, Running
from generation.dispatch.scheduler import EVERYWHERE, Scheduler
from generation.request import ImagineRequest, Shape

ROUNDING = 1e-6
"""Seconds that are no more than an error of arithmetic."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a request is begun and finished.

    Args:
        request_id: of the request.
        place: in line, 1 for the next; 0 when it has been taken already.
        tag: virtual time when it is taken; 0 when it has been.
        starts: seconds from now, 0 when it runs, infinite when no device is up.
        finishes: seconds from now.
    """

    request_id: str
    place: int
    tag: int
    starts: float
    finishes: float


def forecast(pool: Pool, scheduler: Scheduler, orphans: Iterable[ImagineRequest] = ()) -> Iterator[Forecast]:
    """Play forward what runs and what waits, and yield each request as it is finished.

    Nobody else comes, every device stays as fast, and its shapes get equal time; the policy is the scheduler's and
    the pool's own. It is all played on copies, so that what comes in between changes nothing.

    Args:
        pool: what the devices paint now.
        scheduler: what waits.
        orphans: what has been taken and waits for a device to have room, before everything else.
    """
    return _Play(pool, scheduler, orphans).run()


class _Play:
    def __init__(self, pool: Pool, scheduler: Scheduler, orphans: Iterable[ImagineRequest]) -> None:
        self.courses = {course.device: course for course in map(_Course.of, pool.devices)}
        self.pool = Pool(tuple(self.courses))
        self.scheduler = scheduler.copy()
        self.orphans = deque(orphans)
        self.places = count(1)
        self.begun = {
            request_id: Forecast(request_id, 0, 0, 0.0, inf) for device in pool.devices for request_id in device.running
        }

    def run(self) -> Iterator[Forecast]:
        now = 0.0
        while now < inf:
            self.take(now)
            now = min((course.next_finish for course in self.courses.values()), default=inf)
            finished = [request_id for course in self.courses.values() for request_id in course.finish(now)]
            for request_id in finished:
                yield replace(self.begun.pop(request_id), finishes=now)
        for orphan in self.orphans:
            yield Forecast(orphan.id, 0, 0, inf, inf)
        while (request := self.scheduler.pop(EVERYWHERE)) is not None:
            yield Forecast(request.id, next(self.places), self.scheduler.time, inf, inf)

    def take(self, now: float) -> None:
        while self.orphans and self.pool.has_room(self.orphans[0].shape):
            self.begin(self.orphans.popleft(), 0, 0, now)
        while not self.orphans and (request := self.scheduler.pop(self.pool)) is not None:
            self.begin(request, next(self.places), self.scheduler.time, now)

    def begin(self, request: ImagineRequest, place: int, tag: int, now: float) -> None:
        self.courses[self.pool.place(request)].begin(request, now)
        self.begun[request.id] = Forecast(request.id, place, tag, now, inf)


@dataclass(slots=True)
class _Course:
    """How the pictures on one device advance.

    Args:
        device: a copy, of whose pictures the steps do not count.
        left: steps until each is finished.
        now: seconds from the beginning at which that was so.
        step_seconds: from one step of a shape to its next.
        next_finish: when the first of them is finished.
    """

    device: Device
    left: dict[str, float]
    now: float = 0.0
    step_seconds: dict[Shape, float] = field(default_factory=dict)
    next_finish: float = inf

    @classmethod
    def of(cls, device: Device) -> "_Course":
        left = {request_id: float(running.steps_left) for request_id, running in device.running.items()}
        course = cls(replace(device, running=dict(device.running)), left)
        course._change()
        return course

    def begin(self, request: ImagineRequest, now: float) -> None:
        """Paint one more picture."""
        self._advance(now)
        self.device.running[request.id] = Running(request)
        self.left[request.id] = float(request.steps)
        self._change()

    def finish(self, now: float) -> list[str]:
        """Let go of what is finished, and return it."""
        if self.next_finish > now or not self.left:
            return []
        self._advance(now)
        seconds = self._seconds_left()
        first = min(seconds.values())
        finished = [request_id for request_id, left in seconds.items() if left <= first + ROUNDING]
        for request_id in finished:
            del self.device.running[request_id], self.left[request_id]
        self._change()
        return finished

    def _advance(self, now: float) -> None:
        for request_id, running in self.device.running.items():
            self.left[request_id] -= (now - self.now) / self.step_seconds[running.request.shape]
        self.now = now

    def _change(self) -> None:
        """Take note that other pictures run than before."""
        device = self.device
        self.step_seconds = {shape: device.step_seconds(shape, batch) for shape, batch in device.batches.items()}
        self.next_finish = self.now + max(0.0, min(self._seconds_left().values(), default=inf))

    def _seconds_left(self) -> dict[str, float]:
        running = self.device.running.items()
        return {key: self.left[key] * self.step_seconds[each.request.shape] for key, each in running}
