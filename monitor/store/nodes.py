"""The daemons that share a database, and which settings are in force among them.

Whether a node is alive is judged by the database's own clock: the nodes' clocks may differ by more than a node may be
silent.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, text, update
from sqlalchemy.exc import OperationalError

from monitor.store.columns import instant
from monitor.store.engine import PROGRAM
from monitor.store.tables import FlagRow, NodeRow

_nodes = NodeRow.__table__  # type: ignore[attr-defined]
_flags = FlagRow.__table__  # type: ignore[attr-defined]

IN_FORCE = "settings"
"""The flag that bears the hash of the settings in force."""
RECOMPUTED = "settings_recomputed"
"""The flag that bears the hash of the settings by which every open case was recomputed."""
LIVE = timedelta(seconds=15)
"""A node that was not heard of for longer is taken for dead."""
FROZEN = timedelta(seconds=8)
"""Our transactions take milliseconds: whoever changed something and then said nothing for so long is frozen."""


class NotInForce(OperationalError):
    """This node's settings are not in force any more: what it was about to decide is left to those whose are.

    An error that passes, to whoever was at work: the lease runs out, and another node goes on.
    """

    def __init__(self) -> None:
        super().__init__("the settings of this node are not in force", None, RuntimeError("not in force"))


class Node(NamedTuple):
    """A daemon on this database."""

    id: str
    host: str
    started_at: datetime
    """By its own clock."""
    seen_at: datetime
    """By the database's clock."""
    settings: str
    """The hash of its settings."""
    decides: bool


def database_now(tx: Connection) -> datetime:
    """The present instant by the database's clock; on SQLite that is the machine's own."""
    if tx.dialect.name == "sqlite":
        query = "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000"
    else:
        query = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)"
    return instant(int(tx.execute(text(query)).scalar_one()))


def lock(tx: Connection) -> None:
    """Let one node at a time say what is in force; on SQLite the one writer is alone already."""
    if tx.dialect.name == "postgresql":
        tx.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('sns-monitor nodes', 0))"))


def end_frozen(tx: Connection, silent: timedelta = FROZEN) -> int:
    """End all sessions of a process of ours that froze amid a transaction; returns how many those were.

    It holds locks that others wait for, its own other transactions among them, which would freeze as soon as they had
    them. `idle_in_transaction_session_timeout` is not enough: PostgreSQL does not start it after a pipeline, which is
    how psycopg sends many rows (seen with 18.6 and 3.3.9), nor in the middle of one.
    """
    query = text(
        "WITH ours AS (SELECT * FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user"
        " AND starts_with(application_name, :program)), frozen AS (SELECT application_name FROM ours"
        " WHERE backend_xid IS NOT NULL AND wait_event = 'ClientRead'"
        " AND state_change <= clock_timestamp() - make_interval(secs => :silent))"
        " SELECT count(pg_terminate_backend(pid)) FROM ours WHERE application_name IN (TABLE frozen)"
    )
    given = {"program": PROGRAM, "silent": silent.total_seconds()}
    return int(tx.execute(query, given).scalar_one())


def everyone(tx: Connection) -> list[Node]:
    """Every node on record, the one that started first at the head."""
    query = select(*(_nodes.c[name] for name in Node._fields)).order_by(_nodes.c.started_at, _nodes.c.id)
    return [Node(*row) for row in tx.execute(query)]


def is_live(node: Node, now: datetime) -> bool:
    """Whether a node was heard of lately; a time that lies further ahead is from before a clock was set back."""
    return abs(now - node.seen_at) <= LIVE


def write(tx: Connection, node: Node) -> None:
    """A node says that it is there."""
    values = node._asdict()
    if tx.execute(update(_nodes).where(_nodes.c.id == node.id).values(values)).rowcount == 0:
        tx.execute(insert(_nodes).values(values))


def remove(tx: Connection, id: str) -> None:
    """A node ends."""
    tx.execute(delete(_nodes).where(_nodes.c.id == id))


def forget(tx: Connection, before: datetime) -> None:
    """Take out nodes that were not heard of since then."""
    tx.execute(delete(_nodes).where(_nodes.c.seen_at < before))


def must_be_in_force(tx: Connection, settings: str) -> None:
    """The fence: let nothing commit by settings that are not in force, or not yet for every open case.

    Raises:
        NotInForce: so that the transaction is given up.
    """
    c = _flags.c
    query = select(func.count()).where(c.name.in_((IN_FORCE, RECOMPUTED)), c.value == settings)
    if tx.execute(query).scalar_one() < 2:
        raise NotInForce
