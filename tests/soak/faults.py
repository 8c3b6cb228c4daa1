"""How each fault is done."""

import asyncio
import os
import resource
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from sandbox import Fault, Sandbox
from sandbox.permissions import Permission
from tests.soak.bot import REFUSED, Bot
from tests.soak.record import Row, is_final

MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = f"{MESSAGES}/{{message_id}}"
READ, SEND, EDIT, DELETE = ("GET", MESSAGES), ("POST", MESSAGES), ("PATCH", MESSAGE), ("DELETE", MESSAGE)
LOGIN, WHERE, PRIVATE = ("GET", "/users/@me"), ("GET", "/gateway"), ("POST", "/users/@me/channels")
ROUTES = (READ, SEND, EDIT, DELETE, ("GET", MESSAGE), LOGIN, WHERE, PRIVATE)
POINT_SECONDS = 8.0
"""So long is waited for a point at which to kill the bot."""
GATEWAY_CODES = (1000, 1001, 1012, 4000, 4001, 4002, 4003, 4005, 4007, 4008, 4009)
"""With which a client may connect again."""
FINAL_CODES = (4004, 4010, 4011, 4012, 4013, 4014)
CLOCK_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Stage:
    """What there is to disturb.

    Args:
        sandbox: as Discord.
        bot: with its workers.
    """

    sandbox: Sandbox
    bot: Bot

    @property
    def unfinished(self) -> Sequence[Row]:
        """What the store holds of requests that have not ended."""
        return [row for row in self.bot.rows() if row.ended is None]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait a while until ``condition`` holds; where it does not, all the same."""
        with suppress(TimeoutError):
            async with asyncio.timeout(POINT_SECONDS):
                while not condition():  # noqa: ASYNC110
                    await asyncio.sleep(0.02)


Do = Callable[[Stage, float], Awaitable[None]]


def pick(things: Sequence[Any], luck: float) -> Any:
    """Return one of them."""
    return things[int(luck * len(things))]


# The worker.


async def kill_worker(stage: Stage, luck: float) -> None:
    """Kill a worker, whatever it does."""
    if workers := stage.bot.workers:
        _signal(pick(workers, luck), signal.SIGKILL)


async def kill_loading(stage: Stage, luck: float) -> None:
    """Kill a worker, and the one that takes its place while it loads."""
    before = {*stage.bot.workers}
    await kill_worker(stage, luck)
    await stage.until(lambda: {*stage.bot.workers} - before)
    await asyncio.sleep(luck)
    for pid in {*stage.bot.workers} - before:
        _signal(pid, signal.SIGKILL)


async def hang_worker(stage: Stage, luck: float) -> None:
    """Stop a worker for some seconds."""
    if workers := stage.bot.workers:
        pid = pick(workers, luck)
        _signal(pid, signal.SIGSTOP)
        await asyncio.sleep(1 + 4 * luck)
        _signal(pid, signal.SIGCONT)


async def hang_worker_for_good(stage: Stage, luck: float) -> None:
    """Stop a worker, and leave it to the bot to notice."""
    if workers := stage.bot.workers:
        _signal(pick(workers, luck), signal.SIGSTOP)


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


# The bot.


async def kill(stage: Stage, luck: float) -> None:
    """Kill the bot, whatever it does; it is away for a while."""
    await stage.bot.end(signal.SIGKILL, expected=-signal.SIGKILL, pause=3 * luck)


async def kill_before_journal(stage: Stage, luck: float) -> None:
    """Kill the bot after something was typed and before it has read it."""
    typed = _newest(stage)
    stage.bot.send(signal.SIGSTOP)
    await stage.until(lambda: _newest(stage) > typed)
    await kill(stage, luck)


async def kill_before_reply(stage: Stage, luck: float) -> None:
    """Kill the bot after a request is in the store and before that is acknowledged, or known to be."""
    known = {row.id for row in stage.unfinished}
    with _held(stage, SEND, late=luck < 0.5):
        await stage.until(lambda: any(row.post is None and row.id not in known for row in stage.unfinished))
        await asyncio.sleep(luck)
        await _kill_held(stage)


async def kill_in_run(stage: Stage, luck: float) -> None:
    """Kill the bot while something is painted."""
    await stage.until(lambda: any(row.state == "running" for row in stage.unfinished))
    await kill(stage, luck)


async def kill_before_posting(stage: Stage, _: float) -> None:
    """Kill the bot after a picture is finished and before it is posted."""
    with _held(stage, EDIT, late=False):
        await stage.until(lambda: any(row.state == "posting" for row in stage.unfinished))
        await _kill_held(stage)


async def kill_before_record(stage: Stage, _: float) -> None:
    """Kill the bot after a picture is posted and before that is in the store."""
    with _held(stage, EDIT, late=True):
        await stage.until(lambda: any(row.state == "posting" and _is_shown(stage, row) for row in stage.unfinished))
        await _kill_held(stage)


def _held(stage: Stage, route: tuple[str, str], *, late: bool) -> "_Held":
    return _Held(stage.sandbox, Fault(*route, 503, times=1000, late=late, way="stalled"))


@dataclass(slots=True)
class _Held:
    """No call of a route is answered."""

    sandbox: Sandbox
    fault: Fault

    def __enter__(self) -> None:
        self.sandbox.fail_next(self.fault)

    def __exit__(self, *_: object) -> None:
        self.sandbox.faults.clear()


async def _kill_held(stage: Stage) -> None:
    """Kill the bot, and let Discord answer the next."""
    killing = asyncio.create_task(stage.bot.end(signal.SIGKILL, expected=-signal.SIGKILL))
    await asyncio.sleep(0)
    stage.sandbox.faults.clear()
    await killing


def _newest(stage: Stage) -> int:
    """Return the id of the newest message of a member."""
    channels = [*stage.sandbox.world.guild.channels.values(), *stage.sandbox.world.direct.values()]
    messages = (message for channel in channels for message in channel.messages.values())
    return max((message.id for message in messages if not message.author.bot), default=0)


def _is_shown(stage: Stage, row: Row) -> bool:
    channels = stage.sandbox.world.guild.channels | stage.sandbox.world.direct
    channel = channels.get(row.channel)
    post = channel.messages.get(row.post or 0) if channel else None
    return post is not None and is_final(post.content)


async def stop(stage: Stage, luck: float) -> None:
    """Have the bot stop, as for an upgrade."""
    await stage.bot.end(signal.SIGTERM, expected=0, pause=3 * luck)


async def stop_at_once(stage: Stage, luck: float) -> None:
    """Have the bot stop without telling everybody."""
    await stage.bot.end(signal.SIGTERM, signal.SIGTERM, expected=0, pause=3 * luck)


async def start_second(stage: Stage, _: float) -> None:
    """Start a second bot on the same folder."""
    await stage.bot.second()


async def jump(stage: Stage, luck: float) -> None:
    """Set the bot's clock forward or back."""
    stage.bot.set_clock(CLOCK_SECONDS * (2 * luck - 1))


# The gateway.


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


# The disk.


async def keep_nothing(stage: Stage, luck: float, *, name: str) -> None:
    """Let no file be saved in a folder for a while: where it was there is a file."""
    folder = stage.bot.data_dir / name
    folder.mkdir(exist_ok=True)
    away = folder.rename(folder.with_name("away"))
    folder.touch()
    await asyncio.sleep(1 + 4 * luck)
    folder.unlink()
    away.rename(folder)


async def fill_disk(stage: Stage, luck: float) -> None:
    """Let nothing be written for a while, neither pictures nor the store."""
    pid = stage.bot.pid
    if pid is None:
        return
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, most))
    await asyncio.sleep(1 + 3 * luck)
    with suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))


FAULTS: dict[str, Do] = {
    "kill a worker": kill_worker,
    "kill a worker that loads": kill_loading,
    "stop a worker for a while": hang_worker,
    "kill the bot": kill,
    "kill the bot before the journal": kill_before_journal,
    "kill the bot before the reply": kill_before_reply,
    "kill the bot in a run": kill_in_run,
    "kill the bot before a picture is posted": kill_before_posting,
    "kill the bot before it is recorded": kill_before_record,
    "SIGTERM": stop,
    "SIGTERM twice": stop_at_once,
    "a second bot": start_second,
    "the bot's clock jumps": jump,
    "gateway: dropped": drop,
    "gateway: session lost": forget,
    "gateway: invalid session": invalidate,
    "gateway: reconnect": reconnect,
    "gateway: nonsense": speak_nonsense,
    "gateway: closed for good": close_for_good,
    "429 of a route": partial(refuse, status=429, retry_after=1.0),
    "429 of all": partial(refuse, status=429, retry_after=2.0, scope="global"),
    "429 of Cloudflare": partial(refuse, status=429, retry_after=2.0, via=False),
    "429 without a time": partial(refuse, status=429, retry_after=None),
    "400": partial(refuse, status=400, routes=(SEND, EDIT), times=1),
    "403": partial(refuse, status=403, code=50013, routes=(SEND, EDIT), times=1),
    "404": partial(refuse, status=404, routes=(EDIT,), times=1),
    "413": partial(refuse, status=413, code=40005, routes=(EDIT,), times=2),
    "500": partial(refuse, status=500),
    "502": partial(refuse, status=502, text="<html>Bad gateway</html>"),
    "no JSON": partial(refuse, status=200, text="<html>Hello</html>"),
    "edited too often": partial(refuse, status=400, code=30046, routes=(EDIT,), times=1),
    "reset": partial(break_off, way="reset"),
    "never answered": partial(break_off, way="stalled"),
    "half an answer": partial(break_off, way="cut"),
    "nothing works": be_away,
    "no files allowed": partial(forbid, what=Permission.ATTACH_FILES),
    "no messages allowed": partial(forbid, what=Permission.SEND_MESSAGES),
    "no pictures kept": partial(keep_nothing, name="pictures"),
    "no checkpoints kept": partial(keep_nothing, name="checkpoints"),
    "disk full": fill_disk,
}
"""By name."""
SLOW_FAULTS: dict[str, Do] = {"a worker hangs": hang_worker_for_good}
"""That take minutes to get over."""
