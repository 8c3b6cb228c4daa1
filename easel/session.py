"""Workers that are kept from one call in Python to the next, so that models are loaded once."""

import asyncio
import atexit
import contextlib
import logging
import queue
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, Future

import structlog

from config.settings import Settings
from easel.dispatching import dispatching, own_executor
from generation.dispatch.dispatcher import Dispatcher
from generation.dispatch.record import Update
from generation.errors import GenerationError
from generation.events import DeviceEvent, Event, Failed, Finished, Heartbeat
from generation.request import ImagineRequest

PREVIEW_SECONDS = 1.0
CLOSING_SECONDS = 10.0
MOST_REQUESTS = 10_000
"""At a time."""
ENDED = "The painting broke off: its workers have ended."

Ended = Finished | Failed


class Session:
    """Workers for some settings, and a thread with the event loop that talks with them.

    Args:
        settings: which models are loaded, that which is named last first, and on which devices.

    Raises:
        GenerationError: no worker comes up.
    """

    def __init__(self, settings: Settings) -> None:
        self.key = settings.models, settings.executor
        self._settings = settings
        self._pictures: dict[str, bytes] = {}
        self._waiting: dict[str, queue.SimpleQueue[Update | None]] = {}
        self._opened: Future[tuple[asyncio.AbstractEventLoop, Dispatcher]] = Future()
        self._told = asyncio.Event()
        """Set once a device has said what it offers, or that it does not work."""
        self._task: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="easel", daemon=True)
        self._thread.start()
        try:
            self._loop, self._dispatcher = self._opened.result()
        except BaseException:
            self.close()
            raise

    @property
    def is_open(self) -> bool:
        """Whether it still paints."""
        return self._thread.is_alive()

    def refusals(self, requests: Sequence[ImagineRequest]) -> list[str | None]:
        """Return why the models do not paint requests, None for each that they do as far as that is known beforehand.

        Raises:
            GenerationError: the session ended meanwhile.
        """
        found = asyncio.run_coroutine_threadsafe(self._refusals(requests), self._loop)
        try:
            return found.result()
        except CancelledError:
            raise GenerationError(ENDED) from None

    def paint(
        self,
        requests: Sequence[ImagineRequest],
        pictures: Mapping[str, bytes],
        follow: Callable[[Update], None],
    ) -> list[Ended]:
        """Paint requests of new ids, as many at once as the devices hold, and return how each ended.

        When this is left by an exception, Ctrl-C included, what is being painted stops within a step.

        Args:
            requests: to be painted.
            pictures: that they name, by their SHA-256.
            follow: called in this thread with everything that happens.

        Raises:
            GenerationError: the session ended meanwhile.
        """
        updates: queue.SimpleQueue[Update | None] = queue.SimpleQueue()
        ended: dict[str, Ended] = {}
        self._pictures.update(pictures)
        self._waiting.update((request.id, updates) for request in requests)
        try:
            for request in requests:
                asyncio.run_coroutine_threadsafe(self._dispatcher.submit(request), self._loop)
            while len(ended) < len(requests):
                # Nothing can be missed for ever: a worker that is silent is replaced, and its request ends.
                update = updates.get()
                if update is None:
                    raise GenerationError(ENDED)
                if isinstance(update.event, Finished | Failed):
                    ended[update.event.request_id] = update.event
                follow(update)
        finally:
            open_ids = [request.id for request in requests if request.id not in ended]
            if open_ids and self.is_open:
                asyncio.run_coroutine_threadsafe(self._dispatcher.cancel(*open_ids), self._loop)
            for request in requests:
                self._waiting.pop(request.id, None)
            for digest in pictures:
                self._pictures.pop(digest, None)
        return [ended[request.id] for request in requests]

    def close(self) -> None:
        """End the workers; what is being painted breaks off."""
        if self._task is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                self._task.get_loop().call_soon_threadsafe(self._task.cancel)
        self._thread.join(CLOSING_SECONDS)

    def _run(self) -> None:
        try:
            with contextlib.suppress(asyncio.CancelledError):
                asyncio.run(self._serve())
        except BaseException as error:
            if self._opened.done():
                structlog.get_logger(__name__).exception("painting in Python ended")
            else:
                self._opened.set_exception(error)
        finally:
            for updates in [*self._waiting.values()]:
                updates.put(None)

    async def _serve(self) -> None:
        self._task = asyncio.current_task()
        settings = self._settings
        first = settings.models.names[-1]
        executor = own_executor(settings, PREVIEW_SECONDS, first)
        async with dispatching(executor, MOST_REQUESTS, self._pictures, self._observe) as dispatcher:
            self._opened.set_result((asyncio.get_running_loop(), dispatcher))
            async for update in dispatcher.updates():
                waiting = self._waiting.get(update.record.request.id)
                if waiting is not None:
                    waiting.put(update)

    async def _refusals(self, requests: Sequence[ImagineRequest]) -> list[str | None]:
        await self._told.wait()
        refused = {load: self._dispatcher.pool.refusal(load) for load in {request.load for request in requests}}
        return [refused[request.load] for request in requests]

    def _observe(self, _: int, event: Event) -> None:
        # What is waited for has been taken note of by the time at which whoever waits goes on.
        if isinstance(event, DeviceEvent) and not isinstance(event, Heartbeat):
            self._told.set()


_lock = threading.Lock()
_current: Session | None = None


def session(settings: Settings) -> Session:
    """Return the session for these settings: the last one, unless it has ended or has other models or devices."""
    global _current
    with _lock:
        if _current is not None and _current.is_open and _current.key == (settings.models, settings.executor):
            return _current
        if _current is not None:
            _current.close()
            _current = None
        if not structlog.is_configured():
            structlog.configure(
                wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
                logger_factory=structlog.PrintLoggerFactory(sys.stderr),
            )
        _current = Session(settings)
        atexit.unregister(close)
        atexit.register(close)  # after Ray's own, which must not run first: the last one that is registered does
        return _current


def close() -> None:
    """End the workers and free their memory; the next picture starts new ones. At the end of the process it is done."""
    global _current
    with _lock:
        if _current is not None:
            _current.close()
        _current = None
