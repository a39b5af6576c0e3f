"""Weekly reports, kept as they were made."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_REFUSED = "a report that was made is never changed"

_SQLITE = tuple(
    f"CREATE TRIGGER snapshots_no_{change.lower()} BEFORE {change} ON snapshots"
    f" BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
    for change in ("UPDATE", "DELETE")
)
_POSTGRESQL = (
    "CREATE FUNCTION snapshots_refuse() RETURNS trigger LANGUAGE plpgsql AS"
    f" $$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$",
    "CREATE TRIGGER snapshots_stay BEFORE UPDATE OR DELETE ON snapshots"
    " FOR EACH ROW EXECUTE FUNCTION snapshots_refuse()",
)


def upgrade() -> None:
    """Add the table, and what keeps its rows as they are."""
    op.create_table(
        "snapshots",
        sa.Column("week", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(), nullable=False),
        sa.Column("last_event", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("week"),
    )
    for statement in _POSTGRESQL if op.get_bind().dialect.name == "postgresql" else _SQLITE:
        op.execute(statement)
