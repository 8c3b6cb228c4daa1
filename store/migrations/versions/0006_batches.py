"""What tells of files of requests, and as how many pictures a request counts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "batches",
        sa.Column("message", sa.BigInteger, primary_key=True),
        sa.Column("channel", sa.BigInteger, nullable=False),
        sa.Column("guild", sa.BigInteger),
        sa.Column("author", sa.BigInteger, nullable=False),
        sa.Column("author_name", sa.Text, nullable=False),
        sa.Column("has_message", sa.Boolean, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("bad", sa.Text, nullable=False),
        sa.Column("post", sa.BigInteger),
    )
    op.add_column("usage", sa.Column("pictures", sa.Integer, nullable=False, server_default="1"))


def downgrade() -> None:
    """Drop them."""
    op.drop_table("batches")
    op.drop_column("usage", "pictures")
