"""Who asked for a picture, and where: what the bot needs to answer after it was restarted."""

from dataclasses import dataclass
from functools import cache
from typing import Annotated

from pydantic import Field, TypeAdapter

from generation.fields import Name

Id = Annotated[int, Field(ge=0, lt=2**63)]


@dataclass(frozen=True, slots=True)
class Asked:
    """The note that comes with a request.

    Args:
        message: that asked, or the id of the interaction that did.
        channel: where it was asked.
        guild: the server; None in private.
        author: who asked.
        author_name: what they are called there, for whoever looks into the database.
        part: of several requests of one message, by its number.
        has_message: whether it was asked by a message.
        how: what was pressed or chosen for it; empty where it was typed.
        source: the message under which that was, in the same channel.
    """

    message: Id
    channel: Id
    guild: Id | None
    author: Id
    author_name: Name
    part: Annotated[int, Field(ge=0, lt=1000)] = 0
    has_message: bool = True
    how: Name = ""
    source: Id | None = None

    def to_json(self) -> str:
        """Return it as one line of JSON."""
        return _adapter().dump_json(self).decode()

    @classmethod
    def from_json(cls, text: str) -> "Asked":
        """Read what :meth:`to_json` wrote; raises ``ValueError``."""
        return _adapter().validate_json(text)


@cache
def _adapter() -> TypeAdapter[Asked]:
    return TypeAdapter(Asked)
