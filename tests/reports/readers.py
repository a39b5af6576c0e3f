"""A city with people who read the weekly report by mail, and its Mondays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monitor.reports.document import Document
from monitor.reports.snapshots import read
from monitor.reports.weekly import WeeklyReports
from monitor.store import alerts, snapshots
from monitor.store.engine import Store
from tests.city import City

WEEK = timedelta(weeks=1)
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
"""09:00 in Seoul on the day after week 47: its report is due."""

#: The press office and one head read the city's report; the departments' manager reads each department's own.
READERS = """
[[channels]]
id = "press-mail"
type = "email"
to = "press@city.example"
[[staff]]
id = "press"
name = "홍보담당관"
channels = ["press-mail"]
[reports]
recipients = ["staff:press", "staff:choi"]
formats = ["html", "pdf", "xlsx", "csv", "json"]
"""


def reports_of(town: City) -> WeeklyReports:
    """Who makes the reports of a city."""
    return WeeklyReports(town.store, town.rules, town.clock)


def kept(store: Store, week: str = "2026-W47") -> Document:
    """A week's report as it was kept."""
    with store.read() as tx:
        found = snapshots.get(tx, week)
    assert found is not None, f"no report of {week}"
    return read(found)


def queued(store: Store, kind: str = "report") -> list[tuple[str, object]]:
    """Who has messages of a kind on record, and what they are about."""
    with store.read() as tx:
        return sorted(
            ((one.recipient, one.subject) for one in alerts.messages(tx) if one.kind == kind), key=repr
        )  # fmt: skip


def about(recipient: str, department: str | None = None, week: str = "2026-W47") -> tuple[str, object]:
    """One such message."""
    return recipient, {"report": {"week": week, "department": department}}
