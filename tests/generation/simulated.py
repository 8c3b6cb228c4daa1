"""Devices that paint step by step in virtual time, fed as the bot feeds them."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

from config.settings.models import DEFAULT_MODEL
from generation.capacity import Capacity
from generation.course import step_cost
from generation.dispatch.devices import Device
from generation.dispatch.plan import Plan
from generation.events import Offer
from generation.load import Kind
from generation.request import ImagineRequest
from generation.sizes import Shape

SMALL, LARGE = (64, 64), (128, 128)


def effort(request: ImagineRequest) -> float:
    """Return how much work a step of a request is, beside one of its shape that asks for nothing more."""
    return request.work_left() / request.end_step


def a_request(number: int, steps: int = 10, shape: Shape = SMALL, member: str = "") -> ImagineRequest:
    return ImagineRequest(f"r{number}", "a cat", 7, *shape, steps, member or f"member {number}")


def up(number: int, name: str, capacity: Capacity, multiple: int = 1) -> Device:
    """Return a device that has loaded the default model; with a capacity of no slots it is down again."""
    loaded = {DEFAULT_MODEL} if capacity.slots else set()
    return Device(number, name, capacity.slots, {DEFAULT_MODEL: Offer(capacity, multiple)}, loaded)


def a_device(slots: int, **seconds: float) -> Device:
    """Return a device by the seconds of its steps: ``small=1`` for one small picture, ``large_2=3`` for two large."""
    device = up(0, "cuda:0", Capacity(slots))
    for name, step in seconds.items():
        size, _, batch = name.partition("_")
        device.observe(Kind(SMALL if size == "small" else LARGE), int(batch or 1), step)
    return device


@dataclass
class Step:
    """One that is being computed."""

    kind: Kind
    requests: list[ImagineRequest]
    ends: float


class Simulation:
    """Plays a plan forward, step by step: a batch at a time, the shape that had the least time next.

    Args:
        plan: that is changed.
        steps: done of what runs.
    """

    def __init__(self, plan: Plan, steps: Mapping[str, int] | None = None) -> None:
        self.plan = plan
        self.now = 0.0
        self.order: list[str] = []
        self.starts: dict[str, float] = {}
        self.finishes: dict[str, float] = {}
        self.work: Counter[Device] = Counter()
        self._done: Counter[str] = Counter(steps)
        self._steps: dict[Device, Step] = {}
        self._spent: dict[Device, dict[Kind, float]] = defaultdict(dict)
        self._assign()

    def run(self, until: float = inf) -> None:
        """Go on to the last step that ends by then."""
        while self._steps and (now := min(step.ends for step in self._steps.values())) <= until:
            self.now = now
            for device, step in list(self._steps.items()):
                if step.ends == now:
                    self._end(device)
            self._assign()

    def _assign(self) -> None:
        for request, _ in self.plan.assign():
            self.starts[request.id] = self.now
            self.order.append(request.id)
        for device in self.plan.pool.devices:
            if device.running and device not in self._steps:
                self._begin(device)

    def _begin(self, device: Device) -> None:
        spent = self._spent[device]
        least = min((spent[kind] for kind in device.batches if kind in spent), default=0.0)
        self._spent[device] = spent = {kind: spent.get(kind, least) for kind in device.batches}
        kind = min(spent, key=lambda kind: spent[kind])
        seconds = device.batch_seconds(kind, device.batches[kind])
        spent[kind] += seconds
        batch = [request for request in device.running.values() if request.kind == kind]
        self._steps[device] = Step(kind, batch, self.now + seconds)

    def _end(self, device: Device) -> None:
        step = self._steps.pop(device)
        for request in step.requests:
            self._done[request.id] += 1
            self.work[device] += step_cost(step.kind.shape)
            if self._done[request.id] == request.steps:
                del device.running[request.id]
                self.finishes[request.id] = self.now
