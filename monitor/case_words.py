"""What happened to a case and who was told, in words of the reader: for the command line and the pages alike.

Events and alerts are taken as `views.case_file_json` has them; people are named, never their ids.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from monitor.desk import BadRequest
from monitor.rules import Rules
from monitor.words import Words
from sla.case import Case

#: What of an event's data is told to people, in this order; all of it is in the JSON.
_TOLD = ("reason", "outcome", "reference", "until", "level", "told", "into", "of", "keyword", "deadline")
#: What has its old value beside it where it changed (SEMANTICS rows 14 and 15).
_CHANGED = ("policy", "deadline", "final_deadline")


class Line(NamedTuple):
    """One thing that happened."""

    at: datetime
    what: str
    who: str
    """A person by name, the platform or the clock."""
    details: tuple[str, ...] = ()


def staff_name(rules: Rules, id: str) -> str:
    """A person's name; their id where they are not in the settings any more."""
    return next((person.name for person in rules.settings.staff if person.id == id), id)


def staff_or_actor(words: Words, rules: Rules, actor: str) -> str:
    """Who did something: a person by name, or the platform or the clock."""
    return words.known(f"actor.{actor}", staff_name(rules, actor))


def department_name(rules: Rules, id: str) -> str:
    """A department's name; its id where it is not in the settings any more."""
    owner = rules.departments.get(id)
    return owner.name if owner else id


def event_line(words: Words, rules: Rules, event: Mapping[str, Any]) -> Line:
    """An event with what of its particulars concerns people."""
    data = event["data"]
    changed = [name for name in _CHANGED if data.get(f"was_{name}") not in (None, data.get(name)) and data.get(name)]
    told = [_value(words, rules, name, data[name]) for name in _TOLD if data.get(name) and name not in changed]
    told += [_change(words, rules, name, data) for name in changed]
    if "from" in data and "to" in data:
        told.insert(0, " → ".join(department_name(rules, data[end]) for end in ("from", "to")))
    kind = words.known(f"event.{event['kind']}", event["kind"])
    who = staff_or_actor(words, rules, event["actor"])
    return Line(datetime.fromisoformat(event["at"]), kind, who, tuple(told))


def alert_line(words: Words, rules: Rules, alert: Mapping[str, Any]) -> Line:
    """An alert: what kind, to whom, and what became of it."""
    told = (
        words("level", level=alert["level"]) if alert["level"] else "",
        words.known(f"sent.{alert['state']}", alert["state"]),
        "" if alert["checked"] else words("alert.unchecked"),
        words("alert.late") if alert["late"] else "",
    )
    kind = words.known(f"kind.{alert['kind']}", alert["kind"])
    who = staff_name(rules, alert["recipient"])
    return Line(datetime.fromisoformat(alert["created_at"]), kind, who, tuple(filter(None, told)))


def try_lines(words: Words, attempts: Iterable[Mapping[str, Any]]) -> list[Line]:
    """The tries of an alert: over which channel, what came of each."""
    return [
        Line(
            datetime.fromisoformat(one["started_at"]),
            words.known(f"try.{one['result'] or 'none'}", str(one["result"])),
            one["channel"],
            tuple(filter(None, [one["detail"]])),
        )
        for one in attempts
    ]


def done(words: Words, rules: Rules, act: str, case: Case, by: str) -> str:
    """The sentence that says what a person has just done; `act` names it as the keys `did.*` do."""
    outcome = (case.final_outcome if case.final_answered_at is not None else case.outcome) or ""
    return words(
        f"did.{act}", until=words.when(case.snoozed_until if act == "snooze" else case.held_until, rules.zone),
        deadline=words.when(case.deadline, rules.zone), final=words.when(case.final_deadline, rules.zone),
        assignee=staff_or_actor(words, rules, case.assignee or by), department=department_name(rules, case.department),
        outcome=words.known(f"outcome.{outcome}", outcome), into=case.merged_into or "",
    )  # fmt: skip


def to_mend(words: Words, rules: Rules, wrong: BadRequest) -> str:
    """What is wrong with what was asked for, and how to mend it."""
    if not wrong.code:
        return str(wrong)
    values = {
        name: words.when(value, rules.zone) if isinstance(value, datetime) else value
        for name, value in wrong.values.items()
    }
    return words(wrong.code, **values)


def _value(words: Words, rules: Rules, name: str, value: Any) -> str:
    """One detail of an event as people say it."""
    match name:
        case "reason":
            return words("case.reason", reason=words.known(f"reason.{value}", value))
        case "until":
            return f"{words('case.held_until')} {_when(words, rules, value)}"
        case "deadline":
            return f"{words('case.deadline')} {_when(words, rules, value)}"
        case "outcome":
            return words.known(f"outcome.{value}", value)
        case "level":
            return words("level", level=value)
        case "told":
            return words("case.told", people=", ".join(staff_name(rules, person) for person in value))
    return str(value)


def _change(words: Words, rules: Rules, name: str, data: Mapping[str, Any]) -> str:
    """The old value beside the new one."""
    ends = [data[f"was_{name}"], data[name]]
    if name != "policy":
        ends = [_when(words, rules, end) for end in ends]
    return f"{words(f'case.{name}')} {' → '.join(ends)}"


def _when(words: Words, rules: Rules, instant: str) -> str:
    return words.when(datetime.fromisoformat(instant), rules.zone)
