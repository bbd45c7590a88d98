"""The tables as they were before there were steps: customers, their history, contacts, summaries, the event log."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_POSITION = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    _customers()
    op.create_table(
        "contacts",
        sa.Column("contact_id", sa.String(), primary_key=True),
        sa.Column("customer_id", sa.Integer(), sa.ForeignKey("customers.id", ondelete="SET NULL"), index=True),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False, index=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "summaries",
        sa.Column(
            "contact_id", sa.String(), sa.ForeignKey("contacts.contact_id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("disposition", sa.String(), nullable=False),
        sa.Column("trajectory", sa.Double(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
    )
    op.create_table(
        "events",
        sa.Column("position", _POSITION, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(), nullable=False, unique=True),
        sa.Column("contact_id", sa.String(), index=True),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("envelope", sa.Text(), nullable=False),
    )


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("preferred_name", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("phone_key", sa.String(), nullable=False, index=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("style", sa.String(), nullable=False),
    )
    op.create_table(
        "past_contacts",
        sa.Column("id", sa.Integer(), primary_key=True),
        _of_customer(),
        sa.Column("contact_id", sa.String(), nullable=False, index=True),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("sentiment", sa.String(), nullable=False),
        sa.Column("disposition", sa.String(), nullable=False),
    )
    op.create_table(
        "issues",
        sa.Column("id", sa.Integer(), primary_key=True),
        _of_customer(),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime()),
    )
    op.create_table(
        "promises",
        sa.Column("id", sa.Integer(), primary_key=True),
        _of_customer(),
        sa.Column("contact_id", sa.String(), nullable=False, index=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("kept", sa.Boolean(), nullable=False),
    )


def _of_customer() -> sa.Column[int]:
    customer = sa.ForeignKey("customers.id", ondelete="CASCADE")
    return sa.Column("customer_id", sa.Integer(), customer, nullable=False, index=True)
