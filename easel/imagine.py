"""One picture, painted as the bot paints it, into a file."""

import asyncio
import json
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from bot.errors import PromptError
from bot.prompt import parse
from config.settings import PaintingSettings, Settings
from easel.logs import configure
from generation.errors import GenerationError
from generation.events import Event, Failed, Finished, Started
from generation.events import Progress as Advance
from generation.executor.local import LocalExecutor
from generation.request import SEED_LIMIT, ImagineRequest


def check_file(out: Path) -> None:
    """Raise ``ValueError`` when no picture can be written there."""
    if out.suffix.lower() != ".png":
        raise ValueError(f"the file should end in .png, not as {out.name}")
    if out.is_dir():
        raise ValueError(f"{out} is a folder")
    if not out.parent.is_dir():
        raise ValueError(f"there is no folder {out.parent}")
    if not os.access(out.parent, os.W_OK):
        raise ValueError(f"the folder {out.parent} is not writable")


def request(
    prompt: str,
    painting: PaintingSettings,
    *,
    size: str | None = None,
    steps: int | None = None,
    seed: int | None = None,
    init: str | None = None,
) -> ImagineRequest:
    """Return the request for what was asked, by the grammar of ``.imagine``.

    Raises:
        ValueError: it is not allowed; the sentence says why.
    """
    flags = {"size": size, "steps": steps, "seed": seed, "init": init}
    typed = "".join(f" --{name}={value}" for name, value in flags.items() if value is not None)
    try:
        asked = parse(prompt + typed, painting)
    except PromptError as error:
        raise ValueError(str(error).replace("`", "")) from None
    chosen = secrets.randbelow(SEED_LIMIT) if asked.seed is None else asked.seed
    return ImagineRequest("imagine", asked.prompt, chosen, asked.width, asked.height, asked.steps, init=asked.init)


def paint(request: ImagineRequest, settings: Settings, out: Path, *, as_json: bool) -> None:
    """Paint, write the picture to ``out`` and say so on standard output.

    Raises:
        GenerationError: there is no picture.
    """
    configure(settings.log.level)
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=as_json or not console.is_terminal,
    ) as progress:
        bar = progress.add_task("Loading", total=request.steps)

        def follow(event: Event) -> None:
            match event:
                case Started(left_out=left_out):
                    progress.update(bar, description="Painting", completed=0)
                    if left_out:
                        print(f"easel: the prompt is too long for CLIP; left out: {left_out}", file=sys.stderr)
                case Advance(step=step):
                    progress.update(bar, completed=step)

        finished = asyncio.run(_painted(request, settings, follow))
    _write(out, finished.png)
    speed = request.steps / finished.seconds
    if as_json:
        report = {
            "seed": request.seed,
            "seconds": round(finished.seconds, 3),
            "steps_per_second": round(speed, 3),
            "out": str(out),
        }
        print(json.dumps(report))
    else:
        print(f"{out}: seed {request.seed}, {finished.seconds:.1f} s, {speed:.1f} steps per second")


async def _painted(request: ImagineRequest, settings: Settings, follow: Callable[[Event], None]) -> Finished:
    """Paint in a worker of its own; raises ``GenerationError``."""
    async with LocalExecutor(settings.models, settings.executor.devices, settings.painting.preview_seconds) as executor:
        executor.add_request(request)
        async for event in executor.events():
            match event:
                case Finished():
                    return event
                case Failed(reason=reason):
                    raise GenerationError(reason.replace("`", ""))
                case _:
                    follow(event)
    raise AssertionError("the events end only when the executor is left")


def _write(out: Path, png: bytes) -> None:
    """Write the file whole or not at all."""
    partial = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        partial.write_bytes(png)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
