"""Contacts are found by the number that called, for who had the caller last."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_contacts_number", "contacts", ["number"])
