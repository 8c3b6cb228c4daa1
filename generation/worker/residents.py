"""The models that a device has loaded, each with its engine.

They come when a request names them, and where memory is short the least recently used of those that paint nothing go.
A model is read from the disk in a thread of its own, while others paint. What is left is done between two steps, since
only one thread may use the device: arranging it there and, the first time, measuring what its pictures take.
"""

import gc
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain
from traceback import clear_frames

import structlog
import torch
from torch import nn

from config.settings.executor import Reproducible
from config.settings.models import DEFAULT_MODEL
from generation.capacity import Capacity, memory_left
from generation.checkpoints.biggan import with_biggan
from generation.checkpoints.loader import Models, prepare, read_models
from generation.checkpoints.vgg import with_vgg
from generation.engine.cuda_graph import give_back
from generation.engine.engine import Engine
from generation.engine.equipment import Equipment
from generation.engine.faults import is_loss, is_shortage
from generation.engine.walks import Walks
from generation.errors import GenerationError
from generation.events import Loaded, ModelEvent, Offer, Unloaded, Unusable
from generation.executor.protocol import Weights
from generation.load import Load
from generation.metadata import Setup
from generation.options import BIGGAN, NEURAL_STYLE
from generation.request import ImagineRequest
from generation.worker.build import engine_for
from generation.worker.memory import SLOTS, capacity
from generation.worker.setup import setup_of

_log = structlog.get_logger(__name__)

MOST_CLASSES_TOLD = 10_000
"""Names of a BigGAN's classes that a worker tells of; more are known to it alone."""
NO_MEMORY = "The device has no memory for it, even alone."
BROKE_OFF = "Loading it broke off by a fault of the program; its worker wrote above where."


@dataclass(slots=True, eq=False)
class Resident:
    """A model on the device.

    Args:
        name: by which requests name it.
        engine: that paints with it.
        offer: what it offers.
        setup: what can be painted with.
        used: when a request for it began or ended last, by ``time.monotonic``.
        share: seconds that each of its batches has had, and with which it was credited when it began to paint.
        counted: seconds of its engine that are part of that.
    """

    name: str
    engine: Engine
    offer: Offer
    setup: Setup | None = None
    used: float = field(default_factory=time.monotonic)
    share: float = 0.0
    counted: float = 0.0
    walks: Walks = field(init=False)

    def __post_init__(self) -> None:
        self.walks = Walks(self.engine)

    def setup_for(self, request: ImagineRequest) -> Setup | None:
        """Return what the picture of a request tells: BigGAN or VGG where they paint it, ``exact`` where it repeats."""
        if self.setup is None:
            return None
        said = self.setup if self.engine.equipment.repeats(request) else replace(self.setup, reproducible="fast")
        if request.painter != BIGGAN:
            said = replace(said, biggan="", biggan_fingerprint="")
        return said if request.painter == NEURAL_STYLE else replace(said, vgg="", vgg_fingerprint="")


@dataclass(frozen=True, slots=True)
class _Read:
    """A model that is being read, or has been.

    Args:
        models: what comes of it.
        began: when, by ``time.monotonic``.
    """

    models: Future[Models]
    began: float


class Residents:
    """Loads models and lets them go, and says which of them paints next: batches get equal time, whosever they are.

    Args:
        models: that there are, by name.
        device: where they paint.
        threads: for arithmetic on a CPU, which pictures tell.
        tell: called when a model has come, has gone or cannot come.
        wake: called, in another thread, when a model has been read.
        reproducible: as ``executor.reproducible``, which pictures tell.
    """

    def __init__(
        self,
        models: Mapping[str, Weights],
        device: torch.device,
        threads: int,
        tell: Callable[[ModelEvent], None] = lambda _: None,
        wake: Callable[[], None] = lambda: None,
        reproducible: Reproducible = "exact",
    ) -> None:
        self.models = models
        self.device = device
        self.loaded: dict[str, Resident] = {}
        self.unusable: set[str] = set()
        """Models that cannot be loaded, which is not tried again."""
        self.tell = tell
        self._threads = threads
        self._wake = wake
        self._reproducible = reproducible
        self._capacities: dict[str, Capacity] = {}
        """Of all models that were ever loaded."""
        self._reader = ThreadPoolExecutor(1, "reader")
        self._reads: dict[str, _Read] = {}
        self._short: set[str] = set()
        """Models for which memory ran out while others painted; they are loaded when none does."""

    def load_first(self) -> Resident:
        """Load the first of the models.

        Raises:
            CheckpointError: its weights cannot be read.
        """
        name, weights = next(iter(self.models.items()))
        began = time.monotonic()
        return self._take_in(name, read_weights(name, weights), began)

    def keep(self, resident: Resident) -> None:
        """Have a model that is on the device already."""
        self.loaded[resident.name] = resident
        self._capacities[resident.name] = resident.offer.capacity
        resident.engine.on_shortage = self.free_idle

    def read(self, name: str) -> bool:
        """Return whether a model has been read, or why not is known; have it read where it is not being."""
        if name not in self._reads:
            weights = self.models[name]
            job = self._reader.submit(read_weights, name, weights)
            self._reads[name] = _Read(job, time.monotonic())
            job.add_done_callback(lambda _: self._wake())
        return self._reads[name].models.done()

    def has_room(self, name: str, running: Iterable[Load], load: Load) -> bool:
        """Return whether there is memory for a picture beside those that run; let go of idle models to make some.

        Of a model that was never loaded as much is taken to be needed as its weights have been read.

        Args:
            name: of the picture's model.
            running: loads of the pictures that are painted.
            load: of the picture.
        """
        loads = [*running, load]
        if len(loads) > 1 and name in self._short:
            return False
        capacities = dict(self._capacities)
        if name not in capacities:
            own = self._reads[name].models if name in self._reads else None
            weights = weights_bytes(own.result()) if own and own.done() and not own.exception() else 0.0
            usual = next(iter(capacities.values()), Capacity(1))
            capacities[name] = replace(usual, memory=usual.memory + usual.weights - weights, weights=weights)
        left = memory_left(loads, capacities)
        in_use = {each.model for each in loads}
        idle = sorted((each for each in self.loaded.values() if each.name not in in_use), key=lambda each: each.used)
        extra = sum(self._capacities[each.name].weights for each in idle)
        for resident in idle:
            if left >= extra:
                break
            extra -= self._capacities[resident.name].weights
            self._unload(resident)
            self._collect()
        return left >= 0 or len(loads) == 1

    def load(self, name: str) -> Resident | None:
        """Take in a model that has been read; None where that cannot be, which is told, or only when none paints.

        Raises:
            Exception: the device is in no state to go on; only a new process can use it.
        """
        reading = self._reads.pop(name)
        is_alone = not any(len(each.walks) for each in self.loaded.values())
        try:
            resident = self._take_in(name, reading.models.result(), reading.began)
        except GenerationError as error:
            self._give_up(name, str(error))
        except Exception as error:
            if is_loss(error):
                raise
            if not is_shortage(error):
                _log.exception("model not loaded", model=name)
                self._give_up(name, BROKE_OFF)
            elif is_alone and name in self._short:
                self._give_up(name, NO_MEMORY)
            else:
                _log.warning("memory ran out, the model is loaded again when nothing is painted", model=name)
                self._short.add(name)
                clear_frames(error.__traceback__)  # they hold what has been loaded of it
                self.free_idle()
        else:
            self._short.discard(name)
            self.tell(Loaded(name, resident.offer))
            return resident
        return None

    def next(self) -> Resident:
        """Return the one of those with requests in progress whose batches have had least time; there must be one."""
        busy = [each for each in self.loaded.values() if len(each.walks)]
        for each in busy:
            each.share += (each.walks.seconds - each.counted) / max(1, each.walks.batches)
            each.counted = each.walks.seconds
        return min(busy, key=lambda each: each.share)

    def begin(self, resident: Resident) -> None:
        """Take note that a request for a model begins: one that has painted nothing so far is owed no time for that."""
        resident.used = time.monotonic()
        others = [each.share for each in self.loaded.values() if len(each.walks) and each is not resident]
        if not len(resident.walks):
            resident.share = max(resident.share, min(others, default=0.0))

    @property
    def is_busy(self) -> bool:
        """Whether requests are in progress."""
        return any(len(each.walks) for each in self.loaded.values())

    def free_idle(self) -> None:
        """Let go of all that could be kept and is not in use, since memory has run out."""
        for each in list(self.loaded.values()):
            if len(each.walks):
                each.engine.drop_idle()
            else:
                self._unload(each)
        self._collect()

    def _take_in(self, name: str, models: Models, began: float) -> Resident:
        weights = self.models[name]
        models = prepare(models, self.device, weights.precision)
        models.perceptor.cut("")  # the tokeniser's table, for which the first request need not wait then
        engine = engine_for(models, self.device, slots=SLOTS[self.device.type])
        own = engine.equipment
        held = self._capacities.get(name) or self._measured(own, weights_bytes(models))
        seconds = time.monotonic() - began
        course = models.recipe.course(own.prior.name if own.prior else "")
        classes = own.classes if len(own.classes) <= MOST_CLASSES_TOLD else ()
        offer = Offer(held, own.multiple, own.evaluations, own.inits, own.painters, seconds, course, classes)
        setup = setup_of(weights, self._threads, self.device, own.fingerprint, self._reproducible, own.biggan, own.vgg)
        resident = Resident(name, engine, offer, setup)
        self.keep(resident)
        return resident

    def _measured(self, equipment: Equipment, weights: float) -> Capacity:
        """Return how much the device holds with these models alone, of which the first is there when it is measured."""
        held = replace(capacity(equipment), weights=weights)
        first = next(iter(self._capacities.values()), held)
        return replace(held, memory=first.memory + first.weights - weights)

    def _give_up(self, name: str, reason: str) -> None:
        self.unusable.add(name)
        self.tell(Unusable(name, reason))

    def _unload(self, resident: Resident) -> None:
        del self.loaded[resident.name]
        resident.engine.on_shortage = lambda: None
        self.tell(Unloaded(resident.name))

    def _collect(self) -> None:
        gc.collect()
        if self.device.type == "cuda":
            give_back()


def read_weights(name: str, weights: Weights) -> Models:
    """Read the networks that the settings of a model name, on the CPU, to be prepared.

    Args:
        name: of the model.
        weights: that are read.

    Raises:
        CheckpointError: a file is missing, damaged or of another kind; the sentence begins with the setting.
    """
    section = "models." if name == DEFAULT_MODEL else f"models.more.{name}."
    models = read_models(weights.vqgan, weights.clip, weights.vqgan_config, section)
    return with_vgg(with_biggan(models, weights.biggan, section), weights.vgg, section)


def weights_bytes(models: Models) -> float:
    """Return how many bytes the networks take, each storage once."""
    networks: tuple[nn.Module | None, ...] = (models.vqgan, models.perceptor, models.biggan, models.vgg)
    tensors = chain.from_iterable((*each.parameters(), *each.buffers()) for each in networks if each is not None)
    return sum({each.untyped_storage().data_ptr(): each.untyped_storage().nbytes() for each in tensors}.values(), 0.0)
