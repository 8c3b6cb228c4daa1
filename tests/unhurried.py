"""An event loop whose time stands still while something real goes on, so that no machine is too slow for a test.

What threads do takes no time, however long it lasts. Time passes when there is nothing else to do: then it jumps to
what is to be done next.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from functools import wraps
from typing import Any, ParamSpec, TypeVar, TypeVarTuple, Unpack

Arguments = TypeVarTuple("Arguments")
Result = TypeVar("Result")
Parameters = ParamSpec("Parameters")
Found = list[tuple[selectors.SelectorKey, int]]


class _Selector(selectors.DefaultSelector):
    """Waits for what is real, and lets time pass where nothing is."""

    loop: "UnhurriedLoop"

    def select(self, timeout: float | None = None) -> Found:
        if timeout is not None and timeout > 0:
            if self.loop.is_busy:
                return super().select(None)
            found = super().select(0)
            if not found:
                self.loop.now += timeout
            return found
        return super().select(timeout)


class UnhurriedLoop(asyncio.SelectorEventLoop):
    """An event loop of which time is no matter of the machine's speed."""

    def __init__(self) -> None:
        self.now = 0.0
        self.stuck: set[Executor | None] = set()
        """Whose jobs do not end by themselves, so that time passes beside them."""
        self._jobs: dict[asyncio.Future[Any], Executor | None] = {}
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        """Return the seconds that have passed in it."""
        return self.now

    @property
    def is_busy(self) -> bool:
        """Whether a thread does something that is waited for."""
        return not self.stuck.issuperset(self._jobs.values())

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Arguments]], Result], *args: *Arguments
    ) -> asyncio.Future[Result]:
        """Take note of what a thread does."""
        job = super().run_in_executor(executor, func, *args)
        self._jobs[job] = executor
        job.add_done_callback(self._jobs.pop)
        return job


def unhurried(test: Callable[Parameters, Coroutine[Any, Any, None]]) -> Callable[Parameters, None]:
    """Let a test run in such a loop."""

    @wraps(test)
    def run(*arguments: Parameters.args, **named: Parameters.kwargs) -> None:
        with asyncio.Runner(loop_factory=UnhurriedLoop) as runner:
            runner.run(test(*arguments, **named))

    return run


def running_loop() -> UnhurriedLoop:
    """Return the loop that runs."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, UnhurriedLoop)
    return loop
