"""What a worker writes, as lines of the log."""

import asyncio
import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from generation.executor.output import log_output

CONTEXT = {"device": "cuda:0", "requests": ["a", "b"]}


async def logged(*lines: bytes) -> list[dict[str, Any]]:
    """Return what is logged of these."""
    stream = asyncio.StreamReader(limit=1000)
    stream.feed_data(b"".join(lines))
    stream.feed_eof()
    with capture_logs() as logs:
        await log_output(stream, lambda: CONTEXT)
    return [dict(line) for line in logs]


async def test_a_line_of_ours_keeps_its_level_and_its_request() -> None:
    line = json.dumps({"event": "broke off", "level": "warning", "request": "a", "exception": "x\ny"}).encode()
    assert await logged(line, b"\n") == [
        {"event": "broke off", "log_level": "warning", "device": "cuda:0", "request": "a", "exception": "x\ny"}
    ]


async def test_a_line_that_is_about_no_request_is_about_all_that_run() -> None:
    (line,) = await logged(b'{"event": "worker failed", "level": "error"}\n')
    assert line == {"event": "worker failed", "log_level": "error", **CONTEXT}


@pytest.mark.parametrize(
    "text",
    [
        "terminate called after throwing",
        "{",
        "{}",
        '{"event": "x"}',
        '{"event": "x", "level": "__class__"}',
        '{"event": 1, "level": "info"}',
        "\ufffd",
    ],
)
async def test_any_other_line_is_an_error(text: str) -> None:
    (line,) = await logged(text.encode(), b"\n")
    assert line == {"event": "worker wrote", "log_level": "error", "text": text, **CONTEXT}


async def test_what_is_no_text_or_too_long_stops_nothing() -> None:
    lines = await logged(b"\xff\n", b"x" * 5000, b"\n", b"\n", b"last")
    assert [line["text"] for line in lines][-1] == "last"
    assert all(line["event"] == "worker wrote" for line in lines)
