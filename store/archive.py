"""Requests that are known, by their ids and by their posts, whether they have ended or not."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated

import structlog
from pydantic import Field, TypeAdapter
from sqlalchemy import ColumnElement, RowMapping, select

from generation.request import ImagineRequest, Text
from store.asked import Asked, Id
from store.database import Database
from store.errors import StoreError
from store.pictures import PictureFolder
from store.tables import DONE, POSTING, UNWRITABLE, requests

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Archived:
    """A request as it is known.

    Args:
        request: what was asked for.
        asked: by whom, and where.
        state: of the request, as in ``store.tables``.
        post: the bot's message about it; None where none is known to have been sent.
        seconds: of painting.
        left_out: the tail of the prompt that was not painted.
        sentence: why it failed; None where it has not.
    """

    request: ImagineRequest
    asked: Asked
    state: str
    post: Id | None
    seconds: Annotated[float, Field(ge=0)] | None
    left_out: Text
    sentence: Text | None

    @property
    def is_painted(self) -> bool:
        """Whether its picture was finished."""
        return self.state in (POSTING, DONE) and self.sentence is None


class Archive:
    """Finds what was asked for, for as long as it is kept.

    Args:
        database: that knows the requests.
        pictures: that were finished.
    """

    def __init__(self, database: Database, pictures: PictureFolder) -> None:
        self._database = database
        self._pictures = pictures

    async def of_id(self, request_id: str) -> Archived | None:
        """Return the request of an id, which may come from anybody; None where it is not known, or not now."""
        return None if UNWRITABLE.search(request_id) else await self._find(requests.c.id == request_id)

    async def of_post(self, message_id: int) -> Archived | None:
        """Return the request whose post that message is; None where it is not known, or not now."""
        return await self._find(requests.c.post == message_id)

    async def of_asking(self, message_id: int) -> Archived | None:
        """Return a request that that message asked for; None where none is known, or not now."""
        return await self._find(requests.c.message == message_id, requests.c.has_message)

    async def picture(self, request: ImagineRequest) -> bytes | None:
        """Return the finished picture of a request as a PNG; None where it is not kept."""
        png, _ = await self._pictures.read(request)
        return png

    async def painted_by(self, member: int, most: int) -> Sequence[Archived]:
        """Return a member's requests whose pictures were finished, newest first; none where that cannot be known."""
        is_painted = requests.c.state.in_((POSTING, DONE)) & requests.c.sentence.is_(None)
        return await self._all(most, requests.c.author == member, is_painted)

    async def _find(self, *which: ColumnElement[bool]) -> Archived | None:
        return next(iter(await self._all(1, *which)), None)

    async def _all(self, most: int, *which: ColumnElement[bool]) -> Sequence[Archived]:
        query = select(requests).where(*which).order_by(requests.c.number.desc()).limit(most)
        try:
            rows = await self._database.run(lambda connection: connection.execute(query).mappings().all())
        except StoreError as error:
            _log.warning("could not look up a request", error=str(error))
            return []
        return [each for row in rows if (each := _read(row)) is not None]


def _read(row: RowMapping) -> Archived | None:
    values = {field.name: row[field.name] for field in fields(Archived) if field.name in row}
    asked = {field.name: row[field.name] for field in fields(Asked)}
    try:
        request = ImagineRequest.from_json(str(row["request"]))
        return _adapter().validate_python({**values, "request": request, "asked": asked})
    except ValueError:
        _log.error("a request in the database cannot be read", number=row["number"])
        return None


@cache
def _adapter() -> TypeAdapter[Archived]:
    return TypeAdapter(Archived)
