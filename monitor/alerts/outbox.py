"""Who is to be told, written in the transaction that decides it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from monitor.rules import Rules
from monitor.store import alerts
from monitor.store.engine import Transaction, new_id
from sla.case import Case, Change
from sla.escalation import Decision


def state(rules: Rules) -> str:
    """What a new alert waits for: a bundle, or nothing in shadow mode (SEMANTICS row 36)."""
    return "shadow" if rules.settings.alerts.mode == "shadow" else "waiting"


def escalated(
    case: Case, decision: Decision, people: Sequence[str], now: datetime, *, checked: bool, state: str
) -> list[dict[str, Any]]:
    """The alerts of one decision, one a person; unique per case, round, clock, level, repeat and person."""
    assert decision.due_at is not None
    # Found late or after downtime: what was due long ago falls due together with what is due when it was found.
    due_at = max(decision.due_at, case.found_at)
    late = case.found_at > decision.due_at
    step = f"{case.id}/{case.round}/first/{decision.reason}/{decision.level}/{decision.repeats}"
    return [
        {"key": f"{step}/{person}", "case_id": case.id, "recipient": person, "kind": decision.kind,
         "level": decision.level, "due_at": due_at, "created_at": now, "checked": checked, "late": late,
         "clock": case.clock, "held_until": None, "state": state, "message_id": None}
        for person in people
    ]  # fmt: skip


def answered(tx: Transaction, rules: Rules, changes: Iterable[Change], now: datetime) -> None:
    """Tell those who heard of a breach or an escalation that the answer has come (SEMANTICS row 4)."""
    closed = {
        change.case.id: change.case
        for change in changes
        if change.case.level > 0 and any(event.kind == "answered" for event in change.events)
    }
    if not closed:
        return
    rows = [
        {"key": f"{case_id}/{closed[case_id].round}/answered/{person}", "case_id": case_id, "recipient": person,
         "kind": "answered", "level": closed[case_id].level, "due_at": now, "created_at": now, "checked": True,
         "late": False, "clock": "first", "held_until": None, "state": state(rules), "message_id": None}
        for case_id, people in alerts.told(tx, list(closed)).items()
        for person in people
    ]  # fmt: skip
    alerts.put(tx, rows)


def notice(tx: Transaction, rules: Rules, kind: str, people: Iterable[str], now: datetime, **subject: Any) -> None:
    """Write a message of the service itself (blind, recovered, fault, report): one a person, bundled with nothing."""
    shadow = state(rules) == "shadow"
    for person in dict.fromkeys(people):
        channels = rules.channels_of(person)
        if channels:
            alerts.add_message(tx, new_id("m"), kind, 0, person, channels[0], now, subject, shadow=shadow)
