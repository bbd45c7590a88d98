"""How far readers of the event log have come."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "bookmarks",
        sa.Column("name", sa.String(), primary_key=True),
        sa.Column("position", _POSITION, nullable=False),
    )
