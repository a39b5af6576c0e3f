"""A week's cases put into cells: from what is kept of them, and from the history where that has moved on since."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from monitor.reports.outcomes import office_hours, terms
from monitor.rules import Rules
from monitor.store import events, outcomes
from monitor.store.engine import Transaction
from sla.history import Folded, fold, instant
from sla.tally import Tally
from sla.week import Week

FAR = 200_000
"""So many events behind, what is kept saves nothing: all that came after it would have to be read, of every week."""
_AT_ONCE = 500
_CLOCKS_APART = timedelta(days=7)
"""How much earlier than the platform's time of a mention our own clock may have recorded it, wrong as it was."""


@dataclass(slots=True)
class Tallied:
    """A week's cases."""

    tally: Tally = field(default_factory=Tally)
    broken: set[str] = field(default_factory=set)
    """Those that are not in it, because their history cannot be told."""


def tallied(
    tx: Transaction, rules: Rules, weeks: Sequence[Week], now: datetime, last_event: int, *, recount: bool = False
) -> dict[Week, Tallied]:
    """Count weeks as they stand at `now`; the first of them with times, the others only by how their cases stand.

    Events above `last_event` do not count. A `recount` reads everything from the history: slow, and a second opinion;
    so does a count up to an event that what is kept has left behind.
    """
    upto, counted_to = last_event, 0 if recount else outcomes.counted_to(tx, terms(rules))
    counted_to = counted_to if counted_to <= upto < counted_to + FAR else 0
    found = {week: Tallied() for week in weeks}
    asked = weeks[0]
    # A history that cannot be told is shown where it began, if that is the week that was asked for.
    own = _opened_in(tx, rules, [asked], upto, counted_to)
    stale = own | (_opened_in(tx, rules, weeks[1:], upto, counted_to) if len(weeks) > 1 else set())
    if counted_to:
        found = {week: Tallied(outcomes.tally(tx, week, whole=week == asked)) for week in weeks}
        found[asked].broken |= set(outcomes.broken(tx, asked))
        moved, _ = events.touched(tx, counted_to, upto)
        known = {one.case_id: one.week for one in outcomes.kept(tx, moved) if one.week in found}
        own |= {id for id, week in known.items() if week == asked}
        stale |= known.keys() | set(outcomes.unsettled(tx, now))
        _take_away(tx, found, stale)
    for folded in histories(tx, stale, upto):
        _put(rules, found, folded, now)
        found[asked].broken |= folded.broken & own
    return found


def case_ids(tx: Transaction, since: datetime, until: datetime, last_event: int, after: int = 0) -> set[str]:
    """Ids of the cases whose first mention was written from `since` to before `until`, by the events above `after`.

    An event that says so is recorded no earlier than the mention was written, so older history is passed over.
    """
    ids: set[str] = set()
    for event in events.recorded_since(tx, since - _CLOCKS_APART, ("opened", "clock_moved"), last_event, after):
        assert event.case_id is not None
        try:
            within = since <= instant(event.data["opened_at"]) < until
        except (KeyError, ValueError, TypeError):
            within = since <= event.at < until  # what cannot be read is shown as broken, not passed over
        if within:
            ids.add(event.case_id)
        else:
            ids.discard(event.case_id)
    return ids


def histories(tx: Transaction, ids: Iterable[str], last_event: int) -> Iterator[Folded]:
    """What became of the cases, some hundred at a time."""
    rest = iter(sorted(ids))
    while some := list(islice(rest, _AT_ONCE)):
        yield fold(events.of_cases(tx, some, last_event))


def _opened_in(tx: Transaction, rules: Rules, weeks: Sequence[Week], upto: int, after: int) -> set[str]:
    since = min(week.span(rules.zone)[0] for week in weeks)
    until = max(week.span(rules.zone)[1] for week in weeks)
    return case_ids(tx, since, until, upto, after)


def _take_away(tx: Transaction, found: Mapping[Week, Tallied], ids: Collection[str]) -> None:
    for one in outcomes.kept(tx, ids):
        for week, tallied in found.items():
            if one.week == week:
                tallied.broken.discard(one.case_id)
                if one.fact is not None:
                    tallied.tally.put(one.fact, -1)


def _put(rules: Rules, found: Mapping[Week, Tallied], folded: Folded, now: datetime) -> None:
    office = office_hours(rules)
    for outcome in folded.outcomes.values():
        week = Week.of(outcome.opened_at, rules.zone)
        if week in found:
            found[week].tally.add(outcome, now, rules.zone, office)
