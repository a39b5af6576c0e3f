"""One attempt to post an answer: the look before it, the request outside any transaction, what came of it.

A draft is `posting` from a commit before the request on. Whatever happens then, it is sent at most once: a request
whose answer was lost, and one whose process died, are `unknown`, and only a person who has looked may write again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import NamedTuple

import stamina
import structlog

from connectors.contract import Account, Asked, Connector, ConnectorError, Post, Unknown
from monitor.clock import Clock
from monitor.failpoints import failpoint
from monitor.intake.ingest import ingest
from monitor.rules import Rules
from monitor.store import accounts, cases, drafts, events, posts
from monitor.store.drafts import Draft, DraftState
from monitor.store.engine import PASSING, Store, Transaction
from sla.case import Case, Event

log = structlog.get_logger(__name__)

LATEST = timedelta(seconds=30)
"""A process that slept so long between the commit and the request sends nothing any more."""
LOST_AFTER = timedelta(minutes=2)
"""No request takes so long: whoever was posting is dead. Never less than `LATEST` and a connector's total time."""

_KINDS = {DraftState.POSTED: "answer_posted", DraftState.FAILED: "answer_failed", DraftState.UNKNOWN: "answer_unknown"}


class Means(NamedTuple):
    """What a case can be answered by from here."""

    connector: Connector
    account: Account


class Posting:
    """Sends drafts whose `posting` is committed. Safe for threads."""

    def __init__(self, store: Store, rules: Rules, connectors: Mapping[str, Connector], clock: Clock) -> None:
        self._store, self._rules, self._connectors, self._clock = store, rules, connectors, clock
        self._accounts = {(a.platform, a.id): a for c in connectors.values() for a in c.accounts}

    def means(self, case: Case) -> Means | None:
        """By what the account that was spoken to answers; None where that takes the platform itself."""
        connector = self._connectors.get(case.platform)
        account = self._accounts.get((case.platform, case.account))
        if connector is None or account is None or not connector.can_answer(account):
            return None
        return Means(connector, account)

    def look(self, case: Case, means: Means) -> None:
        """Look at the platform once more, so that nobody is answered twice; where it cannot be asked the answer leaves.

        What is found is stored through ordinary ingest, and may end the case.
        """
        if case.owed_by is None:
            return
        with self._store.read() as tx:
            asked = standing(tx, case)[-means.connector.most_asked :]
        try:
            found = means.connector.look(means.account, asked)
        except ConnectorError as exc:
            log.warning("answer.not_looked", platform=case.platform, account=case.account, why=str(exc))
            return
        with self._store.write() as tx:
            self._ingest(tx, case.platform, found.posts, found.gone & {one.id for one in asked})

    def send(self, draft: Draft, means: Means, to: Asked) -> Draft:
        """Post it, once; returns the draft as it is afterwards."""
        failpoint("answer.committed")
        assert draft.decided_at is not None
        if self._clock() - draft.decided_at > LATEST:
            return self._end(draft, DraftState.FAILED, "this process slept before the request left: nothing was sent")
        try:
            post = means.connector.answer(means.account, to, draft.text)
        except Unknown as exc:
            return self._end(draft, DraftState.UNKNOWN, str(exc))
        except ConnectorError as exc:
            return self._end(draft, DraftState.FAILED, str(exc))
        except Exception:  # whatever it is, the request may have left before
            log.exception("answer.broke", draft=draft.id)
            return self._end(draft, DraftState.UNKNOWN, "an error of ours")
        failpoint("answer.sent")
        try:
            return self._end(draft, DraftState.POSTED, post=post)
        except PASSING:
            raise
        except Exception:  # it stands on the platform, and polling brings it
            log.exception("answer.not_ingested", draft=draft.id)
            return self._end(draft, DraftState.POSTED, posted_id=post.id)

    def give_up(self) -> None:
        """Of answers whose posting nobody ended it is unknown whether they stand: told on the case, not sent again."""
        with self._store.read() as tx:
            lost = drafts.posting_since(tx, self._clock() - LOST_AFTER)
        for draft in lost:
            self._end(draft, DraftState.UNKNOWN, "the service stopped while it was being posted", actor="clock")

    def _end(
        self, draft: Draft, state: DraftState, problem: str = "", *, actor: str = "", post: Post | None = None,
        posted_id: str | None = None,
    ) -> Draft:  # fmt: skip
        """Store what came of it, with the post itself where there is one: the clock stops at once.

        It is known here alone, so a database that is away for a moment is asked again. Who woke late may still tell the
        truth of a draft that others gave up.
        """
        was = (DraftState.POSTING, *(() if state is DraftState.UNKNOWN else (DraftState.UNKNOWN,)))
        posted_id = post.id if post is not None else posted_id
        for once_more in stamina.retry_context(
            on=(*PASSING, cases.StaleCase), attempts=4, wait_initial=0.1, wait_max=1.0
        ):
            with once_more, self._store.write() as tx:
                if post is not None:
                    self._ingest(tx, post.platform, [post])
                if drafts.move(tx, draft.id, was, state, problem=problem, posted_id=posted_id):
                    data = {"draft": draft.id} | ({"answer": posted_id} if posted_id else {})
                    told = Event(_KINDS[state], self._clock(), actor or draft.decided_by or draft.author, data)
                    events.append(tx, [(draft.case_id, told)])
                ended = drafts.get(tx, draft.id)
        assert ended is not None
        return ended

    def _ingest(self, tx: Transaction, platform: str, found: Collection[Post], gone: Collection[str] = ()) -> None:
        since = {a.id: a.watch_from for a in accounts.watched(tx).values() if a.platform == platform}
        ingest(tx, self._rules, platform, found, since, self._clock(), gone=gone)


def standing(tx: Transaction, case: Case) -> list[Asked]:
    """The mentions of a case that still exist, oldest first."""
    return [
        Asked(mention.id, case.conversation, mention.author, mention.created_at)
        for mention in posts.mentions(tx, [case.id])[case.id]
        if mention.gone_at is None
    ]
