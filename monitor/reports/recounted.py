"""A kept report counted again from the history, up to the event that it names, and set beside what it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitor.reports.document import Document, Whole
from monitor.reports.week import count_week
from monitor.rules import Rules
from monitor.store import events, snapshots
from monitor.store.engine import Transaction
from monitor.store.snapshots import Snapshot
from sla.week import Week

_AS_KEPT = frozenset({"trend", "accounts", "coverage", "blind_seconds", "name", "on_hours", "off_hours"})
"""What does not come from the cases' events alone, or by settings that may have changed since."""
AS_KEPT = (
    "the line of weeks, coverage, office hours, accounts, incidents, corrections and frequent words were not counted"
    " again; its SHA-256 covers them"
)


def vanished(tx: Transaction) -> Iterator[str]:
    """Reports that an event says were made, and that are not there, or are others than were made."""
    kept = {one.week: one.sha256 for one in snapshots.latest(tx)}
    for event in events.of_service(tx, ("report_made",)):
        week, sha256 = str(event.data.get("week", "")), event.data.get("sha256")
        if week not in kept:
            yield f"the report of {week}: it was made on {event.at:%Y-%m-%d %H:%M} UTC, and is not there any more"
        elif kept[week] != sha256:
            yield f"the report of {week}: it was made with the SHA-256 {sha256}, and another one is there"


def differences(tx: Transaction, rules: Rules, snapshot: Snapshot) -> Iterator[str]:
    """What a kept report says otherwise than its events do; nothing where it can be proved.

    Its text is checked against its SHA-256 first: that covers all of it, these figures and everything else.
    """
    name = f"the report of {snapshot.week}"
    try:
        told = Document.model_validate_json(snapshot.data)
    except ValueError:
        yield f"{name}: it cannot be read, so it was edited"
        return
    if told.to_json() != snapshot.data or told.sha256 != snapshot.sha256:
        yield f"{name}: not what was kept: its text is not that of its SHA-256 {snapshot.sha256}"
    if (told.last_event, told.head) != (snapshot.last_event, snapshot.head):
        yield f"{name}: it names another last event or head than were kept with it"
    again = count_week(tx, rules, Week.parse(told.week), told.generated_at, told.last_event, recount=True, alone=True)
    yield from (f"{name}: {what}" for what in _differing(told.total, again.total))
    parts = {one.department: one for one in again.departments}
    for one in told.departments:
        if one.department in parts:
            found = _differing(one, parts[one.department])
            yield from (f"{name}, {one.department}: {what}" for what in found)
        elif one.cases:
            yield f"{name}, {one.department}: the events know of no such department"
    if told.topics != again.topics:
        yield f"{name}: the topics are others by the events"
    if told.unexplained != again.unexplained:
        yield f"{name}: other cases cannot be explained: {', '.join(again.unexplained) or 'none'}"


def _differing(told: Whole, again: Whole) -> Iterator[str]:
    ours: dict[str, Any] = told.model_dump()
    theirs: dict[str, Any] = again.model_dump()
    for name in ours:
        if name not in _AS_KEPT and ours[name] != theirs[name]:
            yield f"{name} is {_short(ours[name])} there and {_short(theirs[name])} by the events"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
