"""A request as the database keeps it until its post says how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter
from sqlalchemy import RowMapping

from generation.fields import Text
from generation.request import ImagineRequest
from store.asked import Asked, Id
from store.tables import POSTING


@dataclass(frozen=True, slots=True)
class Kept:
    """A request whose post does not yet say how it ended.

    Args:
        request: what was asked for.
        asked: by whom, and where.
        state: of the request; ``posting`` where it has ended.
        attempts: workers that have died over it.
        starts: bots that painted it and ended without having been stopped.
        post: the bot's message about it; None where none is known to have been sent.
        posted: when that was, in Unix seconds.
        seconds: of painting.
        left_out: the tail of the prompt that was not painted.
        sentence: why it failed; None where it has not.
        together: whether others than who asked may steer it.
        png: the finished picture, where there is one.
        files: what was made beside it, as of ``generation.events.Finished``.
    """

    request: ImagineRequest
    asked: Asked
    state: Literal["waiting", "running", "posting", "cancelled"]
    attempts: Annotated[int, Field(ge=0)]
    starts: Annotated[int, Field(ge=0)]
    post: Id | None
    posted: float | None
    seconds: float | None
    left_out: Text
    sentence: Text | None
    together: bool = False
    png: bytes | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def is_painted(self) -> bool:
        """Whether its picture was finished."""
        return self.state == POSTING and self.sentence is None


def read(row: RowMapping) -> Kept:
    """Return what a row says, which may come from anybody; raises ``ValueError``."""
    request = ImagineRequest.from_json(str(row["request"]))
    if request.id != row["id"]:
        raise ValueError("It is another request's.")
    values = {field.name: row[field.name] for field in fields(Kept) if field.name in row}
    asked = {field.name: row[field.name] for field in fields(Asked)}
    return _adapter().validate_python({**values, "request": request, "asked": asked})


@cache
def _adapter() -> TypeAdapter[Kept]:
    return TypeAdapter(Kept)
