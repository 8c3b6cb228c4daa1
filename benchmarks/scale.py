"""The dispatcher before many devices, in virtual time: what it costs, how long members wait, what Discord would allow.

Everything is real but the devices, which paint in the time that an H200 takes, the clock, which jumps, and the journal,
which counts. Figures of the processor are those of one thread of this machine.
"""

import argparse
import asyncio
import logging
import random
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from itertools import count as numbers
from pathlib import Path
from statistics import mean

import structlog

from benchmarks.options import count
from benchmarks.virtual import PREVIEW_SECONDS, SLOTS, Fleet, played, step_seconds
from config.settings.store import KeepSettings
from generation.dispatch.dispatcher import Dispatcher
from generation.dispatch.journal import MemoryJournal
from generation.dispatch.record import Record
from generation.errors import QueueFullError
from generation.events import Failed, Finished, Progress
from generation.request import ImagineRequest
from generation.worker.reporter import ROUND_SECONDS
from store import database
from store.asked import Asked
from store.checkpoints import CheckpointFolder
from store.journal import StoreJournal
from store.pictures import PictureFolder

SHAPES = ((256, 256), (256, 256), (256, 256), (512, 256), (512, 512))
STEPS = 250
MEMBERS = 100_000
QUEUED_PICTURES = 60.0
"""Seconds of the fleet's work that the queue takes."""
LOADS = (0.5, 0.8, 0.95, 1.1)
QUIET_ROUND = 0.5
"""Seconds from one look at a device to the next where only beginnings and ends count."""
CALLS_PER_SECOND = 50
"""Of Discord's REST API, which a bot may make at most: https://docs.discord.com/developers/topics/rate-limits"""
MANY = 10_000
"""Requests that wait, of which it is measured how much memory they take."""


class CountingJournal(MemoryJournal):
    """Counts what is written down."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: Counter[str] = Counter()

    async def accept(self, requests: Sequence[ImagineRequest], notes: Sequence[str]) -> None:
        """Count a transaction."""
        self.writes["accept"] += 1
        await super().accept(requests, notes)

    async def checkpoint(self, record: Record) -> None:
        """Count a file, and a transaction for the first of a request."""
        self.writes["checkpoint"] += 1
        await super().checkpoint(record)

    async def finish(self, record: Record, outcome: Finished | Failed | None) -> None:
        """Count a transaction."""
        self.writes["finish"] += 1
        await super().finish(record, outcome)


class Crowd:
    """Members who ask for pictures, before a dispatcher and a fleet.

    Args:
        gpus: devices.
        load: what is asked for, as a share of what they can paint.
        round_seconds: from one report of a device to the next.
    """

    def __init__(self, gpus: int, load: float, round_seconds: float) -> None:
        self.chance = random.Random(7)
        self.fleet = Fleet(gpus, round_seconds)
        self.journal = CountingJournal()
        self.rate = load * gpus * SLOTS / mean(STEPS * step_seconds(shape, SLOTS) for shape in SHAPES)
        total = round(self.rate / load * QUEUED_PICTURES) + gpus * SLOTS
        self.dispatcher = Dispatcher(self.fleet, total=total, per_member=total, journal=self.journal)
        self.waits: list[float] = []
        """Seconds from a request to its beginning."""
        self.updates: Counter[str] = Counter()
        """What members are to be shown, by kind."""
        self.refused = 0
        self._asked: dict[str, float] = {}
        self._numbers = numbers()

    async def play(self, warm_up: float, seconds: float, *, is_quiet: bool) -> float:
        """Let so many seconds pass that count, after others, and return the seconds of the processor of the former."""
        self.fleet.is_quiet = True
        async with self.fleet, asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in (self.dispatcher.run(), self._look(), self._ask())]
            await asyncio.sleep(warm_up)
            self.fleet.is_quiet = is_quiet
            for each in (self.fleet.told, self.updates, self.journal.writes, self.waits):
                each.clear()
            self.refused = 0
            began, own = time.thread_time(), self.fleet.own_seconds
            await asyncio.sleep(seconds)
            spent = time.thread_time() - began - (self.fleet.own_seconds - own)
            for task in tasks:
                task.cancel()
        return spent

    def request(self) -> ImagineRequest:
        """Return what somebody asks for."""
        number, shape = next(self._numbers), self.chance.choice(SHAPES)
        return ImagineRequest(f"r{number}", "a red fox", 7, *shape, STEPS, f"m{self.chance.randrange(MEMBERS)}")

    async def _ask(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(round(self.rate * STEPS * step_seconds((256, 256), SLOTS) / 2)):  # some are under way already
            await self._submit(loop.time())
        at = loop.time()
        while True:
            at += self.chance.expovariate(self.rate)
            await asyncio.sleep(at - loop.time())
            await self._submit(at)

    async def _submit(self, at: float) -> None:
        request = self.request()
        self._asked[request.id] = at
        try:
            await self.dispatcher.submit(request)
        except QueueFullError:
            self.refused += 1

    async def _look(self) -> None:
        async for update in self.dispatcher.updates():
            request_id = update.record.request.id
            if update.record.status == "running" and request_id in self._asked:
                self.waits.append(self.fleet.begun[request_id] - self._asked.pop(request_id))
            match update.event:
                case Finished():
                    self.updates["finished"] += 1
                    self.fleet.begun.pop(request_id)
                case Progress(preview=preview) if preview is not None:
                    self.updates["preview"] += 1
                case _:
                    self.updates["other"] += 1


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    parser.add_argument("--gpus", type=count, nargs="+", default=[8, 64, 256, 1000], help="default: 8 64 256 1000")
    parser.add_argument("--load", type=float, default=0.8, help="of what they can paint (default: 0.8)")
    parser.add_argument("--seconds", type=float, default=5.0, help="that pass, in virtual time (default: 5)")
    parser.add_argument("--written", type=count, default=200, help="requests that a real journal writes (default: 200)")
    parser.add_argument("--fleet", type=count, default=64, help="GPUs of which waiting is measured (default: 64)")


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return what each size of the fleet costs, how long members wait by load, and how much memory that takes."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        return _measured(options)
    finally:
        structlog.configure(**before)


def _measured(options: argparse.Namespace) -> dict[str, object]:
    return {
        "fleets": {str(gpus): fleet(gpus, options.load, options.seconds) for gpus in options.gpus},
        "waiting": {str(load): waiting(options.fleet, load, 40 * options.seconds) for load in LOADS},
        "bytes_per_waiting": played(_bytes_per_waiting()),
        "journal_requests_per_second": asyncio.run(_journal(options.written)),
        "load": options.load,
    }


def fleet(gpus: int, load: float, seconds: float) -> dict[str, float]:
    """Return the figures of a fleet, each for a second that passes where it does not say otherwise."""
    warm_up = STEPS * step_seconds((256, 256), SLOTS)  # the fleet is filled at the beginning
    quiet = Crowd(gpus, load, QUIET_ROUND)
    deciding = played(quiet.play(warm_up, seconds, is_quiet=True))
    crowd = Crowd(gpus, load, ROUND_SECONDS)
    spent = played(crowd.play(warm_up, seconds, is_quiet=False))
    painted, decided = max(1, crowd.updates["finished"]), max(1, quiet.updates["finished"])
    calls = crowd.journal.writes["accept"] + crowd.updates["finished"]
    return {
        "requests": crowd.rate,
        "processor": spent / seconds,
        "processor_us_per_request": 1e6 * spent / painted,
        "decisions_per_processor_second": decided / max(deciding, 1e-9),
        "events": crowd.fleet.told.total() / seconds,
        "updates": crowd.updates.total() / seconds,
        "database_transactions": (2 * crowd.journal.writes["accept"] + 3 * crowd.journal.writes["finish"]) / seconds,
        "checkpoint_files": crowd.journal.writes["checkpoint"] / seconds,
        "discord_calls_without_previews": calls / seconds,
        "discord_calls": (calls + crowd.updates["preview"]) / seconds,
        "share_of_discord": calls / seconds / CALLS_PER_SECOND,
        "preview_seconds": PREVIEW_SECONDS,
    }


def waiting(gpus: int, load: float, seconds: float) -> dict[str, float]:
    """Return how long members wait, and what share of them is refused as the queue is full."""
    crowd = Crowd(gpus, load, QUIET_ROUND)
    played(crowd.play(seconds / 4, seconds, is_quiet=True))
    waits = sorted(crowd.waits) or [0.0]
    return {
        "p50_s": waits[len(waits) // 2],
        "p95_s": waits[95 * len(waits) // 100],
        "max_s": waits[-1],
        "refused": crowd.refused / (crowd.refused + len(waits)),
    }


async def _bytes_per_waiting() -> float:
    """Return how much memory a request takes that waits, beside what its post takes."""
    crowd = Crowd(MANY, 0.8, QUIET_ROUND)
    requests = [crowd.request() for _ in range(MANY)]
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for request in requests:
        await crowd.dispatcher.submit(request)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / MANY


async def _journal(written: int) -> float:
    """Return how many requests a second the journal of the bot writes down from acceptance to end, on this disk."""
    chance = Crowd(1, 0.8, QUIET_ROUND)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        async with database.opened(f"sqlite:///{place / 'easel.db'}") as opened:
            keep = KeepSettings()
            pictures, checkpoints = PictureFolder(place, keep.pictures), CheckpointFolder(place, keep.checkpoints)
            journal = StoreJournal(opened, pictures, checkpoints, 30)
            began = time.perf_counter()
            for number in range(written):
                request = chance.request()
                asked = Asked(message=number, channel=1, guild=1, author=number, author_name="Mia")
                await journal.accept([request], [asked.to_json()])
                record = Record(request)
                await journal.checkpoint(record)
                await journal.finish(record, Failed(request.id, "It is not painted here."))
                await journal.sent(request.id, number)
                await journal.close(request.id)
            return written / (time.perf_counter() - began)
