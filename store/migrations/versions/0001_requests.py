"""Requests, and up to where was heard."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "requests",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("message", sa.BigInteger, unique=True),
        sa.Column("channel", sa.BigInteger, nullable=False),
        sa.Column("guild", sa.BigInteger),
        sa.Column("author", sa.BigInteger, nullable=False),
        sa.Column("author_name", sa.Text, nullable=False),
        sa.Column("post", sa.BigInteger),
        sa.Column("posted", sa.Float),
        sa.Column("seconds", sa.Float),
        sa.Column("left_out", sa.Text, nullable=False),
        sa.Column("sentence", sa.Text),
        sa.Column("accepted", sa.Float, nullable=False),
        sa.Column("ended", sa.Float),
    )
    op.create_index("ix_requests_ended", "requests", ["ended"])
    op.create_table(
        "heard",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("message", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("heard")
    op.drop_table("requests")
