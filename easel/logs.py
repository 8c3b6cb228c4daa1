"""Log lines, ours and the libraries': as text for people or as JSON, on standard error and in a file."""

import json
import logging
import logging.handlers
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Any, Literal, TextIO

import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from easel.redaction import redact, redacting, remember

LEVELS = logging.getLevelNamesMapping()
FRAMES = 8
"""Of each exception, the innermost."""
LINES = 60
"""Of a traceback, with all the exceptions that caused one another."""
WIDTH = 300
"""Characters of a line of a traceback; the text of an exception can be a whole page that a server sent."""
FILE = Path("logs", "easel.jsonl")
"""In the data directory; older lines are in files of this name and ``.1``, ``.2``, …, the oldest last."""
OLDER = 4
"""How many of these there are."""

Format = Literal["text", "json"]

SHARED: Sequence[Processor] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt=None),
)


def configure(level: str, secrets: Sequence[str] = (), format: Format = "text") -> None:
    """Write what is at least as severe as ``level``, ours and the libraries', to standard error.

    Args:
        level: ``debug``, ``info``, ``warning`` or ``error``.
        secrets: what must not be written, wherever it comes from.
        format: ``text`` or, with an object a line, ``json``.
    """
    for secret in secrets:
        remember(secret)
    severity = LEVELS[level.upper()]
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(severity),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(redacting(sys.stderr))
    handler.setFormatter(_as_json() if format == "json" else _as_text())
    logging.basicConfig(level=severity, handlers=[handler], force=True)


def keep_in(data_dir: Path, megabytes: int | None, shards: Sequence[int] | None = None) -> None:
    """Write every line to a file in the data directory too, of which so much is kept; nothing where that is None.

    Args:
        data_dir: the setting.
        megabytes: of this process's files together.
        shards: of this process where others share the directory, each of which has a file of its own.

    Raises:
        OSError: the folder cannot be made.
    """
    if megabytes is None:
        return
    file = data_dir / FILE
    if shards:
        file = file.with_stem(f"{file.stem}-shard-{min(shards)}")
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = _File(file, maxBytes=megabytes * 10**6 // (OLDER + 1), backupCount=OLDER, delay=True, encoding="utf-8")
    handler.setFormatter(_as_json())
    logging.root.addHandler(handler)


def lines(data_dir: Path) -> Iterator[dict[str, Any]]:
    """Return what is in the files of a data directory, of each process the oldest line first; others are left out."""
    all_newest = [data_dir / FILE, *sorted(data_dir.glob(str(FILE.with_stem(f"{FILE.stem}-shard-*"))))]
    for file in [
        newest.with_name(f"{newest.name}.{number}") if number else newest
        for newest in all_newest
        for number in range(OLDER, -1, -1)
    ]:
        try:
            stream = file.open(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            continue
        with stream:
            for text in stream:
                try:
                    line = json.loads(text)
                except ValueError:
                    continue
                if isinstance(line, dict) and isinstance(line.get("event"), str):
                    yield line


def as_text(line: Mapping[str, Any]) -> str:
    """Return a line of the file as it is read on a terminal, with its day; it may come from anybody."""
    told = {str(name): value for name, value in line.items() if name not in ("level", "timestamp")}
    moment = _moment(str(line.get("timestamp")))
    renderer = structlog.dev.ConsoleRenderer(colors=False)
    return str(renderer(None, "", {"timestamp": moment, "level": str(line.get("level")), **told}))


def harmless(text: str) -> str:
    """Return text in which what steers a terminal is replaced."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)


def plain_traceback(error: BaseException) -> str:
    """Return the traceback in a bounded number of bounded lines, without local variables: they hold secrets."""
    whole = traceback.TracebackException.from_exception(error, limit=-FRAMES, compact=True)
    lines = redact("".join(whole.format())).splitlines()
    if len(lines) > LINES:
        half = LINES // 2
        lines[half:-half] = [f"… {len(lines) - LINES} lines …"]
    return "\n".join(line if len(line) <= WIDTH else f"{line[:WIDTH]}…" for line in lines)


class _File(logging.handlers.RotatingFileHandler):
    """A file that only this user can read. What cannot be written is left out: it is on standard error too."""

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return os.fdopen(descriptor, "a", encoding=self.encoding)

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, which is the name in logging
        del record


def _as_text() -> logging.Formatter:
    renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_write_traceback)
    return _formatter(_local_time, _without_secrets, renderer)


def _as_json() -> logging.Formatter:
    tracebacks = structlog.processors.ExceptionRenderer(lambda info: plain_traceback(info[1]))
    return _formatter(_utc, tracebacks, _without_secrets, structlog.processors.JSONRenderer(ensure_ascii=False))


def _formatter(*processors: Processor) -> logging.Formatter:
    without_record = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(processors=[without_record, *processors], foreign_pre_chain=SHARED)


def _local_time(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    line["timestamp"] = datetime.fromtimestamp(line["timestamp"]).astimezone().strftime("%H:%M:%S")
    return line


def _utc(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    moment = datetime.fromtimestamp(line.pop("timestamp"), UTC).isoformat(timespec="milliseconds")
    return {"timestamp": moment.replace("+00:00", "Z"), "level": line.pop("level"), "event": line.pop("event"), **line}


def _without_secrets(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Redact before quotes and backslashes are escaped, as which a secret would not be found."""
    return {name: value if name == "exc_info" else _redacted(value) for name, value in line.items()}


def _redacted(value: object) -> object:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {str(name): _redacted(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(each) for each in value]
    return value if isinstance(value, bool | int | float | None) else redact(str(value))


def _moment(text: str) -> str:
    try:
        return f"{datetime.fromisoformat(text).astimezone():%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError):
        return "?"


def _write_traceback(out: TextIO, exc_info: ExcInfo) -> None:
    out.write("\n" + plain_traceback(exc_info[1]))
