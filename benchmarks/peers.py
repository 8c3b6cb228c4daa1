"""A peer's own program, from its folder, beside ours: seconds of a step and the most memory, each in its own process.

Both read the same files of weights, in the official shapes and with random values, and paint by the same size and as
many views; they take steps in turn.
"""

import argparse
import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

from benchmarks import options as common
from benchmarks.errors import BenchmarkError
from benchmarks.load import write
from benchmarks.networks import NETWORKS
from benchmarks.peer import Job
from generation.executor.process import ENVIRONMENT

PAIRS = {"nerdyrodent": "our_vqgan", "deep_daze": "our_siren"}
"""Peers, and which of our painters is beside each."""
PASSIVE = {"OMP_WAIT_POLICY": ENVIRONMENT["OMP_WAIT_POLICY"]}
ANSWER_SECONDS = 1800.0


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's own."""
    common.painting(parser)
    common.rounds(3)(parser)
    common.peers(parser)


def measure(options: argparse.Namespace) -> dict[str, object]:
    """Return, for each peer, ``seconds`` a step and ``peak_mib`` of both sides, ``ratio`` and ``memory_ratio``.

    Seconds are those of the processor, on CUDA those that pass. Memory is that of the whole process, on CUDA what is
    allocated there.

    Raises:
        BenchmarkError: none is named, it is not there, or it broke off.
    """
    sources = {"nerdyrodent": options.nerdyrodent, "deep_daze": options.deep_daze}
    sources = {name: source for name, source in sources.items() if source is not None}
    if not sources:
        raise BenchmarkError("No peer is named: give --nerdyrodent FOLDER, --deep-daze, or both.")
    for name, file in (("nerdyrodent", "generate.py"), ("deep_daze", "deep_daze/deep_daze.py")):
        if sources.get(name) and not (sources[name] / file).is_file():
            raise BenchmarkError(f"There is no {file} in {sources[name]}.")
    device = common.device(options)
    result: dict[str, object] = {}
    with TemporaryDirectory() as folder:
        write(Path(folder), NETWORKS[options.models]())
        for name, source in sources.items():
            jobs = {
                side: Job(
                    program, str(where.resolve()) if where else "", folder, options.size, str(device), options.precision
                )
                for side, program, where in (("theirs", name, source), ("ours", PAIRS[name], None))
            }
            steps = options.steps or common.STEPS[device.type]
            result[name] = asyncio.run(_in_turn(jobs, options.rounds, steps))
    return {
        **result,
        "precision": common.precision(options, device),
        "device": str(device),
        "size": options.size,
        "models": options.models,
    }


async def _in_turn(jobs: Mapping[str, Job], rounds: int, steps: int) -> dict[str, object]:
    taken: dict[str, list[float]] = {name: [] for name in jobs}
    peaks = dict.fromkeys(jobs, 0.0)
    async with AsyncExitStack() as stack:
        sides = {name: await stack.enter_async_context(side(job)) for name, job in jobs.items()}
        for _ in range(rounds):
            for name, each in sides.items():
                seconds, peaks[name] = await each.take(steps)
                taken[name].append(seconds / steps)
    middle = {name: median(rounds) for name, rounds in taken.items()}
    return {
        "seconds": middle,
        "ratio": middle["theirs"] / middle["ours"],
        "peak_mib": peaks,
        "memory_ratio": peaks["theirs"] / peaks["ours"],
        "rounds_s": taken,
    }


@asynccontextmanager
async def side(job: Job) -> AsyncIterator["Side"]:
    """Start a process that does a job; it has taken the first step, and ends with the block."""
    # Ours as workers have it; a peer is left to what its users have, but that its threads sleep at barriers.
    environment = ENVIRONMENT if job.program.startswith("our_") else PASSIVE
    words = [sys.executable, "-m", "benchmarks.peer", json.dumps(asdict(job))]
    with TemporaryFile() as said:
        process = await asyncio.create_subprocess_exec(
            *words, stdin=PIPE, stdout=PIPE, stderr=said, env={**environment, **os.environ}
        )
        try:
            started = Side(job.program, process, said)
            await started.answer()
            yield started
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


@dataclass(frozen=True, slots=True)
class Side:
    """A process that takes steps when told to.

    Args:
        program: that it runs.
        process: that it is.
        said: what it wrote beside its answers.
    """

    program: str
    process: Process
    said: IO[bytes]

    async def take(self, steps: int) -> tuple[float, float]:
        """Return the seconds of so many steps, and the most memory so far in MiB."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{steps}\n".encode())
        return await self.answer()

    async def answer(self) -> tuple[float, float]:
        """Wait for an answer; raises ``BenchmarkError``."""
        assert self.process.stdout is not None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                line = await self.process.stdout.readline()
        except TimeoutError:
            raise BenchmarkError(f"{self.program} has said nothing for {ANSWER_SECONDS:.0f} s.") from None
        if not line:
            self.said.seek(0)
            last = self.said.read().decode(errors="replace").strip().rpartition("\n")[2]
            raise BenchmarkError(f"{self.program} broke off: {last}")
        answer = json.loads(line)
        return float(answer["seconds"]), float(answer["peak_mib"])
