"""What is known of requests at the end, from the store and from Discord."""

import contextlib
import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.caption import PAUSED
from bot.post import NOT_ATTACHED
from generation.request import ImagineRequest

COLUMNS = "id, request, state, sentence, message, channel, author, post, accepted, ended"
UNFINISHED = re.compile(rf"^(Next in line|Number \d+ in line|[▰▱]|{re.escape(PAUSED)}|{re.escape(NOT_ATTACHED)})", re.M)


@dataclass(frozen=True, slots=True)
class Row:
    """A request as the store has it; see :mod:`store.tables`."""

    id: str
    prompt: str
    state: str
    sentence: str | None
    message: int | None
    channel: int
    author: int
    post: int | None
    accepted: float
    ended: float | None


def rows_of(database: Path) -> Sequence[Row]:
    """Return every request in the store; none before there is one."""
    if not database.exists():
        return []
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=60)) as connection:
        try:
            rows = connection.execute(f"SELECT {COLUMNS} FROM requests ORDER BY number").fetchall()  # noqa: S608
        except sqlite3.OperationalError:
            return []
    return [Row(name, ImagineRequest.from_json(request).prompt, *more) for name, request, *more in rows]


def is_final(content: str) -> bool:
    """Say whether that is what a post says in the end."""
    return not UNFINISHED.search(content)


@dataclass(frozen=True, slots=True)
class Said:
    """A member's message that asks for a picture.

    Args:
        id: of the message.
        channel: where it was written.
        author: who wrote it.
        at: when it was written, in Unix seconds.
        prompts: what it asked for, at first and since.
        done: what was done about it: "edit", "delete", "cancel", "remove".
    """

    id: int
    channel: int
    author: int
    at: float
    prompts: Sequence[str]
    done: Sequence[str]


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of the bot.

    Args:
        id: of the message.
        channel: where it is.
        content: its text.
        files: the names of what is attached.
        reference: the message to which it replies.
        mentions: users that it pings or names.
        at: when it was written or changed last, in Unix seconds.
    """

    id: int
    channel: int
    content: str
    files: Sequence[str]
    reference: int | None
    at: float
