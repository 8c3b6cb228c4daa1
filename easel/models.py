"""Published weights on the command line: fetching them with a bar, listing them, and naming them in settings."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from config.settings import Settings
from config.settings.models import DEFAULT_MODEL, ModelsSettings, NamedModelSettings
from easel.disk import data_dir
from weights.catalogue import CATALOGUE, Model, known
from weights.errors import UnusableError
from weights.fetch import fetch
from weights.folder import FOLDER, ModelFolder, State
from weights.names import resolved
from weights.part import shown

_log = structlog.get_logger(__name__)

SIGN_OF_LIFE = 10.0
"""Seconds from one line about a download to the next, where there is no terminal for a bar."""


def with_paths(settings: Settings, own: Settings | None = None) -> Settings:
    """Return the settings with paths in the place of the names of weights.

    Of a further model that cannot be used the log says so, and its requests are refused.

    Args:
        settings: as they were set.
        own: those whose ``data_dir`` has the weights, if others.

    Raises:
        UnusableError: the default's are not fetched, damaged, of the other kind, or look like a mistyped name.
    """
    folder, models = (own or settings).data_dir / FOLDER, settings.models
    usual = resolved(models.named(DEFAULT_MODEL), folder)
    more = {}
    for name in models.more:
        try:
            model = resolved(models.named(name), folder)
        except UnusableError as error:
            _log.error("model cannot be used", model=name, reason=str(error))
            model = models.named(name)
        more[name] = NamedModelSettings(**dict(model))
    return settings.model_copy(update={"models": models.model_copy(update={**dict(usual), "more": more})})


def only(settings: Settings, name: str, own: Settings | None = None) -> Settings:
    """Return the settings with one model alone, by its name; raises what :func:`with_paths` does of the default's."""
    folder = (own or settings).data_dir / FOLDER
    model = resolved(settings.models.named(name), folder)
    more = {} if name == DEFAULT_MODEL else {name: NamedModelSettings()}
    return settings.model_copy(update={"models": ModelsSettings(**dict(model), more=more)})


def root(settings: Settings) -> Path:
    """Return the folder of all models."""
    return data_dir(settings) / FOLDER


def print_list(settings: Settings, *, as_json: bool) -> None:
    """Print what there is to fetch, and what has been."""
    folders = [ModelFolder(root(settings), model) for model in CATALOGUE]
    if as_json:
        print(json.dumps([_described(folder) for folder in folders]))
        return
    for folder in folders:
        model = folder.model
        size = f"{'' if model.exact else '≤ '}{shown(model.size)}"
        here = str(folder.entry) if folder.is_there() else "-"
        print(f"{model.name:<16} {model.kind:<5} {size:>9}  {model.licence:<11}  {here}")


def _described(folder: ModelFolder) -> dict[str, object]:
    model = folder.model
    return {
        "name": model.name,
        "kind": model.kind,
        "aliases": list(model.aliases),
        "bytes": model.size,
        "bytes_exact": all(file.exact for file in model.files),
        "licence": model.licence,
        "fetched": folder.is_there(),
        "path": str(folder.entry),
        "files": [
            {
                "name": file.name,
                "bytes": file.size,
                "bytes_exact": file.exact,
                "sha256": file.sha256,
                "mirrors": list(file.mirrors),
            }
            for file in model.files
        ],
    }


def print_path(name: str, settings: Settings) -> None:
    """Print the path that a setting takes, of a model that is whole."""
    print(ModelFolder(root(settings), known(name)).usable())


def print_verified(names: Sequence[str], settings: Settings, *, as_json: bool) -> None:
    """Read fetched models whole, and print how each file is.

    Args:
        names: of models; all that are here where none are named.
        settings: whose ``data_dir`` has them.
        as_json: in one line of JSON.

    Raises:
        UnusableError: a file is damaged, or of a model that was named missing.
    """
    folders = [ModelFolder(root(settings), known(name)) for name in names]
    if not names:
        every = [ModelFolder(root(settings), model) for model in CATALOGUE]
        folders = [each for each in every if any((each.path / file.name).exists() for file in each.model.files)]
    found = [(folder, *item) for folder in folders for item in folder.states(thoroughly=True).items()]
    if as_json:
        print(json.dumps([{"name": each.model.name, "file": file, "state": state} for each, file, state in found]))
    else:
        for folder, file, state in found:
            print(f"{folder.model.name:<16} {file:<11} {_word(folder.model, file, state)}")
        if not found:
            print("Nothing has been fetched.")
    bad = list(dict.fromkeys(folder.model.name for folder, _, state in found if state != "good"))
    if bad:
        raise UnusableError(f"not whole: {', '.join(bad)}; fetch again with: easel models fetch {' '.join(bad)}")


def _word(model: Model, name: str, state: State) -> str:
    published = any(file.sha256 for file in model.files if file.name == name)
    if state == "good":
        return "as published" if published else "as it was first fetched; no digest is published"
    return f"damaged, now {name}.damaged" if state == "damaged" else "missing"


def fetch_all(names: Sequence[str], settings: Settings, source: str | None) -> None:
    """Fetch models one after another, and print where each is.

    Args:
        names: of models.
        settings: whose ``data_dir`` they are put in.
        source: where somebody has them already, instead of the mirrors.

    Raises:
        WeightsError: one is not known, or cannot be had; those before it are here.
        SystemExit: by SIGTERM or Ctrl-C; what has come is kept.
    """
    models = [known(name) for name in names]
    heard: list[signal.Signals] = []

    async def run() -> None:
        task = asyncio.current_task()
        assert task is not None

        def stop(number: signal.Signals) -> None:
            heard.append(number)
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop, number)
        with Display() as display:
            for model in models:
                display.name = model.name
                print(await fetch(model, root(settings), display, source=source), flush=True)

    try:
        asyncio.run(run())
    except asyncio.CancelledError:
        print("easel: stopped; the same command goes on from here", file=sys.stderr)
        sys.exit(128 + heard[0])


class Display:
    """Shows on standard error how a download goes: a bar on a terminal, else a line now and then."""

    def __init__(self) -> None:
        self.name = ""
        console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
        self._bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._console = console
        self._task: TaskID | None = None
        self._next = 0.0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def say(self, text: str) -> None:
        """Write a line, and begin the next bar."""
        self._console.print(text)
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = None
        self._next = time.monotonic() + SIGN_OF_LIFE

    def come(self, done: int, total: int | None) -> None:
        """Show how much has come."""
        if not self._bar.disable:
            if self._task is None:
                self._task = self._bar.add_task(self.name, total=total, completed=done)
            self._bar.update(self._task, completed=done, total=total)
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + SIGN_OF_LIFE
            self._console.print(f"{self.name}: {shown(done)}{f' of {shown(total)}' if total else ''}")
