"""Tells a worker that leaks memory from one that paints larger pictures than before."""

import os
from collections.abc import Callable
from pathlib import Path

from generation.sizes import Shape

LEAK_BYTES = 2**30
"""Growth from which on a worker has leaked, if it also holds more than twice what it held before."""


class Footprint:
    """Watches the memory of one worker.

    It grows with the size of what is painted, and somewhat with the number of sizes. So it is compared with what it was
    when the first picture was finished that was as large as the largest so far. A worker that is taken for one that
    leaks and is not costs a reload, and not sooner than after another such growth.

    Args:
        resident: returns the memory that the worker has in use, in bytes.
        leak_bytes: growth from which on it has leaked, if it also holds more than twice what it held.
    """

    def __init__(self, resident: Callable[[], int], leak_bytes: int = LEAK_BYTES) -> None:
        self._resident = resident
        self._leak_bytes = leak_bytes
        self._largest = 0
        self._held = 0

    def begin_anew(self) -> None:
        """Take note that the worker has loaded a model, and is larger for it."""
        self._largest = self._held = 0

    def finish(self, shape: Shape) -> int:
        """Take note that a picture is finished; return by how many bytes the worker has outgrown itself, or 0."""
        width, height = shape
        held = self._resident()
        if width * height > self._largest:
            self._largest, self._held = width * height, held
        grown = held - self._held
        return grown if grown > max(self._held, self._leak_bytes) else 0


def resident_bytes(pid: int) -> int:
    """Return the memory that a process has in use; 0 where the system does not tell, which only Linux does."""
    try:
        _, pages, *_ = Path(f"/proc/{pid}/statm").read_text("ascii").split()
    except (OSError, ValueError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")
