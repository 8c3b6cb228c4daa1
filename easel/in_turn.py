"""Pictures that are painted one after the other by the same workers, each from what came of those before."""

import asyncio
from collections.abc import Callable, Generator, Mapping
from dataclasses import replace

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

from config.settings import Settings
from config.settings.models import DEFAULT_MODEL
from easel.dispatching import dispatching, own_executor
from easel.logs import configure
from easel.wording import plain
from generation.dispatch.dispatcher import Dispatcher
from generation.errors import GenerationError
from generation.events import Failed, Finished, Progress
from generation.executor import Executor
from generation.request import ImagineRequest

Requests = Generator[ImagineRequest, Finished, None]
"""Yields what is painted next, and is sent what came of it."""
Follow = Callable[[int, float], None]
"""Is told how many are finished, and the share of the next."""


def paint(
    requests: Requests,
    settings: Settings,
    pictures: Mapping[str, bytes],
    total: int,
    *,
    model: str = DEFAULT_MODEL,
    quietly: bool = False,
) -> None:
    """Paint all of them and show how far they are.

    Args:
        requests: one after the other.
        settings: how, and with what.
        pictures: that they name, PNGs by their SHA-256; more may be added meanwhile.
        total: number of requests, where it is known, else 0.
        model: of the first, which is loaded at once.
        quietly: show nothing.

    Raises:
        GenerationError: one of them has failed.
    """
    configure(settings.log.level)
    console = Console(stderr=True)
    with ProgressBar(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quietly or not console.is_terminal,
    ) as progress:
        bar = progress.add_task("Loading", total=total or None)

        def follow(number: int, share: float) -> None:
            progress.update(bar, description=f"Picture {number + 1}", completed=number + share)

        seconds = settings.painting.preview_seconds
        executor = own_executor(settings, seconds, model)
        asyncio.run(_painted(requests, executor, follow, pictures))


async def _painted(requests: Requests, executor: Executor, follow: Follow, pictures: Mapping[str, bytes]) -> None:
    async with dispatching(executor, pictures=pictures) as dispatcher:
        await _each(requests, dispatcher, follow)


async def _each(requests: Requests, dispatcher: Dispatcher, follow: Follow) -> None:
    updates = dispatcher.updates()
    number, finished = 0, None
    while True:
        try:
            request = next(requests) if finished is None else requests.send(finished)
        except StopIteration:
            return
        request = replace(request, id=f"{number}")
        await dispatcher.submit(request)
        async for update in updates:
            match update.event:
                case Finished() as ended:
                    finished = ended
                    break
                case Failed(reason=reason):
                    raise GenerationError(plain(reason))
                case Progress(step=step):
                    follow(number, step / request.end_step)
        number += 1
        follow(number, 0.0)
