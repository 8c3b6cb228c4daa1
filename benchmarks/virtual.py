"""Time that passes without waiting, and devices that paint in it."""

import asyncio
import selectors
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from typing import Any, Self, TypeVar

from generation.capacity import Capacity
from generation.course import JUDGING
from generation.events import Checkpoint, Event, Finished, Heartbeat, Offer, Progress, Ready, Started
from generation.executor import NO_PICTURES
from generation.request import ImagineRequest
from generation.sizes import Shape
from generation.targets import Steering

SLOTS = 8
"""Of a device."""
STEP_SECONDS = 0.056 / SLOTS
"""Of a picture of 256×256 in a step of eight, measured on an H200 without kernels of ours (``docs/performance.md``)."""
PREVIEW_SECONDS = 3.0
CHECKPOINT_SECONDS = 5.0
PREVIEW = b"\xff" * 15_000
PNG = b"\x89" * 150_000

T = TypeVar("T")


class _Jumping(selectors.DefaultSelector):
    """Comes back at once, as if it had waited."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Let the time pass, and return what is ready."""
        self.now += timeout or 0.0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next thing that is to be done."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the seconds that have passed in it."""
        return self._jumping.now


def played(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time and return what it returns."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)


class Fleet:
    """An executor without processes: devices that paint in the time that an H200 takes.

    Args:
        devices: how many.
        round_seconds: from one report of a device to the next.
    """

    outlives = False
    inherited = ()

    def __init__(self, devices: int, round_seconds: float) -> None:
        self.is_quiet = False
        """Whether it only tells what was begun and finished."""
        self.begun: dict[str, float] = {}
        """When each was sent, by the loop's clock."""
        self.told: Counter[str] = Counter()
        """Events, by their kind."""
        self.own_seconds = 0.0
        """Of the processor, that the fleet itself took."""
        self._round = round_seconds
        self._painted: list[dict[str, _Painting]] = [{} for _ in range(devices)]
        self._events: asyncio.Queue[tuple[int, Event]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        for number in range(len(self._painted)):
            self._events.put_nowait((number, Ready(f"cuda:{number}", Offer(Capacity(SLOTS), 16))))
            self._tasks.append(asyncio.create_task(self._paint(number)))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)

    def send(
        self,
        device: int,
        request: ImagineRequest,
        checkpoint: Checkpoint | None = None,
        pictures: Mapping[str, bytes] = NO_PICTURES,
    ) -> None:
        """Paint it."""
        del checkpoint, pictures
        now = asyncio.get_running_loop().time()
        self.begun[request.id] = now
        self._painted[device][request.id] = _Painting(request, now)
        self._tell(device, Started(request.id, f"cuda:{device}"))

    def steer(self, device: int, request_id: str, steering: Sequence[Steering]) -> None:
        """Paint it otherwise: nobody asks for that."""

    def abort(self, device: int, request_id: str) -> None:
        """Stop painting it."""
        self._painted[device].pop(request_id, None)

    def suspend(self, device: int, request_id: str) -> None:
        """Stop painting it: nobody asks for that."""

    async def events(self) -> AsyncIterator[tuple[int, Event]]:
        """Yield what happens."""
        while True:
            yield await self._events.get()

    def _tell(self, device: int, event: Event) -> None:
        self.told[type(event).__name__] += 1
        self._events.put_nowait((device, event))

    async def _paint(self, device: int) -> None:
        await asyncio.sleep(self._round * device / len(self._painted))
        while True:
            await asyncio.sleep(self._round)
            began = time.thread_time()
            self._advance(device)
            self.own_seconds += time.thread_time() - began

    def _advance(self, device: int) -> None:
        """Let all pictures of a device take the steps of a round; shapes get equal time."""
        now, painted = asyncio.get_running_loop().time(), self._painted[device]
        batches = Counter(each.request.kind for each in painted.values())
        for kind, count in batches.items():
            seconds = step_seconds(kind.shape, count)
            steps = self._round / len(batches) / seconds
            if not self.is_quiet:
                whole = max(1, round(steps))
                # All are painted in their size from the start, so what whole steps would have taken is what they took.
                self._tell(device, Heartbeat(kind.shape, count, whole, seconds * whole, taken=seconds * whole))
            for each in [each for each in painted.values() if each.request.kind == kind]:
                each.steps += steps
                if each.steps >= each.request.steps:
                    del painted[each.request.id]
                    self._tell(device, Finished(each.request.id, PNG, now - each.began))
                elif not self.is_quiet:
                    self._report(device, each, now)

    def _report(self, device: int, each: "_Painting", now: float) -> None:
        request, step = each.request, int(each.steps)
        preview = None
        if now - each.previewed >= PREVIEW_SECONDS:
            each.previewed, preview = now, PREVIEW
        self._tell(device, Progress(request.id, step, request.steps, now - each.began, preview))
        if now - each.kept >= CHECKPOINT_SECONDS:
            each.kept = now
            self._tell(device, Checkpoint(request.id, step, now - each.began, b""))


class _Painting:
    """A picture on a device.

    Args:
        request: for it.
        now: when it is begun.
    """

    def __init__(self, request: ImagineRequest, now: float) -> None:
        self.request = request
        self.began = self.previewed = self.kept = now
        self.steps = 0.0


def step_seconds(shape: Shape, batch: int) -> float:
    """Return how long a step takes of so many pictures of a shape."""
    return STEP_SECONDS * batch * (shape[0] * shape[1] + JUDGING) / (2 * JUDGING)
