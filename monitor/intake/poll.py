"""What to fetch, and when: claim a source that is due, walk it page by page, say how it went.

Each page is committed by itself together with where the walk stands. `complete_until` moves with the last page only,
so a walk that a crash, a burst or an error cut short is never passed off as a whole one.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import stamina
import structlog

from connectors.contract import AuthFailed, Connector, ConnectorError, Page, RateLimited, Rejected, Source, Unavailable
from monitor.clock import Clock
from monitor.failpoints import failpoint
from monitor.intake.ingest import Ingested, ingest, ingest_apart
from monitor.intake.watch import Watch
from monitor.rules import Rules
from monitor.store import accounts, cases
from monitor.store.accounts import Walk
from monitor.store.cases import StaleCase
from monitor.store.engine import PASSING, Store, new_id

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=10)
RENEW_AFTER = timedelta(seconds=3)
"""A walk under way keeps its lease; a node that died gives it up within `LEASE`."""
WORKERS_A_PLATFORM = 2
PAGES_A_ROUND = 10
"""What one round may read: with X's pages of 100 a burst of a thousand posts a minute still fits."""
SHORTEST_OVERLAP = timedelta(minutes=2)
WHOLE_OVERLAP_EVERY = timedelta(minutes=5)
HOPELESS = 5
"""A walk that failed so often in a row from where it stood is begun anew."""
SLOWEST = 4
"""A failing platform is asked after `every`, doubling to this many times it at most."""


class Polling:
    """Keeps every source asked as often as it should be; a stuck platform holds only its own two workers."""

    def __init__(
        self, store: Store, rules: Rules, connectors: Mapping[str, Connector], watch: Watch, clock: Clock
    ) -> None:
        self._store, self._rules, self._connectors = store, rules, connectors
        self._watch, self._clock = watch, clock
        self._owner = new_id("n")
        self.sources: dict[str, Source] = {s.id: s for c in connectors.values() for s in c.sources()}
        # Primary sources and backstops have workers of their own: a backstop never holds a primary back.
        self._lanes = {
            (platform, primary): [s.id for s in self.sources.values() if (s.platform, s.primary) == (platform, primary)]
            for platform in connectors
            for primary in (True, False)
        }
        self._pool = ThreadPoolExecutor(4 * max(len(connectors), 1), thread_name_prefix="poll")
        self._gate = threading.Lock()
        self._busy: Counter[tuple[str, bool]] = Counter()
        self._under_way: dict[str, Walk] = {}
        self._renewed_at = clock()
        self._stop = threading.Event()

    def plan(self, now: datetime) -> None:
        """Make the stored accounts and sources those of the settings. Before the first fetch: row 18 stands on it."""
        with self._store.write() as tx:
            for account in self._rules.settings.accounts:
                accounts.register(
                    tx, account.platform, account.id, account.department, account.handle, account.watch_from or now
                )
            accounts.plan(tx, [(s.id, s.platform, s.kind, s.accounts) for s in self.sources.values()], now)

    def fill(self) -> int:
        """Give every free worker a due source; returns how many fetches that starts."""
        started = 0
        self._renew()
        with self._gate:
            for lane, ids in self._lanes.items():
                while ids and self._busy[lane] < WORKERS_A_PLATFORM and not self._stop.is_set():
                    walk = self._claim(ids)
                    if walk is None:
                        break
                    self._busy[lane] += 1
                    self._under_way[walk.id] = walk
                    self._pool.submit(self._work, walk, lane)
                    started += 1
        return started

    def _renew(self) -> None:
        now = self._clock()
        with self._gate:
            walks = list(self._under_way.values())
            if not walks or timedelta(0) <= now - self._renewed_at < RENEW_AFTER:
                return
            self._renewed_at = now
        with self._store.write() as tx:
            accounts.renew(tx, walks, now + LEASE)

    def drain(self) -> None:
        """Take nothing more; a walk under way stops after the page it is at and goes on after the restart."""
        self._stop.set()
        with self._gate:  # a `fill` that has claimed a source hands it over first
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _claim(self, ids: list[str]) -> Walk | None:
        now = self._clock()
        with self._store.read() as tx:
            if not accounts.anything_due(tx, ids, now):
                return None
        with self._store.write() as tx:
            return accounts.claim_source(tx, ids, now, self._owner, LEASE)

    def _work(self, walk: Walk, lane: tuple[str, bool]) -> None:
        try:
            self._round(walk)
        except PASSING:
            # The database was away for a moment: no fault of the platform's. The lease runs out, and it goes on.
            log.warning("poll.interrupted", source=walk.id, exc_info=True)
        except Exception as exc:  # a source that cannot be handled must not stop the others; it is told
            log.exception("poll.failed", source=walk.id)
            self._failed(self.sources[walk.id], walk, Unavailable(f"an error of ours: {type(exc).__name__}"))
        finally:
            with self._gate:
                self._busy[lane] -= 1
                self._under_way.pop(walk.id, None)

    def _round(self, walk: Walk) -> None:
        """One round of one source: up to `PAGES_A_ROUND` pages, from where the last round stopped."""
        source = self.sources[walk.id]
        connector = self._connectors[source.platform]
        now = self._clock()
        started, since, whole = self._span(source, walk, now)
        with self._store.read() as tx:
            watched = cases.watched(tx, source.platform, source.accounts) if source.primary else []
        pages = 0
        try:
            for page in connector.fetch(source, since, walk.resume, watched):
                pages += 1
                over = pages >= PAGES_A_ROUND or self._stop.is_set()
                if not self._keep(source, walk, page, started, since):
                    return
                if page.resume is None:
                    self._complete(source, walk, started, whole)
                    return
                if over:
                    self._pause(walk)
                    return
            raise Unavailable("the walk ended without a last page")
        except ConnectorError as exc:
            self._failed(source, walk, exc, started)

    def _span(self, source: Source, walk: Walk, now: datetime) -> tuple[datetime, datetime, bool]:
        """When the walk began, how far back it goes, and whether that is the whole overlap."""
        if walk.walk_started_at is not None and walk.walk_since is not None:
            return walk.walk_started_at, walk.walk_since, False
        overlap = self._rules.settings.polling.overlap
        whole = walk.whole_at is None or now - walk.whole_at >= WHOLE_OVERLAP_EVERY
        back = overlap if whole else min(SHORTEST_OVERLAP, overlap)
        with self._store.read() as tx:
            standing = accounts.watched(tx)
        known = [standing[source.platform, id] for id in source.accounts]
        if source.reach is not None:
            return now, now - source.reach, whole
        if source.primary:
            bases = [account.complete_until or account.watch_from for account in known]
        else:
            bases = [walk.completed_at or account.watch_from for account in known]
        return now, min(min(bases), now) - back, whole

    def _keep(self, source: Source, walk: Walk, page: Page, started: datetime, since: datetime) -> bool:
        """Commit a page and where the walk stands, together; False when the lease was lost meanwhile."""
        try:
            # Somebody at the desk may be faster: then it is worked out again from what they did.
            for once_more in stamina.retry_context(on=StaleCase, attempts=3, wait_initial=0, wait_jitter=0):
                with once_more:
                    return self._commit(source, walk, page, started, since, ingest)
        except (StaleCase, *PASSING):
            raise
        except Exception:
            log.exception("poll.page_refused", source=source.id)
        return self._commit(source, walk, page, started, since, ingest_apart)

    def _commit(
        self, source: Source, walk: Walk, page: Page, started: datetime, since: datetime, keep: Callable[..., Ingested]
    ) -> bool:
        now = self._clock()
        with self._store.write() as tx:
            mine = accounts.progress(
                tx, walk, resume=page.resume, walk_started_at=started, walk_since=since, recorded_at=now,
                lease_until=now + LEASE,
            )  # fmt: skip
            if not mine:
                return False
            since_of = {a.id: a.watch_from for a in accounts.watched(tx).values() if a.platform == source.platform}
            brought = keep(tx, self._rules, source.platform, page.posts, since_of, now, set_aside=page.set_aside)
            if source.primary:
                self._watch.heard(tx, source.platform, page.posts, now)
            failpoint("ingest.before_commit")
        failpoint("ingest.after_commit")
        if brought.new_posts or brought.set_aside:
            log.info("poll.page", source=source.id, **brought._asdict())
        return True

    def _complete(self, source: Source, walk: Walk, started: datetime, whole: bool) -> None:
        now = self._clock()
        every = source.every or self._rules.settings.polling.every
        done = {"whole_at": started} if whole else {}
        with self._store.write() as tx:
            mine = accounts.progress(
                tx, walk, walk_started_at=None, walk_since=None, resume=None, completed_at=started, recorded_at=now,
                failures=0, problem="", lease_until=None, due_at=max(now, started + every), **done,
            )  # fmt: skip
            if mine and source.primary:
                self._watch.complete(tx, source.platform, source.accounts, started - source.lag, started, now)

    def _pause(self, walk: Walk) -> None:
        """The round's budget is used up: go on from here in the next round."""
        now = self._clock()
        due_at = now if self._stop.is_set() else now + self._rules.settings.polling.every
        with self._store.write() as tx:
            accounts.progress(tx, walk, recorded_at=now, lease_until=None, failures=0, problem="", due_at=due_at)
        log.warning("poll.behind", source=walk.id)

    def _failed(self, source: Source, walk: Walk, error: ConnectorError, started: datetime | None = None) -> None:
        """Record the failure and when to ask again; accounts that the error leaves out were fetched whole."""
        now = self._clock()
        every = self._rules.settings.polling.every
        until = error.until if isinstance(error, RateLimited | Unavailable) else None
        wait = every * min(2**walk.failures, SLOWEST)
        failed = error.accounts or source.accounts
        partly = error.accounts is not None and len(failed) < len(source.accounts)
        # A resume that is refused, or leads nowhere, is given up: the walk begins anew, and nothing is lost by it.
        hopeless = walk.resume is not None and (isinstance(error, Rejected) or walk.failures >= HOPELESS)
        anew: dict[str, Any] = {"resume": None, "walk_started_at": None, "walk_since": None} if hopeless else {}
        with self._store.write() as tx:
            mine = accounts.progress(
                tx, walk, recorded_at=now, failures=0 if partly else walk.failures + 1, problem=str(error),
                lease_until=None, due_at=_again(now, every if partly else wait, None if partly else until), **anew,
            )  # fmt: skip
            if not mine:
                return
            fetched = [id for id in source.accounts if id not in failed]
            if source.primary and fetched and started is not None:
                self._watch.complete(tx, source.platform, fetched, started - source.lag, started, now)
            if source.primary:
                self._watch.failed(tx, source.platform, failed, str(error), isinstance(error, AuthFailed), now)
        log.warning("poll.unanswered", source=source.id, why=str(error), kind=type(error).__name__)


def _again(now: datetime, wait: timedelta, until: datetime | None) -> datetime:
    """When to ask a failed platform again: at the time it names, else after `wait`."""
    return now + wait if until is None else max(until, now + timedelta(seconds=1))
