"""Faults of Discord and of the way to it."""

import asyncio
from collections.abc import Sequence
from typing import Any, Literal

from sandbox import Fault
from tests.soak.bot import REFUSED
from tests.soak.stage import Stage, pick

MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = f"{MESSAGES}/{{message_id}}"
READ, SEND, EDIT, DELETE = ("GET", MESSAGES), ("POST", MESSAGES), ("PATCH", MESSAGE), ("DELETE", MESSAGE)
LOGIN, WHERE, PRIVATE = ("GET", "/users/@me"), ("GET", "/gateway"), ("POST", "/users/@me/channels")
ROUTES = (READ, SEND, EDIT, DELETE, ("GET", MESSAGE), LOGIN, WHERE, PRIVATE)
GATEWAY_CODES = (1000, 1001, 1012, 4000, 4001, 4002, 4003, 4005, 4007, 4008, 4009)
"""With which a client may connect again."""
FINAL_CODES = (4004, 4010, 4011, 4012, 4013)
"""With which it ends; of 4014, for an intent that is not granted, the bot goes on without what members type."""


async def drop(stage: Stage, luck: float) -> None:
    """End the connection; the session goes on."""
    stage.sandbox.drop_gateway(pick(GATEWAY_CODES, luck))


async def forget(stage: Stage, luck: float) -> None:
    """End the connection and the session."""
    stage.sandbox.drop_gateway(pick(GATEWAY_CODES, luck), forget=True)


async def invalidate(stage: Stage, luck: float) -> None:
    """Say that the session is no good."""
    stage.sandbox.gateway.invalidate(stage.sandbox.bot.id, resumable=luck < 0.5)


async def reconnect(stage: Stage, _: float) -> None:
    """Ask the bot to connect again."""
    stage.sandbox.gateway.order_reconnect(stage.sandbox.bot.id)


async def speak_nonsense(stage: Stage, luck: float) -> None:
    """Send what is no event."""
    stage.sandbox.send_frame(pick(("", "[]", "{", '{"op": 0, "s": 1, "t": "MESSAGE_CREATE", "d": {}}'), luck))


async def close_for_good(stage: Stage, luck: float) -> None:
    """End the connection with a code after which the bot ends too."""
    await stage.until(lambda: stage.sandbox.sessions.online(stage.sandbox.bot))
    if stage.sandbox.drop_gateway(pick(FINAL_CODES, luck)):
        await stage.bot.end(expected=REFUSED)


# The REST API.


async def refuse(
    stage: Stage,
    luck: float,
    *,
    status: int,
    routes: Sequence[tuple[str, str]] = (SEND, EDIT, EDIT, READ),
    times: int = 3,
    **how: Any,
) -> None:
    """Let the next few calls of a route fail."""
    method, path = pick(routes, luck)
    stage.sandbox.fail_next(Fault(method, path, status, times=1 + int(luck * 1000) % times, **how))


async def break_off(stage: Stage, luck: float, *, way: Literal["reset", "stalled", "cut"]) -> None:
    """Let the next call of a route have no answer, before or after it has done what it asked for."""
    late = int(luck * 1000) % 2 == 0
    method, path = pick((SEND, EDIT, READ), luck)
    stage.sandbox.fail_next(Fault(method, path, 200, late=late, way=way))


async def be_away(stage: Stage, luck: float) -> None:
    """Let nothing work for a while."""
    for route in ROUTES:
        stage.sandbox.fail_next(Fault(*route, 503, times=1000))
    await asyncio.sleep(2 + 6 * luck)
    stage.sandbox.faults.clear()


async def forbid(stage: Stage, luck: float, *, what: int) -> None:
    """Take a permission away for a while."""
    role = next(role.id for role in stage.sandbox.world.guild.roles.values() if role.bot_id)
    stage.sandbox.overwrite("art", role, deny=what)
    await asyncio.sleep(1 + 4 * luck)
    stage.sandbox.overwrite("art", role)
