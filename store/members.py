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
    """Remembers it for ever.

    Args:
        database: to keep it in.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def choices(self, member: int) -> Choices:
        """Return what a member has chosen, by name; nothing where it cannot be read. Raises ``StoreError``."""
        chosen = select(members.c.settings).where(members.c.member == member)
        text = await self._database.run(lambda connection: connection.execute(chosen).scalar())
        try:
            return _adapter.validate_json(text) if text is not None else {}
        except ValueError:
            _log.error("what a member has chosen cannot be read", member=member)
            return {}

    async def choose(self, member: int, choices: Choices) -> None:
        """Let this be all that a member has chosen; raises ``StoreError``."""
        row = {"member": member, "settings": json.dumps(dict(choices))}

        def work(connection: Connection) -> None:
            connection.execute(delete(members).where(members.c.member == member))
            if choices:
                connection.execute(insert(members).values(row))

        await self._database.run(work)
