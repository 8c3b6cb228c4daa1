"""A dispatcher in another process of the bot, which may be another one tomorrow."""

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import aiohttp
import structlog

from generation.dispatch.devices import Device, Pool
from generation.dispatch.record import Estimate, Record, Snapshot, Status, Update
from generation.dispatch.wire import (
    BEAT_SECONDS,
    LARGEST_UP,
    Answer,
    Cancel,
    Devices,
    Down,
    Edit,
    Follow,
    Gone,
    Standing,
    Steer,
    Submit,
    Up,
    pack_down,
    read_up,
)
from generation.errors import AwayError, QueueFullError, RequestError
from generation.events import Failed, Finished, Progress, RequestEvent, Steered
from generation.request import ImagineRequest, Steering

AWAY = "Easel cannot be reached by this part of it at the moment. Try again in a minute."
ANOTHER_FOLDER = "the process that has requests painted knows another key: is data_dir the same folder for all?"
CONNECT_SECONDS = 5.0


class Ledger(Protocol):
    """What is written down of requests, by whichever process."""

    async def open_requests(self) -> Sequence[ImagineRequest]:
        """Return what has not ended and is this process's to follow, in the order of acceptance."""

    async def outcome(self, request_id: str) -> tuple[Status, Finished | Failed | None]:
        """Return how a request stands, and how it ended where it was painted or failed."""


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds.

    Args:
        pause: between two tries to connect, and between two looks into the ledger.
        longest: that an answer may take, over changes of the process that gives it.
    """

    pause: float = 0.5
    longest: float = 60.0


TIMES = Times()

_log = structlog.get_logger(__name__)


class _LineLostError(Exception):
    """The connection ended before there was an answer."""


class RemoteDispatcher:
    """Passes on what is asked for, and follows what this process has asked for; see ``generation.dispatch.Dispatch``.

    While no dispatcher is reached, records stay as they were. Once one is, it is asked how each stands; of those that
    it does not have, the ledger knows how they ended.

    Args:
        find: returns the URL of the dispatcher, which is another one once another process has taken over; ``""`` where
            none is known.
        key: that makes this a process of the same bot.
        ledger: what is written down.
        errors: of the ledger's, which the dispatcher may raise.
        per_member: the most requests at a time of one member.
        times: how long to wait.
    """

    def __init__(
        self,
        find: Callable[[], Awaitable[str]],
        key: str,
        ledger: Ledger,
        errors: Collection[type[Exception]],
        per_member: int,
        times: Times = TIMES,
    ) -> None:
        self.pool = Pool()
        self.ended: Counter[Status] = Counter()
        self._find = find
        self._key = key
        self._ledger = ledger
        self._errors: dict[str, type[Exception]] = {RequestError.__name__: RequestError}
        self._errors |= {each.__name__: each for each in errors}
        self._per_member = per_member
        self._times = times
        self._records: dict[str, Record] = {}
        self._unsubmitted: set[str] = set()
        """What of them no dispatcher has taken in yet, as far as is known."""
        self._updates: asyncio.Queue[Update] = asyncio.Queue()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._connected = asyncio.Event()
        self._calls = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self._taken_back: set[str] = set()
        """What is to be cancelled once a dispatcher is reached."""
        self._concluding: dict[str, asyncio.Task[None]] = {}
        self._trouble = ""

    async def run(self) -> None:
        """Stay connected, until cancelled."""
        headers = {"Authorization": f"Bearer {self._key}"}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
        try:
            async with aiohttp.ClientSession(headers=headers, timeout=timeout) as http:
                while True:
                    await self._connect(http)
                    await asyncio.sleep(self._times.pause)
        finally:
            for task in self._concluding.values():
                task.cancel()

    async def connected(self) -> None:
        """Wait until a dispatcher is reached."""
        await self._connected.wait()

    async def resume(self) -> list[Record]:
        """Follow what is this process's and has not ended."""
        records = [Record(request) for request in await self._ledger.open_requests()]
        self._records |= {record.request.id: record for record in records}
        await self._follow(*(record.request.id for record in records))
        return records

    def check_room(self, member: str, count: int = 1) -> None:
        """Raise ``QueueFullError`` where this process alone has too many; what others have the dispatcher knows."""
        by_member = Counter(record.request.member for record in self._records.values())
        if by_member[member] + count > self._per_member:
            raise QueueFullError(self._per_member, member=True)

    async def submit_all(self, requests: Sequence[ImagineRequest], notes: Sequence[str]) -> list[Record]:
        """Take in requests; where no answer comes they are taken back."""
        records = [Record(request) for request in requests]
        self._records |= {record.request.id: record for record in records}
        texts = tuple(request.to_json() for request in requests)
        ids = {request.id for request in requests}
        self._unsubmitted |= ids
        try:
            await self._call(lambda call: Submit(call, texts, tuple(notes)))
        except tuple(self._errors.values()):
            if await self._are_written(requests):  # by an earlier try, whose answer was lost
                await self._follow(*(request.id for request in requests))
                return records
            self._forget(requests)
            raise
        except AwayError:
            self._forget(requests)
            self._taken_back.update(request.id for request in requests)
            await self._take_back()
            raise
        except QueueFullError:
            self._forget(requests)
            raise
        finally:
            self._unsubmitted -= ids
        return records

    async def edit(self, request: ImagineRequest) -> None:
        """Let a request take the place of the one that waits under its id."""
        text = request.to_json()
        await self._call(lambda call: Edit(call, text))
        if request.id in self._records:
            self._records[request.id].request = request

    async def steer(self, request_id: str, steering: Sequence[Steering]) -> ImagineRequest | None:
        """Have a request painted otherwise from now on."""
        answer = await self._call(lambda call: Steer(call, request_id, tuple(steering)))
        return None if answer.request is None else ImagineRequest.from_json(answer.request)

    async def cancel(self, *request_ids: str) -> None:
        """Take back requests, as soon as a dispatcher is reached."""
        for request_id in request_ids:
            record = self._records.pop(request_id, None)
            if record is not None:
                record.status = "cancelled"
                self.ended["cancelled"] += 1
        self._taken_back.update(request_ids)
        try:
            await self._call(lambda call: Cancel(call, request_ids))
        except AwayError:
            _log.warning("cancelled once the process that has requests painted is reached", requests=len(request_ids))
        else:
            self._taken_back.difference_update(request_ids)

    async def updates(self) -> AsyncIterator[Update]:
        """Yield what changes, in order; never ends."""
        while True:
            update = await self._updates.get()
            if update.record.status != "cancelled":
                yield update

    def snapshot(self) -> Snapshot:
        """Return what this process has asked for."""
        records = self._records.values()
        waiting = [record for record in records if record.status == "waiting"]
        waiting.sort(key=lambda record: record.estimate.place)
        return Snapshot(tuple(record for record in records if record.status == "running"), tuple(waiting))

    async def _connect(self, http: aiohttp.ClientSession) -> None:
        """Talk with the dispatcher until the connection ends."""
        url = await self._find()
        if not url:
            return
        try:
            async with http.ws_connect(url, heartbeat=BEAT_SECONDS, max_msg_size=LARGEST_UP, compress=0) as socket:
                await self._talk(socket)
            self._note("the connection ended")
        except aiohttp.WSServerHandshakeError as error:
            self._note(ANOTHER_FOLDER if error.status == 401 else f"it answers with {error.status}")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self._note(type(error).__name__)
        except ValueError:
            self._note("it sends what is not understood; is it of the same version?")

    def _note(self, trouble: str) -> None:
        """Say in the log that the dispatcher is not reached, once for each reason."""
        if trouble != self._trouble:
            _log.warning("the process that has requests painted is not reached; trying again", error=trouble)
        self._trouble = trouble

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        try:
            await self._take_back()
            await self._follow(*(self._records.keys() - self._unsubmitted))
            async for frame in socket:
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    break
                self._hear(read_up(frame.data))
        finally:
            self._socket = None
            self._connected.clear()
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(_LineLostError())
            self._answers.clear()

    def _hear(self, message: Up) -> None:
        match message:
            case Devices():
                self.pool.devices[:] = [
                    Device(
                        each.number,
                        each.name,
                        each.slots,
                        offers=dict(each.offers),
                        unusable=set(each.unusable),
                        parked=each.parked,
                    )
                    for each in message.devices
                ]
                self._trouble = ""
                if not self._connected.is_set():
                    _log.info("connected to the process that has requests painted")
                self._connected.set()
            case Answer():
                answer = self._answers.pop(message.call, None)
                if answer is not None and not answer.done():
                    answer.set_result(message)
            case Standing():
                self._stand(message)
            case Gone(request_id=request_id):
                if request_id in self._records and request_id not in self._concluding:
                    task = self._concluding[request_id] = asyncio.create_task(self._conclude(request_id))
                    task.add_done_callback(lambda _: self._concluding.pop(request_id))

    def _stand(self, standing: Standing) -> None:
        """Take note of how a request stands, and say what is new."""
        record = self._records.get(standing.request_id)
        if record is None:
            return
        record.status, record.step, record.left_out = standing.status, standing.step, standing.left_out
        record.smaller = standing.smaller
        record.estimate = Estimate(standing.starts, standing.finishes, standing.place)
        is_steered = standing.steering != record.request.steering
        record.request = replace(record.request, steering=standing.steering)
        if standing.outcome is not None:
            self._end(record, standing.status, standing.outcome)
            return
        if is_steered:
            self._tell(record, Steered(record.request.id, standing.steering))
        if standing.preview is not None:
            self._tell(record, Progress(record.request.id, record.step, record.request.steps, 0.0, standing.preview))
        else:
            self._tell(record)

    async def _conclude(self, request_id: str) -> None:
        """Look up how a request ended of which the dispatcher does not know any more."""
        try:
            status, outcome = await self._ledger.outcome(request_id)
        except tuple(self._errors.values()):
            status, outcome = "waiting", None
        record = self._records.get(request_id)
        if record is None:
            return
        if status in ("waiting", "running"):  # how it ended is not written down yet, or it will go on
            await asyncio.sleep(self._times.pause)
            await self._follow(request_id)
        elif outcome is not None:
            self._end(record, status, outcome)
        else:
            record.status = status
            del self._records[request_id]

    def _end(self, record: Record, status: Status, outcome: Finished | Failed) -> None:
        record.status = status
        if isinstance(outcome, Finished):
            record.request = replace(record.request, stop=min(record.request.stop, outcome.stop))
        self.ended[status] += 1
        self._records.pop(record.request.id, None)
        self._tell(record, outcome)

    def _tell(self, record: Record, event: RequestEvent | None = None) -> None:
        self._updates.put_nowait(Update(record, event))

    def _forget(self, requests: Sequence[ImagineRequest]) -> None:
        for request in requests:
            self._records.pop(request.id, None)

    async def _are_written(self, requests: Sequence[ImagineRequest]) -> bool:
        """Return whether requests that were refused had been taken in before."""
        try:
            standing = [(await self._ledger.outcome(request.id))[0] for request in requests]
        except tuple(self._errors.values()):
            return False
        return "cancelled" not in standing

    async def _follow(self, *request_ids: str) -> None:
        """Ask how requests stand; where no dispatcher is reached that is asked once one is."""
        if request_ids:
            with contextlib.suppress(_LineLostError):
                await self._say(Follow(request_ids))

    async def _take_back(self) -> None:
        """Cancel what could not be cancelled before; nothing is answered that somebody waits for."""
        if self._taken_back:
            with contextlib.suppress(_LineLostError):
                await self._say(Cancel(0, tuple(self._taken_back)))

    async def _call(self, make: Callable[[int], Down]) -> Answer:
        """Ask for something, anew where a connection ends before there is an answer, and raise what is answered."""
        try:
            async with asyncio.timeout(self._times.longest):
                while True:
                    await self._connected.wait()
                    try:
                        answer = await self._ask(make)
                        break
                    except _LineLostError:
                        continue
        except TimeoutError:
            raise AwayError(AWAY) from None
        if not answer.error:
            return answer
        if answer.error == QueueFullError.__name__:
            raise QueueFullError(answer.limit, member=answer.member)
        raise self._errors.get(answer.error, AwayError)(answer.sentence if answer.error in self._errors else AWAY)

    async def _ask(self, make: Callable[[int], Down]) -> Answer:
        call = next(self._calls)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answers[call] = future
        try:
            await self._say(make(call))
            return await future
        finally:
            self._answers.pop(call, None)

    async def _say(self, message: Down) -> None:
        """Send a message; raises ``_LineLostError``."""
        try:
            if self._socket is None:
                raise _LineLostError
            await self._socket.send_str(pack_down(message))
        except ConnectionError:
            raise _LineLostError from None
