"""A dispatcher for as long as a command, or painting in Python, needs one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from generation.dispatch.dispatcher import Dispatcher
from generation.executor import NO_PICTURES, Executor


@contextlib.asynccontextmanager
async def dispatching(
    executor: Executor, most: int = 1, pictures: Mapping[str, bytes] = NO_PICTURES
) -> AsyncIterator[Dispatcher]:
    """Enter an executor and have a dispatcher run meanwhile.

    What ends the dispatcher ends what is done with it, and is raised as it is, like what is raised there.

    Args:
        executor: that paints, not yet entered.
        most: requests at a time.
        pictures: that they name, PNGs by their SHA-256; more may be added meanwhile.

    Raises:
        GenerationError: the executor does not start.
    """
    async with executor:
        dispatcher = Dispatcher(executor, total=most, per_member=most, picture=pictures.get)
        try:
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(dispatcher.run())
                yield dispatcher
                running.cancel()
        except BaseExceptionGroup as group:
            raise _first(group) from None


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
