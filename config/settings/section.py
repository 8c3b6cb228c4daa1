"""What a group of settings is, and which values several take."""

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

LAST_PORT = 2**16 - 1
Count = Annotated[int, Field(strict=True, ge=1)]
Port = Annotated[int, Field(strict=True, ge=1, le=LAST_PORT)]
TOKEN = re.compile(r"[!-~]+")
"""A secret, without blanks."""


def has_possible_port(address: str) -> bool:
    """Return whether a port that stands at the end of an address, if one does, is one that there can be."""
    _, colon, port = address.partition(":")
    return not colon or 1 <= int(port) <= LAST_PORT


class Section(BaseModel):
    """A frozen group of settings that knows no other keys than its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def must_not_exceed(self, smaller: str, larger: str) -> None:
        """Raise an error that names both keys when the value of ``smaller`` is the greater."""
        if getattr(self, smaller) > getattr(self, larger):
            raise PydanticCustomError("pair", "must not be greater than", {"first": smaller, "second": larger})

    def must_not_both_be_set(self, first: str, second: str) -> None:
        """Raise an error that names both keys when both have a value."""
        if getattr(self, first) is not None and getattr(self, second) is not None:
            raise PydanticCustomError("pair", "cannot be set beside", {"first": first, "second": second})
