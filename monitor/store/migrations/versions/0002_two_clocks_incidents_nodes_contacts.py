"""Two clocks, incidents, nodes, contacts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what the final answer, crises, several nodes and proved contacts need."""
    op.create_table(
        "contacts",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.Column("verified_at", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("last_post_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "incidents_open",
        "incidents",
        ["opened_at"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )

    op.create_table(
        "notes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("struck_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("notes_of_case", "notes", ["case_id"])
    op.create_index(
        "notes_with_words",
        "notes",
        ["written_at"],
        sqlite_where=sa.text("text <> ''"),
        postgresql_where=sa.text("text <> ''"),
    )
    op.create_table(
        "nodes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("settings", sa.String(), nullable=False),
        sa.Column("decides", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("accounts", sa.Column("last_post_at", sa.BigInteger(), nullable=True))
    op.add_column("accounts", sa.Column("suspect_since", sa.BigInteger(), nullable=True))

    op.add_column("alerts", sa.Column("clock", sa.String(), server_default="first", nullable=False))
    op.add_column("alerts", sa.Column("held_until", sa.BigInteger(), nullable=True))
    op.add_column("alerts", sa.Column("held_by", sa.String(), server_default="", nullable=False))
    op.add_column("alerts", sa.Column("round", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("alerts", sa.Column("crisis", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.drop_index("alerts_waiting", "alerts")
    op.create_index(
        "alerts_waiting",
        "alerts",
        ["recipient", "kind", "level", "clock", "due_at", "held_until", "crisis"],
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )

    op.add_column("cases", sa.Column("clock", sa.String(), server_default="first", nullable=False))
    op.add_column("cases", sa.Column("snoozed_until", sa.BigInteger(), nullable=True))
    op.add_column("cases", sa.Column("final_asked_at", sa.BigInteger(), nullable=True))
    op.add_column("cases", sa.Column("final_deadline", sa.BigInteger(), nullable=True))
    op.add_column("cases", sa.Column("final_breached_at", sa.BigInteger(), nullable=True))
    op.add_column("cases", sa.Column("final_answered_at", sa.BigInteger(), nullable=True))
    op.add_column("cases", sa.Column("final_answer", sa.String(), nullable=True))
    op.add_column("cases", sa.Column("final_outcome", sa.String(), nullable=True))
    op.add_column("cases", sa.Column("merged_into", sa.String(), nullable=True))
    op.add_column("cases", sa.Column("incident", sa.String(), nullable=True))
    owed = "closed_at IS NULL OR (final_deadline IS NOT NULL AND final_answered_at IS NULL)"
    op.create_index("cases_owed", "cases", ["id"], sqlite_where=sa.text(owed), postgresql_where=sa.text(owed))
    op.create_index(
        "cases_merged",
        "cases",
        ["merged_into"],
        sqlite_where=sa.text("merged_into IS NOT NULL"),
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index(
        "cases_of_incident",
        "cases",
        ["incident"],
        sqlite_where=sa.text("incident IS NOT NULL"),
        postgresql_where=sa.text("incident IS NOT NULL"),
    )

    op.add_column("messages", sa.Column("clock", sa.String(), server_default="first", nullable=False))
    op.add_column("messages", sa.Column("chain", sa.String(), nullable=True))
    op.drop_index("messages_to", "messages")
    op.create_index("messages_to", "messages", ["recipient", "channel", "kind", "level", "clock", "created_at"])
    op.create_index("messages_over", "messages", ["channel", "created_at"])
    op.create_index(
        "messages_chain",
        "messages",
        ["chain"],
        sqlite_where=sa.text("chain IS NOT NULL"),
        postgresql_where=sa.text("chain IS NOT NULL"),
    )
