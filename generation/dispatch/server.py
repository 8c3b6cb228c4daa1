"""A dispatcher that other processes of its bot use, by WebSocket; see ``generation.dispatch.wire``."""

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any

import structlog
from aiohttp import WSMsgType, web

from generation.dispatch.dispatcher import Dispatcher
from generation.dispatch.record import Record, Update
from generation.dispatch.wire import (
    BEAT_SECONDS,
    LARGEST_DOWN,
    PATH,
    Answer,
    Cancel,
    Devices,
    DeviceStanding,
    Down,
    Edit,
    Follow,
    Gone,
    Standing,
    Steer,
    Submit,
    Up,
    pack_up,
    read_down,
)
from generation.errors import QueueFullError, RequestError
from generation.events import Failed, Finished, Progress
from generation.request import ImagineRequest

SEND_SECONDS = 0.05
"""What happens to a request within it is told as one change."""
DEVICE_SECONDS = 1.0
"""From one look at the devices to the next."""
BEGUN = "That picture is being painted already."

_log = structlog.get_logger(__name__)


class DispatchServer:
    """Serves one dispatcher; it is the one reader of its updates.

    Args:
        dispatcher: that has requests painted.
        key: that the other processes have to know.
    """

    def __init__(self, dispatcher: Dispatcher, key: str) -> None:
        self.dispatcher = dispatcher
        self.devices = Devices()
        self._key = key
        self._peers: dict[str, _Peer] = {}
        """Who is told of a request, by its id."""
        self._connected: set[_Peer] = set()
        self._submissions: dict[str, asyncio.Task[Sequence[Record]]] = {}
        """What is being taken in, by the id of its first request."""

    async def run(self) -> None:
        """Tell how requests fare, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._watch_devices())
            async for update in self.dispatcher.updates():
                self._tell(update)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one process until its connection ends."""
        _, _, key = request.headers.get("Authorization", "").partition("Bearer ")
        if not hmac.compare_digest(key.encode(), self._key.encode()):
            raise web.HTTPUnauthorized
        socket = web.WebSocketResponse(heartbeat=BEAT_SECONDS, max_msg_size=LARGEST_DOWN, compress=False)
        await socket.prepare(request)
        peer = _Peer(self, socket)
        self._connected.add(peer)
        try:
            await peer.run()
        finally:
            self._connected.discard(peer)
            self._peers = {request_id: each for request_id, each in self._peers.items() if each is not peer}
        return socket

    def follow(self, request_id: str, peer: "_Peer") -> Record | None:
        """Tell a process from now on how a request fares, and return how it stands; None where it has ended."""
        record = self.dispatcher.find(request_id)
        if record is not None:
            self._peers[request_id] = peer
        return record

    async def submit(self, requests: Sequence[ImagineRequest], notes: Sequence[str]) -> None:
        """Take requests in, once also where they come again because an answer was lost."""
        first = requests[0].id
        task = self._submissions.get(first)
        if task is None:
            if all(self.dispatcher.find(request.id) for request in requests):
                return
            task = asyncio.create_task(self.dispatcher.submit_all(requests, notes))
            self._submissions[first] = task
            task.add_done_callback(lambda _: self._submissions.pop(first))
        await asyncio.shield(task)

    def _tell(self, update: Update) -> None:
        request_id = update.record.request.id
        ended = update.event if isinstance(update.event, Finished | Failed) else None
        peer = self._peers.get(request_id) if ended is None else self._peers.pop(request_id, None)
        if peer is not None:
            preview = update.event.preview if isinstance(update.event, Progress) else None
            peer.note(update.record, preview, ended)

    async def _watch_devices(self) -> None:
        while True:
            devices = Devices(
                tuple(
                    DeviceStanding(
                        each.number,
                        each.name,
                        each.slots,
                        dict(each.offers),
                        tuple(sorted(each.unusable)),
                        each.parked,
                    )
                    for each in self.dispatcher.pool.devices
                )
            )
            if devices != self.devices:
                self.devices = devices
                for peer in self._connected:
                    peer.send(devices)
            await asyncio.sleep(DEVICE_SECONDS)


class _Peer:
    """Another process.

    Args:
        server: that it is connected to.
        socket: by which it is.
    """

    def __init__(self, server: DispatchServer, socket: web.WebSocketResponse) -> None:
        self._server = server
        self._socket = socket
        self._changed: dict[str, tuple[Record, bytes | None, Finished | Failed | None]] = {}
        """What is to be told of requests, by id."""
        self._messages: list[Up] = []
        """What is to be told beside."""
        self._waiting = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Hear it and tell it, until the connection ends."""
        self.send(self._server.devices)
        sending = asyncio.create_task(self._send())
        try:
            async for frame in self._socket:
                if frame.type is not WSMsgType.TEXT:
                    break
                self._hear(read_down(frame.data))
        except ValueError:
            _log.error("another process of the bot sends what is not understood; is it of the same version?")
            await self._socket.close(code=1008)
        finally:
            sending.cancel()  # what was asked for is done nonetheless

    def send(self, message: Up) -> None:
        """Tell something that is about no request, or an answer."""
        self._messages.append(message)
        self._waiting.set()

    def note(self, record: Record, preview: bytes | None = None, outcome: Finished | Failed | None = None) -> None:
        """Tell before long how a request stands."""
        before = self._changed.pop(record.request.id, (record, None, None))
        self._changed[record.request.id] = record, preview or before[1], outcome
        self._waiting.set()

    async def _send(self) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await self._waiting.wait()
                self._waiting.clear()
                messages, self._messages = self._messages, []
                for message in messages:
                    await self._socket.send_str(pack_up(message))
                changed, self._changed = self._changed, {}
                for each in changed.values():
                    await self._socket.send_str(pack_up(_standing(*each)))
                await asyncio.sleep(SEND_SECONDS)

    def _hear(self, message: Down) -> None:
        match message:
            case Follow():
                for request_id in message.request_ids:
                    record = self._server.follow(request_id, self)
                    if record is None:
                        self.send(Gone(request_id))
                    else:
                        self.note(record)
            case Submit():
                requests = [ImagineRequest.from_json(each) for each in message.requests]
                self._do(message.call, self._submit(requests, message.notes))
            case Edit():
                self._do(message.call, self._edit(ImagineRequest.from_json(message.request)))
            case Steer():
                self._do(message.call, self._server.dispatcher.steer(message.request_id, message.steering))
            case Cancel():
                self._do(message.call, self._cancel(message.request_ids))

    def _do(self, call: int, work: Coroutine[Any, Any, ImagineRequest | None]) -> None:
        """Do what is asked for, beside everything else, and answer."""

        async def answer() -> None:
            try:
                request = await work
                answer = Answer(call, request=None if request is None else request.to_json())
            except QueueFullError as error:
                answer = Answer(call, type(error).__name__, str(error), error.limit, error.member)
            except Exception as error:
                # An error of the journal's, whose kinds are not known here; the other side knows them by name.
                if not isinstance(error, RequestError):
                    _log.warning("could not do what another process asked for", error=type(error).__name__)
                answer = Answer(call, type(error).__name__, str(error))
            self.send(answer)

        task = asyncio.create_task(answer())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _submit(self, requests: Sequence[ImagineRequest], notes: Sequence[str]) -> None:
        await self._server.submit(requests, notes)
        for request in requests:
            record = self._server.follow(request.id, self)
            if record is None:
                self.send(Gone(request.id))
            else:
                self.note(record)

    async def _edit(self, request: ImagineRequest) -> None:
        record = self._server.dispatcher.find(request.id)
        if record is None or record.status != "waiting":
            raise RequestError(BEGUN)
        await self._server.dispatcher.edit(request)

    async def _cancel(self, request_ids: Sequence[str]) -> None:
        await self._server.dispatcher.cancel(*request_ids)


def _standing(record: Record, preview: bytes | None, outcome: Finished | Failed | None) -> Standing:
    estimate, request = record.estimate, record.request
    return Standing(
        request.id,
        record.status,
        record.step,
        estimate.place,
        estimate.starts,
        estimate.finishes,
        record.left_out,
        record.smaller,
        request.steering,
        preview,
        outcome,
    )


@contextlib.asynccontextmanager
async def served(server: DispatchServer, host: str) -> AsyncIterator[str]:
    """Listen for other processes at any free port, and yield the URL at which they reach the dispatcher.

    Args:
        server: that they use.
        host: name or address of this machine.

    Raises:
        OSError: it is not this machine's.
    """
    app = web.Application()
    app.add_routes([web.get(PATH, server.connect)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, 0).start()
        port = runner.addresses[0][1]
        named = f"[{host}]" if ":" in host else host
        yield f"http://{named}:{port}{PATH}"
    finally:
        await runner.cleanup()
