"""The sandbox as a whole: starts, serves, can be asked and disturbed, and stops."""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from sandbox.api import PREFIX, Api, Observer
from sandbox.events import Events
from sandbox.faults import Fault, Faults
from sandbox.gateway import Gateway
from sandbox.interactions import Interactions
from sandbox.model import Channel, Message, Overwrite, User
from sandbox.payloads import Payload
from sandbox.rate_limits import RateLimits
from sandbox.sessions import Sessions
from sandbox.site import Site, keep_to_own_pages, local_only, state
from sandbox.snowflake import Clock
from sandbox.world import World

HOST = "127.0.0.1"


def _malformed_aside() -> logging.Logger:
    """Return the HTTP server's logger, which keeps silent of requests that are no HTTP: they are answered with 400."""
    logger = logging.getLogger("sandbox.http")
    logger.addFilter(_is_no_refusal)
    return logger


def _is_no_refusal(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


class Sandbox:
    """Discord on this machine, for as long as the `async with` block lasts.

    `port` 0 takes a free one. `clock` and `heartbeat_seconds` are for tests; so are `response_seconds`, within which
    an interaction must be answered, and `token_seconds`, for which its token is good, and `shards`, as many as the bot
    is told to log in with. `observe` hears of every REST call. Entering raises OSError where the port is taken.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        bot_name: str = "Easel",
        clock: Clock = time.time,
        heartbeat_seconds: float = 41.25,
        response_seconds: float = 3.0,
        token_seconds: float = 900.0,
        shards: int = 1,
        observe: Observer | None = None,
    ) -> None:
        self._port = port
        self._bot_name = bot_name
        self._clock = clock
        self._heartbeat_seconds = heartbeat_seconds
        self._response_seconds = response_seconds
        self._token_seconds = token_seconds
        self._shards = shards
        self._observe = observe
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Bind the port and begin to serve; raises OSError."""
        listener = socket.create_server((HOST, self._port))
        self.url = f"http://{HOST}:{listener.getsockname()[1]}"
        self.api_base = self.url + PREFIX
        self.world = World(self.url, self._clock, self._bot_name, self._shards)
        self.sessions = Sessions(self._clock)
        self.events = Events(self.world, self.sessions)
        self.events.on_event.append(self._changed.set)
        self.limits = RateLimits(self._clock)
        self.faults = Faults()
        self.gateway = Gateway(self.world, self.sessions, self.events, self._heartbeat_seconds)
        self.interactions = Interactions(self.world, self.events, self._response_seconds, self._token_seconds)
        api = Api(self.world, self.events, self.limits, self.interactions, self.faults, self._note)
        app = web.Application(middlewares=[local_only])
        app.on_response_prepare.append(keep_to_own_pages)
        app.add_routes(
            [
                *api.routes(),
                web.get("/gateway", self.gateway.connect),
                web.get("/gateway/", self.gateway.connect),
                *Site(self.world, self.limits, self.gateway).routes(),
            ]
        )
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=0.5, auto_decompress=False, logger=_malformed_aside()
        )
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()
        return self

    async def __aexit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close every connection and the port."""
        self.interactions.close()
        await self.gateway.close()
        await self._runner.cleanup()

    @property
    def bot(self) -> User:
        """The bot's account."""
        return self.world.application.bot

    def state(self) -> Payload:
        """Return what `GET /sandbox/state` answers."""
        return state(self.world, self.limits)

    def person(self, name: str) -> User:
        """Return a person by role (`owner`, `moderator`, `member`: the first of them) or by name."""
        people = [user for user in self.world.users.values() if not user.bot]
        return next(each for each in people if name in (each.name, self.world.role_of(each)))

    def channel(self, name: str) -> Channel:
        """Return a channel of the server by name."""
        return next(each for each in self.world.guild.channels.values() if each.name == name)

    def messages(self, channel: str) -> list[Message]:
        """Return the messages of a channel, oldest first."""
        return list(self.channel(channel).messages.values())

    def fail_next(self, fault: Fault) -> None:
        """Put trouble in the way of the next calls of one route."""
        self.faults.add(fault)

    def overwrite(self, channel: str, target_id: int, *, allow: int = 0, deny: int = 0) -> None:
        """Set what `channel` allows and denies a role or a member, and tell everybody."""
        place = self.channel(channel)
        place.overwrites[target_id] = Overwrite(allow, deny)
        self.events.channel("CHANNEL_UPDATE", place)

    def close_conversations(self, name: str, *, closed: bool = True) -> None:
        """Let a person take no messages in private, or take them again."""
        self.person(name).closed = closed

    def set_message_content(self, *, enabled: bool) -> None:
        """Switch the privileged message content intent, as in Discord's developer portal."""
        self.world.application.message_content = enabled

    def drop_gateway(self, code: int = 4000, *, forget: bool = False, shard: int | None = None) -> int:
        """Cut the bot's gateway connections, or that of one `shard`; `forget` also ends its sessions.

        Returns how many.
        """
        return self.gateway.drop(self.bot.id, code, forget=forget, shard=shard)

    def send_frame(self, frame: str) -> None:
        """Send the bot a frame as it is, which need not be one that Discord sends."""
        self.gateway.send(self.bot.id, frame)

    def _note(self, method: str, path: str, body: Any, status: int, answer: Any) -> None:
        self._changed.set()
        if self._observe is not None:
            self._observe(method, path, body, status, answer)

    async def until(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait until `condition` holds, looking whenever something happens; raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._changed.clear()
                await self._changed.wait()


async def serve(port: int, ready: Callable[[Sandbox], None] | None = None) -> None:
    """Serve until cancelled; calls `ready` once it answers. Raises OSError where the port is taken."""
    async with Sandbox(port) as sandbox:
        if ready is not None:
            ready(sandbox)
        await asyncio.Event().wait()
