"""Why a case's clock reads as it does: its promise, the time that counts, what moved the deadline, what held the steps.

Worked out from the case, its history and the rules in force. What is told was decided elsewhere: where the rules have
changed since, the deadline on record stands, and `agrees` says that today's would be another (SEMANTICS rows 14, 15).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from monitor.store.views import at
from sla.calendar import Span
from sla.case import Case, Clock
from sla.history import Happened, instant

if TYPE_CHECKING:
    from monitor.rules import Rules


class Route(NamedTuple):
    """Why the case came to the department where it began."""

    department: str
    rule: int | None
    """Place of the route among all in the settings, from 0; None where it stayed with its account's department."""
    keyword: str
    """The word of the route that was found."""


class Moved(NamedTuple):
    """Something that set the deadline anew."""

    kind: str
    """`transferred`, `rescheduled`, `alarmed`, `clock_moved` or `final_asked`."""
    at: datetime
    by: str
    was: datetime | None
    deadline: datetime
    reason: str


class Hold(NamedTuple):
    """A time in which a person held the steps; the clock ran on."""

    kind: str
    """`acknowledged` or `snoozed`."""
    by: str
    since: datetime
    until: datetime
    """When it ended, or is to end."""
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The clock that runs, or ran last, explained."""

    clock: Clock
    policy: str
    target: timedelta
    """Time on the calendar."""
    calendar: str
    """The name of the one that counts."""
    on_record: str
    """Name and version of the calendar that the deadline was last worked out by; "" where the history names none."""
    started_at: datetime
    deadline: datetime
    counted: tuple[Span, ...]
    """The open time from the start to the deadline: its lengths make up the target, where `agrees`."""
    paused: tuple[Span, ...]
    """The time between, and before the first of it, that does not count: nights, lunch, holidays."""
    agrees: bool
    """Whether the rules in force give this deadline."""
    stopped_at: datetime | None
    route: Route
    moves: tuple[Moved, ...]
    holds: tuple[Hold, ...]


def explain(rules: Rules, case: Case, history: Sequence[Happened]) -> Reading:
    """Explain a case's clock: the first answer's, or the final one's where that runs or ran.

    `history` is the case's own, oldest first. What of it cannot be read is passed over; `report verify` tells of it.
    """
    policy, calendar = rules.terms(case)
    final = case.clock is Clock.FINAL and case.final_deadline is not None
    deadline = case.final_deadline if final and case.final_deadline is not None else case.deadline
    counted = tuple(calendar.spans(case.opened_at, deadline))
    return Reading(
        clock=case.clock, policy=case.policy, target=policy.on(case.clock).target, calendar=calendar.name,
        on_record=_calendar(history), started_at=case.opened_at, deadline=deadline, counted=counted,
        paused=tuple(_between(case.opened_at, counted, deadline)),
        agrees=calendar.add(case.opened_at, policy.on(case.clock).target) == deadline,
        stopped_at=case.final_answered_at if final else case.answered_at or case.closed_at,
        route=_route(case, history), moves=tuple(_moves(history, final)),
        holds=tuple(sorted(_holds(history), key=lambda hold: hold.since)),
    )  # fmt: skip


def reading_json(reading: Reading, zone: ZoneInfo) -> dict[str, Any]:
    """The same, JSON-ready: spans in seconds, instants in the service's zone."""

    def spans(of: Sequence[Span]) -> list[dict[str, Any]]:
        return [
            {"from": at(start, zone), "until": at(end, zone), "seconds": (end - start).total_seconds()}
            for start, end in of
        ]

    return {
        "clock": reading.clock.value, "policy": reading.policy, "target_seconds": reading.target.total_seconds(),
        "calendar": reading.calendar, "calendar_on_record": reading.on_record,
        "started_at": at(reading.started_at, zone), "deadline": at(reading.deadline, zone),
        "counted": spans(reading.counted), "paused": spans(reading.paused), "agrees": reading.agrees,
        "stopped_at": at(reading.stopped_at, zone), "route": reading.route._asdict(),
        "moves": [
            {**m._asdict(), "at": at(m.at, zone), "was": at(m.was, zone), "deadline": at(m.deadline, zone)}
            for m in reading.moves
        ],
        "holds": [{**h._asdict(), "since": at(h.since, zone), "until": at(h.until, zone)} for h in reading.holds],
    }  # fmt: skip


def _between(start: datetime, counted: Sequence[Span], end: datetime) -> Iterator[Span]:
    """What the spans leave of the time from start to end."""
    edges = [(start, start), *counted, (end, end)]
    yield from ((closed, opened) for (_, closed), (opened, _) in pairwise(edges) if closed < opened)


def _route(case: Case, history: Sequence[Happened]) -> Route:
    data: Mapping[str, Any] = next((event.data for event in history if event.kind == "opened"), {})
    rule = str(data.get("route", ""))
    department = str(data.get("department", case.department))
    return Route(department, int(rule) if rule.isdecimal() else None, str(data.get("keyword", "")))


def _calendar(history: Sequence[Happened]) -> str:
    """A transfer and a crisis bring another policy, whose calendar their events do not name."""
    named = {"opened", "rescheduled", "transferred", "alarmed"}
    return next((str(event.data.get("calendar", "")) for event in reversed(history) if event.kind in named), "")


def _moves(history: Sequence[Happened], final: bool) -> Iterator[Moved]:
    """Every event that set the deadline to another instant; the first answer's is there from the opening."""
    was: datetime | None = None
    for event in history:
        deadline = _set_to(event, final)
        if deadline is None or deadline == was:
            continue
        if event.kind != "opened":
            yield Moved(event.kind, event.at, event.actor, was, deadline, str(event.data.get("reason", "")))
        was = deadline


def _set_to(event: Happened, final: bool) -> datetime | None:
    """The deadline that an event set; None where it set none of this clock's."""
    if event.kind == "final_asked":
        return _instant(event.data.get("deadline")) if final else None
    if event.kind not in ("opened", "clock_moved", "transferred", "rescheduled", "alarmed"):
        return None
    return _instant(event.data.get("final_deadline" if final else "deadline"))


def _holds(history: Sequence[Happened]) -> Iterator[Hold]:
    running: dict[str, Hold] = {}
    for event in history:
        for kind in _ENDS.get(event.kind, ()):
            held = running.pop(kind, None)
            if held is not None:
                yield held._replace(until=min(held.until, max(event.at, held.since)))
        until = _instant(event.data.get("until")) if event.kind in _HELD else None
        if until is not None:
            running[event.kind] = Hold(event.kind, event.actor, event.at, until, str(event.data.get("reason", "")))
    yield from running.values()


_HELD = ("acknowledged", "snoozed")
#: What ends a hold before its time, or takes its place; whatever ends a round ends both.
_ENDS: Mapping[str, Sequence[str]] = {
    "acknowledged": ("acknowledged",),
    "released": ("acknowledged",),
    "snoozed": ("snoozed",),
    "woken": ("snoozed",),
    "answered": _HELD,
    "final_answered": _HELD,
    "dismissed": _HELD,
    "deleted": _HELD,
    "merged": _HELD,
    "transferred": _HELD,
    "alarmed": _HELD,
}


def _instant(value: Any) -> datetime | None:
    try:
        return None if value is None else instant(value)
    except ValueError:
        return None
