"""Several requests of one message, requests without one, and what moderators and members have set."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NAMING = {"uq": "uq_%(table_name)s_%(column_0_name)s"}


def upgrade() -> None:
    """Make the tables."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    # SQLite has no name for what revision 0001 made, and gets one here; PostgreSQL gave it one of its own.
    unique = "uq_requests_message" if is_sqlite else "requests_message_key"
    with op.batch_alter_table("requests", naming_convention=NAMING if is_sqlite else None) as batch:
        batch.drop_constraint(unique, type_="unique")
        batch.add_column(sa.Column("part", sa.Integer, nullable=False, server_default="0"))
        batch.add_column(sa.Column("has_message", sa.Boolean, nullable=False, server_default=sa.true()))
        batch.add_column(sa.Column("how", sa.Text, nullable=False, server_default=""))
        batch.add_column(sa.Column("source", sa.BigInteger))
        batch.add_column(sa.Column("together", sa.Boolean, nullable=False, server_default=sa.false()))
        batch.create_unique_constraint("uq_requests_message", ["message", "part"])
    op.create_index("ix_requests_author", "requests", ["author"])
    op.create_index("ix_requests_post", "requests", ["post"])
    op.create_table(
        "rules",
        sa.Column("guild", sa.BigInteger, primary_key=True),
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("place", sa.BigInteger, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "words",
        sa.Column("guild", sa.BigInteger, primary_key=True),
        sa.Column("pattern", sa.Text, primary_key=True),
        sa.Column("is_adult", sa.Boolean, nullable=False),
    )
    op.create_table(
        "blocks",
        sa.Column("guild", sa.BigInteger, primary_key=True),
        sa.Column("member", sa.BigInteger, primary_key=True),
        sa.Column("until", sa.Float),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("moderator", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("guild", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("actor", sa.BigInteger, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
    )
    op.create_index("ix_audit_guild", "audit", ["guild", "at"])
    op.create_table(
        "usage",
        sa.Column("request", sa.Text, primary_key=True),
        sa.Column("guild", sa.BigInteger, nullable=False),
        sa.Column("member", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("cost", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_usage_at", "usage", ["at"])
    op.create_table(
        "members",
        sa.Column("member", sa.BigInteger, primary_key=True),
        sa.Column("settings", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop what was made.

    The first revision knows one request of a message, and none without: of the others it forgets what asked, and those
    that have not ended it gives up.
    """
    for table in ("members", "usage", "audit", "blocks", "words", "rules"):
        op.drop_table(table)
    op.drop_index("ix_requests_post", "requests")
    op.drop_index("ix_requests_author", "requests")
    op.execute("UPDATE requests SET message = NULL WHERE part <> 0 OR NOT has_message")
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("requests") as batch:
        batch.drop_constraint("uq_requests_message", type_="unique")
        for column in ("part", "has_message", "how", "source", "together"):
            batch.drop_column(column)
        # The names by which the upgrade finds it.
        batch.create_unique_constraint("uq_requests_message" if is_sqlite else "requests_message_key", ["message"])
