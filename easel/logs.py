"""Log lines for people, on standard error."""

import logging
import sys
import traceback
from collections.abc import Sequence
from typing import TextIO

import structlog
from structlog.typing import ExcInfo, Processor

from easel.redaction import redact, redacting, remember

LEVELS = logging.getLevelNamesMapping()
FRAMES = 8
"""Of each exception, the innermost."""
LINES = 60
"""Of a traceback, with all the exceptions that caused one another."""
WIDTH = 300
"""Characters of a line of a traceback; the text of an exception can be a whole page that a server sent."""


def configure(level: str, secrets: Sequence[str] = ()) -> None:
    """Write what is at least as severe as ``level``, ours and the libraries', to standard error.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        secrets: what must not be written, wherever it comes from.
    """
    for secret in secrets:
        remember(secret)
    severity = LEVELS[level.upper()]
    stream = redacting(sys.stderr)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper("%H:%M:%S", utc=False),
    ]
    renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_write_traceback)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(severity),
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(level=severity, handlers=[handler], force=True)


def plain_traceback(error: BaseException) -> str:
    """Return the traceback in a bounded number of bounded lines, without local variables: they hold secrets."""
    whole = traceback.TracebackException.from_exception(error, limit=-FRAMES, compact=True)
    lines = redact("".join(whole.format())).splitlines()
    if len(lines) > LINES:
        half = LINES // 2
        lines[half:-half] = [f"… {len(lines) - LINES} lines …"]
    return "\n".join(line if len(line) <= WIDTH else f"{line[:WIDTH]}…" for line in lines)


def _write_traceback(out: TextIO, exc_info: ExcInfo) -> None:
    out.write("\n" + plain_traceback(exc_info[1]))
