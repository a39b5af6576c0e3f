"""Look again at the platform before anyone is alerted (SEMANTICS rows 16 and 21).

One budgeted look an account, two seconds for all of them together, outside any transaction; what it finds is stored
through ordinary ingest. A platform that does not answer is left alone for a while and its cases escalate unchecked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import structlog

from connectors.contract import Asked, Connector, ConnectorError, Look
from monitor.clock import Clock
from monitor.intake.ingest import ingest
from monitor.rules import Rules
from monitor.store import posts
from monitor.store.accounts import watched
from monitor.store.engine import Store
from sla.case import Case

log = structlog.get_logger(__name__)

_Key = tuple[str, str]

PATIENCE = timedelta(seconds=2)
"""How long the looks of one batch may take in all."""
FRESH = timedelta(seconds=1)
"""How long a look serves further cases of its account: a storm is not a look a batch."""
SULK = timedelta(seconds=30)
"""How long an account that could not be looked at is not asked again."""


class Looker:
    """Asks the connectors whether cases that are about to be told of were answered or are gone."""

    def __init__(self, store: Store, rules: Rules, connectors: Mapping[str, Connector], clock: Clock) -> None:
        self._store, self._rules, self._connectors, self._clock = store, rules, connectors, clock
        self._accounts = {(a.platform, a.id): a for c in connectors.values() for a in c.accounts}
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="look")
        #: When each account was looked at last, and since when its own answers are known to be whole.
        self._looked: dict[_Key, tuple[datetime, datetime | None]] = {}
        self._quiet_until: dict[_Key, datetime] = {}

    def look(self, cases: Sequence[Case]) -> frozenset[str]:
        """Store what the platforms say now; returns the ids of the cases that could be checked."""
        of_account: dict[_Key, list[Case]] = defaultdict(list)
        for case in sorted(cases, key=lambda case: case.deadline):
            of_account[case.platform, case.account].append(case)
        now = self._clock()
        asking: dict[Future[Look], tuple[_Key, list[Asked]]] = {}
        for key, group in of_account.items():
            account = self._accounts.get(key)
            if account is None or self._is_fresh(key, now) or self._is_quiet(key, now):
                continue
            connector = self._connectors[key[0]]
            asked = self._asked(group)[: connector.most_asked]
            asking[self._pool.submit(connector.look, account, asked)] = (key, asked)
        done, late = wait(asking, timeout=PATIENCE.total_seconds())
        checked: set[str] = set()
        for future in done:
            key, asked = asking[future]
            if self._stored(key, [one.id for one in asked], future):
                about = {one.conversation for one in asked}
                checked |= {case.id for case in of_account[key] if case.conversation in about}
        for future in late:
            future.cancel()
            self._give_up(asking[future][0], "no answer in time")
        for key, group in of_account.items():
            if self._is_fresh(key, now):
                since = self._looked[key][1]
                checked |= {case.id for case in group if since is not None and case.opened_at >= since}
        return frozenset(checked)

    def _is_fresh(self, key: _Key, now: datetime) -> bool:
        return key in self._looked and abs(now - self._looked[key][0]) < FRESH

    def _is_quiet(self, key: _Key, now: datetime) -> bool:
        # Not for longer than it was meant for, should the clock be set back meanwhile.
        return timedelta(0) < self._quiet_until.get(key, now) - now <= SULK

    def _asked(self, group: Sequence[Case]) -> list[Asked]:
        with self._store.read() as tx:
            mentions = posts.mentions(tx, [case.id for case in group])
        return [
            Asked(mention.id, case.conversation, mention.author, mention.created_at)
            for case in group
            for mention in mentions[case.id]
            if mention.gone_at is None
        ]

    def _stored(self, key: _Key, ids: Sequence[str], future: Future[Look]) -> bool:
        try:
            found = future.result()
            now = self._store_look(key[0], ids, found)
        except ConnectorError as exc:
            self._give_up(key, str(exc))
            return False
        except Exception:  # whatever keeps us from looking, the alert leaves
            log.exception("look.failed", platform=key[0], account=key[1])
            self._give_up(key, "an error of ours")
            return False
        self._looked[key] = (now, found.answers_since)
        return True

    def _store_look(self, platform: str, ids: Sequence[str], found: Look) -> datetime:
        now = self._clock()
        gone = found.gone & set(ids)
        with self._store.write() as tx:
            since = {account.id: account.watch_from for account in watched(tx).values() if account.platform == platform}
            standing = {post.id for post in found.posts} & set(ids)
            ingest(tx, self._rules, platform, found.posts, since, now, gone=gone, looked_at=standing - gone)
        return now

    def _give_up(self, key: _Key, why: str) -> None:
        self._quiet_until[key] = self._clock() + SULK
        log.warning("look.failed", platform=key[0], account=key[1], why=why)

    def close(self) -> None:
        """Wait for no one: a look that hangs ends with its own deadline."""
        self._pool.shutdown(wait=False, cancel_futures=True)
