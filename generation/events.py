"""What travels up: what happened to a request or a device, in the order in which it happened.

A request's events are ``Started``, then any number of ``Progress``, ``Steered`` and ``Checkpoint``, then one
``Finished`` or ``Failed``, or ``Suspended`` where the device was told to stop. When a worker dies in mid-picture the
request starts again, from its last checkpoint if there is one, so ``Started`` may come more than once. An aborted
request has no further events.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from config.settings.models import DEFAULT_MODEL
from generation.capacity import Capacity
from generation.course import Course
from generation.load import Kind
from generation.options import VQGAN
from generation.request import NOISE, OFFICIAL
from generation.sizes import Shape
from generation.targets import Steering


@dataclass(frozen=True, slots=True)
class Started:
    """A worker took the request.

    Args:
        request_id: of the request.
        device: where it is painted, ``cpu`` or ``cuda:0``.
        left_out: the tail of the prompt that the perceptor has no room for, ``""`` when all of it fits.
        step: from which it goes on; 0 when it begins.
    """

    request_id: str
    device: str
    left_out: str = ""
    step: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """The request advanced.

    Args:
        request_id: of the request.
        step: steps done, ``0 <= step <= steps``; 0 while what it begins from is made.
        steps: steps asked for.
        seconds: since the request started, without what was lost with workers that died.
        preview: the picture as it is now, an encoded JPEG, or None when only the count moved.
    """

    request_id: str
    step: int
    steps: int
    seconds: float
    preview: bytes | None = None


@dataclass(frozen=True, slots=True)
class Steered:
    """The request is painted otherwise from now on, or is to be and cannot: what was said of it first is answered.

    Args:
        request_id: of the request.
        steering: all of the request's, with their steps; nothing where it is refused.
        refusal: why it is painted as before, in a sentence for whoever said it; ``""`` where it is not.
    """

    request_id: str
    steering: tuple[Steering, ...] = ()
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a request can go on from, on any device.

    Args:
        request_id: of the request.
        step: steps done.
        seconds: as of :class:`Progress`.
        data: as ``generation.engine.checkpoint`` says it.
    """

    request_id: str
    step: int
    seconds: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Suspended:
    """The device was told to stop and has; the request goes on from its last checkpoint, or begins anew.

    Args:
        request_id: of the request.
    """

    request_id: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The picture is painted.

    Args:
        request_id: of the request.
        png: the picture, an encoded PNG that says how it was made, see ``generation.metadata``.
        seconds: as of :class:`Progress`.
        files: what else was asked for and could be made, by the names in the request's ``outputs``.
        encoding: how many of the seconds it took to encode the picture.
        stop: percent of its steps after which it ended, because it was still or as it was asked for.
    """

    request_id: str
    png: bytes
    seconds: float
    files: Mapping[str, bytes] = field(default_factory=dict)
    encoding: float = 0.0
    stop: int = 100


@dataclass(frozen=True, slots=True)
class Failed:
    """The picture will not come.

    Args:
        request_id: of the request.
        reason: one sentence that can be shown to the one who asked.
        is_shortage: whether the device's memory was too small for a picture of this size.
    """

    request_id: str
    reason: str
    is_shortage: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """What a model on a device offers.

    Args:
        capacity: how much the device holds at once.
        multiple: of which the sides of pictures have to be multiples, in pixels.
        evaluations: of the loss in a step, in the costliest of the recipe's stages.
        inits: what a request's ``init`` may name beside ``auto``.
        painters: what its ``canvas`` may name beside ``auto``.
        seconds: that it took to load.
        course: what it paints where a request asks for nothing else.
        classes: names of those that it paints, as of ``generation.refusals.class_refusal``; none where it is not told.
    """

    capacity: Capacity
    multiple: int = 1
    evaluations: int = 1
    inits: tuple[str, ...] = (NOISE,)
    painters: tuple[str, ...] = (VQGAN,)
    seconds: float = 0.0
    course: Course = OFFICIAL
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ready:
    """A device has loaded its first model and takes requests.

    Args:
        name: ``cpu`` or ``cuda:N``.
        offer: of that model.
        model: its name.
        uuid: by which NVIDIA's driver knows it; ``""`` where it is no GPU.
    """

    name: str
    offer: Offer
    model: str = DEFAULT_MODEL
    uuid: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A device has loaded one more model.

    Args:
        model: its name.
        offer: of it.
    """

    model: str
    offer: Offer


@dataclass(frozen=True, slots=True)
class Unloaded:
    """A device has let go of a model, for whose requests it would load it again."""

    model: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """A device cannot load a model, and will not try again; requests for it that it has are suspended.

    Args:
        model: its name.
        reason: for the operator, a sentence.
    """

    model: str
    reason: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A device has taken a step, or a few that were short.

    Args:
        shape: of the pictures in the steps.
        batch: how many they were.
        steps: how many steps.
        seconds: that they would have taken together in the size and with the cutouts of the recipe, for forecasts.
        model: by which they are painted.
        taken: seconds that they took together.
    """

    shape: Shape
    batch: int
    steps: int
    seconds: float
    model: str = DEFAULT_MODEL
    taken: float = 0.0

    @property
    def kind(self) -> Kind:
        """Of the pictures."""
        return Kind(self.shape, self.model)

    def after(self, earlier: "Heartbeat") -> "Heartbeat":
        """Return what tells of these steps and of earlier ones of as many pictures of the kind."""
        steps, seconds, taken = self.steps + earlier.steps, self.seconds + earlier.seconds, self.taken + earlier.taken
        return replace(self, steps=steps, seconds=seconds, taken=taken)


@dataclass(frozen=True, slots=True)
class Down:
    """A device paints no longer, and what it painted is lost.

    Args:
        parked: it failed too often in a row and is only tried again now and then.
        requests: ids of those that its worker had.
    """

    parked: bool
    requests: tuple[str, ...] = ()


RequestEvent = Started | Progress | Steered | Checkpoint | Suspended | Finished | Failed
ModelEvent = Loaded | Unloaded | Unusable
DeviceEvent = Ready | ModelEvent | Heartbeat | Down
Event = RequestEvent | DeviceEvent
