"""Hand messages to their channels: start, send, record; try again, fall back, give up and say so.

A send starts when its attempt commits, in the transaction that finds its cases still open: after an answer is
stored, none starts. An attempt whose result a crash took away is made again under the same id.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import stamina
import structlog

from monitor import maintenance
from monitor.alerts import outbox
from monitor.alerts.channels.base import Channel, TransportError
from monitor.alerts.compose import compose
from monitor.alerts.letter import Letters
from monitor.alerts.message import Message
from monitor.clock import Clock
from monitor.failpoints import failpoint
from monitor.rules import Rules
from monitor.store import alerts, contacts, holds
from monitor.store.engine import PASSING, Store, Transaction, new_id

log = structlog.get_logger(__name__)

SEND = timedelta(seconds=8)
"""What one send may take in all."""
SHORTEST_SEND = timedelta(seconds=2)
LEASE = timedelta(seconds=12)
"""How long a worker may hold a message: longer than a send, so that two never send the same one."""
GIVE_UP = timedelta(hours=24)
WORKERS_A_LANE = 2
BULKY_A_LANE = 1
"""Of these: workers that draw and send weekly reports over the same lane, beside those of the alerts."""
SLOWEST_RETRY = timedelta(seconds=60)
SLOWEST_BULKY_RETRY = timedelta(minutes=15)
"""Of what has to be drawn anew each time, and that nobody waits for by the minute."""
POISON = timedelta(minutes=5)


class Delivery:
    """Sends what is due, over every lane side by side; a stuck lane holds only its own workers."""

    def __init__(
        self, store: Store, rules: Rules, channels: Mapping[str, Channel], lanes: Mapping[str, str], clock: Clock
    ) -> None:
        """`lanes` names, by channel, what is stuck together when it is stuck: a mail server, a webhook."""
        self._store, self._rules, self._channels, self._clock = store, rules, channels, clock
        self._lanes = lanes
        self._addresses = {channel.id: channel.address_hash for channel in rules.settings.channels}
        self._owner = new_id("n")
        # A channel that hangs must not eat up the time after which the next one should have taken over.
        self._patience = min(SEND, max(rules.settings.alerts.fallback_after, SHORTEST_SEND))
        self._letters = Letters(store, rules)
        self._pool = ThreadPoolExecutor(64, thread_name_prefix="deliver")
        self._gate = threading.Lock()
        self._in_flight: set[str] = set()
        self._busy: Counter[str] = Counter()
        self._stopping = False

    def fill(self) -> int:
        """Give every free worker a due message; returns how many sends that starts."""
        with self._gate:
            if self._stopping:
                return 0
            with self._store.read() as tx:
                return self._start(tx, WORKERS_A_LANE, bulky=False) + self._start(tx, BULKY_A_LANE, bulky=True)

    def _start(self, tx: Transaction, workers: int, *, bulky: bool) -> int:
        full = [id for id in self._lanes if self._busy[self._lane(id, bulky)] >= workers]
        due = alerts.due_messages(tx, self._clock(), full, 200, bulky=bulky)
        started = 0
        for message, channel in due:
            lane = self._lane(channel, bulky)
            if message in self._in_flight or self._busy[lane] >= workers:
                continue
            self._in_flight.add(message)
            self._busy[lane] += 1
            self._pool.submit(self._work, message, lane)
            started += 1
        return started

    def _lane(self, channel: str, bulky: bool) -> str:
        lane = self._lanes.get(channel, channel)
        return f"{lane} bulky" if bulky else lane

    def drain(self, timeout: timedelta) -> None:
        """Start nothing more and let what was started end."""
        with self._gate:
            self._stopping = True
        waiter = threading.Thread(target=self._pool.shutdown, kwargs={"cancel_futures": True}, daemon=True)
        waiter.start()
        waiter.join(timeout.total_seconds())

    def _work(self, id: str, lane: str) -> None:
        try:
            self._deliver(id)
        except PASSING:
            # The database was away for a moment: the lease runs out, and the message is tried again under its id.
            log.warning("deliver.interrupted", message=id, exc_info=True)
        except Exception:  # one message that cannot be handled must not stop the others; it is told
            log.exception("deliver.failed", message=id)
            self._postpone(id)
        finally:
            with self._gate:
                self._in_flight.discard(id)
                self._busy[lane] -= 1
        self.fill()

    def _deliver(self, id: str) -> None:
        # Before the lease begins and outside of the transaction: it may take seconds.
        letter = self._letters.of(id)
        claimed_at = self._clock()
        with self._store.write() as tx:
            stored = alerts.claim_message(tx, id, claimed_at, self._owner, LEASE)
            if stored is None or not self._worth_sending(tx, stored, claimed_at):
                return
            attempt = alerts.start_attempt(tx, id, stored.channel, claimed_at)
            message = compose(tx, self._rules, stored, claimed_at)
            if letter is not None:
                message = letter.put_into(message)
                self._letters.tell(tx, letter, claimed_at)
        failpoint("deliver.started")
        if self._clock() > claimed_at + LEASE - SEND:
            # We slept between the commit and here: another worker may hold the message by now (truth 6).
            log.warning("deliver.slept", message=id)
            self._give_back(id)
            return
        error: TransportError | None = None
        receipt = ""
        try:
            receipt = self._send(stored.channel, message)
        except TransportError as exc:
            error = exc
        failpoint("deliver.before_result")
        # What came of it is known here alone: a database that was away for a moment must not send it twice.
        for once_more in stamina.retry_context(on=PASSING, attempts=4, wait_initial=0.1, wait_max=1.0):
            with once_more:
                self._record(stored, attempt, receipt, error)
        failpoint("deliver.after_result")

    def _give_back(self, id: str) -> None:
        """Let whoever is awake have a message at once, unless another worker has it already."""
        with self._store.write() as tx:
            if alerts.holds(tx, id, self._owner):
                alerts.update_message(tx, id)

    def _record(self, stored: alerts.Message, attempt: int, receipt: str, error: TransportError | None) -> None:
        now = self._clock()
        with self._store.write() as tx:
            alerts.end_attempt(tx, attempt, now, _result(error), receipt or str(error))
            if not alerts.holds(tx, stored.id, self._owner):
                return
            if error is None:
                self._delivered(tx, stored, now)
            else:
                self._failed(tx, stored, error, now)

    def _send(self, channel: str, message: Message) -> str:
        known = self._channels.get(channel)
        if known is None:
            raise TransportError(f"channel {channel} is not in the settings any more", permanent=True)
        return known.send(message, deadline=self._patience.total_seconds())

    def _worth_sending(self, tx: Transaction, stored: alerts.Message, now: datetime) -> bool:
        """Drop what was answered meanwhile, keep a silence, go round a channel that is known not to work."""
        alerts.drop_answered(tx, stored.id)
        if stored.kind in (*alerts.URGENT, "answered") and not alerts.cases_of(tx, stored.id):
            alerts.update_message(tx, stored.id, state="dropped", next_attempt_at=None, finished_at=now)
            return False
        silence = maintenance.standing(tx, now)
        if silence is not None and stored.kind not in maintenance.SPARED and not holds.is_of_crisis(tx, stored.id):
            alerts.update_message(tx, stored.id, next_attempt_at=silence.until)
            return False
        failing = alerts.failing(tx).get(stored.channel)
        if failing is not None and now >= failing.failing_since + self._rules.settings.alerts.fallback_after:
            probe = stored.tries == 0 and now >= failing.retry_at
            if not probe and self._fall_back(tx, stored, failing.problem, now):
                return False
        return True

    def _delivered(self, tx: Transaction, stored: alerts.Message, now: datetime) -> None:
        alerts.update_message(tx, stored.id, state="delivered", next_attempt_at=None, finished_at=now, problem="")
        alerts.settle(tx, stored.id, "delivered")
        if alerts.channel_works(tx, stored.channel):
            log.info("channel.recovered", channel=stored.channel)
        if stored.channel in self._addresses:
            # Whoever was reached can be reached: no test alert needs to prove it.
            contacts.delivered(tx, stored.channel, self._addresses[stored.channel], now)
        log.info("alert.delivered", message=stored.id, kind=stored.kind, level=stored.level,
                 recipient=stored.recipient, channel=stored.channel)  # fmt: skip

    def _failed(self, tx: Transaction, stored: alerts.Message, error: TransportError, now: datetime) -> None:
        fallback_after = self._rules.settings.alerts.fallback_after
        slowest = SLOWEST_BULKY_RETRY if stored.kind in alerts.BULKY else SLOWEST_RETRY
        delay = min(timedelta(seconds=2 ** min(stored.tries, 10)), slowest)
        again = max(now + delay, error.retry_at or now)
        alerts.channel_failed(tx, stored.channel, now, again, str(error))
        since = alerts.failing(tx)[stored.channel].failing_since
        log.warning("alert.failed", message=stored.id, channel=stored.channel, why=str(error), tries=stored.tries + 1)
        if error.permanent and self._fall_back(tx, stored, str(error), now):
            return
        if error.permanent or now >= (stored.first_attempt_at or now) + GIVE_UP:
            self._dead(tx, stored, str(error), now)
            return
        patience = min(since, stored.first_attempt_at or now) + fallback_after
        if self._next_channel(tx, stored) is not None:
            if now >= patience and self._fall_back(tx, stored, str(error), now):
                return
            # By then the next channel takes over, whatever this one's receiver asked us to wait.
            again = min(again, patience)
        elif again > patience:
            self._tell_operator(tx, stored.channel, stored.recipient, str(error), now)
        alerts.update_message(tx, stored.id, next_attempt_at=max(again, now + timedelta(seconds=1)), problem=str(error))

    def _next_channel(self, tx: Transaction, stored: alerts.Message) -> str | None:
        """The person's next channel; after the last one, the first that is not known to fail."""
        mine = self._rules.channels_of(stored.recipient)
        if stored.channel not in mine:
            return mine[0] if mine else None
        later = mine[mine.index(stored.channel) + 1 :]
        if later:
            return later[0]
        failing = alerts.failing(tx)
        return next((channel for channel in mine if channel != stored.channel and channel not in failing), None)

    def _fall_back(self, tx: Transaction, stored: alerts.Message, problem: str, now: datetime) -> bool:
        """Let the person's next channel carry it (SEMANTICS row 29); False where there is none."""
        channel = self._next_channel(tx, stored)
        if channel is None:
            return False
        replacement = new_id("m")
        alerts.add_message(tx, replacement, stored.kind, stored.level, stored.recipient, channel, now, stored.subject,
                           clock=stored.clock, chain=stored.chain or stored.id)  # fmt: skip
        alerts.move(tx, stored.id, replacement)
        alerts.update_message(
            tx, stored.id, state="fell_back", next_attempt_at=None, finished_at=now,
            problem=f"{problem}; sent on as {replacement}",
        )  # fmt: skip
        self._tell_operator(tx, stored.channel, stored.recipient, problem, now)
        return True

    def _dead(self, tx: Transaction, stored: alerts.Message, problem: str, now: datetime) -> None:
        alerts.update_message(tx, stored.id, state="dead", next_attempt_at=None, finished_at=now, problem=problem)
        alerts.settle(tx, stored.id, "dead")
        log.error("alert.dead", message=stored.id, recipient=stored.recipient, channel=stored.channel, why=problem)
        self._tell_operator(tx, stored.channel, stored.recipient, problem, now)

    def _tell_operator(self, tx: Transaction, channel: str, recipient: str, problem: str, now: datetime) -> None:
        """Once an episode of a channel; the root contact's own last channel has nobody left to tell."""
        root = self._rules.root
        if recipient == root and self._rules.channels_of(root)[-1:] == (channel,):
            return
        if alerts.channel_told(tx, channel):
            outbox.notice(tx, self._rules, "fault", [root], now, detail=f"{channel}: {problem}")

    def _postpone(self, id: str) -> None:
        """Put off a message that we cannot handle, tell the operator once, and give it up in the end."""
        now = self._clock()
        why = "could not be put together"
        with self._store.write() as tx:
            stored = alerts.claim_message(tx, id, now, self._owner, LEASE)
            if stored is None:
                return
            alerts.postpone(tx, stored, now + POISON, why)
            if stored.first_attempt_at is not None and now >= stored.first_attempt_at + GIVE_UP:
                self._dead(tx, stored, why, now)
            elif stored.problem != why:
                outbox.notice(tx, self._rules, "fault", [self._rules.root], now, detail=f"{id}: {why}")


def _result(error: TransportError | None) -> str:
    if error is None:
        return "delivered"
    return "refused" if error.permanent else "failed"
