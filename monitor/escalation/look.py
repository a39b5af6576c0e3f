"""Look again at the platform before anyone is alerted (SEMANTICS rows 16 and 21).

A few looks an account, two seconds for all of a pass together, outside any transaction; what they find is stored
through ordinary ingest. A platform that does not answer is left alone for a while and its cases escalate unchecked.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
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

PATIENCE = 2.0
"""Seconds that the looks of one pass may take in all."""
MOST_LOOKS = 3
"""Looks at one account in one pass: a storm is not a look a batch."""
SULK = timedelta(seconds=30)
"""How long an account that could not be looked at is not asked again, and never longer than a poll is away."""


@dataclass(slots=True)
class _Seen:
    """What this pass has seen of an account."""

    looks: int = 0
    at: datetime | None = None
    answers_since: datetime | None = None
    """The account's own answers since then are known to be whole, as of `at`."""

    def serves(self, case: Case) -> bool:
        """Whether a look answered for a case it did not ask about; one older than the case's instant never does."""
        if self.at is None or self.answers_since is None or case.next_action_at is None:
            return False
        return self.answers_since <= case.opened_at and case.next_action_at <= self.at


class Looker:
    """Asks the connectors whether cases that are about to be told of were answered or are gone."""

    def __init__(self, store: Store, rules: Rules, connectors: Mapping[str, Connector], clock: Clock) -> None:
        self._store, self._rules, self._connectors, self._clock = store, rules, connectors, clock
        self._accounts = {(a.platform, a.id): a for c in connectors.values() for a in c.accounts}
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="look")
        self._sulk = min(SULK, rules.settings.polling.every)
        self._quiet_until: dict[_Key, datetime] = {}
        self.begin()

    def begin(self) -> None:
        """A new pass: nothing has been seen yet, and there is time."""
        self._seen: dict[_Key, _Seen] = defaultdict(_Seen)
        self._left = PATIENCE

    def look(self, cases: Sequence[Case]) -> frozenset[str]:
        """Store what the platforms say now; returns the ids of the cases that could be checked."""
        of_account: dict[_Key, list[Case]] = defaultdict(list)
        for case in sorted(cases, key=lambda case: case.deadline):
            of_account[case.platform, case.account].append(case)
        began = time.monotonic()
        asking: dict[Future[Look], tuple[_Key, list[Asked]]] = {}
        case_of: dict[str, str] = {}
        for key, group in of_account.items():
            for asked in self._questions(key, group, case_of):
                asking[self._pool.submit(self._connectors[key[0]].look, self._accounts[key], asked)] = (key, asked)
        done, late = wait(asking, timeout=self._left)
        read: set[str] = set()
        for future in done:
            key, asked = asking[future]
            read |= self._stored(key, [one.id for one in asked], future)
        for future in late:
            future.cancel()
            self._give_up(asking[future][0], "no answer in time")
        self._left -= time.monotonic() - began
        unread = {case for mention, case in case_of.items() if mention not in read}
        checked = set(case_of.values()) - unread
        checked |= {case.id for key, group in of_account.items() for case in group if self._seen[key].serves(case)}
        return frozenset(checked)

    def _questions(self, key: _Key, group: Sequence[Case], case_of: dict[str, str]) -> Iterator[list[Asked]]:
        """What to ask about an account's cases, in pieces its connector can take; notes whose mention each one is."""
        seen = self._seen[key]
        if key not in self._accounts or self._is_quiet(key) or self._left <= 0 or seen.answers_since is not None:
            return
        with self._store.read() as tx:
            mentions = posts.mentions(tx, [case.id for case in group])
        questions = [
            Asked(mention.id, case.conversation, mention.author, mention.created_at)
            for case in group
            for mention in mentions[case.id]
            if mention.gone_at is None
        ]
        case_of |= {mention.id: case.id for case in group for mention in mentions[case.id] if mention.gone_at is None}
        most = self._connectors[key[0]].most_asked
        for start in range(0, len(questions), most):
            if seen.looks >= MOST_LOOKS:
                return
            seen.looks += 1
            yield questions[start : start + most]

    def _is_quiet(self, key: _Key) -> bool:
        # Not for longer than it was meant for, should the clock be set back meanwhile.
        now = self._clock()
        return timedelta(0) < self._quiet_until.get(key, now) - now <= self._sulk

    def _stored(self, key: _Key, ids: Sequence[str], future: Future[Look]) -> set[str]:
        """Store what a look found; returns the ids it could read, none where it failed."""
        try:
            found = future.result()
            now = self._store_look(key[0], ids, found)
        except ConnectorError as exc:
            self._give_up(key, str(exc))
            return set()
        except Exception:  # whatever keeps us from looking, the alert leaves
            log.exception("look.failed", platform=key[0], account=key[1])
            self._give_up(key, "an error of ours")
            return set()
        seen = self._seen[key]
        seen.at, seen.answers_since = now, found.answers_since
        return set(ids) - found.unread

    def _store_look(self, platform: str, ids: Sequence[str], found: Look) -> datetime:
        now = self._clock()
        gone = found.gone & set(ids)
        with self._store.write() as tx:
            since = {account.id: account.watch_from for account in watched(tx).values() if account.platform == platform}
            standing = {post.id for post in found.posts} & set(ids)
            ingest(tx, self._rules, platform, found.posts, since, now, gone=gone, looked_at=standing - gone)
        return now

    def _give_up(self, key: _Key, why: str) -> None:
        self._quiet_until[key] = self._clock() + self._sulk
        log.warning("look.failed", platform=key[0], account=key[1], why=why)

    def close(self) -> None:
        """Wait for no one: a look that hangs ends with its own deadline."""
        self._pool.shutdown(wait=False, cancel_futures=True)
