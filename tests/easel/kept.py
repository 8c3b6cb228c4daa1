"""Running the command in this process, by workers that are kept from one command to the next.

What a command costs is mostly the start of its worker, which imports torch and loads models. Everything here is what
runs otherwise: the command line, the dispatcher, the supervisor and its worker process; only the worker's end comes
with the last command and not with each. That it ends with each is held by tests that run the command as a process.
"""

import asyncio
import contextlib
import importlib
import io
import logging
import os
import tempfile
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Self, TypeVar
from unittest import mock

import structlog

from config.settings import Settings
from config.settings.models import DEFAULT_MODEL
from easel.cli import main
from easel.dispatching import own_executor
from generation.events import (
    Checkpoint,
    Down,
    Event,
    Failed,
    Finished,
    Loaded,
    Progress,
    Ready,
    Started,
    Steered,
    Suspended,
    Unloaded,
    Unusable,
)
from generation.executor import NO_PICTURES, Executor
from generation.request import ImagineRequest
from generation.targets import Steering
from tests.easel.processes import BARE, PATIENCE

LENT_TO = ("easel.imagine", "easel.in_turn", "easel.batches")
"""Modules of commands that paint by an executor of their own."""
T = TypeVar("T")
OF_A_REQUEST = Started | Progress | Steered | Checkpoint | Suspended | Finished | Failed


class _Workers:
    """An executor that has been entered and is lent to one command after the other; used in its own loop alone."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.is_sound = True
        self._history: list[tuple[int, Event]] = []
        self._borrower: _Lent | None = None
        self._task: asyncio.Task[None] | None = None

    async def enter(self) -> None:
        await self.executor.__aenter__()
        self._task = asyncio.create_task(self._listen())

    async def leave(self) -> None:
        await self.executor.__aexit__()
        if self._task is not None:
            await self._task

    async def lend(self, borrower: "_Lent") -> None:
        """Tell a borrower what is known of the devices, and from now on what happens."""
        for item in self._history:
            borrower.hear(item)
        self._borrower = borrower

    async def take_back(self) -> None:
        self._borrower = None

    async def _listen(self) -> None:
        async for item in self.executor.events():
            match item[1]:
                case Ready() | Loaded() | Unloaded() | Unusable():
                    self._history.append(item)
                case Down():
                    self._history.append(item)
                    self.is_sound = False
            if self._borrower is not None:
                self._borrower.hear(item)


class _Lent:
    """What a command has for an executor of its own."""

    outlives = False
    inherited: Sequence[tuple[int, ImagineRequest]] = ()

    def __init__(self, kept: "KeptWorkers", settings: Settings, preview_seconds: float, first: str) -> None:
        self._kept = kept
        self._asked = settings, preview_seconds, first
        self._given: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[tuple[int, Event] | None] = asyncio.Queue()
        self._workers = await asyncio.wrap_future(self._kept.submit(self._kept.workers(*self._asked)))
        await asyncio.wrap_future(self._kept.submit(self._workers.lend(self)))
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await asyncio.wrap_future(self._kept.submit(self._workers.take_back()))
        for request_id, device in self._given.items():
            self.abort(device, request_id)
        self._events.put_nowait(None)

    def hear(self, item: tuple[int, Event]) -> None:
        """Take in what happened, in the loop of the workers."""
        self._loop.call_soon_threadsafe(self._events.put_nowait, item)

    def send(
        self,
        device: int,
        request: ImagineRequest,
        checkpoint: Checkpoint | None = None,
        pictures: Mapping[str, bytes] = NO_PICTURES,
    ) -> None:
        self._given[request.id] = device
        executor = self._workers.executor
        self._kept.loop.call_soon_threadsafe(executor.send, device, request, checkpoint, dict(pictures))

    def steer(self, device: int, request_id: str, steering: Sequence[Steering]) -> None:
        self._kept.loop.call_soon_threadsafe(self._workers.executor.steer, device, request_id, steering)

    def abort(self, device: int, request_id: str) -> None:
        self._kept.loop.call_soon_threadsafe(self._workers.executor.abort, device, request_id)

    def suspend(self, device: int, request_id: str) -> None:
        self._kept.loop.call_soon_threadsafe(self._workers.executor.suspend, device, request_id)

    async def events(self) -> AsyncIterator[tuple[int, Event]]:
        while (item := await self._events.get()) is not None:
            device, event = item
            if isinstance(event, OF_A_REQUEST):
                if event.request_id not in self._given:
                    continue  # of a command before, that was interrupted
                if isinstance(event, Finished | Failed | Suspended):
                    del self._given[event.request_id]
            yield device, event


class KeptWorkers:
    """Workers in a thread of their own, started when a command asks for other settings than any before."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._all: dict[str, _Workers] = {}
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        """What workers write on standard error, which those of a process share with it."""
        self._read = 0
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Do something in the loop of the workers."""
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    async def workers(self, settings: Settings, preview_seconds: float, first: str) -> _Workers:
        """Return those for settings, which are started in the present folder where there are none."""
        key = repr((settings.models, settings.executor, preview_seconds, first))
        if key not in self._all or not self._all[key].is_sound:
            if key in self._all:
                await self._all.pop(key).leave()
            workers = _Workers(own_executor(settings, preview_seconds, first))
            own = os.dup(2)
            os.dup2(self._said.fileno(), 2)
            try:
                await workers.enter()
            finally:
                os.dup2(own, 2)
                os.close(own)
            self._all[key] = workers
        return self._all[key]

    def lend(self, settings: Settings, preview_seconds: float, first: str = DEFAULT_MODEL) -> Executor:
        """Return what :func:`easel.dispatching.own_executor` returns otherwise."""
        return _Lent(self, settings, preview_seconds, first)

    def finish(self, folder: Path, *arguments: str) -> tuple[int, str, str]:
        """Run ``easel`` in a folder and return exit code, standard output and standard error."""
        out, err = io.StringIO(), io.StringIO()
        handlers, level = logging.root.handlers[:], logging.root.level
        code: object = None
        with contextlib.ExitStack() as stack:
            stack.enter_context(contextlib.chdir(folder))
            stack.enter_context(mock.patch.dict(os.environ, BARE, clear=True))
            for name in LENT_TO:
                stack.enter_context(mock.patch.object(importlib.import_module(name), "own_executor", self.lend))
            stack.enter_context(contextlib.redirect_stdout(out))
            stack.enter_context(contextlib.redirect_stderr(err))
            try:
                main(arguments)
            except SystemExit as ended:
                code = ended.code
            finally:
                logging.root.handlers[:] = handlers
                logging.root.setLevel(level)
                structlog.reset_defaults()
        assert code is None or isinstance(code, int)
        self._said.seek(self._read)
        said = self._said.read()
        self._read += len(said)
        return code or 0, out.getvalue(), err.getvalue() + said.decode()

    def close(self) -> None:
        """End all workers."""
        for workers in self._all.values():
            self.submit(workers.leave()).result(PATIENCE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        self.loop.close()
        self._said.close()


@contextlib.contextmanager
def keeping_workers() -> Iterator[KeptWorkers]:
    """Keep workers meanwhile."""
    kept = KeptWorkers()
    try:
        yield kept
    finally:
        kept.close()
