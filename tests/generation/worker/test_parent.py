"""A worker that holds the interpreter, and its parent, as real processes."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

SPINNING = """
import re, sys, threading
from generation.worker import parent, process

def spin(*_):
    print(sys.argv[-1], file=sys.stderr, flush=True)
    re.match("(a+)+$", "a" * 60 + "b")

process.listen = lambda *_: threading.Event().wait()
process.serve = spin
parent.end_with(int(sys.argv[-1]))
process.main()
"""
"""Says its argument and goes into one long call that keeps all other threads waiting, also the one that listens: it is
made deaf, or it could hear of the end just before that call."""

PARENT = f"""
import asyncio, os, sys
from generation.executor import process

async def main():
    worker = await process.WorkerProcess.spawn((sys.executable, "-c", {SPINNING!r}))
    print(worker.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
async def test_a_worker_that_hears_nothing_ends_with_its_parent() -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    async with asyncio.timeout(60):
        worker = os.pidfd_open(int(await parent.stdout.readline()))
        said = await parent.stdout.readline()
    assert str(parent.pid).encode() in said, "the worker spins by now"
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(worker, ended.set)
    parent.send_signal(signal.SIGKILL)
    async with asyncio.timeout(60):
        await ended.wait()
    asyncio.get_running_loop().remove_reader(worker)
    os.close(worker)
    await parent.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_a_worker_whose_parent_is_gone_ends_at_once() -> None:
    code = "from generation.worker.parent import end_with; end_with(1); print('goes on')"
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True, timeout=60).stdout == b""
