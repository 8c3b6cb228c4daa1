"""`python -m tests.soak`: a mix of faults for some time, then a line of JSON that says what became of the requests."""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TypeVar

import aiohttp

from bot.client import FAULT
from sandbox import Sandbox
from tests.conftest import save_tiny_models
from tests.soak.bot import Bot
from tests.soak.faults import FAULTS, SLOW_FAULTS
from tests.soak.members import Members
from tests.soak.mix import Ask, Change, drawn
from tests.soak.record import Said
from tests.soak.stage import Stage
from tests.soak.verdict import Verdict, judged
from tests.soak.watch import Watch

LOG = Path(__file__).parents[1] / "artifacts" / "soak.log"
"""What the bots of the last run logged, with the faults between; git ignores it."""
PER_MEMBER = 8
SETTINGS = (
    "executor.devices=[cpu,cpu]",
    "executor.grace_seconds=2.0",
    "discord.direct_messages=true",
    "painting.preview_seconds=0.5",
    f"queue.per_member={PER_MEMBER}",
)
LONG_SECONDS = 300.0
"""A mix as long as that has the slow faults too."""
DRAIN_SECONDS = 420.0
"""In the end everything has so long to end: more than a worker may be silent before it is replaced."""
STUCK_SECONDS = 20.0
"""In the end, so long without a change, a bot that could not write to its store is started again."""
SETTLED_SECONDS = 5.0
"""In the end, so long nothing may be unfinished: a message may still be read."""
LOOK_SECONDS = 0.25
GROWTH = 200 << 20
ANSWER_SECONDS = 70.0
"""So long an answer that refuses something may wait in the bot's memory."""

T = TypeVar("T", Ask, Change)


class Soak:
    """One run.

    Args:
        seed: of the mix.
        seconds: that it lasts, without the start and the end.
    """

    def __init__(self, seed: int, seconds: float) -> None:
        self.faults: Counter[str] = Counter()
        """Those that were done."""
        self._seconds = seconds
        self._kinds = FAULTS | SLOW_FAULTS if seconds >= LONG_SECONDS else FAULTS
        self._mix = drawn(seed, seconds, [*self._kinds])
        self._unwritable: list[tuple[float, float]] = []

    async def run(self, folder: Path) -> tuple[Verdict, list[str], int]:
        """Return what became of the requests, what else is wrong, a line each, and how many workers were left."""
        models = await asyncio.to_thread(save_tiny_models, folder)
        LOG.parent.mkdir(exist_ok=True)
        with LOG.open("wb", buffering=0) as self._log:
            async with Sandbox() as self._sandbox, aiohttp.ClientSession() as http:
                self._members = Members(http, self._sandbox)
                where = [f"discord.api_base={self._sandbox.api_base}", f"models.vqgan={models.vqgan}"]
                settings = [*SETTINGS, *where, f"models.clip={models.clip}"]
                self._bot = Bot(folder, self._sandbox.bot.token, settings, self._log)
                self._watch = Watch(self._bot, PER_MEMBER)
                self._stage = Stage(self._sandbox, self._bot)
                await self._go()
                return self._judge()

    async def _go(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self._bot.run())
            watching = tasks.create_task(self._watch.run())
            await self._bot.until_ready()
            await self._disturb()
            self._say("the end of the mix")
            self._sandbox.faults.clear()
            self._bot.set_clock(0.0)
            await self._drain()
            watching.cancel()
            await self._bot.stop(signal.SIGTERM)
            await running

    async def _disturb(self) -> None:
        """Do what is in the mix."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_in_time(self._mix.asks, began, self._members.ask))
            tasks.create_task(_in_time(self._mix.changes, began, self._members.change))
            before = 0.0
            for trouble in self._mix.troubles:
                # However long the one before took, there is some time without any.
                await asyncio.sleep(trouble.at - before)
                before = trouble.at
                if time.monotonic() - began > self._seconds:
                    break
                await self._bot.until_ready()
                self._say(f"{trouble.kind} ({trouble.luck:.2f})")
                self.faults[trouble.kind] += 1
                since = time.time()
                await self._kinds[trouble.kind](self._stage, trouble.luck)
                if trouble.kind == "disk full":
                    self._unwritable.append((since - ANSWER_SECONDS, time.time()))

    async def _drain(self) -> None:
        """Wait until everything has ended."""
        before: list[tuple[str, str]] = []
        changed = settled = time.monotonic()
        until = changed + DRAIN_SECONDS
        while (now := time.monotonic()) < until and now - settled < SETTLED_SECONDS:
            await asyncio.sleep(LOOK_SECONDS)
            unfinished = [(row.id, row.state) for row in self._stage.unfinished]
            settled = now if unfinished else settled
            if unfinished != before:
                before, changed = unfinished, now
            elif unfinished and self._bot.is_behind and now - changed > STUCK_SECONDS:
                self._say("starting anew, for what could not be written")
                await self._bot.end(signal.SIGTERM, expected=0)

    def _judge(self) -> tuple[Verdict, list[str], int]:
        bot, watch, members = self._bot, self._watch, self._members
        # When the bot ends, its workers do.
        deaths = bot.starts + sum(count for name, count in self.faults.items() if "worker" in name)
        verdict = judged(bot.rows(), members.said, members.shown, deaths, self._may_be_unanswered)
        faults = [shown.content for shown in members.shown if FAULT in shown.content]
        problems = [*watch.over, *bot.surprises, *faults]
        if watch.growth > GROWTH:
            problems.append(f"memory grew by {watch.growth >> 20} MB")
        self._say(f"{bot.starts} bots, of which the last used {watch.growth >> 20} MB more than the first")
        return verdict, problems, bot.orphans

    def _may_be_unanswered(self, said: Said) -> bool:
        """Say whether a message that was not accepted need not have an answer.

        What refuses is not kept: where the bot ends before it is sent, there is none. And of a member's first private
        message Discord tells nothing to who was not connected then.
        """
        until = said.at + ANSWER_SECONDS
        is_first = not any(row.channel == said.channel and (row.message or 0) < said.id for row in self._bot.rows())
        return (
            (said.channel in self._sandbox.world.direct and is_first)
            or any(since <= said.at <= until for since, until in self._unwritable)
            or (any(said.at <= at <= until for at in self._bot.ended) and self._was_refused(said, until))
        )

    def _was_refused(self, said: Said, until: float) -> bool:
        stopped = any(begun <= said.at <= ended for begun, ended in self._bot.stopping)
        return stopped or self._watch.was_full(said.author, said.at, until)

    def _say(self, text: str) -> None:
        line = f"--- {text}\n"
        self._log.write(line.encode())
        sys.stderr.write(line)


async def _in_time(items: Iterable[T], began: float, do: Callable[[T], Awaitable[None]]) -> None:
    """Do each when it is due, side by side."""

    async def later(item: T) -> None:
        await asyncio.sleep(max(0.0, began + item.at - time.monotonic()))
        await do(item)

    async with asyncio.TaskGroup() as tasks:
        for item in items:
            tasks.create_task(later(item))


def main() -> int:
    """Run a mix; return 1 where anything was lost, doubled or left, or went wrong otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--seconds", type=float, default=600.0, help="of the mix; the start and the end come on top")
    parser.add_argument("--seed", type=int, default=1, help="of the mix")
    options = parser.parse_args()
    soak = Soak(options.seed, options.seconds)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        verdict, problems, orphans = asyncio.run(soak.run(Path(folder)))
    for line in (*verdict.lost, *verdict.doubled, *problems):
        print(line, file=sys.stderr)
    result = {
        "accepted": verdict.accepted,
        "finished": verdict.finished,
        "refused": verdict.refused,
        "lost": len(verdict.lost),
        "doubled": len(verdict.doubled),
        "faults": soak.faults.total(),
        "longest_delay_s": round(verdict.longest_delay, 1),
        "orphans": orphans,
        "seed": options.seed,
    }
    print(json.dumps(result), flush=True)
    return int(bool(verdict.lost or verdict.doubled or problems or orphans))


if __name__ == "__main__":
    sys.exit(main())
