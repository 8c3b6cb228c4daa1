"""Log lines for people, on standard error."""

import logging
import sys

import structlog
from structlog.typing import Processor

LEVELS = logging.getLevelNamesMapping()


def configure(level: str) -> None:
    """Write what is at least as severe as ``level``, ours and the libraries', to standard error.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
    """
    severity = LEVELS[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper("%H:%M:%S", utc=False),
    ]
    renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(severity),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.basicConfig(level=severity, handlers=[handler], force=True)
