"""New settings, or a holiday declared late: every open case goes by the present rules (SEMANTICS rows 14, 15, 37).

In batches, each a short transaction that is given up and done again where a case changed meanwhile: other work goes on
beside it, and a crash in the middle leaves each case right by itself. History that is closed is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import stamina
import structlog

from monitor import faults
from monitor.clock import Clock
from monitor.escalation.engine import start_round
from monitor.fault_words import say
from monitor.rules import Rules
from monitor.store import audit, cases
from monitor.store.cases import StaleCase
from monitor.store.engine import Store
from sla.actions import released
from sla.case import Case, Change, rescheduled
from sla.escalation import next_action

log = structlog.get_logger(__name__)

BATCH = 500
ATTEMPTS = 10
"""How often a batch is tried in which cases keep changing."""
LEFT = "not in the settings any more"


def reschedule(store: Store, rules: Rules, clock: Clock, between: Callable[[], object]) -> int:
    """Bring every case of which an answer is owed in line with the rules; returns how many that changed.

    `between` is called between two batches, for whatever must not wait until all is done.
    """
    last, seen, moved = "", 0, 0
    while True:
        with store.read() as tx:
            batch = audit.owed_after(tx, last, BATCH)
        if not batch:
            break
        last = batch[-1]
        seen += len(batch)
        for once_more in stamina.retry_context(on=StaleCase, attempts=ATTEMPTS, wait_initial=0, wait_jitter=0):
            with once_more:
                changed = _batch(store, rules, batch, clock)
        moved += changed
        log.info("reschedule.progress", cases=seen, changed=moved)
        between()
    _tell_of_the_ownerless(store, rules, clock)
    return moved


def _tell_of_the_ownerless(store: Store, rules: Rules, clock: Clock) -> None:
    """Cases of a department that was taken out of the settings go to the root contact, who must hear why."""
    with store.read() as tx:
        left = {id: count for id, count in cases.count_open(tx).items() if id not in rules.departments}
    if left:
        log.warning("reschedule.ownerless", cases=left)
        said = say(rules, "ownerless", departments=", ".join(sorted(left)), count=sum(left.values()))
        with store.write() as tx:
            faults.tell(tx, rules, said, clock())


def _batch(store: Store, rules: Rules, ids: list[str], clock: Clock) -> int:
    with store.read() as tx:
        found = audit.readable(tx, ids).cases
    now = clock()
    changes = [change for case in found for change in _recomputed(rules, case, now)]
    freed = [case for case in found if _has_left(rules, case)]
    if not changes and not freed:
        return 0
    with store.write() as tx:
        cases.save(tx, changes)
    for case in freed:
        _return(store, rules, case.id, now)
    return len({change.case.id for change in changes} | {case.id for case in freed})


def _recomputed(rules: Rules, case: Case, now: datetime) -> Iterator[Change]:
    """What the present rules make of a case; nothing where it is as they say."""
    if case.owed_by is None:
        return
    policy = rules.policy(case.policy)
    deadline, final = case.deadline, case.final_deadline
    if case.is_open:
        deadline = rules.deadline(policy, case.department, case.opened_at)
        if case.incident is not None:
            # A crisis took its clock from a shorter promise: no other rule gives it more time (row 34).
            deadline = min(deadline, case.deadline)
    if final is not None and case.final_answered_at is None:
        final = rules.final_deadline(policy, case.department, case.opened_at)
    same = (policy.name, deadline, final) == (case.policy, case.deadline, case.final_deadline)
    if same and case.next_action_at == next_action(case, *rules.terms(case)):
        return
    _, calendar = rules.terms(case)
    change = rescheduled(
        case, policy=policy.name, calendar=f"{calendar.name}/{calendar.version}", deadline=deadline,
        final_deadline=final, now=now,
    )  # fmt: skip
    due = next_action(change.case, policy, calendar)
    yield Change(change.case._replace(next_action_at=due), change.events)


def _has_left(rules: Rules, case: Case) -> bool:
    return case.owed_by is not None and case.assignee is not None and not rules.knows(case.assignee)


def _return(store: Store, rules: Rules, id: str, now: datetime) -> None:
    """What a person who left had claimed is the duty's again, and the duty is told at once (row 37)."""
    with store.write() as tx:
        case = cases.get(tx, id, lock=True)
        if case is None or not _has_left(rules, case):
            return
        start_round(tx, rules, released(case, "clock", now, f"{case.assignee}: {LEFT}"), now)
