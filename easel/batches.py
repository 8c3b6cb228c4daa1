"""A file of requests, painted into a folder: what is finished stays finished, however it broke off."""

import asyncio
import itertools
import json
import secrets
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as ProgressBar

from bot.batch import MOST_BYTES, BadLine, Batch, Line, read
from bot.errors import PromptError, UserError
from bot.uploads import sorted_out
from config.settings import Settings
from easel.again import available
from easel.contact_sheet import INDEX, SHEET, Entry, write
from easel.contents import contents
from easel.dispatching import dispatching, own_executor
from easel.logs import configure
from easel.picture_file import check, save
from easel.wording import plain
from generation.dispatch.dispatcher import Dispatcher
from generation.dispatch.record import Update
from generation.errors import MetadataError
from generation.events import Failed, Finished, Progress, Started
from generation.executor import Executor
from generation.fields import SEED_LIMIT
from generation.metadata import read as read_metadata
from generation.request import FILMS, ImagineRequest

STATE = "batch.json"
"""In the folder: the seeds that were drawn, by line and how often it stands in the file."""
MOST_STATE = 10 << 20
"""Bytes of it that are read."""
MOST_PICTURES = 5000
"""Of a file, with what is repeated."""

NOT_FETCHED = "Pictures are fetched in Discord only; leave its address out."
Seeds = dict[str, int]


@dataclass(frozen=True, slots=True)
class Job:
    """A picture of a file.

    Args:
        number: of its line.
        request: to be painted.
        file: into which it goes.
    """

    number: int
    request: ImagineRequest
    file: Path

    @property
    def is_finished(self) -> bool:
        """Whether its file is there and says that it is this picture."""
        try:
            with self.file.open("rb") as file:
                found = read_metadata(file.read()).request
        except (OSError, MetadataError):
            return False
        return replace(found, id=self.request.id) == self.request.anonymous


def read_file(path: Path, settings: Settings) -> Batch:
    """Return what a file asks for; raises ``ValueError`` where it cannot be read."""
    try:
        found = read(contents(path, MOST_BYTES), path.name, settings.painting, available(settings.models))
    except PromptError as error:
        raise ValueError(f"{path}: {plain(error)}") from None
    bad = {line.number: line for line in found.bad}
    for line in found.lines:
        try:
            if line.addresses:
                raise PromptError(NOT_FETCHED)
            sorted_out([], [], line.arguments)
        except UserError as error:
            bad.setdefault(line.number, BadLine(line.number, str(error)))
    lines = tuple(line for line in found.lines if line.number not in bad)
    return Batch(lines, tuple(sorted(bad.values(), key=lambda each: each.number)))


def jobs_of(lines: Sequence[Line], folder: Path, seeds: Seeds) -> list[Job]:
    """Return the pictures of a file, and note in ``seeds`` those that are drawn for lines that name none.

    Raises:
        ValueError: they are too many.
    """
    if (count := sum(line.arguments.fields["repeat"] for line in lines)) > MOST_PICTURES:
        raise ValueError(f"the file asks for {count} pictures; {MOST_PICTURES} are possible, so part it into several")
    seen: Counter[str] = Counter()
    asked: Counter[int] = Counter()
    taken: set[Path] = set()
    jobs = []
    for line in lines:
        text = str(line.arguments)
        seen[text] += 1
        first = line.arguments.fields.get("seed")
        if first is None:
            first = seeds.setdefault(f"{text} #{seen[text]}", secrets.randbelow(SEED_LIMIT))
        for number in range(line.arguments.fields["repeat"]):
            request = line.arguments.request(f"{line.number}.{asked[line.number]}")
            asked[line.number] += 1
            request = replace(request, seed=(first + number) % SEED_LIMIT)
            file = next(file for file in _files(folder, line.number, request) if file not in taken)
            taken.add(file)
            jobs.append(Job(line.number, request, file))
    return jobs


def _files(folder: Path, number: int, request: ImagineRequest) -> Iterator[Path]:
    """Yield the names for a picture of a line, each for where the ones before are those of others of that line."""
    name = f"{number:04}-{request.slug}"
    yield folder / f"{name}.png"
    yield from (folder / f"{name}-{count}.png" for count in itertools.count(2))


def missing(jobs: Sequence[Job]) -> list[Job]:
    """Return the pictures that are not there, once those of lines that have moved have got the names of their places.

    Where the names of several go round in a circle, these are painted again.
    """
    left = [job for job in jobs if not job.is_finished]
    taken = {job.file for job in jobs} - {job.file for job in left}
    moved: dict[Path, Job] = {}
    for job in left:
        patterns = (f"[0-9][0-9][0-9][0-9]-{job.request.slug}{more}.png" for more in ("", "-[0-9]*"))
        named_alike = sorted(file for pattern in patterns for file in job.file.parent.glob(pattern))
        source = next((each for each in named_alike if each not in taken and replace(job, file=each).is_finished), None)
        if source is not None:
            taken.add(source)
            moved[source] = job
    while free := [source for source, job in moved.items() if job.file not in moved]:
        for source in free:
            job = moved.pop(source)
            for film in (source.with_suffix(f".{kind}") for kind in job.request.outputs if kind in FILMS):
                if film.exists():
                    film.replace(job.file.with_suffix(film.suffix))
            source.replace(job.file)
            left.remove(job)
    return left


def paint(batch: Batch, settings: Settings, folder: Path, *, as_json: bool) -> bool:
    """Paint what is not finished, and write a contact sheet and an index page; return whether nothing is missing.

    Args:
        batch: what the file asks for.
        settings: how, and with what.
        folder: for all of it.
        as_json: say what came of it in a line of JSON.

    Raises:
        GenerationError: nothing can be painted.
        SaveError: something cannot be written.
        ValueError: the folder cannot be used, or what an earlier run left there.
    """
    for line in batch.bad:
        print(f"easel: line {line.number}: {plain(line.reason)}", file=sys.stderr)
    folder.mkdir(parents=True, exist_ok=True)
    seeds = _kept(folder)
    jobs = jobs_of(batch.lines, folder, seeds)
    save(json.dumps(seeds, indent=0, ensure_ascii=False).encode("utf-8", "replace"), folder / STATE)
    left = missing(jobs)
    failed = _paint(left, settings, total=len(jobs), quietly=as_json) if left else {}
    bad = [*batch.bad, *(BadLine(job.number, failed[job.request.id]) for job in left if job.request.id in failed)]
    entries = [Entry(job.number, job.request, job.file) for job in jobs if job.request.id not in failed]
    write(folder, entries, [(each.number, plain(each.reason)) for each in sorted(bad, key=lambda each: each.number)])
    report = {
        "painted": len(left) - len(failed),
        "already": len(jobs) - len(left),
        "failed": len(failed),
        "skipped": len(batch.bad),
        "out": str(folder),
    }
    if as_json:
        print(json.dumps(report))
    else:
        told = ", ".join(f"{value} {name}" for name, value in report.items() if name != "out" and value)
        print(f"{folder}: {told or 'nothing to paint'}; {INDEX if entries else 'no picture'}")
    return not bad


def check_folder(folder: Path) -> None:
    """Raise ``ValueError`` where nothing can be written into a folder that may not be there yet."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is no folder")
    existing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    check(existing / SHEET, 1, 1)


def _kept(folder: Path) -> Seeds:
    """Return the seeds that an earlier run has drawn."""
    path = folder / STATE
    if not path.exists():
        return {}
    try:
        return TypeAdapter(Seeds).validate_json(contents(path, MOST_STATE))
    except ValidationError:
        raise ValueError(f"{path} is damaged; delete it, or name another folder with --out") from None


def _paint(jobs: Sequence[Job], settings: Settings, *, total: int, quietly: bool) -> Mapping[str, str]:
    """Paint into files, and return why some were not, by the ids of their requests."""
    configure(settings.log.level)
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    shown = not quietly and console.is_terminal
    steps = {job.request.id: 0 for job in jobs}
    done = total - len(jobs)
    with ProgressBar(*columns, console=console, transient=True, disable=not shown) as progress:
        pictures = progress.add_task("Loading", total=total, completed=done)
        course = progress.add_task("Steps", total=sum(job.request.end_step for job in jobs))

        def follow(update: Update) -> None:
            match update.event:
                case Started():
                    progress.update(pictures, description="Painting")
                case Progress(request_id=request_id, step=step):
                    steps[request_id] = step
                case Finished() | Failed() as ended:
                    steps[ended.request_id] = update.record.request.end_step
                    progress.advance(pictures)
            progress.update(course, completed=sum(steps.values()))

        executor = own_executor(settings, settings.painting.preview_seconds)
        return asyncio.run(painted(jobs, executor, follow))


async def painted(jobs: Sequence[Job], executor: Executor, follow: Callable[[Update], None]) -> Mapping[str, str]:
    """Have all painted by an executor of its own, not yet entered, and save each as soon as it is there.

    Returns:
        Why some were not, by the ids of their requests.

    Raises:
        GenerationError: no device comes up.
        SaveError: one cannot be saved; the rest is left for another run.
    """
    files = {job.request.id: job.file for job in jobs}
    failed: dict[str, str] = {}
    async with dispatching(executor, len(jobs)) as dispatcher:
        await dispatcher.submit_all([job.request for job in jobs], [""] * len(jobs))
        await _follow(dispatcher, files, failed, follow)
    return failed


async def _follow(
    dispatcher: Dispatcher, files: Mapping[str, Path], failed: dict[str, str], follow: Callable[[Update], None]
) -> None:
    left = len(files)
    async for update in dispatcher.updates():
        match update.event:
            case Finished() as finished:
                left -= 1
                _save(finished, update.record.request, files[finished.request_id])
            case Failed(request_id=request_id, reason=reason):
                left -= 1
                failed[request_id] = reason
                print(f"easel: line {request_id.partition('.')[0]}: {plain(reason)}", file=sys.stderr)
        follow(update)
        if not left:
            return


def _save(finished: Finished, request: ImagineRequest, file: Path) -> None:
    """Write a picture, and before it its film: what has a picture is finished."""
    for kind in request.outputs:
        if kind in FILMS and kind in finished.files:
            save(finished.files[kind], file.with_suffix(f".{kind}"))
    save(finished.png, file)
