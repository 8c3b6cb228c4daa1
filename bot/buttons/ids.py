"""What the ids of buttons and forms say: all that is needed to know what is meant, also after years.

::

    id = "easel:1:" , action , ":" , of , [ ":" , member ] ;
"""

import re
from dataclasses import dataclass
from typing import Self

ID = re.compile(r"easel:1:(?P<action>[a-z-]{1,20}):(?P<of>[0-9A-Za-z_-]{1,40})(?::(?P<member>[1-9][0-9]{0,18}))?")


@dataclass(frozen=True, slots=True)
class ButtonId:
    """The meaning of an id.

    Args:
        action: what is to be done.
        of: to what: mostly the id of a request.
        member: whose it is, where only they may do it.
    """

    action: str
    of: str
    member: int | None = None

    def __str__(self) -> str:
        """Return the id, at most 100 characters."""
        return f"easel:1:{self.action}:{self.of}" + (f":{self.member}" if self.member is not None else "")

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the meaning of an id, which may come from anybody; None where it is none of these."""
        match = ID.fullmatch(text)
        if match is None:
            return None
        return cls(match["action"], match["of"], int(match["member"]) if match["member"] else None)
