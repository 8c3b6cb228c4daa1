"""Log lines of a worker: one JSON object a line on standard error, which its parent takes into its own log."""

import logging
import sys

import structlog
from structlog.typing import Processor


def configure() -> None:
    """Write our lines so, and the warnings of Python and the libraries."""
    logging.captureWarnings(capture=True)
    shared: list[Processor] = [structlog.stdlib.add_log_level]
    rendered: list[Processor] = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*shared, *rendered],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    without_record = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    formatter = structlog.stdlib.ProcessorFormatter(processors=[without_record, *rendered], foreign_pre_chain=shared)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
