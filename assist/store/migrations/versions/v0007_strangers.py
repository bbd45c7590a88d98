"""What is promised to, or found wanting by, callers who are not in the customer base is to be done as well."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Let both be nobody's we know; an issue says which contact it came from, and whom to call."""
    with op.batch_alter_table("promises") as promises:
        promises.alter_column("customer_id", existing_type=sa.Integer(), nullable=True)
    with op.batch_alter_table("issues") as issues:
        issues.alter_column("customer_id", existing_type=sa.Integer(), nullable=True)
        issues.add_column(sa.Column("contact_id", sa.String(), nullable=False, server_default=""))
        issues.add_column(sa.Column("number", sa.String(), nullable=False, server_default=""))
