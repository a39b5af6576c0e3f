"""The cases behind a report's figure, counted to the very event and instant that the report names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import product
from typing import NamedTuple

from monitor.reports.count import FAR, case_ids, histories
from monitor.reports.outcomes import office_hours, terms
from monitor.rules import Rules
from monitor.store import events, outcomes
from monitor.store.engine import Transaction
from sla.history import Outcome, Status
from sla.tally import Fact, fact
from sla.week import Week

_OPEN = (Status.PENDING.value, Status.UNANSWERED.value)
"""What time alone turns the one into the other."""


class Found(NamedTuple):
    """A case, and what it adds to the numbers of its week."""

    case: str
    fact: Fact


def behind(
    tx: Transaction, rules: Rules, week: Week, last_event: int, at: datetime, wanted: Callable[[Fact], int]
) -> list[Found]:
    """The cases of a week of which `wanted` is not 0, in the order they came; merged ones are in no figure.

    What is kept of a case is taken where neither an event nor the passing of time can have changed the figure since;
    the rest is read from its history. The transaction must see one instant.
    """
    ids, found = case_ids(tx, *week.span(rules.zone), last_event), list[Found]()
    for id, kept in _kept(tx, rules, week, ids, last_event):
        if kept is None or _is_sure(kept, wanted):
            ids.discard(id)
            found += [] if kept is None else [Found(id, kept)]
    office = office_hours(rules)
    for outcome in told(tx, ids, last_event).values():
        one = fact(outcome, at, rules.zone, office)
        found += [] if one is None else [Found(outcome.case, one)]
    return sorted((one for one in found if wanted(one.fact)), key=lambda one: one.case)


def told(tx: Transaction, ids: set[str], last_event: int) -> dict[str, Outcome]:
    """What had become of cases up to an event, by id."""
    return {id: one for folded in histories(tx, ids, last_event) for id, one in folded.outcomes.items()}


def _kept(
    tx: Transaction, rules: Rules, week: Week, ids: set[str], last_event: int
) -> Iterator[tuple[str, Fact | None]]:  # fmt: skip
    """What is kept of the cases that no event has moved since; None of a merged one."""
    counted_to = outcomes.counted_to(tx, terms(rules))
    first, last = sorted((counted_to, last_event))
    if not counted_to or last - first > FAR:
        return
    moved, _ = events.touched(tx, first, last)
    for one in outcomes.kept(tx, ids - {*moved}):
        if one.week == week and not one.broken:
            yield one.case_id, one.fact


def _is_sure(kept: Fact, wanted: Callable[[Fact], int]) -> bool:
    """Whether a figure is the same at whatever instant the case was looked at."""
    cell = kept.cell
    statuses = _OPEN if cell.status in _OPEN else (cell.status,)
    finals = _OPEN if cell.final in _OPEN else (cell.final,)
    pauses = (0, kept.paused) if kept.paused and kept.response is None else (kept.paused,)
    if len(statuses) == len(finals) == len(pauses) == 1:
        return True
    might_be = (
        replace(kept, paused=paused, cell=cell._replace(status=status, final=final))
        for status, final, paused in product(statuses, finals, pauses)
    )  # fmt: skip
    return len({wanted(one) for one in might_be}) == 1
