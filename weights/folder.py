"""Where a model's files are kept, and whether they are whole."""

import contextlib
import fcntl
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from weights.catalogue import File, Model
from weights.errors import FetchError, UnusableError
from weights.part import noted_digest, write_digest

State = Literal["good", "damaged", "missing"]
FOLDER = "models"
"""Name of the folder of all models, in ``data_dir``."""
LOCK = ".lock"


class ModelFolder:
    """The files of one model, each with its digest beside it in ``FILE.sha256``.

    Args:
        root: folder of all models.
        model: which one.
    """

    def __init__(self, root: Path, model: Model) -> None:
        self.model = model
        self.path = root / model.folder

    @property
    def entry(self) -> Path:
        """The file that a setting points to."""
        return self.path / self.model.files[0].name

    def state(self, file: File, *, thoroughly: bool = False) -> State:
        """Say whether a file is what was published, or where no digest is published, what was there at first.

        Args:
            file: which one.
            thoroughly: read it also where it has not been written to since it was last found good.
        """
        path = self.path / file.name
        try:
            found = path.stat()
            if not path.is_file():
                return "missing"
            if (file.exact and found.st_size != file.size) or not 0 < found.st_size <= file.size:
                return "damaged"
            noted, when = noted_digest(path)
            expected = file.sha256 or noted
            if noted is not None and noted == expected and found.st_mtime_ns <= when and not thoroughly:
                return "good"
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except FileNotFoundError:
            return "missing"
        except OSError as error:
            raise UnusableError(f"{path} cannot be read: {error.strerror}.") from None
        if expected not in {None, digest}:
            return "damaged"
        with contextlib.suppress(OSError):
            write_digest(path, digest)
        return "good"

    def states(self, *, thoroughly: bool = False) -> dict[str, State]:
        """Say of each file, by its name, how it is; what is damaged is set aside."""
        states = {file.name: self.state(file, thoroughly=thoroughly) for file in self.model.files}
        for name, state in states.items():
            if state == "damaged":
                self._set_aside(self.path / name)
        return states

    def is_there(self) -> bool:
        """Say whether all files are there, without reading them."""
        return all((self.path / file.name).is_file() for file in self.model.files)

    def usable(self) -> Path:
        """Return the file that a setting points to, of a model that is whole.

        Raises:
            UnusableError: it is not.
        """
        states = self.states()
        command = f"fetch it with: easel models fetch {self.model.name}"
        if "damaged" in states.values():
            damaged = next(name for name, state in states.items() if state == "damaged")
            raise UnusableError(f"{self.model.name} is damaged ({self.path / damaged}); {command}")
        if "missing" in states.values():
            raise UnusableError(f"{self.model.name} is not here yet; {command}")
        return self.entry

    def clear(self) -> None:
        """Remove what was set aside."""
        for file in self.model.files:
            with contextlib.suppress(OSError):
                _aside(self.path / file.name).unlink(missing_ok=True)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder, and hold it against other processes that fetch; the system lets go of it in any event.

        Raises:
            FetchError: another process holds it, or it cannot be made.
        """
        with contextlib.ExitStack() as stack:
            try:
                self.path.mkdir(parents=True, exist_ok=True)
                lock = stack.enter_context((self.path / LOCK).open("ab"))
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise FetchError(f"{self.model.name} is being fetched by another process.") from None
            except OSError as error:
                raise FetchError(f"{self.path} cannot be used: {error.strerror}.") from None
            yield

    def _set_aside(self, path: Path) -> None:
        """Rename a damaged file, so that nothing takes it for a good one."""
        try:
            path.replace(_aside(path))
        except OSError as error:
            raise UnusableError(f"{path} is damaged, and cannot be renamed: {error.strerror}.") from None


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged")
