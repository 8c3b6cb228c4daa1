"""All that is known of one request: from the database, and from the log."""

import asyncio
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from config.layers import ConfigError, load
from config.token_file import with_token
from easel.disk import data_dir
from easel.logs import as_text, configure, harmless, lines
from easel.redaction import redact
from store.engine import secrets
from store.timeline import Timeline, timeline

UNKNOWN = (
    "easel: no request {0} is known: of one that ended, what is known is deleted after store.keep_days "
    "({1}), and its lines when log.megabytes are full"
)
NOT_KEPT = "The database knows nothing of it any more."
LONGEST_ID = 64
"""Characters of an id that are repeated."""

Line = dict[str, Any]


def print_request(name: str, config: Path | None, arguments: Sequence[str], *, as_json: bool) -> bool:
    """Print what is known of a request, and return whether anything is.

    Args:
        name: of the request, as of ``store.timeline``.
        config: the file of settings.
        arguments: ``key=value`` each.
        as_json: in one line.

    Raises:
        ConfigError, StoreError: the settings, the database or the log cannot be read, or there is no ``data_dir``.
    """
    settings = with_token(load(config, arguments))
    token, url = settings.discord.token, settings.store.url
    hidden = [*([token.get_secret_value()] if token else []), *(secrets(url.get_secret_value()) if url else [])]
    configure("error", hidden)
    folder = data_dir(settings)
    known = asyncio.run(timeline(settings, name))
    request_id = known.request.id if known else name
    try:
        said = sorted(about(lines(folder), request_id, known), key=lambda line: str(line.get("timestamp", "")))
        if known is None and not folder.exists():
            raise ConfigError(f"data_dir: there is no folder {folder}; name the bot's")
    except OSError as error:
        raise ConfigError(f"data_dir: the log in {folder} cannot be read: {error.strerror}") from None
    if known is None and not said:
        print(UNKNOWN.format(harmless(request_id[:LONGEST_ID]), settings.store.keep_days), file=sys.stderr)
        return False
    if as_json:
        told = {"id": request_id, "request": as_object(known) if known else None, "lines": said}
        print(redact(json.dumps(told, ensure_ascii=False)))
        return True
    for line in [*(described(known) if known else [NOT_KEPT]), *map(as_text, said)]:
        print(harmless(redact(line)))
    return True


def about(found: Iterable[Line], request_id: str, known: Timeline | None) -> list[Line]:
    """Return the lines about a request, and about the message or interaction that asked for it."""
    asking = known.asked.message if known else None

    def is_about(line: Line) -> bool:
        if "request" in line:
            return bool(line["request"] == request_id)
        requests = line.get("requests")
        has = isinstance(requests, list) and request_id in requests
        return has or (asking is not None and line.get("asked") == asking)

    return [line for line in found if is_about(line)]


def described(known: Timeline) -> list[str]:
    """Return what the database knows in lines for a person."""
    request, asked = known.request, known.asked
    where = "in private" if asked.guild is None else f"in server {asked.guild}, channel {asked.channel}"
    told = {
        "request": request.id,
        "prompt": " ".join(request.prompt.split()),
        "picture": f"{request.width}×{request.height}, {request.steps} steps, seed {request.seed}",
        "asked by": f"{' '.join(asked.author_name.split())} ({asked.author}) {where}, message {asked.message}",
        "accepted": _moment(known.accepted),
        "started": f"{_moment(known.started)} on {known.device}" if known.started else "not yet",
        "died": f"{known.attempts} workers died over it" if known.attempts else "",
        "state": known.state + (f": {known.sentence}" if known.sentence else ""),
        "stages": ", ".join(f"{name} {seconds:.1f} s" for name, seconds in known.stages.items()),
        "post": known.link or "",
    }
    return [f"{name:<9} {text}" for name, text in told.items() if text]


def as_object(known: Timeline) -> dict[str, Any]:
    """Return what the database knows as what JSON can say; moments in Unix seconds."""
    plain = {**asdict(known), "request": json.loads(known.request.to_json())}
    return {**plain, "stages": dict(known.stages), "link": known.link}


def _moment(seconds: float | None) -> str:
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M:%S}"
