"""What each device is doing and where there is room."""

from collections import Counter
from dataclasses import dataclass, field
from math import inf, lcm

from generation.capacity import Capacity, memory_refusal
from generation.dispatch.throughput import Throughput
from generation.options import MOST_TIMES, USUAL_CUTOUTS
from generation.request import ImagineRequest, Load, Shape, cutouts_refusal, painter_refusal, size_refusal


@dataclass(slots=True, eq=False)
class Device:
    """A device that paints.

    Args:
        number: by which the executor knows it.
        name: ``cpu`` or ``cuda:N``; two workers on a CPU have the same.
        capacity: what it holds; no slots while it is not up.
        throughput: how fast it is.
        running: what it paints, by id, in the order in which it came.
        parked: whether it failed too often in a row to be expected back soon.
        multiple: of which the sides of pictures have to be multiples, in pixels; it stays known while it is not up.
        inits: what a request's ``init`` may name; empty before it was first up.
        painters: what its ``canvas`` may name, likewise.
        alone: id of a request beside which it paints no other, see ``generation.dispatch.plan``.
    """

    number: int = 0
    name: str = ""
    capacity: Capacity = field(default_factory=lambda: Capacity(0))
    throughput: Throughput = field(default_factory=Throughput)
    running: dict[str, ImagineRequest] = field(default_factory=dict)
    parked: bool = False
    multiple: int = 1
    inits: tuple[str, ...] = ()
    painters: tuple[str, ...] = ()
    alone: str = ""
    _known: "_Known" = field(default_factory=lambda: _Known(()), init=False, repr=False)

    @property
    def is_up(self) -> bool:
        """Whether it paints or could."""
        return self.capacity.slots > 0

    @property
    def batches(self) -> Counter[Shape]:
        """How many pictures of each shape it paints."""
        known = self._reckoned()
        if known.batches is None:
            known.batches = Counter(request.shape for request in self.running.values())
        return known.batches

    @property
    def joinable(self) -> frozenset[Load]:
        """The loads of what it paints that have room for one more."""
        known = self._reckoned()
        if known.joinable is None:
            known.joinable = frozenset(filter(self.has_room, {request.load for request in self.running.values()}))
        return known.joinable

    def has_room(self, load: Load) -> bool:
        """Return whether one more such picture fits."""
        known = self._reckoned()
        if load not in known.room:
            known.room[load] = self._has_room(load)
        return known.room[load]

    def _reckoned(self) -> "_Known":
        """Return what was reckoned before, for as long as nothing changes of what it depends on."""
        state = self.capacity, self.alone, *self.running.values()
        if state != self._known.state:
            self._known = _Known(state)
        return self._known

    def _has_room(self, load: Load) -> bool:
        if len(self.running) >= self.capacity.slots or self.alone in self.running:
            return False
        return self.capacity.has_room((request.load for request in self.running.values()), load)

    def effort(self, request: ImagineRequest) -> float:
        """Return how much work a step of a request is, see :meth:`ImagineRequest.effort`."""
        return request.effort(self.capacity.cutouts)

    def step_seconds(self, shape: Shape, more: int = 0) -> float:
        """Return the seconds from one step of a shape to its next; shapes take turns and get equal time.

        Args:
            shape: that it paints.
            more: pictures of the shape beside those that it paints.
        """
        batches = self.batches
        others = len(batches.keys() - {shape})
        return self.throughput.step_seconds(shape, batches[shape] + more) * (1 + others)

    def seconds_for(self, request: ImagineRequest, effort: float | None = None) -> float:
        """Return how long the request would take if it joined now and nothing changed.

        Args:
            request: that would join.
            effort: as of :meth:`effort`, where it is known.
        """
        effort = self.effort(request) if effort is None else effort
        return request.end_step * effort * self.step_seconds(request.shape, more=1)


@dataclass(slots=True, eq=False)
class _Known:
    """What was reckoned of a device while nothing changed: a decision looks at all devices, and few have changed.

    Args:
        state: of the device, on which all of it depends.
        room: whether there is any, by load.
        joinable: as of :class:`Device`.
        batches: as of :class:`Device`.
    """

    state: tuple[object, ...]
    room: dict[Load, bool] = field(default_factory=dict)
    joinable: frozenset[Load] | None = None
    batches: Counter[Shape] | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """The devices that paint together."""

    devices: list[Device] = field(default_factory=list)

    def device(self, number: int) -> Device:
        """Return the device that the executor knows by this number; a new one joins."""
        if number < len(self.devices) and self.devices[number].number == number:  # as they usually come
            return self.devices[number]
        for device in self.devices:
            if device.number == number:
                return device
        self.devices.append(Device(number))
        return self.devices[-1]

    def refusal(self, load: Load) -> str | None:
        """Return why no such picture can be painted, None where it can: one sentence for who asked."""
        up = [device.capacity for device in self.devices if device.is_up]
        most = min((device.capacity.most_cutouts for device in self.devices), default=MOST_TIMES * USUAL_CUTOUTS)
        refused = size_refusal(load.shape, self.multiple) or cutouts_refusal(load.cutouts, most)
        if self.painters:
            refused = refused or painter_refusal(load.canvas, self.painters)
        return refused or memory_refusal(load, up, self.multiple)

    @property
    def multiple(self) -> int:
        """Of which the sides of pictures have to be multiples, in pixels."""
        return lcm(*(device.multiple for device in self.devices))

    @property
    def inits(self) -> tuple[str, ...]:
        """What a request's ``init`` may name; empty before any device was up. All have the same models."""
        return next((device.inits for device in self.devices if device.inits), ())

    @property
    def painters(self) -> tuple[str, ...]:
        """What a request's ``canvas`` may name; empty before any device was up."""
        return next((device.painters for device in self.devices if device.painters), ())

    @property
    def cutouts(self) -> int:
        """Views that are judged in each step of a picture that asks for no number."""
        return next((device.capacity.cutouts for device in self.devices if device.inits), USUAL_CUTOUTS)

    def has_room(self, load: Load) -> bool:
        """Return whether some device has room for one more such picture."""
        return any(device.has_room(load) for device in self.devices)

    def seconds_between(self, request: ImagineRequest) -> float:
        """Return how far apart requests like this one are begun if all slots have such; infinite while none is up."""
        up = ((device.throughput, device.capacity.slots) for device in self.devices if device.capacity.slots)
        steps_per_second = sum(slots / throughput.step_seconds(request.shape, slots) for throughput, slots in up)
        return request.end_step * request.effort(self.cutouts) / steps_per_second if steps_per_second else inf

    @property
    def is_up(self) -> bool:
        """Whether some device paints or could."""
        return any(device.is_up for device in self.devices)

    @property
    def is_parked(self) -> bool:
        """Whether no device is up or expected back soon."""
        return bool(self.devices) and all(device.parked for device in self.devices)

    @property
    def joinable(self) -> frozenset[Load]:
        """The loads of batches that run and have room for one more."""
        return frozenset().union(*(device.joinable for device in self.devices))

    def place(self, request: ImagineRequest) -> Device:
        """Return the device with room that would have the request done first; there must be one.

        So devices share the work by their speed, and a picture joins a batch where that costs it little.
        """
        load, efforts = request.load, dict[int, float]()
        able = [device for device in self.devices if device.has_room(load)]

        def seconds(device: Device) -> float:
            usual = device.capacity.cutouts
            if usual not in efforts:  # which is the same for nearly all devices
                efforts[usual] = device.effort(request)
            return device.seconds_for(request, efforts[usual])

        return min(able, key=seconds)
