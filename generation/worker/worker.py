"""What runs inside a worker process: one device, its models, and an engine that never waits while it has work.

The process talks through its standard input and output and ends when its parent does, however that happens and
whatever it is doing; without Linux it notices by the end of its input. Three threads: one reads, one paints, one
encodes and writes.
"""

import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO, NoReturn

import structlog
import torch
from torch import Tensor

from generation.capacity import Capacity, memory_refusal
from generation.checkpoints.loader import load_models
from generation.engine.checkpoint import UnfitError
from generation.engine.engine import Engine
from generation.engine.faults import Fault, is_loss, is_shortage
from generation.engine.walks import State, Walks
from generation.errors import DeviceError, GenerationError, NoMemoryError, RequestError
from generation.events import Failed, Heartbeat, Progress, Ready, Started, Steered, Suspended
from generation.executor.protocol import (
    Abort,
    FromWorker,
    Hello,
    Load,
    LoadFailed,
    Paint,
    Steer,
    Suspend,
    ToWorker,
    pack,
    read,
)
from generation.metadata import Metadata, Setup
from generation.request import LATENT, ImagineRequest, Steering
from generation.worker import log
from generation.worker.build import engine_for
from generation.worker.images import Snapshot
from generation.worker.latents import encode_latent, read_latent
from generation.worker.memory import capacity
from generation.worker.pictures import fitted
from generation.worker.reporter import Reporter
from generation.worker.setup import setup_of
from generation.worker.video import Film, film_of

FRESHNESS = 4
"""Previews made for each one that is shown, so that there is a fresh one whenever one may be shown."""
TOO_LARGE = "The picture does not fit into the device's memory: ask for a smaller size."
NO_MEMORY = "{} has no memory left for the models: end what else uses it, which nvidia-smi shows."
NO_DRIVER = "install NVIDIA's driver, or give the container its GPUs, until nvidia-smi works"
BROKE_OFF = "The painting broke off by a fault of the program; its operator can see why."

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Clock:
    started: float
    previewed: float
    copied: float


class Worker:
    """Paints what it is told and reports what happens.

    Args:
        engine: that paints.
        device: its name, for the reports.
        preview_seconds: about so often a preview of a request can be shown.
        checkpoint_seconds: so often there is a checkpoint of a request.
        reporter: what there is to say goes through it.
        capacity: how much the device holds.
        setup: with what it is painted, which films tell.
    """

    def __init__(
        self,
        engine: Engine,
        device: str,
        preview_seconds: float,
        checkpoint_seconds: float,
        reporter: Reporter,
        capacity: Capacity,
        setup: Setup | None = None,
    ) -> None:
        self.engine = engine
        self.walks = Walks(engine)
        self.device = device
        self.preview_seconds = preview_seconds
        self.checkpoint_seconds = checkpoint_seconds
        self.reporter = reporter
        self.capacity = capacity
        self.setup = setup
        self._clocks: dict[str, _Clock] = {}
        self._films: dict[str, Film] = {}

    def run(self, inbox: "queue.SimpleQueue[ToWorker]") -> NoReturn:
        """Serve for ever; sleeps only when nothing is in progress."""
        while True:
            while len(self.walks) == 0 or not inbox.empty():
                self.handle(inbox.get())
            self.step()

    def handle(self, message: ToWorker) -> None:
        """Take in or forget a request."""
        match message:
            case Paint():
                self._start(message)
            case Steer(request_id, steering):
                self._steer(request_id, steering)
            case Abort(request_id):
                self.walks.abort_request(request_id)
                self.reporter.forget(request_id)
                self._clocks.pop(request_id, None)
                self._cancel_film(request_id)
            case Suspend(request_id):
                self._suspend(request_id)
            case _:
                raise TypeError(f"A worker does not take {message!r}.")

    def step(self) -> None:
        """Advance the engine and report.

        Raises:
            Exception: the device is in no state to go on; only a new process can use it.
        """
        states = self.walks.step()
        for timing in self.walks.timings():
            self.reporter.heartbeat(Heartbeat(timing.shape, timing.pictures, 1, timing.seconds))
        for state in states:
            self._report(state)

    def _start(self, paint: Paint) -> None:
        request, checkpoint = paint.request, paint.checkpoint
        now = time.monotonic()
        self._clocks[request.id] = _Clock(now - (checkpoint.seconds if checkpoint else 0.0), now, now)
        try:
            if refused := memory_refusal(request.load, [self.capacity], self.engine.multiple):
                raise RequestError(refused)
            pictures = {digest: self._taken(data, request, digest) for digest, data in paint.pictures.items()}
            state = self.walks.add_request(request, checkpoint.data if checkpoint else None, pictures)
        except UnfitError as error:
            _log.warning("begins anew", request=request.id, reason=str(error))
            self._start(replace(paint, checkpoint=None))
        except RequestError as error:
            self._fail(Failed(request.id, str(error)))
        except Exception as error:
            if is_loss(error):
                raise
            self._break_off(request.id, Fault.of(error))
        else:
            film = film_of(request, self.setup)
            if film is not None:
                self._films[request.id] = film
            self.reporter.start(Started(request.id, self.device, state.left_out, state.step))

    def _steer(self, request_id: str, steering: Sequence[Steering]) -> None:
        """Paint a request otherwise from its next step on; one that has ended is ignored."""
        try:
            request = self.walks.steer_request(request_id, steering)
        except RequestError as error:
            self.reporter.steer(Steered(request_id, refusal=str(error)))
        except Exception as error:
            if is_loss(error):
                raise
            self._break_off(request_id, Fault.of(error))
        else:
            if request is not None:
                if request_id in self._films:
                    self._films[request_id].request = request
                self.reporter.steer(Steered(request_id, request.steering))

    def _taken(self, data: bytes, request: ImagineRequest, digest: str) -> Tensor:
        """Return a picture that a request names, or a latent."""
        if digest in request.latents:
            return read_latent(data, self.engine.vqgan, request.shape)
        return fitted(data, request, digest)

    def _suspend(self, request_id: str) -> None:
        """Stop painting a request and say from what it can go on; one that has ended is ignored."""
        clock = self._clocks.pop(request_id, None)
        if clock is not None:
            self._cancel_film(request_id)
            copy = self.walks.suspend_request(request_id)
            if copy is not None:
                self.reporter.keep(request_id, time.monotonic() - clock.started, copy)
            self.reporter.suspend(Suspended(request_id))

    def _report(self, state: State) -> None:
        request = state.request
        clock = self._clocks[request.id]
        if state.fault is not None:
            self._break_off(request.id, state.fault)
            return
        if state.picture is None:
            self.reporter.advance(Progress(request.id, 0, request.end_step, time.monotonic() - clock.started), None)
            return
        if state.done:
            del self._clocks[request.id]
            self._finish(state, Snapshot(state.picture), clock.started)
            return
        film = self._films.get(request.id)
        if film is not None and film.takes(state.step):
            film.add(Snapshot(state.picture))
        now = time.monotonic()
        picture = None
        if now - clock.previewed >= self.preview_seconds / FRESHNESS:
            clock.previewed = now
            picture = Snapshot(state.picture)
        seconds = now - clock.started
        self.reporter.advance(Progress(request.id, state.step, request.end_step, seconds), picture)
        if now - clock.copied >= self.checkpoint_seconds:
            clock.copied = now
            copy = self.walks.checkpoint(state)
            if copy is not None:
                self.reporter.keep(request.id, seconds, copy)

    def _finish(self, state: State, picture: Snapshot, started: float) -> None:
        """Report a finished picture, once its film has been encoded to its end."""
        request = state.request
        latent = {}
        if state.latent is not None:
            latent[LATENT] = encode_latent(state.latent, self.engine.vqgan, Metadata(request, self.setup))

        def report(files: Mapping[str, bytes]) -> None:
            self._films.pop(request.id, None)
            self.reporter.finish(request, picture, started, {**files, **latent})

        film = self._films.get(request.id)
        if film is None:
            report({})
        else:
            film.finish(picture, report)

    def _cancel_film(self, request_id: str) -> None:
        film = self._films.pop(request_id, None)
        if film is not None:
            film.cancel()

    def _break_off(self, request_id: str, fault: Fault) -> None:
        _log.error("broke off", request=request_id, exception=fault.traceback.rstrip())
        self._fail(Failed(request_id, TOO_LARGE if fault.is_shortage else BROKE_OFF, fault.is_shortage))

    def _fail(self, failed: Failed) -> None:
        del self._clocks[failed.request_id]
        self._cancel_film(failed.request_id)
        self.reporter.fail(failed)


def choose_device(name: str, gpus: int) -> torch.device:
    """Return the device of that name among so many GPUs; ``auto`` is the first, or else the CPU.

    Raises:
        DeviceError: it is not there.
    """
    lacks_driver = torch.version.cuda is not None and not gpus
    if name == "auto":
        if lacks_driver:
            _log.warning("paints on the CPU: torch is built for CUDA and sees no GPU", advice=NO_DRIVER)
        name = "cuda" if gpus else "cpu"
    device = torch.device("cuda:0" if name == "cuda" else name)
    if device.type == "cuda" and device.index >= gpus:
        advice = NO_DRIVER if lacks_driver else "change executor.devices"
        raise DeviceError(f"There is no device {name}: torch sees {gpus} GPUs; {advice}.")
    return device


def uuid_of(device: torch.device) -> str:
    """Return by which name NVIDIA's driver knows a GPU, ``""`` of a CPU."""
    return f"GPU-{torch.cuda.get_device_properties(device).uuid}" if device.type == "cuda" else ""


def load(message: Load, device: torch.device) -> Engine:
    """Load the models onto the device, and the tokeniser's table, so that the first request need not wait for it.

    Raises:
        CheckpointError: the weights cannot be read.
    """
    torch.set_num_threads(message.threads)
    if device.type == "cuda":
        torch.cuda.set_device(device)
        # The same picture each time, as far as PyTorch can; it says on stderr where it cannot.
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    models = load_models(message.vqgan, message.clip, device, message.precision, message.vqgan_config)
    models.perceptor.cut("")
    return engine_for(models, device)


def listen(stream: BinaryIO, inbox: "queue.SimpleQueue[ToWorker]") -> None:
    """Pass messages on; end the process, in whatever it is, when the parent is gone."""
    while (message := read(stream)) is not None:
        inbox.put(message)  # type: ignore[arg-type]
    os._exit(0)


def main() -> NoReturn:
    """Run a worker on standard input and output."""
    log.configure()
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def send(message: FromWorker) -> None:
        pipe.write(pack(message))
        pipe.flush()

    inbox: queue.SimpleQueue[ToWorker] = queue.SimpleQueue()
    threading.Thread(target=_to_the_end(listen), args=(sys.stdin.buffer, inbox), daemon=True).start()
    _to_the_end(serve)(inbox, send)


def serve(inbox: "queue.SimpleQueue[ToWorker]", send: Callable[[FromWorker], None]) -> None:
    """Load what the first message says and paint what the others ask for."""
    first = inbox.get()
    assert isinstance(first, Load)
    gpus = torch.cuda.device_count()
    send(Hello(gpus))
    try:
        device = choose_device(first.device, gpus)
        engine = load(first, device)
        held = capacity(engine)
    except GenerationError as error:
        send(LoadFailed(type(error).__name__, str(error)))
        return
    except Exception as error:
        if not is_shortage(error):
            raise
        # No fault of the settings: where another device comes up, the bot does without this one.
        send(LoadFailed(NoMemoryError.__name__, NO_MEMORY.format(first.device)))
        return
    models = engine.multiple, engine.evaluations, engine.inits, engine.painters
    send(Ready(str(device), held, *models, uuid=uuid_of(device)))
    setup = setup_of(first, device, engine.fingerprint)
    reporter = Reporter(send, setup)
    threading.Thread(target=_to_the_end(reporter.run), daemon=True).start()
    Worker(engine, str(device), first.preview_seconds, first.checkpoint_seconds, reporter, held, setup).run(inbox)


def _to_the_end(work: Callable[..., object]) -> Callable[..., NoReturn]:
    """Return ``work`` as something with which the whole process ends, whichever thread it runs in."""

    def run(*arguments: object) -> NoReturn:
        try:
            work(*arguments)
        except BrokenPipeError:
            os._exit(0)
        except BaseException:
            _log.exception("worker failed")
            os._exit(1)
        os._exit(0)

    return run
