"""How the promise stands right now, for the press office and the wall: numbers to be read at a glance.

The attainments are those of `report weekly`: a case belongs to the day and the week of its first mention on the
service's wall clock, and what is pending, dismissed, deleted or undetermined is in no denominator. They are counted
from the cases' rows (`recount.tally`), which `report verify` proves equal to the events that reports are counted from:
that costs some milliseconds, and no walk through the week's history.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from monitor.store import accounts, alerts, flags, incidents, queue, recount
from monitor.store.alerts import Backlog
from monitor.store.flags import Maintenance
from monitor.store.queue import Count
from monitor.store.recount import Tallied
from monitor.store.tables import CaseRow
from sla.case import Clock
from sla.incident import Incident
from sla.week import Week

if TYPE_CHECKING:
    from monitor.rules import Rules

_cases = CaseRow.__table__  # type: ignore[attr-defined]

DORMANT_AFTER = timedelta(days=14)
"""An account that nobody has written to for longer is dormant: no trouble, but worth a question."""


class DepartmentNow(NamedTuple):
    """A department, or all of them together (id "")."""

    id: str
    name: str
    """As the settings have it; the id where they have the department no more."""
    today: Tallied
    week: Tallied
    queue: Count
    """Of first answers."""


class Troubled(NamedTuple):
    """An account, and since when it has been so."""

    platform: str
    id: str
    handle: str
    department: str
    since: datetime
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """What a viewer's departments look like at one instant."""

    at: datetime
    week: Week
    departments: tuple[DepartmentNow, ...]
    total: DepartmentNow
    final: Count
    """The final answers that are owed."""
    blind: tuple[Troubled, ...]
    """Nothing is known of these since then (SEMANTICS row 31); those blind for longest first."""
    suspect: tuple[Troubled, ...]
    """Quiet for longer than is their habit (row 32)."""
    dormant: tuple[Troubled, ...]
    """Nobody has written to them since then."""
    incidents: tuple[Incident, ...]
    """The crises that go on."""
    alerts: Backlog
    maintenance: Maintenance | None


def overview(tx: Connection, rules: Rules, departments: frozenset[str] | None, now: datetime) -> Overview:
    """See these departments, None for the whole city, at `now`. On PostgreSQL let `events.freeze` come first."""
    week = Week.of(now, rules.zone)
    waiting = queue.counts(tx, rules, departments, now)
    by_day = recount.tally(tx, *_day(now, rules.zone), now, departments)
    by_week = recount.tally(tx, *week.span(rules.zone), now, departments)
    known = [id for id in rules.departments if departments is None or id in departments]
    known += sorted({*by_week, *waiting.departments} - {*known})
    shown = tuple(
        DepartmentNow(
            id, rules.departments[id].name if id in rules.departments else id,
            by_day.get(id, _NOTHING), by_week.get(id, _NOTHING), waiting.departments.get(id, Count()),
        )
        for id in known
    )  # fmt: skip
    blind, suspect, dormant = _accounts(tx, rules, departments, now)
    silence = flags.maintenance(tx)
    return Overview(
        at=now, week=week, departments=shown,
        total=DepartmentNow("", "", _sum(by_day.values()), _sum(by_week.values()), waiting.total),
        final=queue.counts(tx, rules, departments, now, Clock.FINAL).total,
        blind=blind, suspect=suspect, dormant=dormant, incidents=tuple(_incidents(tx, departments)),
        alerts=alerts.backlog(tx, now, departments),
        maintenance=silence if silence is not None and now < silence.until else None,
    )  # fmt: skip


_NOTHING = Tallied(*(0 for _ in Tallied._fields))


def _sum(of: Iterable[Tallied]) -> Tallied:
    return Tallied(*map(sum, zip(_NOTHING, *of, strict=True)))


def _day(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The first instant of today on the zone's wall clock, and the first one after it."""
    today = now.astimezone(zone).date()
    return _midnight(today, zone), _midnight(today + timedelta(days=1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _accounts(
    tx: Connection, rules: Rules, departments: Collection[str] | None, now: datetime
) -> tuple[tuple[Troubled, ...], ...]:
    """The blind, the suspect and the dormant among the accounts of the settings."""
    blind, suspect, dormant = [], [], []
    for key, account in accounts.watched(tx).items():
        owner = rules.department_of(*key)
        if owner is None or (departments is not None and owner.id not in departments):
            continue
        who = (*key, account.handle, owner.id)
        # Also where no daemon runs any more that would say so.
        seen = account.fetched_at or account.watch_from
        dark = account.blind_since or (seen if now - seen > rules.settings.polling.blind_after else None)
        spoken = account.last_post_at or account.watch_from
        if dark is not None:
            blind.append(Troubled(*who, dark, account.problem))
        elif account.suspect_since is not None:
            suspect.append(Troubled(*who, account.suspect_since))
        elif now - spoken > DORMANT_AFTER:
            dormant.append(Troubled(*who, spoken))
    return tuple(tuple(sorted(found, key=lambda one: one.since)) for found in (blind, suspect, dormant))


def _incidents(tx: Connection, departments: Collection[str] | None) -> Iterator[Incident]:
    """The crises that go on, of which a department is in scope or has cases."""
    for incident in incidents.open_ones(tx):
        if departments is None or incident.department in departments or _has_cases(tx, incident.id, departments):
            yield incident


def _has_cases(tx: Connection, incident: str, departments: Collection[str]) -> bool:
    c = _cases.c
    query = select(c.id).where(c.incident == incident, c.department.in_(departments))
    return tx.execute(query.limit(1)).first() is not None
