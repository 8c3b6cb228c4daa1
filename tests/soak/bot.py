"""The bot as a service manager keeps it: `easel run`, started again whenever it ends."""

import asyncio
import os
import re
import struct
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from tests.easel.processes import BARE, descendants, is_alive
from tests.soak.record import Row, rows_of

ROOT = Path(__file__).parents[2]
CLOCK = Path(__file__).with_name("clock")
READY = re.compile(rb"\] ready\b")
UNWRITTEN, WRITTEN = b"could not write to the database", b"the database can be written to again"
START_SECONDS = 240.0
"""Anything may take so long on a busy machine."""
FAREWELL_SECONDS = 10.0
"""A worker that is there so long after its bot has outlived it."""
LOOK_SECONDS = 0.1
REFUSED = 78


class Bot:
    """A bot process, the one that comes after it, and so on.

    Args:
        folder: where it keeps everything.
        token: with which it logs in.
        settings: arguments.
        log: where all of them write what they log.
    """

    def __init__(self, folder: Path, token: str, settings: Sequence[str], log: BinaryIO) -> None:
        self.data_dir = folder / "data"
        self.is_behind = False
        """Whether it knows something that it could not yet write to the database."""
        self.starts = 0
        self.orphans = 0
        self.surprises: list[str] = []
        """Ends that nobody asked for."""
        self.stopping: list[tuple[float, float]] = []
        """From when to when it was told to stop and had not, in Unix seconds."""
        self.ended: list[float] = []
        """When it ended, in Unix seconds."""
        self._clock = folder / "clock"
        self.set_clock(0.0)
        self._command = (sys.executable, "-m", "easel", "run", f"data_dir={self.data_dir}", *settings)
        path = os.pathsep.join([str(CLOCK), str(ROOT)])
        self._environment = BARE | {"EASEL_DISCORD__TOKEN": token, "PYTHONPATH": path, "SOAK_CLOCK": str(self._clock)}
        self._folder = folder
        self._log = log
        self._ready = asyncio.Event()
        self._expected: set[int] = set()
        self._pause = 0.0
        self._is_over = False
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """Its process id, while it is ready."""
        return self._process.pid if self._process is not None and self._ready.is_set() else None

    @property
    def workers(self) -> list[int]:
        """The process ids of its workers."""
        return sorted(descendants(self._process.pid)) if self._process is not None else []

    @property
    def memory(self) -> int:
        """Its resident memory, in bytes; 0 while there is none."""
        try:
            status = Path(f"/proc/{self.pid}/status").read_text("ascii")
        except OSError:
            return 0
        return 1024 * int(status.partition("VmRSS:")[2].split()[0]) if "VmRSS:" in status else 0

    def rows(self) -> Sequence[Row]:
        """Return every request in its store."""
        return rows_of(self.data_dir / "easel.db")

    def set_clock(self, seconds: float) -> None:
        """Put its wall clock so many seconds off."""
        if self._clock.exists():
            with self._clock.open("r+b") as file:
                file.write(struct.pack("<d", seconds))
        else:
            self._clock.write_bytes(struct.pack("<d", seconds))

    async def run(self) -> None:
        """Start it, and again when it has ended, until it was stopped for good."""
        while not self._is_over:
            self._expected, self.is_behind = set(), False
            self._process = await self._spawn()
            self.starts += 1
            reading = asyncio.create_task(self._read(self._process))
            workers: set[int] = set()
            waiting = asyncio.create_task(self._process.wait())
            while not waiting.done():
                workers |= descendants(self._process.pid)
                await asyncio.wait([waiting], timeout=LOOK_SECONDS)
            self._ready.clear()
            self.ended.append(time.time())
            code, self._process = waiting.result(), None
            if code not in self._expected:
                self.surprises.append(f"the bot ended with {code}")
            await self._count_orphans(workers)
            await reading
            await asyncio.sleep(self._pause)

    async def until_ready(self) -> None:
        """Wait until it answers."""
        async with asyncio.timeout(START_SECONDS):
            await self._ready.wait()

    def send(self, number: int) -> None:
        """Send it a signal that does not end it."""
        if self._process is not None:
            self._process.send_signal(number)

    async def end(self, *signals: int, expected: int, pause: float = 0.0) -> None:
        """Have it end, and wait until the next answers.

        Args:
            signals: that it is sent, a moment apart; none where it ends by something else.
            expected: exit code.
            pause: seconds for which there is none.
        """
        process = self._process
        assert process is not None
        # A second signal may come when the bot has saved everything and listens no more.
        self._expected, self._pause = {expected, *(-number for number in signals[1:])}, pause
        since = time.time()
        for number in signals:
            with suppress(ProcessLookupError):
                process.send_signal(number)
            await asyncio.sleep(LOOK_SECONDS)
        async with asyncio.timeout(START_SECONDS):
            await process.wait()
        self.stopping.append((since, time.time()))
        self._ready.clear()
        await self.until_ready()

    async def stop(self, number: int) -> None:
        """Have the last one end."""
        self._is_over, self._pause = True, 0.0
        if self._process is not None:
            self._expected = {0}
            self._process.send_signal(number)

    async def second(self) -> None:
        """Start another on the same folder, which must not run."""
        process = await self._spawn()
        reading = asyncio.create_task(self._read(process, second=True))
        async with asyncio.timeout(START_SECONDS):
            code = await process.wait()
        await reading
        if code != REFUSED:
            self.surprises.append(f"a second bot ended with {code}")

    async def _spawn(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._command, cwd=self._folder, env=self._environment, stderr=asyncio.subprocess.PIPE
        )

    async def _read(self, process: asyncio.subprocess.Process, *, second: bool = False) -> None:
        assert process.stderr is not None
        async for line in process.stderr:
            self._log.write(line)
            if READY.search(line) and not second:
                self._ready.set()
            self.is_behind = (self.is_behind or UNWRITTEN in line) and WRITTEN not in line

    async def _count_orphans(self, workers: set[int]) -> None:
        left = workers
        for _ in range(round(FAREWELL_SECONDS / LOOK_SECONDS)):
            left = {pid for pid in left if is_alive(pid)}
            if not left:
                return
            await asyncio.sleep(LOOK_SECONDS)
        self.orphans += len(left)
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, 9)
