"""Proves the history and the numbers: the seals against the events, the cases against their histories, a week twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from monitor.reports import recounted
from monitor.reports.document import Figures
from monitor.reports.week import count_week
from monitor.rules import Rules
from monitor.store import events, recount, seals, snapshots
from monitor.store.engine import Store, Transaction
from monitor.store.recount import Standing, Tallied
from monitor.store.seals import Line, Seal
from monitor.store.snapshots import Snapshot
from sla.history import BrokenHistory, Folded, fold
from sla.week import Week

_AT_ONCE = 500
_NAMED = 20
"""How many findings about single cases are told; of the rest, how many."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found."""

    findings: tuple[str, ...]
    """What is not as it was sealed or counted."""
    unproved: tuple[str, ...]
    """What may or may not be so: nothing here can tell."""
    head: str
    """The chain's end as it stands; "" when nothing is sealed."""
    events: int
    """How many there are, sealed or not."""

    @property
    def ok(self) -> bool:
        """Whether everything that can be checked is as it should be."""
        return not self.findings


def verify(
    store: Store, rules: Rules, now: datetime, week: str | None = None, expected_head: str | None = None
) -> Verdict:
    """Check the whole history, and count `week` twice; None: the last complete one and the one that runs.

    `expected_head` is a head that was printed or exported earlier: all that it vouched for must still be there.

    Raises:
        UnknownWeek: there is no such week, or it is written otherwise.
    """
    running = Week.of(now, rules.zone)
    weeks = [Week.parse(week)] if week is not None else [running.before(), running]
    with store.read() as tx:
        events.freeze(tx)
        chain = _chain(tx, expected_head or "")
        findings = list(chain.findings)
        try:
            differing = [*_cases(tx), *_strangers(tx)]
            findings += differing[:_NAMED]
            if len(differing) > _NAMED:
                findings.append(f"… and {len(differing) - _NAMED} more like these")
            for each in weeks:
                findings += _numbers(tx, rules, each, now)
            findings += recounted.vanished(tx)
            for snapshot in _kept(tx, weeks if week is not None else None):
                findings += recounted.differences(tx, rules, snapshot)
                chain.unproved.append(f"the report of {snapshot.week}: {recounted.AS_KEPT}")
        except json.JSONDecodeError as exc:
            findings.append(f"an event's data is no JSON any more, so nothing can be counted: {exc}")
        except BrokenHistory as exc:
            findings.append(f"nothing can be counted: {exc}")
    return Verdict(tuple(findings), tuple(chain.unproved), chain.head, chain.events)


@dataclass(slots=True)
class _Chain:
    """The seals, walked."""

    findings: list[str] = field(default_factory=list)
    unproved: list[str] = field(default_factory=list)
    head: str = ""
    events: int = 0


def _chain(tx: Transaction, expected: str) -> _Chain:
    chain = _Chain()
    lines = seals.lines(tx, None, events.last(tx))
    line = next(lines, None)
    number, sealed_to, vouched_to = 0, 0, None
    for seal in seals.walk(tx):
        if seal.number != number + 1:
            chain.findings.append(f"the seals {number + 1} to {seal.number - 1} are gone")
        block: list[Line] = []
        while line is not None and line.id <= seal.last_event:
            block.append(line)
            line = next(lines, None)
        chain.findings += _block(seal, block, chain.head)
        # Onwards from what the chain says, so that one fault is told once and where it is.
        chain.head, number, sealed_to = seal.head, seal.number, seal.last_event
        chain.events += len(block)
        if seal.head == expected:
            vouched_to = seal.last_event
    unsealed = (line is not None) + sum(1 for _ in lines)
    chain.events += unsealed
    if unsealed:
        chain.unproved.append(f"{unsealed} events after event {sealed_to} are not sealed yet")
    if not expected:
        chain.unproved.append(
            "no head known elsewhere was given: whether the end was cut off, or all of it written anew, cannot be told"
        )
    elif vouched_to is None:
        chain.findings.append(f"the head {expected} is not in the chain: history was cut off before it, or is another")
    elif vouched_to < sealed_to:
        chain.unproved.append(
            f"the head given vouches for events up to {vouched_to}; whether anything was cut off after {sealed_to}"
            " cannot be told"
        )
    return chain


def _block(seal: Seal, block: list[Line], before: str) -> Iterator[str]:
    """What is wrong with one block, if anything is."""
    name = f"block {seal.number} (events {seal.first_event} to {seal.last_event})"
    if not block or len(block) != seal.count:
        what = "deleted" if len(block) <= seal.count else "inserted"
        yield f"{name}: {seal.count} events were sealed and {len(block)} are there: some were {what}"
    elif seals.digest(before, block) != seal.head:
        yield f"{name}: not what was sealed: events were edited or reordered, or a seal was"
    elif (block[0].id, block[-1].id) != (seal.first_event, seal.last_event):
        yield f"{name}: the seal names other events than it covers: it was edited"


def _cases(tx: Transaction) -> Iterator[str]:
    """Set every case beside what its history says became of it."""
    rows = recount.standing(tx)
    while some := list(islice(rows, _AT_ONCE)):
        folded = fold(events.of_cases(tx, [row.id for row in some]))
        for row in some:
            yield from _case(row, folded)


def _case(row: Standing, folded: Folded) -> Iterator[str]:
    told = folded.outcomes.get(row.id)
    if told is None:
        yield f"case {row.id}: its history lacks its beginning, or cannot be read"
        return
    for name in Standing._fields[1:]:
        by_events, by_row = getattr(told, name), getattr(row, name)
        if by_events != by_row:
            yield f"case {row.id}: {name} is {by_events} by its events and {by_row} in its row"


def _strangers(tx: Transaction) -> Iterator[str]:
    for id in recount.strangers(tx, _NAMED):
        yield f"case {id}: events tell of it, and it has no row"


def _numbers(tx: Transaction, rules: Rules, week: Week, now: datetime) -> Iterator[str]:
    """Count a week by its events and by the cases' rows."""
    report = count_week(tx, rules, week, now, recount=True, alone=True)
    by_rows = recount.tally(tx, *week.span(rules.zone), now)
    by_events = {of.department: _tallied(of) for of in report.departments}
    nothing = Tallied(*(0 for _ in Tallied._fields))
    for id in sorted({*by_events, *by_rows}):
        told, found = by_events.get(id, nothing), by_rows.get(id, nothing)
        for name in Tallied._fields:
            if getattr(told, name) != getattr(found, name):
                yield (
                    f"{week}, {id}: {name} is {getattr(told, name)} by the events"
                    f" and {getattr(found, name)} by the cases"
                )


def _kept(tx: Transaction, weeks: list[Week] | None) -> Iterator[Snapshot]:
    """The reports of some weeks, as far as they were made; None: all there are."""
    for week in [one.week for one in snapshots.latest(tx)] if weeks is None else map(str, weeks):
        found = snapshots.get(tx, week)
        if found is not None:
            yield found


def _tallied(of: Figures) -> Tallied:
    return Tallied(of.cases, of.met, of.missed, of.pending, of.dismissed, of.deleted, of.undetermined)
