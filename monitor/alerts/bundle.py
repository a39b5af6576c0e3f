"""Put waiting alerts into messages: one a person, channel, kind, level and clock for what falls due together.

The first message takes all that is due, up to `MOST` cases; a full one leaves at once; only what fell due after it
waits out the bundling window (SEMANTICS row 28). What a channel's limit leaves no room for waits and is bundled.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import structlog

from monitor import maintenance
from monitor.clock import Clock
from monitor.failpoints import failpoint
from monitor.rules import Rules
from monitor.store import alerts, flags, holds
from monitor.store.engine import Store, Transaction, new_id
from sla.quiet import Because

log = structlog.get_logger(__name__)

MOST = 500
LOOK_EVERY = timedelta(seconds=1)
"""How soon the end of a maintenance is noticed when nothing waits."""


class _Way(NamedTuple):
    """How a group may leave."""

    channel: str
    full_until: datetime | None
    """None where it may leave now; else when it is looked at again, for all channels have had their fill."""


class Bundler:
    """Forms messages from the outbox."""

    def __init__(self, store: Store, rules: Rules, clock: Clock) -> None:
        self._store, self._rules, self._clock = store, rules, clock
        self._limits = {channel.id: channel.most for channel in rules.settings.channels if channel.most is not None}
        self._told_full: dict[str, datetime] = {}
        self._looked_at = datetime.min.replace(tzinfo=UTC)

    def form(self, partial: bool = True) -> int:
        """Form every message that may leave now, only full ones unless `partial`; returns how many."""
        now = self._clock()
        with self._store.read() as tx:
            waiting, silence = self._waiting(tx, now)
        if silence is not None and now >= silence.until:
            with self._store.write() as tx:
                if maintenance.finish(tx, self._rules, now):
                    log.warning("maintenance.ended", until=silence.until.isoformat())
                waiting, silence = self._waiting(tx, now)
        formed = 0
        for group in waiting:
            with self._store.write() as tx:
                formed += self._form(tx, group, now, partial, silence is not None)
            failpoint("bundle.after_commit")
        return formed

    def _waiting(self, tx: Transaction, now: datetime) -> tuple[list[alerts.Group], flags.Maintenance | None]:
        """What may be formed, and the silence that keeps back all but crises, if there is one."""
        waiting = alerts.groups(tx, now)
        if not waiting and timedelta(0) <= now - self._looked_at < LOOK_EVERY:
            return [], None  # an idle tick costs one look
        self._looked_at = now
        silence = flags.maintenance(tx)
        held_at = flags.set_at(tx, flags.ALERTS_HELD) if waiting else None
        if silence is not None or held_at is not None:
            # After a restore, what was overdue by then waits for the operator's word.
            waiting = alerts.groups(tx, now, held_at, silence is not None)
        return waiting, silence

    def _form(self, tx: Transaction, group: alerts.Group, now: datetime, partial: bool, crisis_only: bool) -> int:
        left = group.size
        formed = 0
        while left >= MOST or (partial and left > 0):
            way = self._way(tx, group, now)
            if way.full_until is not None and not crisis_only:
                holds.hold(tx, group, way.full_until, Because.LIMIT, now)
                self._say_full(way)
                # A crisis waits for no limit.
                crisis_only, left = True, group.crisis
                continue
            if left < MOST and not self._may_leave(tx, group, way.channel, now):
                break
            taken, overtaken = self._bundle(tx, group, way.channel, now, crisis_only)
            if taken == 0:
                break
            left -= taken
            formed += taken > overtaken
        return formed

    def _bundle(
        self, tx: Transaction, group: alerts.Group, channel: str, now: datetime, crisis_only: bool
    ) -> tuple[int, int]:
        """Form one message; returns how many alerts it took, and how many of these turned out to be overtaken."""
        message = new_id("m")
        alerts.add_message(tx, message, group.kind, group.level, group.recipient, channel, now, clock=group.clock)
        taken = alerts.bundle(tx, group, message, MOST, now, crisis_only)
        overtaken = holds.overtake(tx, message, now) if taken else 0
        if taken == overtaken:
            alerts.remove_message(tx, message)
        return taken, overtaken

    def _way(self, tx: Transaction, group: alerts.Group, now: datetime) -> _Way:
        """The person's first channel; where that is full for longer than `fallback_after`, the next one with room."""
        channels = self._rules.channels_of(group.recipient) or self._rules.channels_of(self._rules.root)
        first = channels[0]
        full_until = self._full_until(tx, first, now)
        if full_until is None:
            return _Way(first, None)
        patience = group.due_at + self._rules.settings.alerts.fallback_after
        if len(channels) == 1:
            return _Way(first, full_until)
        if now < patience:
            return _Way(first, min(full_until, patience))
        for channel in channels[1:]:
            other_until = self._full_until(tx, channel, now)
            if other_until is None:
                return _Way(channel, None)
            full_until = min(full_until, other_until)
        return _Way(first, full_until)

    def _full_until(self, tx: Transaction, channel: str, now: datetime) -> datetime | None:
        most = self._limits.get(channel)
        return None if most is None else holds.full_until(tx, channel, most.count, most.window, now)

    def _say_full(self, way: _Way) -> None:
        """Once an episode: a storm would say it four times a second."""
        assert way.full_until is not None
        told = self._told_full.get(way.channel)
        self._told_full[way.channel] = way.full_until
        if told is None or way.full_until > told:
            log.warning("channel.full", channel=way.channel, until=way.full_until.isoformat())

    def _may_leave(self, tx: Transaction, group: alerts.Group, channel: str, now: datetime) -> bool:
        last = alerts.last_bundle(tx, group.recipient, channel, group.kind, group.level, group.clock)
        if last is None or last > now:
            return True  # one that lies in the future is from before the clock was set back
        return group.due_at <= last or now >= last + self._rules.settings.alerts.bundle
