"""Facebook Pages: many walls in one batch a minute, tags and a deep sweep beside them, the look, answers.

The facts behind each choice are in PLATFORMS, "Facebook Graph API". Asking is `graph_calls`, reading `graph_posts`,
the steps of a walk `graph_walk`, the look before a breach `graph_look`, answering `graph_answer`. Pages' inboxes are
left alone: direct messages are no mentions (SEMANTICS row 19), and fetching them would only gather personal data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from pydantic import BaseModel, Field, SecretStr

from connectors import graph_answer
from connectors.contract import (
    Account,
    Asked,
    AuthFailed,
    Connector,
    ConnectorError,
    Health,
    Look,
    Page,
    Post,
    RateLimited,
    Rejected,
    SetAside,
    Source,
    Unavailable,
)
from connectors.graph_calls import BATCH, Gone, GraphCalls, Operation, Outcome, regained_at, used
from connectors.graph_look import look
from connectors.graph_posts import PLATFORM, Reading, clean
from connectors.graph_walk import Step, Wall, kept, recalled, threads
from connectors.session import BaseUrl, Timeouts

TAGGED_EVERY = timedelta(minutes=5)
SWEEP_EVERY = timedelta(hours=1)
#: How far back a sweep looks for comments, and at how many posts of each Page.
SWEEP_REACH = timedelta(days=1)
SWEEP_POSTS = 100
#: Posts that are handed over at once, so that a transaction stays short.
HANDFUL = 200
#: A source's id is a key in the database: more Pages than fit are told by their digest.
LONGEST_ID = 100


class FacebookConnector(Connector):
    """The Pages of one city. Safe for threads.

    A Page that fails does not blind those it shares a batch with: their posts are handed over first, then the error
    is raised with the attribute `accounts`, the ids of the Pages whose walk is not whole.
    """

    platform = PLATFORM
    answer_limit = graph_answer.LONGEST
    most_asked = 200  # in a few batches of 50; mentions of one thread are one question

    class Options(BaseModel, frozen=True, extra="forbid"):
        """The keys of `[connectors.facebook]`."""

        base_url: BaseUrl = "https://graph.facebook.com"
        version: str = Field("v26.0", pattern=r"^v\d{1,3}\.\d{1,2}$")
        app_secret: SecretStr | None = None
        """Signs every call (`appsecret_proof`), where the app asks for it."""

    def __init__(self, options: Options, accounts: Sequence[Account], now: Callable[[], datetime]) -> None:
        super().__init__(options, accounts, now)
        #: May be changed before the first call.
        self.timeouts = Timeouts()
        self._pages = {account.id: account for account in self.accounts}
        secret = None if options.app_secret is None else options.app_secret.get_secret_value()
        self._calls = GraphCalls(options.base_url, options.version, secret, now, lambda: self.timeouts)

    @classmethod
    def missing(cls, options: Options, account: Account) -> Mapping[str, str]:
        """Each Page has a token of its own."""
        if account.token and account.token.strip():
            return {}
        return {"token": 'the Page\'s own access token, as token = { file = "page-token" } in its [[accounts]] table'}

    def sources(self) -> Sequence[Source]:
        """For each 50 Pages: their walls every round; tags every 5 minutes and the last 100 posts hourly beside it."""
        found = []
        ids = list(self._pages)
        for group in [tuple(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH)]:
            calls = len(group) if self._calls.plain else 1
            found += [
                Source(_id("feed", group), PLATFORM, "feed", group, True, calls=calls),
                Source(_id("tagged", group), PLATFORM, "tagged", group, False, every=TAGGED_EVERY, calls=calls),
                Source(
                    _id("sweep", group), PLATFORM, "sweep", group, False, SWEEP_EVERY, reach=SWEEP_REACH, calls=calls
                ),
            ]
        return found

    def fetch(
        self, source: Source, since: datetime, resume: str | None = None, watched: Collection[str] = ()
    ) -> Iterator[Page]:
        """Walk the source's Pages together, each of them newest first, back to the second `since` lies in.

        `resume` holds what is left to do in ids and times; Pages that it does not name are walked afresh, so that
        one that fails or overflows for long holds back no other. An error raised carries `accounts`.
        """
        since = since.replace(microsecond=0)  # Facebook's times are whole seconds
        pages = [page for page in source.accounts if page in self._pages]
        steps = (recalled(resume, pages, since) if resume else None) or []
        underway = {step.page for step in steps}
        steps = [self._wall(source.kind, page, since) for page in pages if page not in underway] + steps
        failed: dict[str, ConnectorError] = {}
        while taken := [step for step in steps if step.page not in failed][:BATCH]:
            try:
                outcomes = self._calls.run([step.operation(self._pages[step.page]) for step in taken])
            except ConnectorError as error:
                _name(error, [page for page in pages if any(step.page == page for step in steps)])
                raise
            posts: list[Post] = []
            aside: list[SetAside] = []
            answered = False
            for step, outcome in zip(taken, outcomes, strict=True):
                reading = Reading(step.page, tuple(self._pages), None if step.whole else since)
                try:
                    further = self._read(step, outcome, reading)
                except ConnectorError as error:
                    failed[step.page] = error
                    continue
                answered = True
                if source.kind == "feed" and isinstance(step, Wall) and step not in further:
                    further += threads(watched, step, pages)
                steps = [*further, *(other for other in steps if other is not step)]
                posts += reading.posts
                aside += reading.set_aside
                if len(posts) >= HANDFUL and steps:
                    yield Page(posts, kept(steps), aside)
                    posts, aside = [], []
            if answered:
                yield Page(posts, kept(steps) if steps else None, aside)
        if failed:
            raise _name(_worst(failed), [page for page in pages if page in failed])

    def _wall(self, kind: str, page: str, since: datetime) -> Step:
        if kind == "sweep":
            return Wall(page, since, left=SWEEP_POSTS)
        return Wall(page, since, edge=kind)

    def _read(self, step: Step, outcome: Outcome, reading: Reading) -> list[Step]:
        if isinstance(outcome, Gone) and step.may_be_gone:
            return []
        if isinstance(outcome, ConnectorError):
            raise outcome
        return step.read(outcome, reading)

    def look(self, account: Account, asked: Sequence[Asked]) -> Look:
        """Ask the mentions' threads themselves, and the mentions they do not show, in `timeouts.look` seconds at most.

        Gone is what the Graph says is not there while the same token reads the Page's wall.
        """
        with self._calls.session.within(self.timeouts.look):
            return look(self._calls, self._pages.get(account.id, account), tuple(self._pages), asked)

    def can_answer(self, account: Account) -> bool:
        """Where the Page has its token; whether it may also write (`pages_manage_engagement`) only Facebook says."""
        return bool(account.token and account.token.strip())

    @classmethod
    def answer_length(cls, text: str) -> int:
        """Units of UTF-16: Hangul 1, most pictures 2."""
        return graph_answer.length(text)

    def answer(self, account: Account, to: Asked, text: str) -> Post:
        """Reply as the Page below the mention. Two calls, the second to read the time that it was given."""
        with self._calls.session.within(self.timeouts.total):
            return graph_answer.answer(self._calls, self._pages.get(account.id, account), to, text)

    def handles(self) -> Mapping[str, str]:
        """Each Page's username, "" where it has none. An error raised carries `accounts`."""
        found: dict[str, str] = {}
        failed: dict[str, ConnectorError] = {}
        for start in range(0, len(self.accounts), BATCH):
            group = self.accounts[start : start + BATCH]
            asked = [Operation(account, account.id, {"fields": "id,username"}) for account in group]
            for account, outcome in zip(group, self._calls.run(asked), strict=True):
                if isinstance(outcome, Gone):
                    continue
                if isinstance(outcome, ConnectorError):
                    failed[account.id] = outcome
                else:
                    found[account.id] = clean(outcome.get("username"))
        if failed:
            raise _name(_worst(failed), list(failed))
        return found

    def health(self) -> Health:
        """Calls made, and the clock. The Graph tells its budget in percent only: calls left are told when none are."""
        tally = self._calls.tally
        last = tally.last
        share = None if last is None else used(last.headers)
        spent = share is not None and share >= 100
        return Health(
            calls=tally.calls,
            remaining=0 if spent else None,
            resets_at=regained_at(last.headers, last.at) if spent and last is not None else None,
            clock_offset=tally.clock_offset,
        )

    def close(self) -> None:
        """Let go of the sockets."""
        self._calls.close()


def _id(kind: str, pages: Sequence[str]) -> str:
    """A source's stable name."""
    listed = ",".join(pages)
    if len(listed) > LONGEST_ID:
        listed = sha256(json.dumps(pages).encode()).hexdigest()[:16]
    return f"{PLATFORM}:{kind}:{listed}"


def _worst(failed: Mapping[str, ConnectorError]) -> ConnectorError:
    """The failure to raise for several Pages: first what a person must mend, last what passes by itself."""
    order = (AuthFailed, Rejected, RateLimited, Unavailable)
    return min(failed.values(), key=lambda error: next(n for n, kind in enumerate(order) if isinstance(error, kind)))


def _name(error: ConnectorError, pages: Sequence[str]) -> ConnectorError:
    """The error with the Pages it concerns as its attribute `accounts`."""
    vars(error)["accounts"] = tuple(pages)
    return error
