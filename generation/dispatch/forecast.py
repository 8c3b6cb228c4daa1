"""When each picture will be begun and finished, as far as one can tell: the plan, played forward."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from math import inf

from generation.dispatch.devices import Device
from generation.dispatch.plan import Plan
from generation.dispatch.scheduler import EVERYWHERE
from generation.load import Kind
from generation.request import ImagineRequest

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


def forecast(plan: Plan, steps: Mapping[str, int]) -> Iterator[Forecast]:
    """Play the plan forward, and yield each request as it is finished.

    Nobody else comes, every device stays as fast, and its kinds get equal time; a model is loaded before the first
    picture by it, and stays. It is all played on a copy that is made at once, so that what comes in between changes
    nothing.

    Args:
        plan: as it is now.
        steps: done, by request id; of what is not named none.
    """
    return _Play(plan.copy(), steps).run()


class _Play:
    def __init__(self, plan: Plan, steps: Mapping[str, int]) -> None:
        self.plan = plan
        self.steps = steps
        self.courses = {device: _Course.of(device, steps) for device in plan.pool.devices}
        self.taken = {request.id for request in plan.interrupted}
        self.places = count(1)
        self.begun = {
            request_id: Forecast(request_id, 0, 0, 0.0, inf)
            for device in plan.pool.devices
            for request_id in device.running
        }

    def run(self) -> Iterator[Forecast]:
        now = 0.0
        while now < inf:
            for request, device in self.plan.assign():
                self.courses[device].begin(request, now, self.steps.get(request.id, 0))
                self.begun[request.id] = self.forecast(request, now)
            now = min((course.next_finish for course in self.courses.values()), default=inf)
            finished = [request_id for course in self.courses.values() for request_id in course.finish(now)]
            for request_id in finished:
                yield replace(self.begun.pop(request_id), finishes=now)
        for request in self.plan.interrupted:
            yield self.forecast(request, inf)
        while (waiting := self.plan.scheduler.pop(EVERYWHERE)) is not None:
            yield self.forecast(waiting, inf)

    def forecast(self, request: ImagineRequest, starts: float) -> Forecast:
        if request.id in self.taken:
            return Forecast(request.id, 0, 0, starts, inf)
        return Forecast(request.id, next(self.places), self.plan.scheduler.time, starts, inf)


@dataclass(slots=True)
class _Course:
    """How the pictures on one device advance.

    Args:
        device: that paints them.
        left: steps of usual effort until each is finished; the time until its model is loaded counts as steps, too.
        now: seconds from the beginning at which that was so.
        step_seconds: from one step of a kind to its next.
        next_finish: when the first of them is finished.
    """

    device: Device
    left: dict[str, float]
    now: float = 0.0
    step_seconds: dict[Kind, float] = field(default_factory=dict)
    next_finish: float = inf

    @classmethod
    def of(cls, device: Device, steps: Mapping[str, int]) -> "_Course":
        course = cls(device, {})
        for request_id, request in device.running.items():
            course.left[request_id] = course._steps_left(request, steps[request_id])
        course._change()
        return course

    def begin(self, request: ImagineRequest, now: float, steps: int) -> None:
        """Paint one more picture, which the device has just taken, and of which so many steps are done."""
        self._advance(now)
        self.left[request.id] = self._steps_left(request, steps)
        self.device.loaded.add(request.model)
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

    def _steps_left(self, request: ImagineRequest, steps: int) -> float:
        loading = self.device.loading_seconds(request.model) / self.device.step_seconds(request.kind)
        return loading + self.device.work_left(request, steps)

    def _advance(self, now: float) -> None:
        for request_id in self.left:
            self.left[request_id] -= (now - self.now) / self.step_seconds[self.device.running[request_id].kind]
        self.now = now

    def _change(self) -> None:
        """Take note that other pictures run than before."""
        device = self.device
        self.step_seconds = {kind: device.step_seconds(kind) for kind in device.batches}
        self.next_finish = self.now + max(0.0, min(self._seconds_left().values(), default=inf))

    def _seconds_left(self) -> dict[str, float]:
        running = self.device.running
        return {key: left * self.step_seconds[running[key].kind] for key, left in self.left.items()}
