"""What each case adds to the numbers, so that a report need not read the whole history."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _counted(name: str, *columns: str, where: str) -> None:
    op.create_index(name, "outcomes", list(columns), sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    """Add the tables, empty: the daemon fills them from the events."""
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for name in ("units", "cells"):
        op.create_table(
            name,
            sa.Column("id", serial, autoincrement=True, nullable=False),
            sa.Column("data", sa.Text(), nullable=False),
            sa.PrimaryKeyConstraint("id"),
            sa.UniqueConstraint("data"),
        )
    op.create_table(
        "outcomes",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("week", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=True),
        sa.Column("cell", sa.Integer(), nullable=True),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("response", sa.Integer(), nullable=True),
        sa.Column("acknowledged", sa.Integer(), nullable=True),
        sa.Column("final", sa.Integer(), nullable=True),
        sa.Column("more", sa.Text(), server_default="", nullable=False),
        sa.Column("settles_at", sa.BigInteger(), nullable=True),
        sa.Column("broken", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("moved_to", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("case_id"),
    )
    _counted("outcomes_cells", "week", "cell", where="cell IS NOT NULL")
    _counted("outcomes_slots", "week", "unit", "slot", where="unit IS NOT NULL")
    _counted("outcomes_responses", "week", "unit", "response", where="response IS NOT NULL")
    _counted("outcomes_acknowledged", "week", "unit", "acknowledged", where="acknowledged IS NOT NULL")
    _counted("outcomes_finals", "week", "unit", "final", where="final IS NOT NULL")
    _counted("outcomes_more", "week", where="more <> ''")
    _counted("outcomes_unsettled", "settles_at", where="settles_at IS NOT NULL")
    _counted("outcomes_broken", "week", where="broken")
    _counted("outcomes_moved", "moved_to", where="moved_to IS NOT NULL")
    official = sa.text("role = 'official'")
    op.create_index("posts_official", "posts", ["platform", "author", "created_at"], sqlite_where=official,
                    postgresql_where=official)  # fmt: skip
