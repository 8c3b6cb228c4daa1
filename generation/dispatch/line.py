"""The line from a process of the bot to the one that has requests painted, which may be another one tomorrow."""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import structlog

from generation.dispatch.wire import BEAT_SECONDS, LARGEST_UP, Answer, Devices, Down, Up, pack_down, read_up
from generation.errors import AwayError

AWAY = "Easel cannot be reached by this part of it at the moment. Try again in a minute."
ANOTHER_FOLDER = "the process that has requests painted knows another key: is data_dir the same folder for all?"
CONNECT_SECONDS = 5.0


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


class Line:
    """Stays connected, asks, and passes on what else is said.

    Args:
        find: returns the URL of the dispatcher, which is another one once another process has taken over; ``""`` where
            none is known.
        key: that makes this a process of the same bot.
        greet: says what is to be said first, in each connection.
        hear: called with each message that is no answer.
        times: how long to wait.
    """

    def __init__(
        self,
        find: Callable[[], Awaitable[str]],
        key: str,
        greet: Callable[[], Awaitable[None]],
        hear: Callable[[Up], None],
        times: Times = TIMES,
    ) -> None:
        self._find = find
        self._key = key
        self._greet = greet
        self._hear = hear
        self._times = times
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._connected = asyncio.Event()
        self._calls = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Answer]] = {}
        self._trouble = ""

    async def run(self) -> None:
        """Stay connected, until cancelled."""
        headers = {"Authorization": f"Bearer {self._key}"}
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as http:
            while True:
                await self._connect(http)
                await asyncio.sleep(self._times.pause)

    async def connected(self) -> None:
        """Wait until a dispatcher is reached."""
        await self._connected.wait()

    async def ask(self, make: Callable[[int], Down]) -> Answer:
        """Ask for something, anew where a connection ends before there is an answer.

        Args:
            make: returns the message with the number of the call.

        Raises:
            AwayError: there is no answer for too long.
        """
        try:
            async with asyncio.timeout(self._times.longest):
                while True:
                    await self._connected.wait()
                    with contextlib.suppress(_LineLostError):
                        return await self._ask(make)
        except TimeoutError:
            raise AwayError(AWAY) from None

    async def say(self, message: Down) -> None:
        """Say what is not answered; it is lost where no dispatcher is reached."""
        with contextlib.suppress(_LineLostError):
            await self._send(message)

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
            await self._greet()
            async for frame in socket:
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    break
                self._take(read_up(frame.data))
        finally:
            self._socket = None
            self._connected.clear()
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(_LineLostError())
            self._answers.clear()

    def _take(self, message: Up) -> None:
        """Hand an answer to who asked, and pass anything else on."""
        if isinstance(message, Answer):
            answer = self._answers.pop(message.call, None)
            if answer is not None and not answer.done():
                answer.set_result(message)
            return
        self._hear(message)
        if isinstance(message, Devices):  # the first thing that it says
            self._trouble = ""
            if not self._connected.is_set():
                _log.info("connected to the process that has requests painted")
            self._connected.set()

    async def _ask(self, make: Callable[[int], Down]) -> Answer:
        call = next(self._calls)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._answers[call] = future
        try:
            await self._send(make(call))
            return await future
        finally:
            self._answers.pop(call, None)

    async def _send(self, message: Down) -> None:
        """Send a message; raises ``_LineLostError``."""
        try:
            if self._socket is None:
                raise _LineLostError
            await self._socket.send_str(pack_down(message))
        except ConnectionError:
            raise _LineLostError from None
