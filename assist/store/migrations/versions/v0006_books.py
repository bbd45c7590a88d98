"""What the measures of past days came to, kept when their events are not."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "intervals",
        sa.Column("start", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("queue", sa.String(), primary_key=True),
        sa.Column("agent", sa.String(), primary_key=True),
        sa.Column("sums", sa.Text(), nullable=False),
    )
