"""Sends what a worker has to say, from a thread of its own, so that painting waits for no encoder and no pipe."""

import threading
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from types import MappingProxyType

import structlog

from generation.engine.checkpoint import PaintingCopy
from generation.events import (
    Checkpoint,
    Failed,
    Finished,
    Heartbeat,
    ModelEvent,
    Progress,
    Started,
    Steered,
    Suspended,
)
from generation.executor.protocol import FromWorker
from generation.metadata import Setup
from generation.request import ImagineRequest
from generation.worker.images import Snapshot, encode_png, encode_preview

NO_FILES: Mapping[str, bytes] = MappingProxyType({})
ROUND_SECONDS = 0.05
"""So often the steps that were taken are reported, those of one request or one batch together."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Advanced:
    progress: Progress
    picture: Snapshot | None


@dataclass(frozen=True, slots=True)
class _Painted:
    request: ImagineRequest
    setup: Setup | None
    picture: Snapshot
    started: float
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class _Copied:
    request_id: str
    seconds: float
    copy: PaintingCopy


_Single = Heartbeat | ModelEvent | Started | Suspended | Failed | _Advanced | _Painted | _Copied
_Item = _Single | tuple[Steered, ...]


class Reporter:
    """Encodes pictures and sends messages, those of one request in order.

    Of what could not be sent yet only the newest progress and checkpoint of each request are kept, and the beats of a
    batch are added up. So what waits here is bounded by the requests in progress, however slowly the parent reads.

    Args:
        send: takes the messages; it may block.
    """

    def __init__(self, send: Callable[[FromWorker], None]) -> None:
        self._send = send
        self._numbers = count()
        self._lock = threading.Lock()
        self._pending: dict[Hashable, _Item] = {}
        self._something = threading.Event()
        self._urgent = threading.Event()

    def run(self) -> None:
        """Send for ever, in rounds; starts and ends of requests do not wait for the next round."""
        while True:
            self._something.wait()
            self.flush()
            self._urgent.wait(ROUND_SECONDS)

    def flush(self) -> None:
        """Send what there is to say now."""
        with self._lock:
            self._something.clear()
            self._urgent.clear()
            items, self._pending = list(self._pending.values()), {}
        for item in items:
            for message in item if isinstance(item, tuple) else [self._encoded(item)]:
                self._send(message)

    def start(self, started: Started) -> None:
        """Report that a request is being painted."""
        self._hurry("started", started.request_id, started)

    def tell(self, event: ModelEvent) -> None:
        """Report what became of a model; there are few of these, and each is sent."""
        self._hurry("model", next(self._numbers), event)

    def heartbeat(self, beat: Heartbeat) -> None:
        """Report steps."""
        key = beat.kind, beat.batch
        with self._lock:
            earlier = self._pending.get(key)
            if isinstance(earlier, Heartbeat):
                beat = beat.after(earlier)
            self._pending[key] = beat
            self._something.set()

    def advance(self, progress: Progress, picture: Snapshot | None) -> None:
        """Report how far a request is, with a preview where there is a picture."""
        key = "advanced", progress.request_id
        with self._lock:
            earlier = self._pending.get(key)
            if isinstance(earlier, _Advanced) and picture is None:
                picture = earlier.picture
            self._pending[key] = _Advanced(progress, picture)
            self._something.set()

    def steer(self, steered: Steered) -> None:
        """Report that a request is painted otherwise, or is not."""
        with self._lock:
            earlier = self._pending.get(("steered", steered.request_id))
            self._pending["steered", steered.request_id] = *(earlier if isinstance(earlier, tuple) else ()), steered
            self._something.set()
            self._urgent.set()

    def keep(self, request_id: str, seconds: float, copy: PaintingCopy) -> None:
        """Report what a request that was started so many seconds ago can go on from."""
        with self._lock:
            # Behind what is still to be said of how the painting was steered before.
            self._pending.pop(("copied", request_id), None)
            self._pending["copied", request_id] = _Copied(request_id, seconds, copy)
            self._something.set()

    def finish(
        self,
        request: ImagineRequest,
        setup: Setup | None,
        picture: Snapshot,
        started: float,
        files: Mapping[str, bytes] = NO_FILES,
    ) -> None:
        """Report a request that is done.

        Args:
            request: that was painted.
            setup: with what, which the picture tells.
            picture: of it.
            started: when it was, by ``time.monotonic``.
            files: beside the picture.
        """
        self.forget(request.id, but=("started", "steered"))
        self._hurry("ended", request.id, _Painted(request, setup, picture, started, files))

    def fail(self, failed: Failed) -> None:
        """Report that a request's picture will not come."""
        self.forget(failed.request_id, but=("started", "steered"))
        self._hurry("ended", failed.request_id, failed)

    def suspend(self, suspended: Suspended) -> None:
        """Report that a request is not painted any more."""
        self._hurry("ended", suspended.request_id, suspended)

    def forget(self, request_id: str, *, but: Sequence[str] = ()) -> None:
        """Drop what there is still to say of a request."""
        with self._lock:
            for kind in {"started", "advanced", "steered", "copied", "ended"} - {*but}:
                self._pending.pop((kind, request_id), None)

    def _hurry(self, kind: str, key: Hashable, item: _Item) -> None:
        with self._lock:
            self._pending[kind, key] = item
            self._something.set()
            self._urgent.set()

    def _encoded(self, item: _Single) -> FromWorker:
        match item:
            case _Advanced(progress, picture):
                return progress if picture is None else replace(progress, preview=encode_preview(picture))
            case _Copied(request_id, seconds, copy):
                return Checkpoint(request_id, copy.step, seconds, copy.to_bytes())
            case _Painted(request, setup, picture, started, files):
                began = time.monotonic()
                png = encode_png(picture, request, setup)
                ended = time.monotonic()
                seconds, encoding = ended - started, ended - began
                _log.info("painted", request=request.id, seconds=round(seconds, 3), encoding=round(encoding, 3))
                return Finished(request.id, png, seconds, dict(files), encoding, request.stop)
            case _:
                return item
