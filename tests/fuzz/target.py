"""What is fuzzed, within which bounds, and a run of it.

An input may take ``CPU_SECONDS`` of this process, and raise the most memory that the process ever had by ``MEMORY``.
Whatever neither ends nor computes is ended with the process after ``WALL_SECONDS``; the input is then in ``last.txt``.
And what reads an input may load no module, start no process and run no new code: Python's audit events tell.
"""

import ast
import contextlib
import faulthandler
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.strategies import SearchStrategy

CPU_SECONDS = 2.0
MEMORY = 64 << 20
ROOM = 4 << 30
"""Bytes of address space beyond those at the start, so that a bomb ends a run and not the machine."""
WALL_SECONDS = 120
FORBIDDEN = {
    *("import", "exec", "compile", "marshal.loads", "pickle.find_class", "code.__new__", "ctypes.dlopen"),
    *("os.exec", "os.fork", "os.posix_spawn", "os.system", "subprocess.Popen"),
    *("os.mkdir", "os.remove", "os.rename", "os.chmod", "os.putenv", "shutil.rmtree", "socket.connect"),
}
"""Audit events of what no input may lead to."""
PARTS_OF_IMPORT = {"exec", "compile", "marshal.loads", "ctypes.dlopen"}
FAILURES = Path(__file__).parents[1] / "artifacts" / "fuzz"
"""Where inputs go that failed; git ignores it."""

Check = Callable[[Any], str]
"""Given an input, returns in a word what became of it; raises where that should not be."""


@dataclass(frozen=True, slots=True)
class Target:
    """Something that reads what others wrote.

    Args:
        inputs: literals of Python, which can be written down and read again.
        opened: gets ready what is needed, as a context.
        outcomes: which have to come about for the inputs to be various enough.
        examples: of a round, which takes a few seconds.
        loads: modules, with what is below them, that it may import while it reads.
    """

    inputs: SearchStrategy[Any]
    opened: Callable[[], contextlib.AbstractContextManager[Check]]
    outcomes: frozenset[str]
    examples: int
    loads: tuple[str, ...] = ()


class OutOfBoundsError(BaseException):
    """Passes through ``except Exception``, for that is how some of what is fuzzed takes failures."""


@dataclass(slots=True)
class Run:
    """What a run did, and the bounds within which it does it."""

    name: str
    target: Target
    inputs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    """CPU seconds."""
    largest: int = 0
    """Bytes."""
    failures: dict[str, str] = field(default_factory=dict)
    """Tracebacks by where they end."""
    _event: str = ""
    _listens: bool = False

    def rounds(self, seed: int, seconds: float) -> None:
        """Do rounds until the time is over, at least one; each has a seed of its own that follows from the first."""
        end = time.monotonic() + seconds
        signal.signal(signal.SIGPROF, _out_of_time)
        sys.addaudithook(self._hear)
        self._folder.mkdir(parents=True, exist_ok=True)
        with self.target.opened() as check:
            _limit_memory()
            while True:
                self._round(check, seed)
                seed += 1
                if time.monotonic() >= end:
                    break
        faulthandler.cancel_dump_traceback_later()

    def once(self, path: Path) -> None:
        """Check the input of a file again, within the same bounds."""
        signal.signal(signal.SIGPROF, _out_of_time)
        sys.addaudithook(self._hear)
        with self.target.opened() as check:
            self._within_bounds(check, ast.literal_eval(path.read_text("utf-8")))

    def summary(self) -> str:
        """Return a line."""
        found = ", ".join(f"{count} {outcome}" for outcome, count in self.outcomes.most_common())
        bounds = f"{self.slowest * 1000:.0f} ms, {self.largest >> 20} MB"
        return f"{self.name:12} {self.inputs:8} inputs: {found}; at most {bounds}; {len(self.failures)} failures"

    @property
    def missing(self) -> frozenset[str]:
        """Outcomes that should have come about and did not."""
        return self.target.outcomes - self.outcomes.keys()

    @property
    def _folder(self) -> Path:
        return FAILURES / self.name

    def _round(self, check: Check, seed: int) -> None:
        failed: list[Any] = []

        @hypothesis.seed(seed)
        @hypothesis.settings(
            max_examples=self.target.examples,
            phases=[Phase.generate, Phase.shrink],
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
            print_blob=False,
        )
        @hypothesis.given(self.target.inputs)
        def run(value: Any) -> None:
            try:
                self._within_bounds(check, value)
            except BaseException:
                failed[:] = [value]
                raise

        try:
            run()
        except Exception as error:
            # The last that failed is the smallest.
            (*_, last) = traceback.extract_tb(error.__traceback__)
            place = f"{type(error).__name__} {Path(last.filename).name}:{last.lineno}"
            if place not in self.failures:
                name = f"{seed}-{len(self.failures)}"
                told = "".join(traceback.format_exception(error))
                self.failures[place] = f"{told}seed {seed}; the input is in {self._folder / name}.txt\n"
                (self._folder / f"{name}.txt").write_text(repr(failed[-1] if failed else None), "utf-8")

    def _within_bounds(self, check: Check, value: Any) -> None:
        self.inputs += 1
        (self._folder / "last.txt").write_text(repr(value), "utf-8")
        faulthandler.dump_traceback_later(WALL_SECONDS, exit=True)
        memory, start, self._event = _most_memory(), time.process_time(), ""
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        try:
            try:
                self._listens = True
                outcome = check(value)
            finally:
                self._listens = False
                signal.setitimer(signal.ITIMER_PROF, 0)
        except OutOfBoundsError:  # which may also come while the timer is taken back
            raise AssertionError(f"It takes more than {CPU_SECONDS} seconds.") from None
        grown = _most_memory() - memory
        self.slowest = max(self.slowest, time.process_time() - start)
        self.largest = max(self.largest, grown)
        assert grown <= MEMORY, f"It takes {grown >> 20} MB."
        assert not self._event, self._event
        self.outcomes[outcome] += 1

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self._listens or event not in FORBIDDEN:
            return
        self._listens = False
        loads = event == "import" and str(arguments[0]).startswith(("encodings", *self.target.loads))
        stays_here = event == "socket.connect" and "127.0.0.1" in str(arguments[1])
        if not (loads or stays_here or (event in PARTS_OF_IMPORT and _is_importing())):
            self._event = f"It leads to {event} {arguments!r:.200}"
        self._listens = True


def _out_of_time(_: int, __: FrameType | None) -> None:
    raise OutOfBoundsError


def _is_importing() -> bool:
    return any(each.f_code.co_filename.startswith("<frozen importlib") for each, _ in traceback.walk_stack(None))


def _most_memory() -> int:
    """Return the most bytes that this process ever had in memory."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _limit_memory() -> None:
    with contextlib.suppress(OSError, ValueError):
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + ROOM,) * 2)


@contextlib.contextmanager
def as_it_is(check: Check) -> Iterator[Check]:
    """Return a check for which nothing has to be made ready."""
    yield check
