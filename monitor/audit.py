"""The auditor: proves from the database that every due step ran and that every alert ended.

It stands apart from the engine: what a case owes it asks of the rules in `sla` afresh, and believes nothing that the
engine says of itself. While it is not content, or does not look, no heartbeat leaves, so that somebody outside notices.
It mends nothing, since whatever made a case wrong is still there.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from monitor import faults
from monitor.clock import Clock
from monitor.fault_words import say
from monitor.rules import Rules
from monitor.store import audit, cases, episodes
from monitor.store.audit import Entry
from monitor.store.engine import Store, Transaction
from monitor.store.events import Recorded
from sla.case import Case
from sla.escalation import next_action

LOOK_EVERY = 5.0
"""Seconds between two looks."""
SWEEP = timedelta(minutes=5)
"""Each open case is visited this often; within ten minutes where their number doubles meanwhile."""
LEAST_SLICE = 200
UNDECIDED = timedelta(seconds=60)
"""Aim: due steps are handed over within 60 s; the auditor is not content with more."""
UNTOLD = timedelta(minutes=5)
"""How long an alert may wait for its message, beside the bundling window, and a message for a worker."""
RECENT = timedelta(hours=1)
"""How far back it proves that decisions became alerts."""
SETTLED = timedelta(seconds=30)
LINES = 1000
"""Lines of history read in one look."""
_SHOWN = 10
_STEP = {"round": 1, "level": 0, "kind": "", "clock": "first"}
"""What tells one step of a case from another, and what an event of before there were two clocks does not say."""


class Auditor:
    """One look every few seconds; what it has found wrong it looks at again each time until that is right."""

    def __init__(self, store: Store, rules: Rules, clock: Clock) -> None:
        self._store, self._rules, self._clock = store, rules, clock
        self._began_at: datetime | None = None
        self._swept = False
        self._last_case, self._slice = "", 0
        self._last_event = 0
        self._wrong: set[str] = set()
        """Cases that were found wrong."""
        self._untold: dict[int, Recorded] = {}
        """Decisions whose alerts were not all found."""

    def look(self) -> list[str]:
        """Audit a slice, tell the root contact where an episode begins or ends; returns what is wrong, if anything."""
        now = self._clock()
        with self._store.read() as tx:
            if self._began_at is None:
                self._last_event = audit.first_since(tx, now - RECENT)
            # Where the clock was set back meanwhile, the minutes count from then: what is late is late by it.
            self._began_at = min(self._began_at or now, now)
            found = [*self._waiting(tx, now), *self._cases(tx, now), *self._decisions(tx, now)]
            known = episodes.going_on(tx, faults.AUDIT)
        with self._store.write() as tx:
            if found:
                lines = found[:_SHOWN] + ["…"] * (len(found) > _SHOWN)
                faults.begins(tx, self._rules, faults.AUDIT, "\n".join([say(self._rules, "audit"), *lines]), now)
            elif known and self._swept:
                # An episode that another process began ends only when everything was looked at.
                faults.ends(tx, self._rules, faults.AUDIT, say(self._rules, "audit_over"), now)
            audit.looked(tx)
        return found

    def _waiting(self, tx: Transaction, now: datetime) -> Iterable[str]:
        """What is due and undecided, and what was decided and did not leave.

        Counted from when the auditor began at the earliest: after downtime everything is late, and being caught up on.
        """
        assert self._began_at is not None

        def late(since: datetime | None, by: timedelta) -> bool:
            return since is not None and now - max(since, self._began_at or since) > by

        due = cases.oldest_due(tx)
        if late(due, UNDECIDED):
            yield f"a case has waited for its decision since {due}"
        untold = audit.oldest_untold(tx, now)
        if late(untold, self._rules.settings.alerts.bundle + UNTOLD):
            yield f"an alert has waited for its message since {untold}"
        untried = audit.oldest_untried(tx, now)
        if late(untried, UNTOLD):
            yield f"a message has waited to be sent since {untried}"

    def _cases(self, tx: Transaction, now: datetime) -> Iterable[str]:
        """The next slice of open cases, and those that were found wrong before."""
        if not self._last_case:
            self._slice = max(LEAST_SLICE, math.ceil(audit.count_owed(tx) * LOOK_EVERY / SWEEP.total_seconds()))
        ids = audit.owed_after(tx, self._last_case, self._slice)
        self._swept = self._swept or len(ids) < self._slice
        self._last_case = "" if len(ids) < self._slice else ids[-1]
        read = audit.readable(tx, {*ids, *self._wrong})
        found = {id: f"case {id} cannot be read" for id in read.unreadable}
        for case in read.cases:
            wrong = self._wrong_with(case, now)
            if wrong:
                found[case.id] = f"case {case.id} {wrong}"
        self._wrong = set(found)
        return found.values()

    def _wrong_with(self, case: Case, now: datetime) -> str:
        try:
            due = next_action(case, *self._rules.terms(case))
        except Exception as exc:  # noqa: BLE001 - whatever keeps a case from being decided is what we look for
            return f"cannot be decided: {type(exc).__name__}"
        if case.next_action_at != due:
            return f"is to be decided at {case.next_action_at}, by the rules at {due}"
        passed = case.owed_by is not None and now - max(case.owed_by, self._began_at or now) > UNDECIDED
        if passed and case.breach_on_record is None:
            return f"passed its deadline {case.owed_by} and no breach is on record"
        return ""

    def _decisions(self, tx: Transaction, now: datetime) -> Iterable[str]:
        """Whether each person whom a recent decision names has an alert that ended or is under way."""
        read = audit.escalated_after(tx, self._last_event, now, SETTLED, LINES)
        self._last_event = read.last
        recent = [event for event in self._untold.values() if now - event.at <= RECENT]
        self._untold = {}
        asked = [event for event in (*recent, *read.events) if event.case_id is not None]
        alerts: dict[str, list[Entry]] = defaultdict(list)
        for entry in audit.alerts_of(tx, {event.case_id for event in asked if event.case_id}) if asked else ():
            alerts[entry.case_id].append(entry)
        for event in asked:
            lost = _lost(event, alerts[event.case_id or ""])
            if lost:
                self._untold[event.id] = event
                yield f"case {event.case_id}, level {event.data['level']}: no alert of {', '.join(lost)} ended"


def _lost(event: Recorded, alerts: Iterable[Entry]) -> list[str]:
    """Who was to be told of a decision, and has no alert that ended or is still under way."""
    step = tuple(event.data.get(name, default) for name, default in _STEP.items())
    held = {
        entry.recipient
        for entry in alerts
        if (entry.round, entry.level, entry.kind, entry.clock) == step and (entry.ended or entry.under_way)
    }
    return [person for person in event.data["told"] if person not in held]
