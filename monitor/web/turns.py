"""Whose duty comes next: asked only at the instants at which a roster, an override or a leave begins or ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple

from config.rules import rosters
from monitor.rules import Rules
from sla.roster import Absence, Override, Rosters, Shift, Stretch

AHEAD = timedelta(days=8)
"""How far is looked: a week of shifts, whatever day it is."""


class Turn(NamedTuple):
    """A department's duty now, and after its next change."""

    now: str | None
    """Staff id; None where nobody is on duty."""
    changes_at: datetime | None
    """None where nothing changes within `AHEAD`."""
    next: str | None


def turns(rules: Rules, departments: list[str], now: datetime) -> dict[str, Turn]:
    """The duty of these departments."""
    asked = rosters(rules.settings)
    found = {id: Turn(rules.on_duty(id, now), None, None) for id in departments}
    # One instant for all departments at a time: what is known of an instant is kept until another is asked about.
    for at in sorted({at for at in _changes(asked, now) if now < at <= now + AHEAD}):
        for id, turn in found.items():
            if turn.changes_at is None and (then := rules.on_duty(id, at)) != turn.now:
                found[id] = Turn(turn.now, at, then)
    return found


def _changes(asked: Rosters, now: datetime) -> Iterator[datetime]:
    """Instants at which somebody's duty or leave may begin or end."""
    until = now + AHEAD
    for shift in asked.shifts:
        yield from _of_shift(asked, shift, now)
    filed = (one for within in asked.duty.values() for one in within(now, until))
    timed: list[Override | Stretch | Absence] = [*asked.overrides, *filed, *asked.absences_within(now, until)]
    for stretch in timed:
        yield stretch.since
        yield stretch.until


def _of_shift(asked: Rosters, shift: Shift, now: datetime) -> Iterator[datetime]:
    first = now.astimezone(asked.zone).date() - timedelta(days=1)
    for number in range(AHEAD.days + 2):
        day = first + timedelta(days=number)
        for hours in shift.hours:
            if hours.weekday == day.weekday():
                midnight = datetime.combine(day, time(), asked.zone)
                for minute in (hours.start, hours.end):
                    yield (midnight + timedelta(minutes=minute)).astimezone(UTC)
