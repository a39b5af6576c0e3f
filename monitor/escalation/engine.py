"""The escalation pass: claim what is due, look again, decide, write the outbox.

Its cost grows with what is due, never with what is open: an idle pass is one look into a partial index.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from monitor.alerts import outbox
from monitor.alerts.hold import Holds
from monitor.clock import Clock
from monitor.escalation.look import Looker
from monitor.failpoints import failpoint
from monitor.rules import Rules
from monitor.store import alerts, cases
from monitor.store.engine import Store, Transaction
from sla.case import Case, Change
from sla.escalation import Decision, begin_round, decide, fired

log = structlog.get_logger(__name__)

BATCH = 500
LEASE = timedelta(seconds=10)


class Escalation:
    """Runs every case through its ladder."""

    def __init__(self, store: Store, rules: Rules, looker: Looker, clock: Clock, bundle: Callable[[bool], object]):
        self._store, self._rules, self._looker, self._clock, self._bundle = store, rules, looker, clock, bundle

    def run(self) -> int:
        """Decide everything that is due now, batch by batch, and bundle the alerts; returns how many cases it was.

        Full bundles leave on the way, the rest when nothing is due any more, or when something went wrong.
        """
        total = 0
        self._looker.begin()
        try:
            while batch := self._claim():
                total += len(batch)
                self._decide(batch)
                if len(batch) < BATCH:
                    break
                self._bundle(False)
        finally:
            self._bundle(True)
        return total

    def _claim(self) -> list[Case]:
        now = self._clock()
        with self._store.read() as tx:
            due = cases.oldest_due(tx)
        if due is None or due > now:
            return []
        with self._store.write() as tx:
            claimed = cases.claim_due(tx, now, BATCH, LEASE)
            self._tell_poison(tx, claimed.unreadable, "cannot be read", now)
        return claimed.cases

    def _decide(self, batch: Sequence[Case]) -> None:
        failpoint("escalate.claimed")
        now = self._clock()
        decisions, poison = self._decisions(batch, now)
        telling = [case for case in batch if case.id in decisions and decisions[case.id].tells]
        checked = self._looker.look(telling) if telling else frozenset()
        with self._store.write() as tx:
            # What a look or a person changed meanwhile is given back, and decided afresh if still due.
            fresh = [case for case in cases.unchanged(tx, batch) if case.id in decisions]
            settle(tx, self._rules, fresh, decisions, self._clock(), checked)
            cases.release(tx, {case.id for case in batch} - {case.id for case in fresh})
            cases.hold_back(tx, poison, now)
            self._tell_poison(tx, poison, "cannot be decided", now)
            failpoint("escalate.before_commit")
        failpoint("escalate.after_commit")

    def _decisions(self, batch: Sequence[Case], now: datetime) -> tuple[dict[str, Decision], list[str]]:
        """What each case owes; one that cannot be decided must not hold up the others."""
        decisions: dict[str, Decision] = {}
        poison = []
        for case in batch:
            try:
                decisions[case.id] = _decision(self._rules, case, now)
            except Exception:
                log.exception("escalate.failed", case=case.id)
                poison.append(case.id)
        return decisions, poison

    def _tell_poison(self, tx: Transaction, ids: Sequence[str], what: str, now: datetime) -> None:
        if ids:
            log.error("escalate.poison", cases=ids, why=what)
            detail = f"{', '.join(ids[:5])}: {what}"
            outbox.notice(tx, self._rules, "fault", [self._rules.root], now, detail=detail)


def settle(
    tx: Transaction, rules: Rules, of: Sequence[Case], decisions: Mapping[str, Decision], now: datetime,
    checked: frozenset[str] = frozenset(),
) -> None:  # fmt: skip
    """Store decisions: the cases after them, their events and the outbox, all or nothing."""
    changes: list[Change] = []
    rows: list[dict[str, Any]] = []
    holds = Holds(rules, now)
    for case in of:
        decision = decisions[case.id]
        if not decision.tells:
            changes.append(fired(case, decision, now))
            continue
        told = rules.recipients(rules.policy(case.policy), decision, case.department, case.assignee, now)
        seen = case.id in checked
        changes.append(fired(case, decision, now, told=told.people, skipped=told.skipped, checked=seen))
        rows += outbox.escalated(holds, case, decision, told.people, checked=seen)
    cases.save(tx, changes)
    alerts.put(tx, rows)


def start_round(tx: Transaction, rules: Rules, change: Change, now: datetime) -> None:
    """Store a transfer or a reopening together with the alert that tells the new assignee at once (row 20)."""
    case = change.case
    policy, calendar = rules.terms(case)
    decision = begin_round(case, policy, calendar, now)
    told = rules.recipients(policy, decision, case.department, case.assignee, now)
    after = fired(case, decision, now, told=told.people, skipped=told.skipped, checked=False)
    cases.save(tx, [Change(after.case, change.events + after.events)])
    alerts.put(tx, outbox.escalated(Holds(rules, now), case, decision, told.people, checked=False))


def _decision(rules: Rules, case: Case, now: datetime) -> Decision:
    return decide(case, *rules.terms(case), now)
