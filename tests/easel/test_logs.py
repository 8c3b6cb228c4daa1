"""What is logged of exceptions."""

import asyncio
import json
import logging
import logging.handlers
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
import structlog

from easel.logs import FILE, LINES, OLDER, WIDTH, Format, as_text, configure, harmless, keep_in, lines

SENTINEL = "sentinel/Which+is=logged_nowhere"


def fail(secret: str) -> None:
    """Raise from a frame that holds the secret, with a text that holds it."""
    headers = {"Authorization": f"Bot {secret}"}
    raise RuntimeError(f"refused {headers} of {secret}")


def chain(links: int) -> None:
    """Raise an exception with so many causes."""
    if not links:
        fail(SENTINEL)
    try:
        chain(links - 1)
    except RuntimeError as error:
        raise RuntimeError("x" * 10_000) from error


def ours(error: BaseException) -> None:
    structlog.get_logger("ours").error("it failed", exc_info=error, near=SENTINEL)


def theirs(error: BaseException) -> None:
    logging.getLogger("theirs").error("it failed near %s", SENTINEL, exc_info=error)


@pytest.mark.parametrize("log", [ours, theirs])
@pytest.mark.parametrize("links", [0, 40])
@pytest.mark.parametrize("format", ["text", "json"])
def test_a_traceback_is_plain_short_and_without_secrets(
    log: Callable[[BaseException], None], links: int, format: Format, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("info", [SENTINEL], format)
    try:
        chain(links)
    except RuntimeError as error:
        log(error)
    out, err = capsys.readouterr()
    assert out == ""
    if format == "json":
        (line,) = err.splitlines()
        err = f"{json.loads(line)['event']}\n{json.loads(line)['exception']}"
    assert SENTINEL not in err
    assert "it failed" in err
    assert "Traceback (most recent call last)" in err
    assert "refused {'Authorization': '[redacted]'} of [redacted]" in err
    assert "locals" not in err
    lines = err.splitlines()
    assert len(lines) <= LINES + 2
    assert max(map(len, lines)) <= WIDTH + 1


async def test_a_task_that_nobody_asks_about(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", [SENTINEL])

    async def work() -> None:
        fail(SENTINEL)

    task = asyncio.create_task(work())
    await asyncio.wait([task])
    # Its last reference goes, which says so at once. To collect garbage would bring up what other tests have left.
    del task
    err = capsys.readouterr().err
    assert "Task exception was never retrieved" in err
    assert SENTINEL not in err


QUOTED = 'secret"with\\quotes'
"""Looks otherwise in JSON."""


def test_a_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", [QUOTED], "json")
    log = structlog.get_logger("ours")
    with structlog.contextvars.bound_contextvars(asked=7):
        log.info("admitted", request="r1", near=[QUOTED], what={"of": QUOTED}, path=Path("/a"), none=None)
    log.debug("not severe enough")
    logging.getLogger("theirs").warning("of %s", QUOTED)
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    moment = datetime.fromisoformat(first.pop("timestamp"))
    assert moment.tzinfo is not None
    assert first == {
        "level": "info",
        "event": "admitted",
        "request": "r1",
        "near": ["[redacted]"],
        "what": {"of": "[redacted]"},
        "path": "/a",
        "none": None,
        "asked": 7,
    }
    assert (second["level"], second["event"]) == ("warning", "of [redacted]")


@contextmanager
def logging_to(data_dir: Path) -> Iterator[structlog.typing.FilteringBoundLogger]:
    """Log into a data directory too."""
    configure("info", [QUOTED])
    keep_in(data_dir, 1)
    (handler,) = [each for each in logging.root.handlers if isinstance(each, logging.handlers.RotatingFileHandler)]
    try:
        yield structlog.get_logger("ours")
    finally:
        handler.close()


def test_lines_are_kept_and_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not [*lines(tmp_path)]
    with logging_to(tmp_path) as log:
        log.info("one", near=QUOTED)
        with (tmp_path / FILE).open("a") as file:
            file.write('nonsense\n[]\n{"event": 1}\n{"torn\n')
        log.error("two", request="r")
    one, two = lines(tmp_path)
    assert (one["event"], one["near"], two["request"]) == ("one", "[redacted]", "r")
    assert "near=[redacted]" in capsys.readouterr().err
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert as_text(two).split()[2:] == ["[error", "]", "two", "request=r"]


def test_the_oldest_lines_go(tmp_path: Path) -> None:
    with logging_to(tmp_path) as log:
        for number in range(130):
            log.info("x" * 10_000, number=number)
    files = [*(tmp_path / FILE).parent.iterdir()]
    assert len(files) == OLDER + 1
    assert sum(file.stat().st_size for file in files) <= 10**6
    numbers = [line["number"] for line in lines(tmp_path)]
    assert numbers == [*range(numbers[0], 130)]
    assert 0 < numbers[0] < 60


def test_what_cannot_be_kept_is_still_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / FILE).mkdir(parents=True)
    with logging_to(tmp_path) as log:
        log.info("one")
    err = capsys.readouterr().err
    assert "one" in err
    assert "Traceback" not in err


def test_a_line_from_anybody_steers_no_terminal() -> None:
    line = {"event": "\x1b[31mred", "level": ["x"], "timestamp": "never", "exception": "a\x07\nb"}
    assert "\x1b" not in harmless(as_text(line))
    assert "\x07" not in harmless(as_text(line))


def test_processes_that_share_a_directory_have_files_of_their_own(tmp_path: Path) -> None:
    (tmp_path / FILE).parent.mkdir()
    for name, event in ((FILE, "alone"), (FILE.with_stem("easel-shard-8"), "of shard 8")):
        (tmp_path / name).write_text(json.dumps({"event": event}) + "\n")
    assert [line["event"] for line in lines(tmp_path)] == ["alone", "of shard 8"]
