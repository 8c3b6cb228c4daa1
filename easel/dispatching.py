"""A dispatcher for as long as a command, or painting in Python, needs one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping

from config.settings import Settings
from config.settings.models import DEFAULT_MODEL
from generation.dispatch.dispatcher import Dispatcher
from generation.errors import DeviceError
from generation.events import Event
from generation.executor import NO_PICTURES, Executor
from generation.executor.local import LocalExecutor

NO_RAY = "executor.kind is ray, but Ray is not installed: pip install 'easel[ray]'."


def own_executor(settings: Settings, preview_seconds: float, first: str = DEFAULT_MODEL) -> Executor:
    """Return what carries requests to the devices that are set, by workers that end with it.

    Args:
        settings: with paths for the names of weights.
        preview_seconds: about so often a preview of a request can be shown.
        first: name of the model that is loaded at the start.

    Raises:
        DeviceError: Ray is missing.
    """
    chosen = settings.executor
    if chosen.kind == "local":
        return LocalExecutor(
            settings.models, chosen.devices, preview_seconds, first=first, reproducible=chosen.reproducible
        )
    try:
        from generation.executor.cluster.executor import RayExecutor
    except ImportError:
        raise DeviceError(NO_RAY) from None
    return RayExecutor(settings.models, chosen.devices, preview_seconds, chosen.address, namespace=None, first=first)


@contextlib.asynccontextmanager
async def dispatching(
    executor: Executor,
    most: int = 1,
    pictures: Mapping[str, bytes] = NO_PICTURES,
    observe: Callable[[int, Event], None] = lambda *_: None,
) -> AsyncIterator[Dispatcher]:
    """Enter an executor and have a dispatcher run meanwhile.

    What ends the dispatcher ends what is done with it, and is raised as it is, like what is raised there.

    Args:
        executor: that paints, not yet entered.
        most: requests at a time.
        pictures: that they name, PNGs by their SHA-256; more may be added meanwhile.
        observe: called with each event and the number of its device.

    Raises:
        GenerationError: the executor does not start.
    """
    async with executor:
        dispatcher = Dispatcher(executor, total=most, per_member=most, picture=pictures.get, observe=observe)
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
