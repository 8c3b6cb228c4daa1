"""One process per data directory, or one for each shard."""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from store.errors import LockedError, StoreError

NAME = "easel.lock"
SHARD = "easel.shard-{0}.lock"


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
def locked(data_dir: Path, shards: Sequence[int] = ()) -> Iterator[Lock]:
    """Hold the data directory, which is made where there is none; the system lets go of it when the process ends.

    Args:
        data_dir: the setting.
        shards: of this process, which then shares the directory with those of other shards; without them, with nobody.

    Raises:
        LockedError: another process holds it.
        StoreError: the lock cannot be written.
    """
    with contextlib.ExitStack() as stack:
        try:
            data_dir.mkdir(parents=True, exist_ok=True)
            for name in (SHARD.format(number) for number in shards):
                _hold(stack, data_dir / name, fcntl.LOCK_EX)
            held = _hold(stack, data_dir / NAME, fcntl.LOCK_SH if shards else fcntl.LOCK_EX)
        except OSError as error:
            raise StoreError(f"data_dir: {data_dir} cannot be locked: {error.strerror}.") from None
        yield held


def _hold(stack: contextlib.ExitStack, path: Path, kind: int) -> Lock:
    """Lock a file until the stack ends; raises ``LockedError`` and ``OSError``."""
    file = stack.enter_context(path.open("a+", encoding="ascii", errors="replace"))
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = named(file.readline(20))
        raise LockedError(f"data_dir: {path.parent} is in use by {holder}: stop it, or set another folder.") from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return Lock(path, file.fileno())


def named(line: str) -> str:
    """Return who wrote a line into the file of a lock."""
    holder = line.strip()
    return f"process {holder}" if holder.isdecimal() else "another process"
