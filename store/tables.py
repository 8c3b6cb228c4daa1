"""What the database holds. A change of it is also a new file in ``migrations/versions``."""

import re

from sqlalchemy import BigInteger, Column, Dialect, Float, Integer, MetaData, Table, Text, TypeDecorator

WAITING, RUNNING, POSTING, DONE, FAILED, CANCELLED = "waiting", "running", "posting", "done", "failed", "cancelled"
"""States: in line, on a device, ended with a final post to be shown; then how it ended."""
UNWRITABLE = re.compile("[\0\ud800-\udfff]")
"""Characters that not every database takes."""

metadata = MetaData()


class AnyText(TypeDecorator[str]):
    """Text from anybody: what not every database takes is written as U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return what is written."""
        del dialect
        return None if value is None else UNWRITABLE.sub("\ufffd", value)


requests = Table(
    "requests",
    metadata,
    Column("number", Integer, primary_key=True),  # in the order of acceptance
    Column("id", Text, nullable=False, unique=True),
    Column("request", Text, nullable=False),  # JSON
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),  # workers that died over it
    Column("message", BigInteger, unique=True),  # that asked; NULL once it has asked for something else
    Column("channel", BigInteger, nullable=False),
    Column("guild", BigInteger),  # NULL in private
    Column("author", BigInteger, nullable=False),
    Column("author_name", AnyText, nullable=False),
    Column("post", BigInteger),  # the bot's message about it, once it was sent
    Column("posted", Float),  # when that was, in Unix seconds, as all times
    Column("seconds", Float),  # of painting
    Column("left_out", AnyText, nullable=False),  # the tail of the prompt that was not painted
    Column("sentence", AnyText),  # why it failed
    Column("accepted", Float, nullable=False),
    Column("ended", Float, index=True),  # NULL until the post says how it ended
)

heard = Table(
    "heard",
    metadata,
    Column("id", Integer, primary_key=True),  # 1: there is one row
    Column("message", BigInteger, nullable=False),  # up to which everything was heard
    Column("at", Float, nullable=False),
)
