"""The weekly compliance report: counted from events, with the accounts' coverage beside it (SEMANTICS rows 33, 35)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from monitor.reports import parts
from monitor.reports.corrections import corrections
from monitor.reports.count import case_ids, histories, tallied
from monitor.reports.document import CaseLine, Document, IncidentPart, Point, Term, Topic
from monitor.reports.watched import seen
from monitor.rules import Rules
from monitor.store import accounts, events, incidents, outcomes, posts, seals
from monitor.store.engine import Store, Transaction
from sla import terms
from sla.compliance import Share, added, count, counts, standing
from sla.history import Outcome, Status
from sla.week import Week

WEEKS = 12
"""How many weeks the line of weeks has, this one with them."""
LISTED = 5_000
"""How many cases are listed beside the numbers."""
READ_WHOLE = 20_000
"""Up to how many cases of a week all of them are read to be listed."""
READ = 5_000
"""In how many of the newest mentions frequent words are looked for."""


class UnknownDepartment(ValueError):
    """No such department is in the settings or in the week; the message names those there are."""


def weekly(
    store: Store, rules: Rules, week: str | None, now: datetime, department: str | None = None,
    *, last_event: int | None = None,
) -> Document:  # fmt: skip
    """Count a week as it stands at `now`; `week` is "2026-W47", None the last complete one.

    With `now` and `last_event` of an earlier report it is that report counted again: events above it do not count.

    Raises:
        UnknownWeek: there is no such week, or it is written otherwise.
        UnknownDepartment: nothing is known of `department`.
        BrokenHistory: an event that tells of blind time cannot be read.
    """
    chosen = Week.parse(week) if week is not None else Week.of(now, rules.zone).before()
    with store.read() as tx:
        events.freeze(tx)
        found = count_week(tx, rules, chosen, now, last_event)
    if department is None:
        return found
    try:
        return found.of(department)
    except KeyError as exc:
        known = ", ".join(one.department for one in found.departments)
        raise UnknownDepartment(f"there is no department {department!r}; there are {known}") from exc


def count_week(
    tx: Transaction, rules: Rules, week: Week, now: datetime, last_event: int | None = None,
    *, recount: bool = False, alone: bool = False,
) -> Document:  # fmt: skip
    """The same within a transaction that sees one instant, for the whole city.

    A `recount` reads the history alone, and nothing that was kept of it; `alone` leaves the weeks before out.
    """
    zone = rules.zone
    since, until = week.span(zone)
    line = [week] if alone else _line(tx, rules, week)
    upto = events.last(tx) if last_event is None else last_event
    found = tallied(tx, rules, line, now, upto, recount=recount)
    stood = {of: standing(found[of].tally) for of in sorted(line)}
    watched = seen(tx, rules, since, until, now)
    this, newest = counts(found[week].tally), seals.newest(tx)
    ids = [*rules.departments, *sorted({*this.departments, *watched} - {*rules.departments})]
    nothing = count((), now, zone).total
    return Document(
        week=str(week), since=since.astimezone(zone), until=until.astimezone(zone), generated_at=now.astimezone(zone),
        service=rules.settings.service.name,
        departments=tuple(
            parts.department(
                id, rules.departments[id].name if id in rules.departments else id,
                this.departments.get(id, nothing), watched.get(id, {}),
                _trend({of: shares.get(id, Share()) for of, shares in stood.items()}), zone,
            )
            for id in ids
        ),
        total=parts.whole(
            this.total, [one.coverage for of in watched.values() for one in of.values()],
            _trend({of: added(shares.values()) for of, shares in stood.items()}),
        ),
        incidents=_incidents(tx, rules, since, until),
        topics=tuple(
            Topic(keyword=keyword, department=id, attainment=of.attainment, **parts.share(of).model_dump())
            for (id, keyword), of in this.topics.items()
        ),
        terms=tuple(
            Term(term=term.word, people=term.people)
            for term in terms.frequent(posts.said(tx, since, until, READ))
        ),
        corrections=() if alone else corrections(tx, rules, week, now, upto), unchecked=this.total.whole.unchecked,
        unexplained=tuple(sorted(found[week].broken)), last_event=upto,
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
        return _told(tx, case_ids(tx, since, until, last_event), last_event, department)


def case_lines(store: Store, rules: Rules, document: Document, limit: int = LISTED) -> list[CaseLine]:
    """The cases of a report as its spreadsheet lists them, as they stood then: up to `limit`, missed ones first."""
    week = Week.parse(document.week)
    with store.read() as tx:
        events.freeze(tx)
        # Which these were then is for their histories to say; of very many the missed ones of today are asked.
        ids: Collection[str]
        if outcomes.how_many(tx, week) > READ_WHOLE:
            ids = outcomes.missed(tx, week, limit, document.department)
        else:
            ids = case_ids(tx, *week.span(rules.zone), document.last_event)
        found = _told(tx, ids, document.last_event, document.department)
    lines = [parts.line(outcome, document.generated_at, rules.zone) for outcome in found]
    counted = [line for line in lines if line.status != Status.MERGED]
    counted.sort(key=lambda line: line.status not in (Status.LATE, Status.UNANSWERED))
    return sorted(counted[:limit], key=lambda line: (line.opened_at, line.case))


def _told(tx: Transaction, ids: Collection[str], last_event: int, department: str | None) -> list[Outcome]:
    found = [
        outcome
        for folded in histories(tx, ids, last_event)
        for outcome in folded.outcomes.values()
        if department is None or outcome.department == department
    ]
    return sorted(found, key=lambda outcome: (outcome.opened_at, outcome.case))


def _line(tx: Transaction, rules: Rules, week: Week) -> list[Week]:
    """The week and those before it, newest first, back to the first one in which anything was watched."""
    first = min((Week.of(one.watch_from, rules.zone) for one in accounts.watched(tx).values()), default=week)
    line = [week]
    while len(line) < WEEKS and line[-1] > first:
        line.append(line[-1].before())
    return line


def _trend(stood: Mapping[Week, Share]) -> tuple[Point, ...]:
    return tuple(
        Point(week=str(week), attainment=share.attainment, **parts.share(share).model_dump())
        for week, share in stood.items()
    )


def _incidents(tx: Transaction, rules: Rules, since: datetime, until: datetime) -> tuple[IncidentPart, ...]:
    return tuple(
        IncidentPart(
            # A surge's subject is in citizens' words: what the settings say of it is its keyword alone.
            id=incident.id, kind=incident.kind, subject=incident.keyword, department=incident.department,
            opened_at=incident.opened_at.astimezone(rules.zone), cases=cases, reason=incident.reason,
            ended_at=incident.ended_at and incident.ended_at.astimezone(rules.zone),
        )
        for incident, cases in incidents.during(tx, since, until)
    )  # fmt: skip
