"""What a worker writes to standard error, in the log of its parent."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

import structlog

LEVELS = ("debug", "info", "warning", "error")

_log = structlog.get_logger(__name__)


async def log_output(stream: asyncio.StreamReader, context: Callable[[], Mapping[str, object]]) -> None:
    """Log each line until the stream ends.

    Lines of ``generation.worker.log`` keep their level and what they are about. Any other comes from a library that
    knows no log, as a rule when it ends the process, so it is an error.

    Args:
        stream: the worker's standard error.
        context: returns what any line is about: the device, and the requests that it has.
    """
    while True:
        try:
            data = await stream.readline()
        except ValueError:  # it is longer than the stream's limit, and gone
            continue
        if not data:
            return
        text = data.decode("utf-8", "replace").rstrip()
        line = _read(text)
        if line is None:
            if text:
                _log.error("worker wrote", text=text, **context())
            continue
        about = {name: value for name, value in context().items() if name != "requests" or "request" not in line}
        level, event = line.pop("level"), line.pop("event")
        getattr(_log, level)(event, **about | line)


def _read(text: str) -> dict[str, Any] | None:
    """Return a line of our own; None where it is none."""
    if not text.startswith("{"):
        return None
    try:
        line = json.loads(text)
    except ValueError:
        return None
    is_ours = isinstance(line, dict) and line.get("level") in LEVELS and isinstance(line.get("event"), str)
    return line if is_ours else None
