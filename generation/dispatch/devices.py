"""What each device is doing and where there is room."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import inf, lcm

from config.settings.models import DEFAULT_MODEL
from generation.capacity import Capacity, memory_left, memory_refusal
from generation.course import Course
from generation.dispatch.throughput import Pace, Throughput
from generation.events import Offer
from generation.load import Kind, Load
from generation.options import MOST_TIMES, USUAL_CUTOUTS
from generation.refusals import class_refusal, cutouts_refusal, painter_refusal, size_refusal
from generation.request import OFFICIAL, ImagineRequest

Usual = tuple[int, Course]
"""Cutouts that a model is shown in each step, and what it paints, where a request asks for nothing else."""
UNKNOWN: Usual = (USUAL_CUTOUTS, OFFICIAL)
UNUSABLE = (
    "The model {0} cannot be used at the moment, and whoever runs Easel has been told; "
    f"ask with `--model {DEFAULT_MODEL}` or another."
)


@dataclass(slots=True, eq=False)
class Device:
    """A device that paints.

    Args:
        number: by which the executor knows it.
        name: ``cpu`` or ``cuda:N``; two workers on a CPU have the same.
        slots: pictures in progress, at most; 0 while it is not up.
        offers: of models, by their names, as far as it has ever loaded them; known also while it is not up.
        loaded: models that it has loaded now.
        unusable: models that it cannot load.
        throughputs: how fast it is, by model, as far as that was measured.
        pace: how many steps of whatever size it has taken in a second of late.
        running: what it paints, by id, in the order in which it came.
        parked: whether it failed too often in a row to be expected back soon.
        alone: id of a request beside which it paints no other, see ``generation.dispatch.plan``.
    """

    number: int = 0
    name: str = ""
    slots: int = 0
    offers: dict[str, Offer] = field(default_factory=dict)
    loaded: set[str] = field(default_factory=set)
    unusable: set[str] = field(default_factory=set)
    throughputs: dict[str, Throughput] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    running: dict[str, ImagineRequest] = field(default_factory=dict)
    parked: bool = False
    alone: str = ""
    _known: "_Known" = field(default_factory=lambda: _Known(()), init=False, repr=False)

    @property
    def is_up(self) -> bool:
        """Whether it paints or could."""
        return self.slots > 0

    @property
    def batches(self) -> Counter[Kind]:
        """How many pictures of each kind it paints."""
        known = self._reckoned()
        if known.batches is None:
            known.batches = Counter(request.kind for request in self.running.values())
        return known.batches

    @property
    def capacities(self) -> Mapping[str, Capacity]:
        """How much it holds, by model, as far as that is known."""
        return {name: offer.capacity for name, offer in self.offers.items()}

    def copy(self) -> "Device":
        """Return the same again, to play forward; it stays as fast as it is."""
        return replace(self, running=dict(self.running), loaded=set(self.loaded))

    def come_up(self, name: str, slots: int) -> None:
        """Take note that it is up by this name, and has loaded nothing so far."""
        self.name, self.slots, self.parked = name, slots, False
        self.loaded, self.unusable = set(), set()

    def take_in(self, model: str, offer: Offer) -> None:
        """Take note that it has loaded a model."""
        self.offers[model] = offer
        self.loaded.add(model)

    def go_down(self, *, parked: bool) -> list[str]:
        """Take note that it is not up, and return the ids of what it painted."""
        self.slots, self.parked = 0, parked
        self.loaded, self.unusable = set(), set()
        running = list(self.running)
        self.running.clear()
        return running

    def can_paint(self, load: Load) -> bool:
        """Return whether such a picture can be painted here at all, as far as that is known."""
        offer = self.offers.get(load.model)
        fits = offer is None or memory_refusal(load, [offer.capacity], offer.multiple) is None
        return fits and load.model not in self.unusable

    @property
    def joinable(self) -> frozenset[Load]:
        """The loads of what it paints that have room for one more."""
        known = self._reckoned()
        if known.joinable is None:
            known.joinable = frozenset(filter(self.has_room, {request.load for request in self.running.values()}))
        return known.joinable

    def has_room(self, load: Load) -> bool:
        """Return whether one more such picture fits beside those that run."""
        known = self._reckoned()
        if load not in known.room:
            known.room[load] = self._has_room(load)
        return known.room[load]

    def _reckoned(self) -> "_Known":
        """Return what was reckoned before, for as long as nothing changes of what it depends on."""
        state = self.slots, self.alone, *self.offers.values(), *self.unusable, *self.running.values()
        if state != self._known.state:
            self._known = _Known(state)
        return self._known

    def _has_room(self, load: Load) -> bool:
        if len(self.running) >= self.slots or self.alone in self.running or not self.can_paint(load):
            return False
        loads = [*(request.load for request in self.running.values()), load]
        return len(loads) == 1 or memory_left(loads, self.capacities) >= 0

    def observe(self, kind: Kind, batch: int, seconds: float, steps: int = 1, taken: float = 0.0) -> None:
        """Take note that ``steps`` steps of ``batch`` pictures of a kind each took ``taken`` seconds together.

        Whole ones as of the recipe, by which forecasts are made, would have taken ``seconds``.
        """
        self.pace.observe(batch, taken, steps)
        if kind.model not in self.throughputs:
            offer = self.offers.get(kind.model)
            self.throughputs[kind.model] = Throughput(offer.evaluations if offer else 1)
        self.throughputs[kind.model].observe(kind.shape, batch, seconds, steps)

    def work_left(self, request: ImagineRequest, step: int = 0) -> float:
        """Return how much work a request is after so many steps, see :meth:`ImagineRequest.work_left`."""
        return request.work_left(*self.usual(request.model), since=step)

    def usual(self, model: str) -> Usual:
        """Return what a model paints where nothing else is asked for."""
        offer = self.offers.get(model)
        return (offer.capacity.cutouts, offer.course) if offer else UNKNOWN

    def batch_seconds(self, kind: Kind, batch: int) -> float:
        """Return how long a step of so many pictures of a kind takes; a model never measured is taken for another."""
        known = self.throughputs.get(kind.model) or next(iter(self.throughputs.values()), None)
        if known is None:
            offer = self.offers.get(kind.model)
            known = Throughput(offer.evaluations if offer else 1)
        return known.step_seconds(kind.shape, batch)

    def step_seconds(self, kind: Kind, more: int = 0) -> float:
        """Return the seconds from one step of a kind to its next; kinds take turns and get equal time.

        Args:
            kind: that it paints.
            more: pictures of the kind beside those that it paints.
        """
        batches = self.batches
        others = len(batches.keys() - {kind})
        return self.batch_seconds(kind, batches[kind] + more) * (1 + others)

    def loading_seconds(self, model: str) -> float:
        """Return how long it takes until a model is loaded, 0 where it is; one never loaded is taken for another."""
        if model in self.loaded:
            return 0.0
        offer = self.offers.get(model) or next(iter(self.offers.values()), None)
        return offer.seconds if offer else 0.0

    def seconds_for(self, request: ImagineRequest, work: float | None = None) -> float:
        """Return how long the request would take if it joined now and nothing changed.

        Args:
            request: that would join.
            work: as of :meth:`work_left`, where it is known.
        """
        is_on_its_way = any(other.model == request.model for other in self.running.values())
        loading = 0.0 if is_on_its_way else self.loading_seconds(request.model)
        work = self.work_left(request) if work is None else work
        return loading + work * self.step_seconds(request.kind, more=1)


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
    batches: Counter[Kind] | None = None


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
        """Return why no such picture can be painted, None where it can: one sentence for who asked.

        Of a model that no device has loaded so far nothing is known, and nothing is refused.
        """
        offers = self._offers(load.model)
        most = min((offer.capacity.most_cutouts for offer in offers), default=MOST_TIMES * USUAL_CUTOUTS)
        refused = size_refusal(load.shape, self.multiple(load.model)) or cutouts_refusal(load.cutouts, most)
        if offers and not refused:
            refused = painter_refusal(load.canvas, offers[0].painters)
        expected = [device for device in self.devices if not device.parked]
        usable = [device for device in expected if load.model not in device.unusable]
        if expected and not usable:
            return UNUSABLE.format(load.model)
        if refused or any(load.model not in device.offers for device in usable):
            return refused
        capacities = [device.offers[load.model].capacity for device in usable]
        return memory_refusal(load, capacities, self.multiple(load.model))

    def multiple(self, model: str) -> int:
        """Return of which the sides of a model's pictures have to be multiples, in pixels; 1 while that is unknown."""
        return lcm(*(offer.multiple for offer in self._offers(model)))

    def class_refusal(self, request: ImagineRequest) -> str | None:
        """Return why nothing of the classes that a request names can be painted, None where it can or is not known."""
        known = next((offer.classes for offer in self._offers(request.model) if offer.classes), ())
        passed = (name for waypoint in request.waypoints for name, _ in waypoint.classes)
        return class_refusal([*(name for name, _ in request.classes), *passed], known) if known else None

    @property
    def inits(self) -> tuple[str, ...]:
        """What a request's ``init`` may name, by whichever model; empty before any device was up."""
        named = (init for device in self.devices for offer in device.offers.values() for init in offer.inits)
        return tuple(dict.fromkeys(named))

    def usual(self, model: str) -> Usual:
        """Return what a model paints where nothing else is asked for, as far as that is known."""
        return next(((offer.capacity.cutouts, offer.course) for offer in self._offers(model)), UNKNOWN)

    def has_room(self, load: Load) -> bool:
        """Return whether some device has room for one more such picture."""
        return any(device.has_room(load) for device in self.devices)

    def is_at_hand(self, load: Load) -> bool:
        """Return whether some device has room for one more such picture, and its model loaded."""
        return any(load.model in device.loaded and device.has_room(load) for device in self.devices)

    def seconds_between(self, request: ImagineRequest) -> float:
        """Return how far apart requests like this one are begun if all slots have such; infinite while none is up."""
        up = (device for device in self.devices if device.is_up)
        steps_per_second = sum(device.slots / device.batch_seconds(request.kind, device.slots) for device in up)
        return request.work_left(*self.usual(request.model)) / steps_per_second if steps_per_second else inf

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

        So devices share the work by their speed, a picture joins a batch where that costs it little, and a model is
        loaded on one more device where that takes less time than the others would keep it waiting.
        """
        load, works = request.load, dict[Usual, float]()
        able = [device for device in self.devices if device.has_room(load)]

        def seconds(device: Device) -> float:
            usual = device.usual(request.model)
            if usual not in works:  # which is the same for nearly all devices
                works[usual] = device.work_left(request)
            return device.seconds_for(request, works[usual])

        return min(able, key=seconds)

    def _offers(self, model: str) -> list[Offer]:
        return [device.offers[model] for device in self.devices if model in device.offers]
