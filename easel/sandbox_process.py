"""The sandbox as a process: served alone by ``easel sandbox``, and as the child of ``easel demo``."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

from bot.errors import SetupError
from easel.disk import write_private
from sandbox import Sandbox
from sandbox import serve as serve_sandbox

STARTED = "Sandbox at "


def serve(port: int, token_file: Path | None, *, until_input_ends: bool) -> None:
    """Serve until SIGTERM or SIGINT, or the end of the standard input.

    Args:
        port: on 127.0.0.1; 0 takes a free one.
        token_file: where the bot's token is written, for nobody but this user to read.
        until_input_ends: end when the standard input does.

    Raises:
        SetupError: the port is not to be had, or the file cannot be written.
    """
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(_serve(port, token_file, until_input_ends))


async def _serve(port: int, token_file: Path | None, until_input_ends: bool) -> None:
    cancel_at_signals()
    if until_input_ends:
        asyncio.get_running_loop().add_reader(sys.stdin, _this_task().cancel)
    try:
        await serve_sandbox(port, lambda sandbox: _announce(sandbox, token_file))
    except OSError as error:
        raise SetupError(
            f"Port {port} cannot be had ({os.strerror(error.errno or 0)}); choose another, such as --port 8001."
        ) from None


def cancel_at_signals() -> None:
    """Let SIGTERM and SIGINT cancel the task that calls this."""
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, _this_task().cancel)


def _this_task() -> asyncio.Task[object]:
    task = asyncio.current_task()
    assert task is not None
    return task


def _announce(sandbox: Sandbox, token_file: Path | None) -> None:
    if token_file is not None:
        write_private(token_file, f"{sandbox.bot.token}\n")
    print(f"{STARTED}{sandbox.url}", flush=True)


@contextlib.asynccontextmanager
async def child(port: int) -> AsyncIterator[tuple[Process, str]]:
    """Run the sandbox in a process of its own, and give it with its URL; it ends with the block.

    Ctrl-C on a terminal does not reach it, so that the bot can say goodbye to it first. It ends with this process,
    even when that is killed.

    Raises:
        SystemExit: it did not come up; it has said why.
    """
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "easel", "sandbox", "--port", str(port), "--until-input-ends"),
        stdin=PIPE,
        stdout=PIPE,
        process_group=0,
    )
    try:
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode().strip()
        if not line.startswith(STARTED):
            sys.exit(await process.wait())
        yield process, line.removeprefix(STARTED)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
