"""Blind accounts, and suspiciously quiet ones: told once an episode, and again at its end (SEMANTICS rows 31, 32)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog

from connectors.contract import Post
from monitor import faults
from monitor.alerts import outbox
from monitor.clock import Clock
from monitor.fault_words import say
from monitor.rules import Rules
from monitor.store import accounts, events, habits
from monitor.store.accounts import Watched
from monitor.store.engine import Store, Transaction
from sla.case import Event
from sla.habit import HISTORY, LEAST_SILENCE, Silence, suspicious

log = structlog.get_logger(__name__)

SUSPECT_EVERY = timedelta(minutes=15)
"""How often silent accounts are compared with their habits."""


class Watch:
    """Knows up to when each account is complete, and says so when that stops moving, or when nothing comes any more."""

    def __init__(self, store: Store, rules: Rules, clock: Clock) -> None:
        self._store, self._rules, self._clock = store, rules, clock
        self._started_at = clock()
        self._compared_at: datetime | None = None

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
        if self._compared_at is None or not timedelta(0) <= now - self._compared_at < SUSPECT_EVERY:
            self._compared_at = now
            self._compare(self._watched(standing), now)
        return len(newly)

    def heard(self, tx: Transaction, platform: str, page: Iterable[Post], now: datetime) -> None:
        """A primary walk brought a page: what speaks to an account ends its silence, suspect or not."""
        newest: dict[str, datetime] = {}
        official = self._rules.official(platform)
        for post in page:
            for id in post.addressed if post.author not in official else ():
                # A time that has not come yet is the platform's mistake, and must not hide the silence after it.
                newest[id] = max(newest.get(id, post.created_at), min(post.created_at, now))
        for id, at in newest.items():
            since = habits.heard(tx, platform, id, at)
            if since is not None:
                data = {"platform": platform, "account": id, "since": since, "until": at}
                events.append(tx, [(None, Event("suspect_over", now, "platform", data))])
                faults.tell(tx, self._rules, say(self._rules, "suspect_over", account=self._name(platform, id)), now)
                log.info("account.suspect_over", platform=platform, account=id)

    def _compare(self, watched: Iterable[Watched], now: datetime) -> None:
        """Find accounts whose platform answers, and whose silence is longer than their habit (SEMANTICS row 32)."""
        quiet: dict[str, list[Watched]] = defaultdict(list)
        for account in watched:
            if self._is_quiet(account, now):
                quiet[account.platform].append(account)
        for platform, those in quiet.items():
            last = min(account.last_post_at for account in those if account.last_post_at)
            with self._store.read() as tx:
                arrived = habits.arrivals(tx, platform, last - HISTORY)
            for account in those:
                assert account.complete_until is not None
                silence = suspicious(arrived.get(account.id, ()), account.complete_until, self._rules.zone)
                if silence is not None:
                    self._suspect(account, silence, now)

    def _is_quiet(self, account: Watched, now: datetime) -> bool:
        last, until = account.last_post_at, account.complete_until
        if last is None or until is None or account.suspect_since is not None or account.blind_since is not None:
            return False
        return until - last >= LEAST_SILENCE and now - until <= self._rules.settings.polling.blind_after

    def _suspect(self, account: Watched, silence: Silence, now: datetime) -> None:
        with self._store.write() as tx:
            assert account.last_post_at is not None
            if not habits.suspect(tx, account.platform, account.id, account.last_post_at):
                return
            data = {
                "platform": account.platform, "account": account.id, "since": silence.since,
                "usual_seconds": silence.usual.total_seconds(), "missed": round(silence.missed, 1),
            }  # fmt: skip
            events.append(tx, [(None, Event("suspect", now, "clock", data))])
            said = say(
                self._rules, "suspect", account=self._name(account.platform, account.id),
                since=silence.since.astimezone(self._rules.zone).strftime("%Y-%m-%d %H:%M"),
                usually=_span(silence.usual),
            )  # fmt: skip
            faults.tell(tx, self._rules, said, now)
        log.error("account.suspect", **data)

    def _name(self, platform: str, id: str) -> str:
        handles = {(a.platform, a.id): a.handle for a in self._rules.settings.accounts}
        handle = handles.get((platform, id))
        return f"{platform} @{handle}" if handle else f"{platform} {id}"

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


def _span(span: timedelta) -> str:
    hours, rest = divmod(int(span.total_seconds()), 3600)
    return f"{hours}:{rest // 60:02}"


def _seen(account: Watched) -> datetime:
    return account.fetched_at or account.watch_from
