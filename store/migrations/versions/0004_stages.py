"""When a request began and ended to be painted, and where."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

COLUMNS = {"started": sa.Float, "device": sa.Text, "encoding": sa.Float, "finished": sa.Float}


def upgrade() -> None:
    """Add the columns."""
    for name, kind in COLUMNS.items():
        op.add_column("requests", sa.Column(name, kind))


def downgrade() -> None:
    """Drop them."""
    for name in COLUMNS:
        op.drop_column("requests", name)
