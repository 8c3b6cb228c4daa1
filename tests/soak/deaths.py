"""Faults of processes and of what they stand on: workers, the bot, its clock, its disk."""

import asyncio
import os
import resource
import signal
from contextlib import suppress
from dataclasses import dataclass

from sandbox import Fault, Sandbox
from tests.soak.outages import EDIT, SEND
from tests.soak.record import Row, is_final
from tests.soak.stage import Stage, pick

CLOCK_SECONDS = 600.0


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
