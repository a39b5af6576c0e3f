"""A week's report as it is kept, read again, and sent to those who are to have it."""

from __future__ import annotations

from datetime import datetime

from monitor.alerts import outbox
from monitor.reports.document import Document
from monitor.rules import Rules
from monitor.store import events, snapshots
from monitor.store.engine import Transaction
from monitor.store.snapshots import Snapshot
from sla.case import Event
from sla.duty import STAFF_PREFIX

KIND = "report"
"""Of the messages that bring it."""


def keep(tx: Transaction, document: Document, made_by: str, now: datetime) -> bool:
    """Keep a report for good; False where its week has one. Its SHA-256 comes under the seals with the event."""
    snapshot = Snapshot(
        week=document.week, made_at=now, made_by=made_by, last_event=document.last_event, head=document.head,
        sha256=document.sha256, data=document.to_json(),
    )  # fmt: skip
    if not snapshots.add(tx, snapshot):
        return False
    about = {"week": document.week, "sha256": snapshot.sha256, "last_event": document.last_event}
    events.append(tx, [(None, Event("report_made", now, made_by, about))])
    return True


def read(snapshot: Snapshot) -> Document:
    """What was kept, as a document that gives the same bytes again."""
    return Document.model_validate_json(snapshot.data)


def of_week(tx: Transaction, week: str) -> Document:
    """The city's report of a week as it was kept.

    Raises:
        LookupError: there is none.
    """
    snapshot = snapshots.get(tx, week)
    if snapshot is None:
        raise LookupError(f"no report of {week} was kept")
    return read(snapshot)


def readers(rules: Rules, document: Document) -> list[tuple[str, str | None]]:
    """Who is to have it: a person each time, with the department whose part it is; None for the city's.

    Whom `[reports] recipients` names gets the city's and no part of it beside; each department's head and manager get
    their own. A department that the settings no longer have has nobody to be told; its numbers are in the city's.
    """
    whole = [role.removeprefix(STAFF_PREFIX) for role in rules.settings.reports.recipients]
    found: list[tuple[str, str | None]] = [(person, None) for person in whole]
    for part in document.departments:
        owner = rules.departments.get(part.department)
        people = () if owner is None else (owner.head, owner.manager)
        found += [(person, part.department) for person in people if person is not None and person not in whole]
    return list(dict.fromkeys(found))


def send(tx: Transaction, rules: Rules, document: Document, now: datetime) -> None:
    """Let all its readers have it, each in a message of its own."""
    for person, department in readers(rules, document):
        report = {"week": document.week, "department": department}
        outbox.notice(tx, rules, KIND, [person], now, report=report)
