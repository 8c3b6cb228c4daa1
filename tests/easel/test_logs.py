"""What is logged of exceptions."""

import asyncio
import gc
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from easel.logs import LINES, WIDTH, configure

SENTINEL = "sentinel/Which+is=logged_nowhere"


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    structlog.reset_defaults()


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
def test_a_traceback_is_plain_short_and_without_secrets(
    log: Callable[[BaseException], None], links: int, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("info", [SENTINEL])
    try:
        chain(links)
    except RuntimeError as error:
        log(error)
    out, err = capsys.readouterr()
    assert out == ""
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
    del task
    gc.collect()
    err = capsys.readouterr().err
    assert "Task exception was never retrieved" in err
    assert SENTINEL not in err
