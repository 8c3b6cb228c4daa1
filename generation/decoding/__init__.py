"""Pictures from anybody, decoded in a process of their own that has little time and memory and ends with them.

Whatever is wrong with a file, at worst that process ends. What comes out is a PNG in RGB that was made here.
"""

import asyncio
import os
import sys

from generation.errors import PictureError

MAX_BYTES = 100_000_000
"""Of a file that is looked at."""
MAX_PIXELS = 64_000_000
"""Of a picture that is decoded."""
MAX_SIDE = 2048
"""Of a picture that comes out, in pixels; larger ones are made smaller."""
MAX_PNG = 4 * MAX_SIDE * MAX_SIDE
"""Bytes of what comes out, beyond which it is no longer believed."""
MEMORY = 1 << 30
"""Address space of the process, in bytes."""
CPU_SECONDS = 20
SECONDS = 30.0
"""From its start to its end."""

COMMAND = (sys.executable, "-m", "generation.decoding")
UNREADABLE = "That file is no picture that I can read: PNG, JPEG, WebP and GIF work."
TOO_LARGE = f"That picture is too large: up to {MAX_PIXELS // 1_000_000} million pixels work."
TOO_HARD = "That picture takes too much time or memory to read; save it anew as a PNG or JPEG, or smaller."

CODES = {3: UNREADABLE, 4: TOO_LARGE}
"""By the exit codes of the process; any other end is `TOO_HARD`."""


async def decode(data: bytes) -> bytes:
    """Return the picture in a file, upright, as a PNG without anything beside its pixels.

    Args:
        data: the file, by anybody.

    Raises:
        PictureError: there is none, or it is too large; the sentence is for whoever sent it.
    """
    if len(data) > MAX_BYTES:
        raise PictureError(TOO_LARGE)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("EASEL_")}
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
        process_group=0,
    )
    png = b""
    try:
        async with asyncio.timeout(SECONDS):
            png = await _exchange(process, data)
            await process.wait()
    except TimeoutError:
        pass
    finally:
        try:
            if process.returncode is None:
                process.kill()
                await _gone(process)
        finally:
            # Where this is cancelled at its end, the pipes would be left to after the loop.
            process._transport.close()  # type: ignore[attr-defined]
    if process.returncode or not png:
        raise PictureError(CODES.get(process.returncode or 0, TOO_HARD))
    return png


async def _gone(process: asyncio.subprocess.Process) -> None:
    """Wait until a process that was killed has gone, which is soon, however often this is cancelled meanwhile."""
    cancelled: asyncio.CancelledError | None = None
    deadline = asyncio.get_running_loop().time() + SECONDS
    while process.returncode is None and asyncio.get_running_loop().time() < deadline:
        try:
            await asyncio.wait_for(process.communicate(), 1.0)
        except TimeoutError:
            continue
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


async def _exchange(process: asyncio.subprocess.Process, data: bytes) -> bytes:
    """Give a process all of a file, and return what it gives back; nothing where that is more than it should be."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(data)
    process.stdin.close()
    try:
        await process.stdout.readexactly(MAX_PNG)
    except asyncio.IncompleteReadError as end:
        return end.partial
    process.kill()
    return b""
