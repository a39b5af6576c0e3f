"""Put waiting alerts into messages: one a person, channel, kind and level for what falls due together.

The first message takes all that is due, up to `MOST` cases; a full one leaves at once; only what fell due after it
waits out the bundling window (SEMANTICS row 28).
"""

from __future__ import annotations

from datetime import datetime

from monitor.clock import Clock
from monitor.failpoints import failpoint
from monitor.rules import Rules
from monitor.store import alerts, flags
from monitor.store.engine import Store, Transaction, new_id

MOST = 500


class Bundler:
    """Forms messages from the outbox."""

    def __init__(self, store: Store, rules: Rules, clock: Clock) -> None:
        self._store, self._rules, self._clock = store, rules, clock

    def form(self, partial: bool = True) -> int:
        """Form every message that may leave now, only full ones unless `partial`; returns how many."""
        with self._store.read() as tx:
            waiting = alerts.groups(tx)
            held_at = flags.set_at(tx, flags.ALERTS_HELD) if waiting else None
            if held_at is not None:
                # A backup was restored: what was overdue then waits for the operator's word.
                waiting = alerts.groups(tx, held_at)
        if not waiting:
            return 0
        now = self._clock()
        formed = 0
        for group in waiting:
            with self._store.write() as tx:
                formed += self._form(tx, group, now, partial)
            failpoint("bundle.after_commit")
        return formed

    def _form(self, tx: Transaction, group: alerts.Group, now: datetime, partial: bool) -> int:
        channels = self._rules.channels_of(group.recipient) or self._rules.channels_of(self._rules.root)
        channel = channels[0]
        left = group.size
        formed = 0
        while left >= MOST or (partial and left > 0 and self._may_leave(tx, group, channel, now)):
            message = new_id("m")
            alerts.add_message(tx, message, group.kind, group.level, group.recipient, channel, now)
            taken = alerts.bundle(tx, group, message, MOST)
            if taken == 0:
                alerts.remove_message(tx, message)
                break
            left -= taken
            formed += 1
        return formed

    def _may_leave(self, tx: Transaction, group: alerts.Group, channel: str, now: datetime) -> bool:
        last = alerts.last_bundle(tx, group.recipient, channel, group.kind, group.level)
        return last is None or group.due_at <= last or now >= last + self._rules.settings.alerts.bundle
