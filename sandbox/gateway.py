"""The gateway: the WebSocket over which clients log in and hear what happens.

https://docs.discord.com/developers/events/gateway
"""

import asyncio
import json
from collections import deque
from typing import Any

from aiohttp import WSMsgType, web
from pydantic import ValidationError
from pydantic_core import from_json

from sandbox import payloads
from sandbox.events import Events, chunk
from sandbox.gateway_forms import Identify, MembersRequest, Presence
from sandbox.intents import EVERY_INTENT, Intent, disallowed
from sandbox.sessions import Session, Sessions, Shard
from sandbox.world import World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE_STATE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, REQUEST_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 8, 9, 10, 11

UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, AUTHENTICATION_FAILED = 4001, 4002, 4003, 4004
ALREADY_AUTHENTICATED, INVALID_SEQUENCE, RATE_LIMITED, SESSION_TIMED_OUT = 4005, 4007, 4008, 4009
INVALID_SHARD, INVALID_VERSION, INVALID_INTENTS, DISALLOWED_INTENTS = 4010, 4012, 4013, 4014

MAX_FRAME_BYTES = 4096
SENDS_PER_MINUTE = 120
CLOSE_SECONDS = 0.5


class Gateway:
    """Serves connections; knows the live ones, so that it can end them."""

    def __init__(self, world: World, sessions: Sessions, events: Events, heartbeat_seconds: float) -> None:
        self.world = world
        self.sessions = sessions
        self.events = events
        self.heartbeat_seconds = heartbeat_seconds
        self.url = world.base_url.replace("http", "ws", 1) + "/gateway"
        self._connections: set[Connection] = set()
        self._idle = asyncio.Event()
        self._idle.set()

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until it closes; raises HTTPBadRequest for what is no handshake."""
        socket = web.WebSocketResponse(timeout=CLOSE_SECONDS, max_msg_size=1 << 20)
        try:
            await socket.prepare(request)
        except ValueError as malformed_key:
            raise web.HTTPBadRequest from malformed_key
        connection = Connection(self, socket)
        self._connections.add(connection)
        self._idle.clear()
        try:
            await connection.run(request.query.get("v", "10"))
        finally:
            self._connections.discard(connection)
            if not self._connections:
                self._idle.set()
        return socket

    async def close(self, code: int = 1001) -> None:
        """Close every connection."""
        for connection in list(self._connections):
            connection.close(code)
        await self._idle.wait()

    def drop(
        self, user_id: int | None = None, code: int = 4000, *, forget: bool = False, shard: int | None = None
    ) -> int:
        """Close the connections of `user_id` (of everybody for None); `forget` also ends their sessions.

        `shard` closes those of that shard alone.

        Returns how many there were.
        """
        dropped = [
            each
            for each in self._connections
            if (user_id is None or each.belongs_to(user_id)) and (shard is None or each.shard == shard)
        ]
        for connection in dropped:
            if forget and connection.session is not None:
                self.sessions.end(connection.session)
            connection.close(code)
        return len(dropped)

    def send(self, user_id: int, frame: str) -> None:
        """Send a frame as it is to the clients of `user_id`."""
        for connection in self._connections:
            if connection.belongs_to(user_id):
                connection.send(frame)

    def order_reconnect(self, user_id: int) -> None:
        """Ask the clients of `user_id` to come back on a new connection (op 7)."""
        for connection in self._connections:
            if connection.belongs_to(user_id):
                connection.send_op(RECONNECT)

    def invalidate(self, user_id: int, *, resumable: bool = False) -> None:
        """Tell the clients of `user_id` that their session is no good (op 9)."""
        for connection in self._connections:
            if connection.session is not None and connection.belongs_to(user_id):
                if not resumable:
                    self.sessions.end(connection.session)
                connection.send_op(INVALID_SESSION, resumable)


class Connection:
    """One socket: reads frames in `run`, writes them in order from its outbox."""

    def __init__(self, gateway: Gateway, socket: web.WebSocketResponse) -> None:
        self.session: Session | None = None
        self._gateway = gateway
        self._socket = socket
        self._outbox: asyncio.Queue[str | int] = asyncio.Queue()
        self._received: deque[float] = deque(maxlen=SENDS_PER_MINUTE + 1)
        self._closed_by_us = False

    def send(self, frame: str) -> None:
        """Put one text frame in the outbox."""
        self._outbox.put_nowait(frame)

    def send_op(self, op: int, data: object = None) -> None:
        """Put a frame that is no event in the outbox."""
        self.send(json.dumps({"op": op, "d": data, "s": None, "t": None}))

    def close(self, code: int) -> None:
        """Close after everything in the outbox."""
        self._closed_by_us = True
        self._outbox.put_nowait(code)

    def belongs_to(self, user_id: int) -> bool:
        """Whether `user_id` is logged in here."""
        return self.session is not None and self.session.user.id == user_id

    @property
    def shard(self) -> int | None:
        """The number of the shard that is logged in here, where there are some."""
        return self.session.shard[0] if self.session is not None and self.session.shard is not None else None

    async def run(self, version: str) -> None:
        """Speak with the client until either side ends it."""
        interval = self._gateway.heartbeat_seconds
        self.send_op(HELLO, {"heartbeat_interval": int(interval * 1000), "_trace": ["sandbox"]})
        if version not in ("9", "10"):
            self.close(INVALID_VERSION)
        writer = asyncio.create_task(self._write())
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(interval * 1.5) as patience:
                async for frame in self._socket:
                    if frame.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                        break
                    if not self._closed_by_us and self._receive(frame.data):
                        patience.reschedule(loop.time() + interval * 1.5)
        except TimeoutError:
            await self._socket.close(code=SESSION_TIMED_OUT)
            self._closed_by_us = True
        finally:
            writer.cancel()
            self._leave()

    async def _write(self) -> None:
        while isinstance(item := await self._outbox.get(), str):
            try:
                await self._socket.send_str(item)
            except ConnectionResetError:
                return
        await self._socket.close(code=item)

    def _leave(self) -> None:
        if self.session is None:
            return
        ended_by_client = not self._closed_by_us and self._socket.close_code in (1000, 1001)
        user = self.session.user
        self._gateway.sessions.leave(self.session, self, for_good=ended_by_client)
        if not self._gateway.sessions.online(user):
            self._gateway.events.presence(user)

    def _receive(self, data: str | bytes) -> bool:
        """Handle one frame; returns whether it was a heartbeat."""
        now = self._gateway.world.clock()
        self._received.append(now)
        if len(self._received) > SENDS_PER_MINUTE and now - self._received[0] < 60:
            self.close(RATE_LIMITED)
            return False
        try:
            frame = from_json(data, allow_inf_nan=False) if len(data) <= MAX_FRAME_BYTES else None
        except ValueError:
            frame = None
        if not isinstance(frame, dict) or type(op := frame.get("op")) is not int:
            self.close(DECODE_ERROR)
            return False
        if op == HEARTBEAT:
            self.send_op(HEARTBEAT_ACK)
            return True
        try:
            self._handle(op, frame.get("d"))
        except ValidationError:
            self.close(DECODE_ERROR)
        return False

    def _handle(self, op: int, payload: Any) -> None:
        match op:
            case 2 | 6 if self.session is not None:
                self.close(ALREADY_AUTHENTICATED)
            case 2 | 3 | 6 | 8 if not isinstance(payload, dict):
                self.close(DECODE_ERROR)
            case 2:
                self._identify(Identify.model_validate(payload))
            case 6:
                self._resume(payload)
            case 3 | 4 | 8 if self.session is None:
                self.close(NOT_AUTHENTICATED)
            case 3:
                self._update_presence(payload)
            case 4:
                pass
            case 8:
                self._request_members(payload)
            case _:
                self.close(UNKNOWN_OPCODE)

    def _identify(self, form: Identify) -> None:
        world, sessions, events = self._gateway.world, self._gateway.sessions, self._gateway.events
        user = world.user_by_token(str(form.token).removeprefix("Bot "))
        if user is None:
            self.close(AUTHENTICATION_FAILED)
            return
        shard = None if form.shard is None else _shard(form.shard)
        if form.shard is not None and shard is None:
            self.close(INVALID_SHARD)
            return
        intents = form.intents
        if user.bot:
            if type(intents) is not int or intents < 0 or intents > EVERY_INTENT:
                self.close(INVALID_INTENTS)
                return
            if disallowed(world.application, intents):
                self.close(DISALLOWED_INTENTS)
                return
        else:
            intents = None
        session = self.session = sessions.open(user, intents, (form.presence or Presence()).shown(), self, shard)
        application = world.application
        session.dispatch(
            "READY",
            {
                "v": 10,
                "user": payloads.own_user(user),
                "guilds": [{"id": str(world.guild.id), "unavailable": True}] * session.is_of(world.guild.id),
                "private_channels": [
                    payloads.channel(world, each, user)
                    for each in world.direct.values()
                    if user in each.recipients and not user.bot
                ],
                "session_id": session.id,
                "resume_gateway_url": self._gateway.url,
                "session_type": "normal",
                "application": {
                    "id": str(application.id),
                    "flags": payloads.application(application)["flags"],
                },
                **({"shard": shard} if shard is not None else {}),
            },
        )
        if session.listens(Intent.GUILDS):
            events.guild_created(session)
        events.presence(user)

    def _resume(self, payload: dict[str, Any]) -> None:
        world, sessions = self._gateway.world, self._gateway.sessions
        token = str(payload.get("token")).removeprefix("Bot ")
        if world.user_by_token(token) is None:
            self.close(AUTHENTICATION_FAILED)
            return
        session = sessions.find(str(payload.get("session_id")), token)
        after = payload.get("seq")
        if session is None or type(after) is not int:
            self.send_op(INVALID_SESSION, False)
        elif after > session.sequence:
            self.close(INVALID_SEQUENCE)
        elif not session.can_replay(after):
            sessions.end(session)
            self.send_op(INVALID_SESSION, False)
        else:
            self.session = session
            session.replay(after, self)
            self._gateway.events.presence(session.user)

    def _update_presence(self, payload: dict[str, Any]) -> None:
        if self.session is not None:
            self.session.presence = Presence.model_validate(payload).shown()
            self._gateway.events.presence(self.session.user)

    def _request_members(self, payload: dict[str, Any]) -> None:
        if self.session is not None:
            form = MembersRequest.model_validate(payload)
            everybody = self.session.listens(Intent.GUILD_MEMBERS)
            self.session.dispatch("GUILD_MEMBERS_CHUNK", chunk(self._gateway.world, form, everybody=everybody))


def _shard(value: object) -> Shard | None:
    """Return the number of a shard and how many there are; None where `value` is not that."""
    match value:
        case [int(number), int(count)] if bool not in (type(number), type(count)) and 0 <= number < count:
            return number, count
    return None
