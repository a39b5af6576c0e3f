"""How the tables fit together: names that must be there, ids that must be unique, ladders that must rise.

All this is read from the file as it stands and not from the models, so that a fault in one place hides none in another.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from config.addresses import is_private
from config.durations import parse_duration
from config.faults import KeyPath, Report, shown
from config.people import check_people
from config.raw import Raw, children, tables
from config.replies import check_replies
from sla.duty import ROLES, STAFF_PREFIX
from sla.policy import Kind

CHANNEL_TYPES = ("email", "webhook")
"""The kinds of channel there are, and below what each cannot do without."""
_KINDS = tuple(Kind)
_CHANNEL_NEEDS = {"email": "to", "webhook": "url"}

_REFERENCES: tuple[tuple[str, str], ...] = (
    ("service.root_contact", "staff"),
    ("departments.*.policy", "policies"),
    ("departments.*.duty.*", "staff"),
    ("departments.*.manager", "staff"),
    ("departments.*.head", "staff"),
    ("rosters.*.department", "departments"),
    ("rosters.*.people.*", "staff"),
    ("overrides.*.department", "departments"),
    ("overrides.*.people.*", "staff"),
    ("absences.*.person", "staff"),
    ("absences.*.deputy", "staff"),
    ("accounts.*.department", "departments"),
    ("staff.*.channels.*", "channels"),
    ("policies.*.calendar", "calendars"),
    ("policies.*.final_calendar", "calendars"),
    ("routes.*.department", "departments"),
    ("replies.*.departments.*", "departments"),
    ("crisis.policy", "policies"),
    ("crisis.department", "departments"),
)
"""Which key names something of which table."""


def check(document: Raw, report: Report) -> None:
    """Note every fault between tables of a document that has its built-ins."""
    for pattern, table in _REFERENCES:
        names = _names(document, table)
        if names is None:
            continue  # the table's own fault says enough
        for key, value in _at(document, pattern):
            if value not in names:
                where = report.table(table)
                report.add(key, "unknown_name", table=where, value=shown(value), wrong=value, known=names)
    _check_unique(document, report)
    _check_roles(document, report)
    _check_staff(document, report)
    check_people(document, report)
    _check_channels(document, report)
    _check_routes(document, report)
    _check_polling(document, report)
    check_replies(document, report)
    for name, policy in tables(document, "policies"):
        for clock, default in (("", "30m"), ("final_", "3d")):
            _check_ladder(policy, ("policies", name), clock, default, report)


def _check_unique(document: Raw, report: Report) -> None:
    for table, parts in (
        ("departments", ("id",)),
        ("staff", ("id",)),
        ("channels", ("id",)),
        ("replies", ("id",)),
        ("accounts", ("platform", "id")),
    ):
        seen: dict[tuple[str, ...], KeyPath] = {}
        for index, entry in tables(document, table):
            values = tuple(entry[part] for part in parts if isinstance(entry.get(part), str))
            if len(values) < len(parts):
                continue
            key: KeyPath = (table, index, "id")
            first = seen.setdefault(values, key)
            if first != key:
                report.add(key, "duplicate", value=shown(values[-1]), line_of_first=report.line_of(first))


def _check_roles(document: Raw, report: Report) -> None:
    staff = _names(document, "staff")
    people = {STAFF_PREFIX + id_ for id_ in staff or ()}
    for pattern, allowed in (
        ("policies.*.steps.*.notify.*", ROLES | people),
        ("policies.*.final_steps.*.notify.*", ROLES | people),
        ("crisis.notify.*", (ROLES - {"assignee"}) | people),
        ("reports.recipients.*", people),
    ):
        for key, value in _at(document, pattern):
            if value in allowed or (staff is None and value.startswith(STAFF_PREFIX)):
                continue
            report.add(key, "role", value=shown(value), wrong=value, known=allowed)


def _check_staff(document: Raw, report: Report) -> None:
    """A person without a working contact is an error of today, not of the night (SEMANTICS row 25)."""
    for index, person in tables(document, "staff"):
        if person.get("channels", []) == []:
            report.add(("staff", index, "channels"), "no_channels")


def _check_channels(document: Raw, report: Report) -> None:
    for index, channel in tables(document, "channels"):
        key: KeyPath = ("channels", index)
        type_, url = channel.get("type"), channel.get("url")
        if isinstance(type_, str):
            needed = _CHANNEL_NEEDS.get(type_)
            if needed is None:
                where = report.table("types")
                report.add(
                    (*key, "type"), "unknown_name", table=where, value=shown(type_), wrong=type_, known=CHANNEL_TYPES
                )
            elif needed not in channel:
                report.add((*key, needed), "channel_needs", type=type_)
        if isinstance(url, str) and channel.get("allow_private") is not True and is_private(url):
            report.add((*key, "url"), "private_url")


def _check_routes(document: Raw, report: Report) -> None:
    for index, route in tables(document, "routes"):
        if route.get("any", []) == [] and route.get("all", []) == []:
            report.add(("routes", index), "route_empty")


def _check_polling(document: Raw, report: Report) -> None:
    polling = document.get("polling")
    if not isinstance(polling, dict):
        return
    try:
        every, blind_after = (
            parse_duration(polling.get(name, default)) for name, default in (("every", "60s"), ("blind_after", "5m"))
        )
    except ValueError:
        return  # told by itself
    if blind_after < every:
        report.add(("polling", "blind_after"), "blind_order")


def _check_ladder(policy: Raw, key: KeyPath, clock: str, default: str, report: Report) -> None:
    """Steps rise strictly; one is the breach and stands at the target, warnings before it and escalations after."""
    name = f"{clock}steps"
    steps = policy.get(name)
    try:
        target = parse_duration(policy.get(f"{clock}target", default))
        ladder = [(parse_duration(step["at"]), step["kind"]) for step in steps] if isinstance(steps, list) else None
    except (ValueError, TypeError, KeyError):
        return  # told by themselves
    if ladder is None or target <= timedelta(0):
        return
    breaches = [index for index, (_, kind) in enumerate(ladder) if kind == "breach"]
    if not breaches and all(kind in _KINDS for _, kind in ladder):
        report.add((*key, name), "no_breach")
    for index, (at, kind) in enumerate(ladder):
        step: KeyPath = (*key, name, index)
        rises = not index or at > ladder[index - 1][0]
        if not rises:
            report.add((*step, "at"), "step_order")
        if kind == "breach" and index != breaches[0]:
            report.add((*step, "kind"), "second_breach")
        elif kind == "breach" and at != target:
            report.add((*step, "at"), "breach_at")
        elif rises and breaches and kind == "warning" and index > breaches[0]:
            report.add((*step, "kind"), "warning_late")
        elif rises and breaches and kind == "escalation" and index < breaches[0]:
            report.add((*step, "kind"), "escalation_early")


def _names(document: Raw, table: str) -> set[str] | None:
    """The ids or names a table has; None where there is no such table to look in."""
    entries = document.get(table)
    if isinstance(entries, dict):
        return set(entries)
    if isinstance(entries, list):
        return {entry["id"] for _, entry in tables(document, table) if isinstance(entry.get("id"), str)}
    return None


def _at(document: Raw, pattern: str) -> Iterator[tuple[KeyPath, str]]:
    """Every text that stands at a pattern as "staff.*.channels.*"."""
    found: list[tuple[KeyPath, Any]] = [((), document)]
    for part in pattern.split("."):
        found = [
            ((*key, name), value)
            for key, parent in found
            for name, value in children(parent)
            if part == "*" or name == part
        ]
    for key, value in found:
        if isinstance(value, str):
            yield key, value
