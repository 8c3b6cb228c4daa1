"""What the database holds. A change of it is also a new file in ``migrations/versions``."""

import re

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    true,
)

WAITING, RUNNING, POSTING, DONE, FAILED, CANCELLED = "waiting", "running", "posting", "done", "failed", "cancelled"
"""States: in line, on a device, ended with a final post to be shown; then how it ended."""
EVERYWHERE = 0
"""In the place of a server: all of them, and private conversations too."""
OPERATOR = 0
"""In the place of a member: whoever runs Easel."""
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
    Column("starts", Integer, nullable=False, server_default="0"),  # bots that painted it and were not stopped
    Column("message", BigInteger),  # that asked; NULL once it has asked for something else
    Column("part", Integer, nullable=False, server_default="0"),  # of several that one message asked for
    Column("has_message", Boolean, nullable=False, server_default=true()),  # else it is the id of an interaction
    Column("how", Text, nullable=False, server_default=""),  # what was pressed or chosen; empty where it was typed
    Column("source", BigInteger),  # the message under which that was
    Column("together", Boolean, nullable=False, server_default=false()),  # whether others may steer it
    Column("channel", BigInteger, nullable=False),
    Column("guild", BigInteger),  # NULL in private
    Column("author", BigInteger, nullable=False, index=True),
    Column("author_name", AnyText, nullable=False),
    Column("post", BigInteger, index=True),  # the bot's message about it, once it was sent
    Column("posted", Float),  # when that was, in Unix seconds, as all times
    Column("started", Float),  # when a device first took it
    Column("device", AnyText),  # that took it last
    Column("seconds", Float),  # of painting
    Column("encoding", Float),  # of these, for encoding the picture
    Column("finished", Float),  # when the picture was there, or it had failed
    Column("left_out", AnyText, nullable=False),  # the tail of the prompt that was not painted
    Column("sentence", AnyText),  # why it failed
    Column("accepted", Float, nullable=False),
    Column("ended", Float, index=True),  # NULL until the post says how it ended
    UniqueConstraint("message", "part", name="uq_requests_message"),
)

batches = Table(
    "batches",
    metadata,
    Column("message", BigInteger, primary_key=True),  # that brought the file, or the id of an interaction
    Column("channel", BigInteger, nullable=False),
    Column("guild", BigInteger),  # NULL in private
    Column("author", BigInteger, nullable=False),
    Column("author_name", AnyText, nullable=False),
    Column("has_message", Boolean, nullable=False),
    Column("name", AnyText, nullable=False),  # of the file
    Column("bad", AnyText, nullable=False),  # JSON: numbers of lines that are left out, and why
    Column("post", BigInteger),  # the bot's message about all of it, once it was sent
)
"""Files of requests whose message does not yet say how all of them ended."""

heard = Table(
    "heard",
    metadata,
    Column("id", Integer, primary_key=True),  # 1 and the first shard of the process
    Column("message", BigInteger, nullable=False),  # up to which everything was heard
    Column("at", Float, nullable=False),
)

leader = Table(
    "leader",
    metadata,
    Column("id", Integer, primary_key=True),  # 1: there is one row
    Column("address", Text, nullable=False),
)
"""Where the process is that has requests painted, where several are one bot."""

rules = Table(
    "rules",
    metadata,
    Column("guild", BigInteger, primary_key=True),
    Column("scope", Text, primary_key=True),  # "server", "channel" or "role"
    Column("place", BigInteger, primary_key=True),  # the channel or the role; 0 for the server
    Column("key", Text, primary_key=True),
    Column("value", AnyText, nullable=False),  # JSON
)
"""What moderators have set."""

words = Table(
    "words",
    metadata,
    Column("guild", BigInteger, primary_key=True),
    Column("pattern", AnyText, primary_key=True),  # as a moderator typed it
    Column("is_adult", Boolean, nullable=False),  # allowed in age-restricted channels
)
"""What may not stand in a prompt."""

blocks = Table(
    "blocks",
    metadata,
    Column("guild", BigInteger, primary_key=True),  # 0 for all servers
    Column("member", BigInteger, primary_key=True),
    Column("until", Float),  # NULL for ever
    Column("reason", AnyText, nullable=False),
    Column("moderator", BigInteger, nullable=False),
    Column("at", Float, nullable=False),
)
"""Who may ask for nothing."""

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("guild", BigInteger, nullable=False),
    Column("at", Float, nullable=False),
    Column("actor", BigInteger, nullable=False),
    Column("what", AnyText, nullable=False),
    Index("ix_audit_guild", "guild", "at"),
)
"""Who changed what, and who was refused why."""

usage = Table(
    "usage",
    metadata,
    Column("request", Text, primary_key=True),
    Column("guild", BigInteger, nullable=False),  # 0 in private
    Column("member", BigInteger, nullable=False),
    Column("at", Float, nullable=False, index=True),
    Column("cost", BigInteger, nullable=False),  # as of ImagineRequest.cost
    Column("pictures", Integer, nullable=False, server_default="1"),  # as of ImagineRequest.count
)
"""What counts towards the limits of a day."""

members = Table(
    "members",
    metadata,
    Column("member", BigInteger, primary_key=True),
    Column("settings", AnyText, nullable=False),  # JSON
)
"""What members have chosen for themselves."""
