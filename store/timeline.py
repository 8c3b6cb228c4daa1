"""All that the database knows of one request, for whoever looks what became of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated

from pydantic import Field, TypeAdapter
from sqlalchemy import RowMapping, select

from config.settings import Settings
from generation.fields import Text
from generation.request import ImagineRequest
from store.asked import Asked, Id
from store.database import connected
from store.engine import database_url
from store.errors import StoreError
from store.inspection import inspect
from store.tables import UNWRITABLE, requests

MESSAGE = re.compile(r"(?:https://[\w.]+/channels/[\w@]+/\d+/)?(\d{15,18}|[1-8]\d{18})", re.ASCII)
"""Its id, or its address at Discord."""
Moment = Annotated[float, Field(ge=0)] | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """A request from its acceptance to its end; moments in Unix seconds, None where they have not come.

    Args:
        request: what was asked for.
        asked: by whom, and where.
        state: as in ``store.tables``.
        attempts: workers that have died over it.
        device: that took it last.
        accepted: when it was.
        started: when a device first took it.
        finished: when its picture was there, or it had failed.
        ended: when its post said so.
        seconds: of painting.
        encoding: of these, for encoding the picture.
        sentence: why it failed.
        post: the bot's message about it.
    """

    request: ImagineRequest
    asked: Asked
    state: str
    attempts: int
    device: Text | None
    accepted: float
    started: Moment
    finished: Moment
    ended: Moment
    seconds: Moment
    encoding: Moment
    sentence: Text | None
    post: Id | None

    @property
    def stages(self) -> Mapping[str, float]:
        """Seconds of each stage that is over, in order."""
        spans = {
            "waited": (self.accepted, self.started),
            "painted": (self.encoding, self.seconds),
            "encoded": (0.0, self.encoding),
            "posted": (self.finished, self.ended),
        }
        both = {name: (start, end) for name, (start, end) in spans.items() if start is not None and end is not None}
        return {name: max(0.0, end - start) for name, (start, end) in both.items()}

    @property
    def link(self) -> str | None:
        """The address of the post at Discord; None where none was sent."""
        if self.post is None:
            return None
        return f"https://discord.com/channels/{self.asked.guild or '@me'}/{self.asked.channel}/{self.post}"


async def timeline(settings: Settings, name: str) -> Timeline | None:
    """Return what is known of a request, the newest where there are several; None where none is known.

    Args:
        settings: where the database is.
        name: the request's id, or the id or the address of a message that asked for it or shows it; from anybody.

    Raises:
        StoreError: the database cannot be used, is not of this version, or what it holds cannot be read.
    """
    standing = await inspect(settings)
    if standing.revision is None or UNWRITABLE.search(name):
        return None
    if standing.revision != standing.newest:
        raise StoreError(
            f"The database {standing.database} is at revision {standing.revision}, and the next start of the bot "
            f"brings it to {standing.newest}."
        )
    which = requests.c.id == name
    if found := MESSAGE.fullmatch(name):
        which |= (requests.c.post == int(found[1])) | (requests.c.message == int(found[1]))
    query = select(requests).where(which).order_by(requests.c.number.desc()).limit(1)
    async with connected(database_url(settings)) as database:
        row = await database.prepare(lambda connection: connection.execute(query).mappings().first())
    return None if row is None else _read(row)


def _read(row: RowMapping) -> Timeline:
    asked = {field.name: row[field.name] for field in fields(Asked)}
    # What it asked with was forgotten when its message asked for something else.
    asked["message"] = asked["message"] or 0
    try:
        values = {field.name: row[field.name] for field in fields(Timeline) if field.name in row}
        values |= {"request": ImagineRequest.from_json(str(row["request"])), "asked": asked}
        return _adapter().validate_python(values)
    except ValueError:
        raise StoreError(f"Request number {row['number']} in the database cannot be read.") from None


@cache
def _adapter() -> TypeAdapter[Timeline]:
    return TypeAdapter(Timeline)
