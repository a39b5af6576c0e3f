"""The cases behind a report's figure, counted to the very event and instant that the report names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple

from monitor.reports.count import case_ids, histories
from monitor.reports.outcomes import office_hours, terms
from monitor.rules import Rules
from monitor.store import events, outcomes
from monitor.store.engine import Transaction
from sla.history import Outcome, Status
from sla.tally import Fact, fact
from sla.week import Week

FAR = 200_000
"""So many events apart it is cheaper to read the week's histories than to ask which cases have moved since."""


class Found(NamedTuple):
    """A case, and what it adds to the numbers of its week."""

    case: str
    fact: Fact


def behind(
    tx: Transaction, rules: Rules, week: Week, last_event: int, at: datetime, wanted: Callable[[Fact], int]
) -> list[Found]:
    """The cases of a week of which `wanted` is not 0, in the order they came; merged ones are in no figure.

    What is kept of a case is taken where no event and no passing of time has changed it; the rest is read from its
    history. The transaction must see one instant.
    """
    ids = case_ids(tx, *week.span(rules.zone), last_event)
    found = [Found(id, one) for id, one in _kept(tx, rules, week, ids, last_event)]
    office = office_hours(rules)
    for outcome in told(tx, ids - {one.case for one in found}, last_event).values():
        one = fact(outcome, at, rules.zone, office)
        if one is not None:
            found.append(Found(outcome.case, one))
    return sorted(one for one in found if wanted(one.fact))


def told(tx: Transaction, ids: set[str], last_event: int) -> dict[str, Outcome]:
    """What had become of cases up to an event, by id."""
    return {id: one for folded in histories(tx, ids, last_event) for id, one in folded.outcomes.items()}


def _kept(
    tx: Transaction, rules: Rules, week: Week, ids: set[str], last_event: int
) -> Iterator[tuple[str, Fact]]:  # fmt: skip
    counted_to = outcomes.counted_to(tx, terms(rules))
    first, last = sorted((counted_to, last_event))
    if not counted_to or last - first > FAR:
        return
    moved, _ = events.touched(tx, first, last)
    for one in outcomes.kept(tx, ids - {*moved}):
        if one.week == week and one.fact is not None and not _hangs_on_time(one.fact):
            yield one.case_id, one.fact


def _hangs_on_time(of: Fact) -> bool:
    """Whether it may have stood otherwise at an earlier instant, or stand otherwise at a later one."""
    open_ = (Status.PENDING, Status.UNANSWERED)
    return of.cell.status in open_ or of.cell.final in open_ or (of.paused > 0 and of.response is None)
