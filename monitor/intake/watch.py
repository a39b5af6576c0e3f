"""Blind accounts: told once an episode, and again when they see (SEMANTICS row 31)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import structlog

from monitor.alerts import outbox
from monitor.clock import Clock
from monitor.rules import Rules
from monitor.store import accounts, events
from monitor.store.accounts import Watched
from monitor.store.engine import Store, Transaction
from sla.case import Event

log = structlog.get_logger(__name__)


class Watch:
    """Knows up to when each account is complete, and says so when that stops moving."""

    def __init__(self, store: Store, rules: Rules, clock: Clock) -> None:
        self._store, self._rules, self._clock = store, rules, clock
        self._started_at = clock()

    def run(self) -> int:
        """Find accounts without a complete primary fetch for `blind_after`, whatever the cause; returns how many.

        After a start the limit runs from the start, so that a restart is no false alarm; the hours before it are
        charged to coverage when the next complete fetch shows the gap.
        """
        now = self._clock()
        limit = self._rules.settings.polling.blind_after
        with self._store.read() as tx:
            standing = accounts.watched(tx)
        newly = [
            account
            for account in self._watched(standing)
            if account.blind_since is None and now - max(_seen(account), self._started_at) > limit
        ]
        for account in newly:
            self._go_blind(account, now)
        return len(newly)

    def _watched(self, standing: dict[tuple[str, str], Watched]) -> list[Watched]:
        keys = [(account.platform, account.id) for account in self._rules.settings.accounts]
        return [standing[key] for key in keys if key in standing]

    def _go_blind(self, account: Watched, now: datetime) -> None:
        with self._store.write() as tx:
            if not accounts.set_blind(tx, account.platform, account.id, _seen(account)):
                return
            data = {"platform": account.platform, "account": account.id, "since": _seen(account)}
            events.append(tx, [(None, Event("blind", now, "clock", {**data, "problem": account.problem}))])
            self._tell(tx, "blind", account, account.complete_until, now, account.problem)
        log.error("account.blind", platform=account.platform, account=account.id, why=account.problem)

    def complete(
        self, tx: Transaction, platform: str, ids: Collection[str], until: datetime, started: datetime, now: datetime
    ) -> None:
        """A primary walk of these accounts was whole: move `complete_until`, end blindness, note the gap it leaves."""
        limit = self._rules.settings.polling.blind_after
        standing = accounts.watched(tx)
        accounts.complete(tx, platform, ids, until, started)
        for id in ids:
            account = standing[platform, id]
            accounts.set_problem(tx, platform, id, "problem", "")
            accounts.set_problem(tx, platform, id, "token_problem", "")
            data = {"platform": platform, "account": id, "since": _seen(account), "until": started}
            if accounts.set_blind(tx, platform, id, None):
                events.append(tx, [(None, Event("recovered", now, "platform", data))])
                self._tell(tx, "recovered", account, until, now, "")
            elif account.fetched_at is not None and started - account.fetched_at > limit:
                # Nobody watched for a while, this service included: no alarm now, but blind time in every report.
                events.append(tx, [(None, Event("gap", now, "clock", data))])

    def failed(
        self, tx: Transaction, platform: str, ids: Collection[str], problem: str, is_token: bool, now: datetime
    ) -> None:
        """A primary fetch failed: keep why, and tell the root contact of a token that needs a person, once."""
        news = [id for id in ids if is_token and accounts.set_problem(tx, platform, id, "token_problem", problem)]
        for id in ids:
            accounts.set_problem(tx, platform, id, "problem", problem)
        if news:
            outbox.notice(tx, self._rules, "fault", [self._rules.root], now,
                          detail=f"{platform} {', '.join(news)}: {problem}")  # fmt: skip

    def _tell(
        self, tx: Transaction, kind: str, account: Watched, until: datetime | None, now: datetime, detail: str
    ) -> None:
        duty = self._rules.on_duty(account.department, now)
        people = [self._rules.root] + ([duty] if duty else [])
        about: dict[str, Any] = {"platform": account.platform, "id": account.id, "complete_until": until}
        outbox.notice(tx, self._rules, kind, people, now, account=about, detail=detail)


def _seen(account: Watched) -> datetime:
    return account.fetched_at or account.watch_from
