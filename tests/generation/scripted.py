"""An executor without workers: what happens is what the test says."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Literal, Self

from PIL import Image

from generation.capacity import Capacity
from generation.events import (
    Checkpoint,
    Down,
    Event,
    Failed,
    Finished,
    Offer,
    Progress,
    Ready,
    Started,
    Steered,
    Suspended,
)
from generation.options import PAINTERS
from generation.request import ImagineRequest
from generation.targets import Steering


def picture(color: str = "red", kind: str = "PNG") -> bytes:
    """Return an encoded picture of 64×64 pixels."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), color).save(file, kind)
    return file.getvalue()


class ScriptedExecutor:
    """Devices that hold so many pictures and are ready from the beginning."""

    outlives = False
    inherited: Sequence[tuple[int, ImagineRequest]] = ()

    def __init__(self, slots: int = 1, devices: int = 1, multiple: int = 1, classes: tuple[str, ...] = ()) -> None:
        self.requests: dict[str, ImagineRequest] = {}
        """What is being painted, by id."""
        self.checkpoints: dict[str, Checkpoint | None] = {}
        """What each was last to go on from."""
        self.pictures: dict[str, Mapping[str, bytes]] = {}
        """What each was sent with."""
        self.aborted: list[ImagineRequest] = []
        self.said: list[tuple[str, tuple[Steering, ...]]] = []
        """How what is being painted was to be steered."""
        self.entered = False
        self._ready = [
            Ready(
                f"cuda:{number}",
                Offer(
                    Capacity(slots, cutouts=16),
                    multiple,
                    inits=("sketch", "noise"),
                    painters=tuple(PAINTERS),
                    classes=classes,
                ),
            )
            for number in range(devices)
        ]
        self._devices: dict[str, int] = {}
        self._events: asyncio.Queue[tuple[int, Event]] = asyncio.Queue()
        self._changed = asyncio.Event()
        for number in range(devices):
            self.change(number, "ready")

    async def __aenter__(self) -> Self:
        self.entered = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.entered = False

    def send(
        self,
        device: int,
        request: ImagineRequest,
        checkpoint: Checkpoint | None = None,
        pictures: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        assert request.id not in self.requests
        self.requests[request.id] = request
        self.checkpoints[request.id] = checkpoint
        self.pictures[request.id] = pictures
        self._devices[request.id] = device
        self._changed.set()

    def steer(self, device: int, request_id: str, steering: Sequence[Steering]) -> None:
        if request_id in self.requests and self._devices[request_id] == device:
            self.said.append((request_id, tuple(steering)))
            self._changed.set()

    def abort(self, device: int, request_id: str) -> None:
        if request_id in self.requests and self._devices[request_id] == device:
            self.aborted.append(self.requests.pop(request_id))
            self._changed.set()

    def suspend(self, device: int, request_id: str) -> None:
        if request_id in self.requests and self._devices[request_id] == device:
            request = self.requests.pop(request_id)
            if request.steps > 1:
                self.say(Checkpoint(request_id, 1, 1.0, b"suspended"), device)
            self.say(Suspended(request_id), device)
            self._changed.set()

    async def events(self) -> AsyncIterator[tuple[int, Event]]:
        while True:
            yield await self._events.get()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def next(self, prompt: str) -> ImagineRequest:
        """Wait until a request with this prompt is being painted."""
        await self.until(lambda: any(request.prompt == prompt for request in self.requests.values()))
        return next(request for request in self.requests.values() if request.prompt == prompt)

    def device_of(self, request: ImagineRequest) -> int:
        return self._devices[request.id]

    def say(self, event: Event, device: int = 0) -> None:
        """Let a device say something."""
        self._events.put_nowait((device, event))

    def start(self, request: ImagineRequest, left_out: str = "", step: int = 0) -> None:
        self.say(Started(request.id, "cuda", left_out, step), self._devices[request.id])

    def advance(self, request: ImagineRequest, step: int, preview: bytes | None = None) -> None:
        progress = Progress(request.id, step, request.steps, float(step), preview)
        self.say(progress, self._devices[request.id])

    def turn(self, request: ImagineRequest, *steering: Steering, refusal: str = "") -> None:
        """Let a request be painted so from now on, or not."""
        if not refusal:
            self.requests[request.id] = replace(self.requests[request.id], steering=steering)
        self.say(Steered(request.id, steering, refusal), self._devices[request.id])

    def finish(self, request: ImagineRequest, png: bytes | None = None, seconds: float = 21.4, **files: bytes) -> None:
        del self.requests[request.id]
        self.say(Finished(request.id, png or picture(), seconds, files), self._devices[request.id])

    def fail(self, request: ImagineRequest, reason: str, *, is_shortage: bool = False) -> None:
        del self.requests[request.id]
        self.say(Failed(request.id, reason, is_shortage), self._devices[request.id])

    def change(self, device: int, state: Literal["ready", "down", "parked"]) -> None:
        """Let a device come up, go down, or be parked."""
        if state == "ready":
            self.say(self._ready[device], device)
            return
        lost = tuple(request_id for request_id in self.requests if self._devices[request_id] == device)
        for request_id in lost:
            del self.requests[request_id]
        self.say(Down(state == "parked", lost), device)
