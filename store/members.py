"""What members have chosen for themselves."""

import json
from collections.abc import Mapping
from typing import Annotated

import structlog
from pydantic import Field, TypeAdapter
from sqlalchemy import Connection, delete, insert, select

from store.database import Database
from store.tables import members

MOST = 50
"""Values of one member."""

Choices = Mapping[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=500)]]
"""Values by their names."""

_adapter: TypeAdapter[Choices] = TypeAdapter(Annotated[Choices, Field(max_length=MOST)])
_log = structlog.get_logger(__name__)


class Members:
    """Remembers it for ever, and in memory, since it is asked for with every picture.

    Args:
        database: to keep it in.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._choices: dict[int, Choices] = {}

    async def load(self) -> None:
        """Read what all have chosen, but what cannot be read; raises ``StoreError``."""
        rows = await self._database.run(lambda connection: connection.execute(select(members)).all())
        self._choices.clear()
        for row in rows:
            try:
                self._choices[row.member] = _adapter.validate_json(row.settings)
            except ValueError:
                _log.error("what a member has chosen cannot be read", member=row.member)

    def choices(self, member: int) -> Choices:
        """Return what a member has chosen, by name."""
        return self._choices.get(member, {})

    def forget(self, member: int) -> None:
        """Forget what a member has chosen, once it is deleted from the database."""
        self._choices.pop(member, None)

    async def choose(self, member: int, choices: Choices) -> None:
        """Let this be all that a member has chosen; raises ``StoreError``."""
        row = {"member": member, "settings": json.dumps(dict(choices))}

        def work(connection: Connection) -> None:
            connection.execute(delete(members).where(members.c.member == member))
            if choices:
                connection.execute(insert(members).values(row))

        await self._database.run(work)
        self._choices.pop(member, None)
        if choices:
            self._choices[member] = choices
