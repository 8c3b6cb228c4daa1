"""What paints in a worker process: one device, its models, and engines that never wait while they have work."""

import queue
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

import structlog
from torch import Tensor

from config.settings.models import DEFAULT_MODEL
from generation.capacity import memory_refusal
from generation.engine.checkpoint import UnfitError
from generation.engine.faults import Fault, is_loss
from generation.engine.walks import State
from generation.errors import RequestError
from generation.events import Failed, Heartbeat, Progress, Started, Steered, Suspended
from generation.executor.protocol import Abort, Paint, Steer, Suspend, ToWorker
from generation.load import Load
from generation.metadata import Metadata
from generation.request import LATENT, ImagineRequest
from generation.steering import steered
from generation.targets import Steering
from generation.worker.images import Snapshot
from generation.worker.latents import encode_latent, read_latent
from generation.worker.pictures import fitted
from generation.worker.reporter import Reporter
from generation.worker.residents import Resident, Residents
from generation.worker.video import Film, film_of

FRESHNESS = 4
"""Previews made for each one that is shown, so that there is a fresh one whenever one may be shown."""
TOO_LARGE = "The picture does not fit into the device's memory: ask for a smaller size."
BROKE_OFF = "The painting broke off by a fault of the program; its operator can see why."
NO_MODEL = f"There is no model {{}} any more; ask with `--model {DEFAULT_MODEL}` or another."

_log = structlog.get_logger(__name__)


class ModelRead:
    """Comes in when a model has been read from the disk, beside what the parent says."""


Inbox = queue.SimpleQueue[ToWorker | ModelRead]


@dataclass(slots=True)
class _Painting:
    resident: Resident
    started: float
    previewed: float
    copied: float


class Worker:
    """Paints what it is told and reports what happens.

    Args:
        residents: the models that paint.
        device: its name, for the reports.
        preview_seconds: about so often a preview of a request can be shown.
        checkpoint_seconds: so often there is a checkpoint of a request.
        reporter: what there is to say goes through it.
    """

    def __init__(
        self,
        residents: Residents,
        device: str,
        preview_seconds: float,
        checkpoint_seconds: float,
        reporter: Reporter,
    ) -> None:
        self.residents = residents
        self.device = device
        self.preview_seconds = preview_seconds
        self.checkpoint_seconds = checkpoint_seconds
        self.reporter = reporter
        self._waiting: dict[str, Paint] = {}
        """What was not begun yet, as its model is not loaded or memory is short, in the order in which it came."""
        self._paintings: dict[str, _Painting] = {}
        self._films: dict[str, Film] = {}

    def run(self, inbox: Inbox) -> NoReturn:
        """Serve for ever; sleeps only when nothing is in progress."""
        while True:
            while not self.residents.is_busy or not inbox.empty():
                self.handle(inbox.get())
            self.step()

    def handle(self, message: ToWorker | ModelRead) -> None:
        """Take in or forget a request."""
        match message:
            case Paint():
                self._waiting[message.request.id] = message
            case Steer(request_id, steering):
                self._steer(request_id, steering)
            case Abort(request_id):
                self._waiting.pop(request_id, None)
                self._abort(request_id)
                self.reporter.forget(request_id)
            case Suspend(request_id):
                self._suspend(request_id)
            case ModelRead():
                pass
            case _:
                raise TypeError(f"A worker does not take {message!r}.")
        self._begin()

    def step(self) -> None:
        """Advance an engine and report.

        Raises:
            Exception: the device is in no state to go on; only a new process can use it.
        """
        resident = self.residents.next()
        states = resident.walks.step()
        for timing in resident.walks.timings():
            beat = Heartbeat(timing.shape, timing.pictures, 1, timing.seconds, resident.name, timing.taken)
            self.reporter.heartbeat(beat)
        for state in states:
            self._report(state, resident)
        if self._waiting:
            self._begin()

    def _begin(self) -> None:
        """Begin what waits, as far as its models are there; what waits for memory is overtaken by nothing."""
        for request_id, paint in list(self._waiting.items()):
            load, name = paint.request.load, paint.request.model
            while request_id in self._waiting:
                if name not in self.residents.models:
                    del self._waiting[request_id]
                    self.reporter.fail(Failed(request_id, NO_MODEL.format(name)))
                elif name in self.residents.unusable:
                    del self._waiting[request_id]
                    self.reporter.suspend(Suspended(request_id))
                elif not self.residents.has_room(name, self._loads, load):
                    return
                elif name in self.residents.loaded:
                    del self._waiting[request_id]
                    self._start(paint, self.residents.loaded[name])
                elif self.residents.read(name):
                    self.residents.load(name)
                else:
                    break

    @property
    def _loads(self) -> Iterable[Load]:
        """Of what is being painted."""
        for resident in self.residents.loaded.values():
            for request in resident.walks.requests:
                yield request.load

    def _start(self, paint: Paint, resident: Resident) -> None:
        request, checkpoint, engine = paint.request, paint.checkpoint, resident.engine
        now = time.monotonic()
        self._paintings[request.id] = _Painting(resident, now - (checkpoint.seconds if checkpoint else 0.0), now, now)
        self.residents.begin(resident)
        try:
            if refused := memory_refusal(request.load, [resident.offer.capacity], engine.equipment.multiple):
                raise RequestError(refused)
            own = engine.equipment.latents_of(request)
            pictures = {digest: _taken(data, request, digest, own) for digest, data in paint.pictures.items()}
            state = resident.walks.add_request(request, checkpoint.data if checkpoint else None, pictures)
        except UnfitError as error:
            _log.warning("begins anew", request=request.id, reason=str(error))
            self._start(replace(paint, checkpoint=None), resident)
        except RequestError as error:
            self._fail(Failed(request.id, str(error)))
        except Exception as error:
            if is_loss(error):
                raise
            self._break_off(request.id, Fault.of(error))
        else:
            film = film_of(request, resident.setup_for(request))
            if film is not None:
                self._films[request.id] = film
            self.reporter.start(Started(request.id, self.device, state.left_out, state.step))

    def _steer(self, request_id: str, steering: Sequence[Steering]) -> None:
        """Paint a request otherwise from its next step on; one that has ended is ignored."""
        if request_id in self._waiting:
            self._steer_waiting(request_id, steering)
            return
        painting = self._paintings.get(request_id)
        if painting is None:
            return
        try:
            request = painting.resident.walks.steer_request(request_id, steering)
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

    def _steer_waiting(self, request_id: str, steering: Sequence[Steering]) -> None:
        """Have what is not begun yet be painted otherwise from where it begins."""
        paint = self._waiting[request_id]
        try:
            request = steered(paint.request, steering, paint.checkpoint.step if paint.checkpoint else 0)
        except RequestError as error:
            self.reporter.steer(Steered(request_id, refusal=str(error)))
        else:
            self._waiting[request_id] = replace(paint, request=request)
            self.reporter.steer(Steered(request_id, request.steering))

    def _abort(self, request_id: str) -> None:
        """Let go of a request that is being painted; any other is ignored."""
        painting = self._paintings.pop(request_id, None)
        if painting is not None:
            painting.resident.used = time.monotonic()
            painting.resident.walks.abort_request(request_id)
            self._cancel_film(request_id)

    def _suspend(self, request_id: str) -> None:
        """Stop painting a request and say from what it can go on; one that has ended is ignored."""
        if self._waiting.pop(request_id, None) is not None:
            self.reporter.suspend(Suspended(request_id))
        painting = self._paintings.pop(request_id, None)
        if painting is not None:
            self._cancel_film(request_id)
            copy = painting.resident.walks.suspend_request(request_id)
            if copy is not None:
                self.reporter.keep(request_id, time.monotonic() - painting.started, copy)
            self.reporter.suspend(Suspended(request_id))

    def _report(self, state: State, resident: Resident) -> None:
        request = state.request
        painting = self._paintings[request.id]
        if state.fault is not None:
            self._break_off(request.id, state.fault)
            return
        if not state.has_picture:
            self.reporter.advance(Progress(request.id, 0, request.end_step, time.monotonic() - painting.started), None)
            return
        if state.done:
            del self._paintings[request.id]
            resident.used = time.monotonic()
            self._finish(state, resident, _snapshot(state), painting.started)
            return
        film = self._films.get(request.id)
        if film is not None and film.takes(state.step):
            film.add(_snapshot(state))
        now = time.monotonic()
        picture = None
        if now - painting.previewed >= self.preview_seconds / FRESHNESS:
            painting.previewed = now
            picture = _snapshot(state)
        seconds = now - painting.started
        self.reporter.advance(Progress(request.id, state.step, request.end_step, seconds), picture)
        if now - painting.copied >= self.checkpoint_seconds:
            painting.copied = now
            copy = resident.walks.checkpoint(state)
            if copy is not None:
                self.reporter.keep(request.id, seconds, copy)

    def _finish(self, state: State, resident: Resident, picture: Snapshot, started: float) -> None:
        """Report a finished picture, once its film has been encoded to its end."""
        request, setup = state.request, resident.setup_for(state.request)
        latent = {}
        if state.latent is not None:
            latent[LATENT] = encode_latent(
                state.latent, resident.engine.equipment.latents_of(request), Metadata(request, setup)
            )

        def report(files: Mapping[str, bytes]) -> None:
            self._films.pop(request.id, None)
            self.reporter.finish(request, setup, picture, started, {**files, **latent})

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
        self._abort(failed.request_id)
        self.reporter.fail(failed)


def _taken(data: bytes, request: ImagineRequest, digest: str, own: str) -> Tensor:
    """Return a picture that a request names, or the latent, of networks of such a fingerprint."""
    if digest in request.latents:
        return read_latent(data, own, request.shape)
    return fitted(data, request, digest)


def _snapshot(state: State) -> Snapshot:
    """Return what is to be seen of a request now."""
    picture = state.picture
    assert picture is not None
    return Snapshot(picture)
