"""Who is to be told, written in the transaction that decides it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from monitor.alerts.hold import Holds
from monitor.rules import Rules
from monitor.store import alerts
from monitor.store.engine import Transaction, new_id
from sla.case import Case, Change, Clock
from sla.escalation import Decision, Reason

#: The events that say an answer came, and the clock that it stops (SEMANTICS rows 4 and 7).
_ANSWERED = {"answered": Clock.FIRST, "final_answered": Clock.FINAL}


def state(rules: Rules) -> str:
    """What a new alert waits for: a bundle, or nothing in shadow mode (SEMANTICS row 36)."""
    return "shadow" if rules.settings.alerts.mode == "shadow" else "waiting"


def escalated(
    holds: Holds, case: Case, decision: Decision, people: Sequence[str], *, checked: bool
) -> list[dict[str, Any]]:
    """The alerts of one decision, one a person; unique per case, round, clock, level, repeat and person.

    `holds` are those of the instant at which it is decided. `case` is the case as it was decided on.
    """
    assert decision.due_at is not None
    # Found late or after downtime: what was due long ago falls due together with what is due when it was found.
    due_at = max(decision.due_at, case.found_at)
    late = case.found_at > decision.due_at
    step = f"{case.id}/{case.round}/{decision.clock}/{decision.reason}/{decision.level}/{decision.repeats}"
    crisis, waits = holds.rules.in_crisis(case), state(holds.rules)
    repeats = decision.reason is Reason.REPEAT
    rows = []
    for person in people:
        held = holds.of_case(case, decision.kind, decision.clock, person, repeats=repeats)
        rows.append(
            {"key": f"{step}/{person}", "case_id": case.id, "recipient": person, "kind": decision.kind,
             "level": decision.level, "due_at": due_at, "created_at": holds.now, "checked": checked, "late": late,
             "clock": decision.clock.value, "round": case.round, "crisis": crisis,
             "held_until": held.until if held else None, "held_by": held.because.value if held else "",
             "state": waits, "message_id": None}
        )  # fmt: skip
    return rows


def answered(tx: Transaction, rules: Rules, changes: Iterable[Change], now: datetime) -> None:
    """Tell those who heard of a breach or an escalation that the answer has come, each clock's own (rows 4 and 7)."""
    changes = list(changes)
    holds, rows = Holds(rules, now), list[dict[str, Any]]()
    for kind, clock in _ANSWERED.items():
        found = {change.case.id: change.case for change in changes if any(e.kind == kind for e in change.events)}
        if not found:
            continue
        for case_id, people in alerts.told(tx, list(found), clock).items():
            case = found[case_id]
            for person, level in people.items():
                held = holds.of_case(case, "answered", clock, person)
                rows.append(
                    {"key": f"{case_id}/{case.round}/{kind}/{person}", "case_id": case_id, "recipient": person,
                     "kind": "answered", "level": level, "due_at": now, "created_at": now, "checked": True,
                     "late": False, "clock": clock.value, "round": case.round, "crisis": rules.in_crisis(case),
                     "held_until": held.until if held else None, "held_by": held.because.value if held else "",
                     "state": state(rules), "message_id": None}
                )  # fmt: skip
    if rows:
        alerts.put(tx, rows)


def notice(tx: Transaction, rules: Rules, kind: str, people: Iterable[str], now: datetime, **subject: Any) -> None:
    """Write a message of the service itself (blind, recovered, fault, report): one a person, bundled with nothing.

    What can wait for the morning does.
    """
    shadow = state(rules) == "shadow"
    holds = Holds(rules, now)
    for person in dict.fromkeys(people):
        channels = rules.channels_of(person)
        if channels:
            held = holds.of_notice(kind, person)
            alerts.add_message(tx, new_id("m"), kind, 0, person, channels[0], now, subject, shadow=shadow,
                               held_until=held.until if held else None)  # fmt: skip
