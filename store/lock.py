"""One process per data directory."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from store.errors import LockedError, StoreError

NAME = "easel.lock"


@dataclass(frozen=True, slots=True)
class Lock:
    """A data directory that is held.

    Args:
        file: in it.
        descriptor: of that file.
    """

    file: Path
    descriptor: int

    @property
    def is_there(self) -> bool:
        """Whether the directory was neither deleted nor replaced."""
        try:
            return os.path.samestat(self.file.stat(), os.fstat(self.descriptor))
        except OSError:
            return False


@contextlib.contextmanager
def locked(data_dir: Path) -> Iterator[Lock]:
    """Hold the data directory, which is made where there is none; the system lets go of it when the process ends.

    Raises:
        LockedError: another process holds it.
        StoreError: the lock cannot be written.
    """
    with contextlib.ExitStack() as stack:
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            file = stack.enter_context((data_dir / NAME).open("a+", encoding="ascii", errors="replace"))
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
        except BlockingIOError:
            file.seek(0)
            holder = named(file.readline(20))
            raise LockedError(f"data_dir: {data_dir} is in use by {holder}: stop it, or set another folder.") from None
        except OSError as error:
            raise StoreError(f"data_dir: {data_dir} cannot be locked: {error.strerror}.") from None
        yield Lock(data_dir / NAME, file.fileno())


def named(line: str) -> str:
    """Return who wrote a line into the file of a lock."""
    holder = line.strip()
    return f"process {holder}" if holder.isdecimal() else "another process"
