"""Keeps what each case adds to the numbers up with the events, off the hot path: a report then counts what is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import structlog

from monitor.clock import Clock
from monitor.rules import Rules
from monitor.store import events, outcomes, seals
from monitor.store.engine import Store, Transaction
from monitor.store.events import Recorded
from monitor.store.outcomes import Kept
from sla.history import Folded, fold, instant
from sla.tally import Office, fact
from sla.week import Week

log = structlog.get_logger(__name__)

EVENTS_A_BATCH = 500
"""Few, so that nobody waits long for the writer's turn."""
BATCHES_A_RUN = 20
REVISION = 2
"""Of what a case adds: one more whenever `sla.history` or `sla.tally` count otherwise, so that all is made anew."""


def office_hours(rules: Rules) -> Office:
    """Whether a mention was written in office hours: those on which final answers are counted."""
    return lambda policy, department, at: rules.calendar(rules.policy(policy).final_calendar, department).is_open(at)


def terms(rules: Rules) -> str:
    """What all that is kept depends on beside the events; with other terms it is made anew."""
    offices = {policy.final_calendar for policy in rules.policies.values()}
    calendars = {f"{name}={rules.calendars[name].version}" for name in offices}
    # Of departments only those with holidays of their own: another department alone makes nothing anew.
    calendars |= {
        f"{name}/{id}={local}"
        for name in offices
        for id in rules.departments
        if (local := rules.calendar(name, id).version) != rules.calendars[name].version
    }
    return hashlib.sha256("\n".join([str(REVISION), rules.zone.key, *sorted(calendars)]).encode()).hexdigest()


class Outcomes:
    """Works through the sealed events in order. Any number of nodes may: only one of them gets to write a batch."""

    def __init__(self, store: Store, rules: Rules, clock: Clock, *, batch: int = EVENTS_A_BATCH) -> None:
        self._store, self._rules, self._clock, self._batch = store, rules, clock, batch
        self._terms, self._office = terms(rules), office_hours(rules)

    def run(self, batches: int = BATCHES_A_RUN, progress: Callable[[int, int], None] | None = None) -> int:
        """Go on for some batches; returns up to which event all is kept now. `progress` is told event and end."""
        done = 0
        for _ in range(batches):
            with self._store.read() as tx:
                events.freeze(tx)
                newest = seals.newest(tx)
                end = newest.last_event if newest else 0
                done = outcomes.counted_to(tx, self._terms)
                ids, until = events.touched(tx, done, end, self._batch)
                found = self._kept(tx, ids, until)
            if progress is not None:
                progress(done, end)
            if until <= done:
                break
            with self._store.write() as tx:
                outcomes.lock(tx)
                if outcomes.counted_to(tx, self._terms) != done:
                    break  # another node was first
                if done == 0:
                    outcomes.clear(tx)
                outcomes.put(tx, found, until, self._terms, self._clock())
                done = until
        return done

    def _kept(self, tx: Transaction, ids: list[str], until: int) -> list[Kept]:
        found: list[Kept] = []
        for start in range(0, len(ids), 500):
            histories = events.of_cases(tx, ids[start : start + 500], until)
            found += self._folded(fold(histories), histories)
        return found

    def _folded(self, folded: Folded, histories: list[Recorded]) -> list[Kept]:
        now, zone = self._clock(), self._rules.zone
        newest = {event.case_id: event for event in histories}
        first = self._first_weeks(folded, histories)
        kept = []
        for outcome in folded.outcomes.values():
            week, last = Week.of(outcome.opened_at, zone), newest[outcome.case]
            # Of whatever instant a report is asked, also of one before this: so told from the case's beginning on.
            settles_at = outcome.settles_at(outcome.opened_at)
            # As it stands once time alone changes it no more: by then this may not have been looked at again.
            found = fact(outcome, settles_at or now, zone, self._office)
            moved_to = last.id if Week.of(last.at, zone) > first[outcome.case] else None
            kept.append(Kept(outcome.case, week, found, settles_at, moved_to=moved_to))
        return kept + [Kept(id, self._week(id, histories), None, None, broken=True) for id in sorted(folded.broken)]

    def _first_weeks(self, folded: Folded, histories: list[Recorded]) -> dict[str, Week]:
        """The earliest week that each case ever belonged to: its report may have told of it."""
        found: dict[str, Week] = {}
        for event in histories:
            id = event.case_id
            if id in folded.outcomes and event.kind in ("opened", "clock_moved"):
                week = Week.of(instant(event.data["opened_at"]), self._rules.zone)
                found[id] = min(found.get(id, week), week)
        return found

    def _week(self, id: str, histories: list[Recorded]) -> Week:
        """The week of a broken history: the one it tells of, else that in which it was to tell of one."""
        own = [event for event in histories if event.case_id == id]
        told = next((event for event in reversed(own) if event.kind in ("opened", "clock_moved")), own[0])
        try:
            at = instant(told.data["opened_at"])
        except (KeyError, ValueError, TypeError):
            at = told.at
        return Week.of(at, self._rules.zone)
