"""Sending requests to devices, with the pictures that they name."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from generation.events import Checkpoint
from generation.executor import Executor
from generation.request import ImagineRequest
from generation.targets import Steering


@dataclass(frozen=True, slots=True, eq=False)
class _Letter:
    number: int
    request: ImagineRequest
    checkpoint: Checkpoint | None
    steering: list[Sequence[Steering]] = field(default_factory=list)


class Sending:
    """Sends requests to devices; what names pictures goes when they have been read, in a thread.

    Args:
        executor: that carries requests to the devices.
        picture: returns the PNG of a SHA-256 that a request names; None where there is none.
    """

    def __init__(self, executor: Executor, picture: Callable[[str], bytes | None]) -> None:
        self._executor = executor
        self._picture = picture
        self._letters: asyncio.Queue[_Letter] = asyncio.Queue()
        self._unsent: dict[str, _Letter] = {}

    def send(self, number: int, request: ImagineRequest, checkpoint: Checkpoint | None) -> None:
        """Send a request to the device of a number, now or as soon as its pictures are there."""
        if not request.pictures:
            self._executor.send(number, request, checkpoint)
            return
        letter = self._unsent[request.id] = _Letter(number, request, checkpoint)
        self._letters.put_nowait(letter)

    def abort(self, number: int, request_id: str) -> None:
        """Have a device forget a request, or never hear of it."""
        if self._unsent.pop(request_id, None) is None:
            self._executor.abort(number, request_id)

    def steer(self, number: int, request_id: str, steering: Sequence[Steering]) -> None:
        """Have a device paint a request otherwise, once it has been sent."""
        if request_id in self._unsent:
            self._unsent[request_id].steering.append(steering)
        else:
            self._executor.steer(number, request_id, steering)

    async def run(self) -> None:
        """Read pictures and send what names them, until cancelled."""
        while True:
            letter = await self._letters.get()
            request = letter.request
            pictures = await asyncio.to_thread(self._read, request)
            if self._unsent.get(request.id) is letter:
                del self._unsent[request.id]
                self._executor.send(letter.number, request, letter.checkpoint, pictures)
                for steering in letter.steering:
                    self._executor.steer(letter.number, request.id, steering)
            self._letters.task_done()

    async def join(self) -> None:
        """Wait until everything is sent."""
        await self._letters.join()

    def _read(self, request: ImagineRequest) -> dict[str, bytes]:
        """Return the pictures that a request names, as far as they are there."""
        found = ((digest, self._picture(digest)) for digest in request.pictures)
        return {digest: png for digest, png in found if png is not None}
