"""One picture, painted as the bot paints it, into a file."""

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

from bot.caption import smaller_size
from bot.errors import PromptError
from bot.flags.usual import BESIDE, unusual, usual_fields
from bot.prompt import parse
from config.settings import Settings
from easel.again import available, check_painter, difference
from easel.dispatching import dispatching, own_executor
from easel.logs import configure
from easel.picture_file import Files
from easel.wording import plain
from generation.dispatch.record import Update
from generation.errors import GenerationError
from generation.events import Failed, Finished, Progress, Started
from generation.executor import NO_PICTURES, Executor
from generation.metadata import Metadata, read
from generation.request import ImagineRequest


def request(prompt: str, settings: Settings, flags: Mapping[str, str | None], instead: str = "") -> ImagineRequest:
    """Return the request for what was asked, by the grammar of ``.imagine``.

    Args:
        prompt: with flags or without.
        settings: the limits, what is usual, and which models there are.
        flags: more of them, by their names.
        instead: the prompt where there are no words; without it there have to be some.

    Raises:
        ValueError: it is not allowed; the sentence says why.
    """
    typed = "".join(
        f" --{name.rstrip('_').replace('_', '-')}={value}" for name, value in flags.items() if value is not None
    )
    try:
        arguments = parse(prompt + typed, settings.painting, available(settings.models), instead=instead)
    except PromptError as error:
        raise ValueError(plain(error)) from None
    if arguments.fields["repeat"] > 1:
        raise ValueError("one picture is painted at a time; leave --repeat out")
    for name, flag, _ in unusual(arguments.fields, usual_fields(settings.painting)):
        if "outputs" in flag.fields or BESIDE.keys() & flag.fields:
            raise ValueError(f"leave --{name} out of the prompt: --init, --target FILE:WEIGHT and --video FILE say it")
    asked = arguments.request("imagine")
    check_painter(asked, settings.models)
    return asked


def paint(
    request: ImagineRequest,
    settings: Settings,
    files: Files,
    *,
    as_json: bool,
    pictures: Mapping[str, bytes] = NO_PICTURES,
    before: Metadata | None = None,
) -> None:
    """Paint, write the picture and what is made beside it, and say so on standard output.

    Args:
        request: to be painted.
        settings: how, and with what.
        files: to write.
        as_json: say it as a line of JSON.
        pictures: that the request names, PNGs by their SHA-256.
        before: of the picture that is made again, if it is one; what is otherwise now is said on standard error.

    Raises:
        GenerationError: there is no picture.
        SaveError: there is one, but not everything is where it should be.
    """
    finished = watched(request, settings, pictures, quietly=as_json)
    files.save(finished, pictures)
    tell_difference(before, finished)
    report(request, finished, files.picture, as_json=as_json)


def tell_difference(before: Metadata | None, finished: Finished) -> None:
    """Say on standard error what is otherwise than when a picture or a film was made that is made again, if one is."""
    if before is not None and (otherwise := difference(before.setup, read(finished.png).setup)):
        print(f"easel: this can be another picture: {otherwise}", file=sys.stderr)


def watched(
    request: ImagineRequest, settings: Settings, pictures: Mapping[str, bytes] = NO_PICTURES, *, quietly: bool = False
) -> Finished:
    """Paint and show how far it is; raises ``GenerationError``.

    Args:
        request: to be painted.
        settings: how, and with what.
        pictures: that the request names, by their SHA-256.
        quietly: show nothing.
    """
    configure(settings.log.level)
    console = Console(stderr=True)
    with ProgressBar(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quietly or not console.is_terminal,
    ) as progress:
        bar = progress.add_task("Loading", total=request.end_step)

        def follow(update: Update) -> None:
            match update.event:
                case Started(left_out=left_out, step=step):
                    progress.update(bar, description="Painting", completed=step)
                    if left_out:
                        print(f"easel: the prompt is too long for CLIP; left out: {left_out}", file=sys.stderr)
                    if update.record.smaller:
                        print(f"easel: {smaller_size(request, update.record.smaller)}", file=sys.stderr)
                case Progress(step=step):
                    progress.update(bar, completed=step)

        seconds = settings.painting.preview_seconds
        executor = own_executor(settings, seconds, request.model)
        return asyncio.run(painted(request, executor, follow, pictures))


def report(request: ImagineRequest, finished: Finished, out: Path, *, as_json: bool) -> None:
    """Say on standard output what was painted, how long it took, and where it is."""
    shown = os.fsencode(out).decode(errors="replace")
    speed = request.end_step / finished.seconds
    if as_json:
        report = {
            "seed": request.seed,
            "seconds": round(finished.seconds, 3),
            "steps_per_second": round(speed, 3),
            "out": shown,
        }
        print(json.dumps(report))
    else:
        print(f"{shown}: seed {request.seed}, {finished.seconds:.1f} s, {speed:.1f} steps per second")


async def painted(
    request: ImagineRequest,
    executor: Executor,
    follow: Callable[[Update], None],
    pictures: Mapping[str, bytes] = NO_PICTURES,
) -> Finished:
    """Paint by an executor of its own, not yet entered; raises ``GenerationError``."""
    async with dispatching(executor, pictures=pictures) as dispatcher:
        await dispatcher.submit(request)
        async for update in dispatcher.updates():
            match update.event:
                case Finished() | Failed() as ended:
                    break
                case Started() | Progress():
                    follow(update)
    if isinstance(ended, Failed):
        raise GenerationError(plain(ended.reason))
    return ended
