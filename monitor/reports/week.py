"""The weekly compliance report: attainment and coverage by department, counted from events (SEMANTICS rows 33, 35)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.reports.count import Key, case_ids, coverages, histories
from monitor.rules import Rules
from monitor.store import events, seals
from monitor.store.engine import Store, Transaction
from sla.compliance import Count, Coverage, Numbers, count
from sla.history import Outcome
from sla.week import Week


class UnknownDepartment(ValueError):
    """No such department is in the settings or in the week; the message names those there are."""


@dataclass(frozen=True, slots=True)
class DepartmentWeek:
    """A department's week."""

    id: str
    name: str
    """As the settings have it; the id where they have the department no more."""
    count: Count
    accounts: Mapping[Key, Coverage]

    @property
    def coverage(self) -> Coverage:
        """Of all its accounts together."""
        return sum(self.accounts.values(), Coverage())

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, by CONTRACT's names; times are seconds, shares from 0 to 1, null where undefined."""
        return {
            "department": self.id,
            "name": self.name,
            **_numbers(self.count.whole),
            **_coverage(self.coverage),
            "platforms": [{"platform": name, **_numbers(of)} for name, of in self.count.platforms.items()],
            "hours": [
                {"hour": hour, "cases": of.received, "met": of.met, "missed": of.missed, "attainment": of.attainment}
                for hour, of in enumerate(self.count.hours)
            ],
            "accounts": [
                {"platform": platform, "id": id, **_coverage(seen)}
                for (platform, id), seen in sorted(self.accounts.items())
            ],
        }


@dataclass(frozen=True, slots=True)
class Report:
    """A week as it was known at `generated_at`."""

    week: Week
    since: datetime
    """Its first instant, in the service's zone."""
    until: datetime
    """The first instant after it."""
    generated_at: datetime
    service: str
    department: str | None
    """The one it was asked of; None: all."""
    departments: tuple[DepartmentWeek, ...]
    total: DepartmentWeek
    """Everything in the report together; its id is ""."""
    unexplained: tuple[str, ...]
    """Cases that are not counted, because their history is broken."""
    last_event: int
    """The newest event that was counted: a recount up to it gives the same numbers."""
    sealed_to: int
    """The newest event under the chain of seals; `head` vouches for nothing after it."""
    head: str
    """The chain's end; "" when nothing is sealed."""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, by CONTRACT's names; instants are ISO 8601 in the service's zone."""
        total = self.total.to_dict()
        del total["department"], total["name"], total["accounts"]
        return {
            "week": str(self.week),
            "from": self.since.isoformat(),
            "until": self.until.isoformat(),
            "generated_at": self.generated_at.isoformat(),
            "service": self.service,
            "departments": [department.to_dict() for department in self.departments],
            "total": total,
            "unexplained": list(self.unexplained),
            "last_event": self.last_event,
            "sealed_to": self.sealed_to,
            "head": self.head,
        }


def weekly(
    store: Store, rules: Rules, week: str | None, now: datetime, department: str | None = None,
    *, last_event: int | None = None,
) -> Report:  # fmt: skip
    """Count a week as it stands at `now`; `week` is "2026-W47", None the last complete one.

    With `now` and `last_event` of an earlier report it is that report counted again: later events do not count.

    Raises:
        UnknownWeek: there is no such week, or it is written otherwise.
        UnknownDepartment: nothing is known of `department`.
        BrokenHistory: an event that tells of blind time cannot be read.
    """
    zone = rules.zone
    chosen = Week.parse(week) if week is not None else Week.of(now, zone).before()
    with store.read() as tx:
        events.freeze(tx)
        return count_week(tx, rules, chosen, now, department, last_event)


def count_week(
    tx: Transaction, rules: Rules, week: Week, now: datetime, department: str | None = None,
    last_event: int | None = None,
) -> Report:  # fmt: skip
    """The same within a transaction that sees one instant."""
    zone = rules.zone
    since, until = week.span(zone)
    last_event = events.last(tx) if last_event is None else last_event
    broken: set[str] = set()
    counts = count(_outcomes(tx, since, until, last_event, department, broken), now, zone)
    seen = coverages(tx, rules, since, until, now)
    known = [*rules.departments, *sorted({*counts.departments, *seen} - {*rules.departments})]
    if department is not None:
        if department not in known:
            raise UnknownDepartment(f"there is no department {department!r}; there are {', '.join(known)}")
        known = [department]
    nothing = count((), now, zone).total
    departments = tuple(
        DepartmentWeek(
            id, rules.departments[id].name if id in rules.departments else id,
            counts.departments.get(id, nothing), seen.get(id, {}),
        )
        for id in known
    )  # fmt: skip
    newest = seals.newest(tx)
    return Report(
        week=week, since=since.astimezone(zone), until=until.astimezone(zone), generated_at=now.astimezone(zone),
        service=rules.settings.service.name, department=department, departments=departments,
        total=DepartmentWeek("", "", counts.total, {key: of for d in departments for key, of in d.accounts.items()}),
        unexplained=tuple(sorted(broken)), last_event=last_event,
        sealed_to=newest.last_event if newest else 0, head=newest.head if newest else "",
    )  # fmt: skip


def cases_of(
    store: Store, rules: Rules, week: str, department: str | None = None, *, last_event: int | None = None
) -> list[Outcome]:
    """The cases behind a report's numbers, by first mention; merged ones with them, which no number counts.

    Raises:
        UnknownWeek: there is no such week, or it is written otherwise.
    """
    since, until = Week.parse(week).span(rules.zone)
    with store.read() as tx:
        events.freeze(tx)
        last_event = events.last(tx) if last_event is None else last_event
        found = list(_outcomes(tx, since, until, last_event, department, set()))
    return sorted(found, key=lambda outcome: (outcome.opened_at, outcome.case))


def _outcomes(
    tx: Transaction, since: datetime, until: datetime, last_event: int, department: str | None, broken: set[str]
) -> Iterator[Outcome]:
    """Stream the week's cases; those that cannot be told are added to `broken`."""
    for folded in histories(tx, case_ids(tx, since, until, last_event), last_event):
        broken |= folded.broken
        for outcome in folded.outcomes.values():
            if department is None or outcome.department == department:
                yield outcome


def _numbers(of: Numbers) -> dict[str, Any]:
    return {
        "cases": of.received, "met": of.met, "missed": of.missed, "dismissed": of.dismissed,
        "attainment": of.attainment, "pending": of.pending, "deleted": of.deleted, "undetermined": of.undetermined,
        "answered_late": of.answered_late, "unanswered": of.unanswered, "late_found": of.late_found,
        "transferred": of.transferred, "reopened": of.reopened, "median_seconds": of.median_seconds,
        "p90_seconds": of.p90_seconds, "worst_seconds": of.worst_seconds, "alerts": dict(of.alerts),
        "dismissed_by_reason": dict(of.dismissed_by_reason),
        "final": {**of.final._asdict(), "attainment": of.final.attainment}, "in_crisis": of.in_crisis,
        "paused_seconds": of.paused_seconds,
    }  # fmt: skip


def _coverage(of: Coverage) -> dict[str, Any]:
    return {"coverage": of.share, "blind_seconds": of.blind.total_seconds()}
