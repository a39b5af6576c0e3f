"""A case on paper: its clock, its posts, what happened to it, and who was told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rich.text import Text

from monitor.alerts.message import one_line
from monitor.case_words import Line, alert_line, department_name, event_line, staff_name, try_lines
from monitor.cli.call import Call
from monitor.cli.output import aligned, console
from monitor.cli.queue import state_of
from monitor.rules import Rules
from monitor.words import Words
from sla.case import Case

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
    return [f"{department_name(rules, leg['department'])} · {_when(words, rules, leg['since'])} – {until}"]


def _event(words: Words, rules: Rules, event: Mapping[str, Any]) -> list[str]:
    line = event_line(words, rules, event)
    return [_one(words, rules, line._replace(details=())), " · ".join(line.details)]


def _alert(words: Words, rules: Rules, alert: Mapping[str, Any]) -> list[str]:
    return [_one(words, rules, alert_line(words, rules, alert)), *attempt_lines(words, rules, alert["attempts"])]


def attempt_lines(words: Words, rules: Rules, attempts: Iterable[Mapping[str, Any]]) -> list[str]:
    """Each try on a line: when, over which channel, what came of it."""
    return [
        f"{words.when(one.at, rules.zone)} · {one.who} · {' '.join((one.what, *one.details))}"
        for one in try_lines(words, attempts)
    ]


def _one(words: Words, rules: Rules, line: Line) -> str:
    return " · ".join((words.when(line.at, rules.zone), line.what, line.who, *line.details))


def _when(words: Words, rules: Rules, instant: str) -> str:
    return words.when(datetime.fromisoformat(instant), rules.zone)
