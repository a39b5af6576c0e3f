"""A case on paper: its clock, its posts, what happened to it, and who was told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rich.text import Text

from monitor.alerts.message import one_line
from monitor.cli.call import Call
from monitor.cli.output import aligned, console
from monitor.cli.queue import staff_name, state_of
from monitor.cli.words import Words
from monitor.rules import Rules
from sla.case import Case

#: What of an event's data is told to people, in this order; all of it is in the JSON.
_TOLD = ("reason", "outcome", "reference", "until", "level", "told", "into", "of", "keyword", "deadline")

_INSTANTS = (
    "opened_at", "found_at", "deadline", "next_action_at", "held_until", "snoozed_until", "breached_at", "answered_at",
    "closed_at", "final_deadline", "final_answered_at",
)  # fmt: skip


def print_case(call: Call, rules: Rules, case: Case, on_record: Mapping[str, Any]) -> None:
    """Print a case; `on_record` is its `views.case_file_json`."""
    words = call.words()
    shown = console()
    state = state_of(words, rules, case)
    if case.is_open:
        state += f" · {words.remaining(case.deadline, call.clock())}"
    elif case.outcome is not None:
        state += f" · {words.known(f'outcome.{case.outcome}', case.outcome)}"
    shown.print(Text.assemble((words("case.title", id=case.id), "bold"), "  ", state))
    # Nothing is folded by us, so that links can be taken whole.
    for line in aligned(_facts(words, rules, case, on_record)):
        shown.print(line, soft_wrap=True)
    lines_of = {"posts": _post, "notes": _note, "legs": _leg, "events": _event, "alerts": _alert}
    for section, lines in lines_of.items():
        shown.print(f"\n{words(f'case.{section}')}", style="bold")
        for entry in on_record[section]:
            for number, line in enumerate(filter(None, map(one_line, lines(words, rules, entry)))):
                shown.print(f"  {line}" if number == 0 else f"    {line}", soft_wrap=True)
        if not on_record[section]:
            shown.print(f"  {words('empty')}")


def staff_or_actor(words: Words, rules: Rules, actor: str) -> str:
    """Who did something: a person by name, or the platform or the clock."""
    return words.known(f"actor.{actor}", staff_name(rules, actor))


def _facts(words: Words, rules: Rules, case: Case, on_record: Mapping[str, Any]) -> list[tuple[str, str]]:
    owner = rules.departments.get(case.department)
    handles = {(a.platform, a.id): a.handle for a in rules.settings.accounts}
    handle = handles.get((case.platform, case.account), "")
    steps = len(rules.policy(case.policy).on(case.clock).steps)
    facts = {
        "department": f"{owner.name} ({owner.id})" if owner else case.department,
        "account": " ".join(filter(None, (case.platform, handle and f"@{handle}", f"({case.account})"))),
        "author": _author(words, on_record["posts"], case),
        "policy": case.policy,
        "assignee": "" if case.assignee is None else staff_name(rules, case.assignee),
        "level": words("case.of_steps", level=case.level, steps=steps, round=case.round),
        "watchers": ", ".join(case.watchers),
        "merged_into": case.merged_into or "",
        "incident": case.incident or "",
    } | {name: _when(words, rules, on_record[name]) for name in _INSTANTS if on_record[name] is not None}
    return [(words(f"case.{name}"), value) for name, value in facts.items() if value]


def _author(words: Words, thread: Iterable[Mapping[str, Any]], case: Case) -> str:
    name = next((post["author_name"] for post in thread if post["role"] == "mention" and post["author_name"]), "")
    if case.author is None:
        return name or words("nobody")
    return f"{name} ({case.author})" if name else case.author


def _post(words: Words, rules: Rules, post: Mapping[str, Any]) -> list[str]:
    who = post["author_name"] or post["author"] or words("nobody")
    gone = f"[{words('post.gone')}]" if post["gone_at"] else ""
    role = words.known(f"role.{post['role']}", post["role"])
    return [f"{_when(words, rules, post['created_at'])} · {role} · {who} {gone}", post["permalink"],
            *post["text"].splitlines()]  # fmt: skip


def _note(words: Words, rules: Rules, note: Mapping[str, Any]) -> list[str]:
    said = f"[{words('note.struck')}]" if note["struck_at"] else ""
    head = f"{_when(words, rules, note['written_at'])} · {note['id']} · {staff_name(rules, note['author'])} {said}"
    return [head, *note["text"].splitlines()]


def _leg(words: Words, rules: Rules, leg: Mapping[str, Any]) -> list[str]:
    until = words("until_now") if leg["until"] is None else _when(words, rules, leg["until"])
    return [f"{_department(rules, leg['department'])} · {_when(words, rules, leg['since'])} – {until}"]


def _event(words: Words, rules: Rules, event: Mapping[str, Any]) -> list[str]:
    kind = words.known(f"event.{event['kind']}", event["kind"])
    who = staff_or_actor(words, rules, event["actor"])
    data = event["data"]
    told = [_value(words, rules, name, data[name]) for name in _TOLD if data.get(name)]
    if "from" in data and "to" in data:
        told.insert(0, " → ".join(_department(rules, data[end]) for end in ("from", "to")))
    return [f"{_when(words, rules, event['at'])} · {kind} · {who}", " · ".join(told)]


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


def _department(rules: Rules, id: str) -> str:
    owner = rules.departments.get(id)
    return owner.name if owner else id


def _alert(words: Words, rules: Rules, alert: Mapping[str, Any]) -> list[str]:
    parts = (
        words.known(f"kind.{alert['kind']}", alert["kind"]),
        words("level", level=alert["level"]) if alert["level"] else "",
        staff_name(rules, alert["recipient"]),
        words.known(f"sent.{alert['state']}", alert["state"]),
        "" if alert["checked"] else words("alert.unchecked"),
        words("alert.late") if alert["late"] else "",
    )
    head = " · ".join(filter(None, (_when(words, rules, alert["created_at"]), *parts)))
    return [head, *attempt_lines(words, rules, alert["attempts"])]


def attempt_lines(words: Words, rules: Rules, attempts: Iterable[Mapping[str, Any]]) -> list[str]:
    """Each try on a line: when, over which channel, what came of it."""
    return [
        f"{_when(words, rules, attempt['started_at'])} · {attempt['channel']} · "
        + " ".join((words.known(f"try.{attempt['result'] or 'none'}", str(attempt["result"])), attempt["detail"]))
        for attempt in attempts
    ]


def _when(words: Words, rules: Rules, instant: str) -> str:
    return words.when(datetime.fromisoformat(instant), rules.zone)
