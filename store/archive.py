"""Requests that are known, by their ids, by their posts and by search, whether they have ended or not."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated

import structlog
from pydantic import Field, TypeAdapter
from sqlalchemy import ColumnElement, Connection, RowMapping, func, select

from generation.fields import Text
from generation.request import ImagineRequest
from store.asked import Asked, Id
from store.database import Database
from store.errors import StoreError
from store.pictures import PictureFolder
from store.tables import DONE, POSTING, UNWRITABLE, requests

PAINTED = requests.c.state.in_((POSTING, DONE)) & requests.c.sentence.is_(None)
MOST_SEARCHED = 5000
"""Requests that one search reads; the next goes on behind them."""

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
        accepted: when it was, in Unix seconds.
        number: greater than those of all that were accepted before.
    """

    request: ImagineRequest
    asked: Asked
    state: str
    post: Id | None
    seconds: Annotated[float, Field(ge=0)] | None
    left_out: Text
    sentence: Text | None
    accepted: float
    number: int

    @property
    def is_painted(self) -> bool:
        """Whether its picture was finished."""
        return self.state in (POSTING, DONE) and self.sentence is None


@dataclass(frozen=True, slots=True)
class Search:
    """Which finished pictures are looked for.

    Args:
        member: the id of who asked, or a part of what they were called; ``""`` for everybody.
        guilds: in which servers; None for anywhere.
        words: that all stand in the prompt, in any case and order.
        since: accepted at this time or later, in Unix seconds.
        until: accepted before this time.
    """

    member: str = ""
    guilds: Collection[int] | None = None
    words: str = ""
    since: float | None = None
    until: float | None = None

    def fits(self, guild: int | None, author: int, name: str, request: str) -> bool:
        """Return whether a request, given as JSON, is looked for; its time aside."""
        if self.guilds is not None and guild not in self.guilds:
            return False
        if self.member not in ("", str(author)) and self.member.casefold() not in name.casefold():
            return False
        words = self.words.casefold().split()
        try:
            prompt = str(json.loads(request)["prompt"]).casefold() if words else ""
        except (ValueError, LookupError, TypeError):
            return False
        return all(word in prompt for word in words)


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

    async def film(self, request: ImagineRequest) -> bytes | None:
        """Return the film of a finished picture as an MP4; None where there is none, or it is not kept."""
        _, films = await self._pictures.read(request)
        return films.get("mp4")

    async def painted_by(self, member: int, most: int) -> Sequence[Archived]:
        """Return a member's requests whose pictures were finished, newest first; none where that cannot be known."""
        return await self._all(most, requests.c.author == member, PAINTED)

    async def search(
        self, wanted: Search, most: int, before: int | None = None
    ) -> tuple[Sequence[Archived], int | None]:
        """Look for requests whose pictures were finished, newest first.

        Args:
            wanted: which.
            most: that are returned.
            before: only those of smaller numbers.

        Returns:
            What was found, and before which number to search on; None where there is no more.

        Raises:
            StoreError: it cannot be known.
        """
        bounds: list[ColumnElement[bool]] = [PAINTED]
        bounds += [] if wanted.since is None else [requests.c.accepted >= wanted.since]
        bounds += [] if wanted.until is None else [requests.c.accepted < wanted.until]
        bounds += [] if before is None else [requests.c.number < before]
        query = select(requests).where(*bounds).order_by(requests.c.number.desc()).limit(MOST_SEARCHED)

        def look(connection: Connection) -> tuple[list[RowMapping], int | None]:
            found = []
            for looked, row in enumerate(connection.execute(query).mappings(), 1):
                if wanted.fits(row["guild"], row["author"], row["author_name"], row["request"]):
                    found.append(row)
                if len(found) == most or looked == MOST_SEARCHED:
                    return found, int(row["number"])
            return found, None

        rows, on = await self._database.run(look)
        return [each for row in rows if (each := _read(row)) is not None], on

    async def failed(self, most: int) -> Sequence[Archived]:
        """Return the requests that failed last, newest first; none where that cannot be known."""
        return await self._all(most, requests.c.sentence.is_not(None))

    async def names(self, members: Collection[int]) -> Mapping[int, str]:
        """Return what members were called when they last asked for something, as far as that is known.

        Raises:
            StoreError: it cannot be known.
        """
        newest = select(func.max(requests.c.number)).where(requests.c.author.in_(members)).group_by(requests.c.author)
        query = select(requests.c.author, requests.c.author_name).where(requests.c.number.in_(newest))
        rows = await self._database.run(lambda connection: connection.execute(query).all())
        return {row.author: row.author_name for row in rows}

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
