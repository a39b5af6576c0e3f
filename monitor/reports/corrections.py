"""What came to light about earlier weeks since the last report: it is told in the next one, and theirs stay."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from monitor.reports.count import histories, tallied
from monitor.reports.document import CorrectedCase, CorrectedDepartment, Correction, Document, Share, Whole
from monitor.reports.outcomes import terms
from monitor.rules import Rules
from monitor.store import events, outcomes, snapshots
from monitor.store.engine import Transaction
from monitor.store.snapshots import Snapshot
from sla.compliance import Count, counts
from sla.history import BrokenHistory, Outcome, Status
from sla.week import Week

NAMED = 100
"""How many cases of a week are named."""


def corrections(tx: Transaction, rules: Rules, week: Week, now: datetime, last_event: int) -> tuple[Correction, ...]:
    """Compare how the cases of earlier weeks stood in the last report with how they stand up to `last_event`.

    What was pending then is settled since and told too, and what a week or a department lost to another one is told
    of both. Reports before that one told of what came before it.
    """
    last = next(iter(snapshots.before(tx, str(week), 1)), None)
    if last is None:
        return ()
    ids, told_at = _moved(tx, rules, last.last_event, last_event), _read(last).generated_at
    found: defaultdict[Week, list[CorrectedCase]] = defaultdict(list)
    for before, after in zip(histories(tx, ids, last.last_event), histories(tx, ids, last_event), strict=True):
        for id, outcome in after.outcomes.items():
            was, is_now = _counted(rules, before.outcomes.get(id), told_at), _counted(rules, outcome, now)
            for of, department in sorted({*was, *is_now}):
                told = was.get((of, department), ""), is_now.get((of, department), "")
                if of < week and told[0] != told[1] and {*told} != {"", Status.MERGED}:
                    case = CorrectedCase(case=id, department=department, before=told[0], after=told[1])
                    found[of].append(case)
    kept = {of: snapshots.get(tx, str(of)) for of in sorted(found)}
    return tuple(
        _correction(tx, rules, of, snapshot, found[of], now, last_event)
        for of, snapshot in kept.items()
        if snapshot is not None
    )


def _moved(tx: Transaction, rules: Rules, after: int, until: int) -> set[str]:
    """Ids of the cases that something happened to after their own week: few, and others are not looked at."""
    counted_to = outcomes.counted_to(tx, terms(rules))
    if counted_to > until:
        counted_to = 0
    ids, _ = events.touched(tx, max(after, counted_to), until)
    return {*ids, *(outcomes.moved(tx, after) if counted_to else ())}


def _counted(rules: Rules, outcome: Outcome | None, at: datetime) -> dict[tuple[Week, str], str]:
    """By week and department, the one status in which a case counts; nothing for one that nobody knew of."""
    if outcome is None:
        return {}
    return {(Week.of(outcome.opened_at, rules.zone), outcome.department): outcome.status(at).value}


def _read(snapshot: Snapshot) -> Document:
    try:
        return Document.model_validate_json(snapshot.data)
    except ValueError as exc:
        raise BrokenHistory(f"the report of {snapshot.week}: it cannot be read, so it was edited") from exc


def _correction(
    tx: Transaction, rules: Rules, week: Week, snapshot: Snapshot, found: list[CorrectedCase], now: datetime,
    last_event: int,
) -> Correction:  # fmt: skip
    told = _read(snapshot)
    again = counts(tallied(tx, rules, [week], now, last_event)[week].tally)
    reported = {one.department: one for one in told.departments}
    return Correction(
        week=str(week), sha256=snapshot.sha256, reported=_reported(told.total), now=_now(again.total),
        departments=tuple(
            CorrectedDepartment(
                department=id, reported=_reported(reported.get(id)), now=_now(again.departments.get(id))
            )
            for id in sorted({one.department for one in found})
        ),
        cases=tuple(sorted(found, key=lambda one: one.case))[:NAMED], count=len(found),
    )  # fmt: skip


def _reported(of: Whole | None) -> Share:
    return Share() if of is None else Share(cases=of.cases, met=of.met, missed=of.missed)


def _now(of: Count | None) -> Share:
    return Share() if of is None else Share(cases=of.whole.received, met=of.whole.met, missed=of.whole.missed)
