"""The suite every connector inherits: what a connector owes, whatever its platform.

A connector's test class overrides one fixture, `stage`: a small platform of its own, with its citizens. See
`test_twitter.py`.
"""

from __future__ import annotations

import logging
import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connectors.contract import (
    Account,
    Asked,
    AuthFailed,
    Connector,
    ConnectorError,
    Page,
    Post,
    PostKind,
    RateLimited,
    SetAside,
    Source,
    Unavailable,
)
from connectors.session import Timeouts
from monitor.demo.server import Server

#: Short enough for tests of hanging servers, long enough for a slow machine's ordinary answers.
IMPATIENT = Timeouts(connect=2.0, read=0.25, total=0.4, look=0.4)

NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, **by: float) -> datetime:
        """Go on by `timedelta(**by)`."""
        self.at += timedelta(**by)
        return self.at


class Stage(ABC):
    """A small platform and the people on it, as the suite needs them. Times default to the clock's now."""

    #: Posts that one page of the platform holds at most.
    page_size: int
    #: Tokens and secrets that must never be seen anywhere.
    secrets: Sequence[str]
    #: Keys of `raw_item` whose values the malformed corpus replaces.
    fields: Sequence[str]
    clock: Clock
    #: At least two of ours.
    accounts: Sequence[Account]
    #: What it stands on; a folder has none.
    server: Server

    def minutes_ago(self, minutes: float) -> datetime:
        """That many minutes before the stage's now."""
        return self.clock() - timedelta(minutes=minutes)

    @abstractmethod
    def connect(self, timeouts: Timeouts | None = None) -> Connector:
        """A connector to this platform for all `accounts`; None: its own timeouts."""

    @abstractmethod
    def mention(
        self,
        account: Account,
        text: str = "가로등이 꺼졌어요",
        *,
        at: datetime | None = None,
        seen_at: datetime | None = None,
    ) -> str:
        """A citizen speaks to the account; the platform shows it from `seen_at` on. Returns its id."""

    @abstractmethod
    def answer(
        self, account: Account, mention: str, text: str = "확인하겠습니다", *, at: datetime | None = None
    ) -> str:
        """The account answers a mention, on the platform itself. Returns the answer's id."""

    @abstractmethod
    def edit(self, post: str, text: str) -> None:
        """The post's author changes its text."""

    @abstractmethod
    def delete(self, post: str) -> None:
        """The post is gone."""

    @abstractmethod
    def rename(self, account: Account, handle: str) -> None:
        """The account takes another handle."""

    @abstractmethod
    def raw_item(self, number: int) -> dict[str, Any]:
        """A well-formed raw item of the platform, a mention of the first account, with an id of its own."""

    @abstractmethod
    def send(self, items: Sequence[Any]) -> tuple[Source, int]:
        """Let the next answer hold just these raw items: the source that gets them, and how many it accounts for."""

    @abstractmethod
    def limit(self, until: datetime | None) -> None:
        """Refuse everything as too much until then; None: without saying until when."""

    @abstractmethod
    def refuse_token(self) -> None:
        """Refuse everything because the token is no longer good."""

    @abstractmethod
    def deny(self) -> None:
        """Refuse everything because a permission is missing."""

    @abstractmethod
    def fail(
        self,
        *,
        status: int = 200,
        body: bytes = b"",
        content_type: str | None = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer everything with this."""

    @abstractmethod
    def hang(self, *, drip: bool = False) -> None:
        """Answer nothing, ever; or, dripping, a byte now and then."""

    @abstractmethod
    def recover(self) -> None:
        """End every fault."""


def relabelled(app: ASGIApp, content_type: str | None) -> ASGIApp:
    """A platform whose every answer calls itself so; None: it says nothing of its type."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def relabel(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [pair for pair in message["headers"] if pair[0].lower() != b"content-type"]
                named = [] if content_type is None else [(b"content-type", content_type.encode())]
                message = {**message, "headers": others + named}
            await send(message)

        await app(scope, receive, relabel)

    return wrapped


def asked(post: Post) -> Asked:
    """The question that a look before a breach asks of a mention."""
    return Asked(post.id, post.conversation, post.author, post.created_at)


def primary(connector: Connector) -> list[Source]:
    """The sources that move `complete_until`."""
    return [source for source in connector.sources() if source.primary]


def walk(
    connector: Connector, since: datetime, sources: Sequence[Source] | None = None
) -> tuple[dict[str, Post], list[SetAside]]:
    """Walk sources, the primary ones by default, to their ends: posts by id as ingest would keep them, set-asides."""
    posts: dict[str, Post] = {}
    aside: list[SetAside] = []
    for source in primary(connector) if sources is None else sources:
        pages = list(connector.fetch(source, since))
        assert pages, "a whole walk has a last page"
        assert [page.resume is None for page in pages] == [False] * (len(pages) - 1) + [True]
        for page in pages:
            posts.update((post.id, post) for post in page.posts)
            aside.extend(page.set_aside)
    return posts, aside


def storable(text: str) -> bool:
    """Whether both databases take it: UTF-8 without NUL."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


#: Values that a field may hold though it never should (TRUST, "malformed payloads").
MALFORMED: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    "",
    " ",
    "x" * 1_000_000,
    "\ud800 lone",
    "nul \0 here",
    "가로등",  # NFD
    "\u202e bidi \u2066",
    "9" * 400,
    "2026-13-45T99:99:99Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999-14:00",
    [],
    [None],
    [[1]],
    [{}],
    ["\ud800"],
    {},
    {"id": None},
    {"id": {"id": []}},
    {"text": 7, "mentions": "no"},
    {"mentions": None},
    {"mentions": [{"username": {"a": 1}}]},
    {"mentions": [None, {"id": "666", "username": "other"}]},
    {"mentions": [{"id": "x", "username": "dj_transport"}]},
    {"data": [None, {"id": 1}]},
)

#: Answers that are not what any platform agreed to.
NONSENSE: tuple[bytes, ...] = (b"", b"null", b"[]", b"5", b'"x"', b"{", b'{"data": [', b"\xff\xfe\x00", b"[" * 100_000)

HTML = b"<!doctype html><title>502</title>"


class ConnectorSuite:
    """Every connector's tests. A subclass gives the fixture `stage`."""

    @pytest.fixture
    def stage(self) -> Iterator[Stage]:
        """The platform; overridden by each connector's class."""
        raise NotImplementedError

    @pytest.fixture
    def connector(self, stage: Stage) -> Iterator[Connector]:
        """A connector to the stage."""
        made = stage.connect()
        yield made
        made.close()

    @pytest.fixture
    def impatient(self, stage: Stage) -> Iterator[Connector]:
        """A connector that gives up soon."""
        made = stage.connect(IMPATIENT)
        yield made
        made.close()

    # What is there

    def test_sources_cover_every_account(self, stage: Stage, connector: Connector) -> None:
        """Each account has a primary source, ids are distinct, and the same accounts give the same ids."""
        sources = connector.sources()
        covered = {account for source in sources if source.primary for account in source.accounts}
        assert covered == {account.id for account in stage.accounts}
        assert len({source.id for source in sources}) == len(sources)
        assert [source.id for source in stage.connect().sources()] == [source.id for source in sources]
        assert {source.platform for source in sources} == {connector.platform}

    def test_mention_is_found(self, stage: Stage, connector: Connector) -> None:
        """A citizen's post to each account comes back with author, time, text, link and whom it addresses."""
        for account in stage.accounts:
            at = stage.clock.advance(seconds=1)
            mention = stage.mention(account, "가로등이 꺼졌어요 & 어두워요 <3")
            stage.clock.advance(seconds=1)
            post = walk(connector, at - timedelta(minutes=2))[0][mention]
            assert (post.platform, post.kind, post.created_at) == (connector.platform, PostKind.POST, at)
            assert post.author and post.author not in {ours.id for ours in stage.accounts}
            assert post.addressed == (account.id,)
            assert post.text.endswith("가로등이 꺼졌어요 & 어두워요 <3")
            assert post.permalink.startswith("https://")
            assert post.conversation

    def test_own_answer_is_found_with_its_links(self, stage: Stage, connector: Connector) -> None:
        """An answer posted on the platform comes back as ours, tied to the mention and its citizen."""
        account = stage.accounts[0]
        since = stage.clock() - timedelta(minutes=2)
        mention = stage.mention(account)
        stage.clock.advance(minutes=3)
        answer = stage.answer(account, mention)
        stage.clock.advance(seconds=1)
        posts, _ = walk(connector, since)
        assert posts[answer].author == account.id
        assert posts[answer].conversation == posts[mention].conversation
        assert posts[answer].reply_to == mention
        assert posts[answer].reply_to_author == posts[mention].author

    def test_overlap_finds_a_late_arrival(self, stage: Stage, connector: Connector) -> None:
        """A post that the index shows minutes after newer ones is found by a walk whose overlap reaches back to it."""
        account, start = stage.accounts[0], stage.clock()
        late = stage.mention(account, "늦게 보이는 글", at=start, seen_at=start + timedelta(minutes=5))
        stage.clock.advance(seconds=30)
        prompt = stage.mention(account, "바로 보이는 글")
        stage.clock.advance(seconds=30)
        first, _ = walk(connector, start - timedelta(minutes=2))
        assert prompt in first and late not in first
        stage.clock.advance(minutes=5)
        again, _ = walk(connector, start - timedelta(minutes=1))
        assert {late, prompt} <= set(again)

    def test_post_met_twice_is_one_id(self, stage: Stage, connector: Connector) -> None:
        """The same post by any source, and by a second walk, is the same post under the same id."""
        mention = stage.mention(stage.accounts[0])
        stage.clock.advance(seconds=1)
        since = stage.clock() - timedelta(minutes=2)
        seen = [walk(connector, since, [source])[0] for source in connector.sources()]
        seen += [walk(connector, since, [source])[0] for source in connector.sources()]
        found = [posts[mention] for posts in seen if mention in posts]
        assert len(found) >= 2 and len(set(found)) == 1

    def test_edit_keeps_the_id(self, stage: Stage, connector: Connector) -> None:
        """An edited post has its new text under its first id, and no second post beside it."""
        mention = stage.mention(stage.accounts[0], "오타")
        stage.clock.advance(minutes=1)
        stage.edit(mention, "고친 글")
        stage.clock.advance(seconds=1)
        posts, _ = walk(connector, stage.clock() - timedelta(minutes=5))
        assert [post.id for post in posts.values() if post.text.endswith(("오타", "고친 글"))] == [mention]
        assert posts[mention].text.endswith("고친 글")

    # Walks

    def test_walk_of_many_pages_is_whole(self, stage: Stage, connector: Connector) -> None:
        """A burst over several pages comes back whole; only the last page has no resume."""
        sent = {stage.mention(stage.accounts[0], f"글 {n}") for n in range(stage.page_size * 2 + 5)}
        stage.clock.advance(seconds=1)
        posts, _ = walk(connector, stage.clock() - timedelta(minutes=2))
        assert sent <= set(posts)

    def test_walk_that_stops_early_goes_on_and_loses_nothing(self, stage: Stage, connector: Connector) -> None:
        """A walk that stops after each page, with new posts coming meanwhile, still brings everything by its resume."""
        account, since = stage.accounts[0], stage.clock() - timedelta(minutes=2)
        sent = set()
        for n in range(stage.page_size * 2 + 5):
            stage.clock.advance(seconds=0.1)
            sent.add(stage.mention(account, f"글 {n}"))
        stage.clock.advance(seconds=1)
        found: set[str] = set()
        for source in primary(connector):
            resume: str | None = None
            for _ in range(20):
                page: Page = next(iter(stage.connect().fetch(source, since, resume)))
                found |= {post.id for post in page.posts}
                resume = page.resume
                stage.clock.advance(seconds=1)
                stage.mention(account, "그 사이의 글")
                if resume is None:
                    break
            assert resume is None, "the walk must come to its end"
        assert sent <= found

    def test_nothing_there_is_a_whole_walk(self, stage: Stage, connector: Connector) -> None:
        """No posts at all is one last page without posts, not an error."""
        posts, aside = walk(connector, stage.clock() - timedelta(minutes=2))
        assert (posts, aside) == ({}, [])

    # Faults

    def failure(self, connector: Connector) -> ConnectorError:
        """What a fetch of the first primary source raises."""
        with pytest.raises(ConnectorError) as caught:
            list(connector.fetch(primary(connector)[0], datetime(2026, 11, 24, 2, 0, tzinfo=UTC)))
        return caught.value

    def test_rate_limit_with_its_end(self, stage: Stage, connector: Connector) -> None:
        """Too many calls: RateLimited until the instant the platform names."""
        until = stage.clock() + timedelta(minutes=7)
        stage.limit(until)
        error = self.failure(connector)
        assert isinstance(error, RateLimited)
        assert error.until == until

    def test_rate_limit_without_its_end(self, stage: Stage, connector: Connector) -> None:
        """Too many calls and no instant named: RateLimited without one, so that the caller backs off."""
        stage.limit(None)
        error = self.failure(connector)
        assert isinstance(error, RateLimited)
        assert error.until is None

    def test_refused_token(self, stage: Stage, connector: Connector) -> None:
        """A token that is no longer good: a person must mend it."""
        stage.refuse_token()
        assert isinstance(self.failure(connector), AuthFailed)

    def test_missing_permission(self, stage: Stage, connector: Connector) -> None:
        """A permission that is missing: a person must mend it."""
        stage.deny()
        assert isinstance(self.failure(connector), AuthFailed)

    @pytest.mark.parametrize("status", [500, 502, 503, 504])
    @pytest.mark.parametrize("body", [b"", b"[]", HTML, b'{"errors": 5}', b'{"error": [1]}'])
    def test_server_fault(self, stage: Stage, connector: Connector, status: int, body: bytes) -> None:
        """A server fault, whatever its body, is Unavailable and keeps its Retry-After."""
        stage.fail(status=status, body=body, headers={"Retry-After": "90"})
        error = self.failure(connector)
        assert isinstance(error, Unavailable)
        assert error.until == stage.clock() + timedelta(seconds=90)

    @pytest.mark.parametrize("body", NONSENSE, ids=lambda body: repr(body[:12]))
    def test_nonsense_as_a_success(self, stage: Stage, connector: Connector, body: bytes) -> None:
        """A 200 that is no answer is Unavailable: it never passes as "nothing there"."""
        stage.fail(body=body)
        assert isinstance(self.failure(connector), Unavailable)

    @pytest.mark.parametrize("content_type", ["text/html; charset=utf-8", "image/png", "application/json", None])
    def test_page_of_a_proxy_as_a_success(self, stage: Stage, connector: Connector, content_type: str | None) -> None:
        """A proxy's HTML with status 200, whatever it calls itself, is Unavailable."""
        stage.fail(body=HTML, content_type=content_type)
        assert isinstance(self.failure(connector), Unavailable)

    @pytest.mark.parametrize("content_type", ["text/javascript; charset=UTF-8", "text/plain", "text/html", None])
    def test_json_by_another_name_is_read(self, stage: Stage, connector: Connector, content_type: str | None) -> None:
        """Gateways relabel answers: JSON is JSON whatever it calls itself, for walks, looks and handles."""
        mention = stage.mention(stage.accounts[0])
        stage.clock.advance(seconds=1)
        stage.server.app = relabelled(stage.server.app, content_type)
        found, _ = walk(connector, stage.minutes_ago(5))
        assert mention in {post.id for post in connector.look(stage.accounts[0], [asked(found[mention])]).posts}
        assert set(connector.handles()) == {account.id for account in stage.accounts}

    def test_redirect_is_not_followed(self, stage: Stage, connector: Connector) -> None:
        """A redirect would carry the token elsewhere: it is Unavailable."""
        stage.fail(status=302, headers={"Location": "http://127.0.0.1:1/elsewhere"})
        assert isinstance(self.failure(connector), Unavailable)

    @pytest.mark.parametrize("drip", [False, True])
    def test_hanging_server_is_cut(self, stage: Stage, impatient: Connector, drip: bool) -> None:
        """A server that says nothing, or a byte now and then, holds no call beyond its time."""
        stage.hang(drip=drip)
        assert isinstance(self.failure(impatient), Unavailable)

    def test_recovers(self, stage: Stage, connector: Connector) -> None:
        """After a fault the same connector goes on as if nothing had been."""
        mention = stage.mention(stage.accounts[0])
        stage.clock.advance(seconds=1)
        stage.fail(status=503)
        self.failure(connector)
        stage.recover()
        assert mention in walk(connector, stage.clock() - timedelta(minutes=2))[0]

    def test_no_secret_is_ever_shown(
        self, stage: Stage, impatient: Connector, caplog: pytest.LogCaptureFixture
    ) -> None:
        """No token in exceptions and their traces, reprs or logs at DEBUG, whatever goes wrong."""
        shown = [repr(impatient), repr(impatient.options), repr(impatient.accounts), repr(impatient.sources())]
        with caplog.at_level(logging.DEBUG):
            for name in ("tweepy.client", "urllib3.connectionpool", "facebook", "requests"):
                caplog.set_level(logging.DEBUG, logger=name)
            stage.mention(stage.accounts[0])
            stage.clock.advance(seconds=1)
            walk(impatient, stage.clock() - timedelta(minutes=2))
            impatient.handles()
            for fault in (
                stage.refuse_token,
                stage.deny,
                lambda: stage.limit(None),
                lambda: stage.fail(status=500, body=b"[]"),
                lambda: stage.fail(body=HTML),
                stage.hang,
            ):
                fault()
                error = self.failure(impatient)
                shown += [str(error), repr(error), "".join(traceback.format_exception(error))]
                cause = error.__cause__ or error.__context__
                shown += [] if cause is None else [str(cause), repr(cause), repr(vars(cause))]
        shown += [record.getMessage() for record in caplog.records]
        for secret in stage.secrets:
            assert not [text for text in shown if secret in text]

    # What is malformed

    def test_malformed_items_are_kept_or_set_aside(self, stage: Stage, connector: Connector) -> None:
        """Every odd value in every field, and items that are no objects: nothing raises, nothing is dropped."""
        items: list[Any] = [None, 5, "text", [], [1], {}, {"unknown": 1}]
        for field in stage.fields:
            for value in MALFORMED:
                item = stage.raw_item(len(items))
                if field in item and value is None:
                    del item[field]
                else:
                    item[field] = value
                items.append(item)
        for start in range(0, len(items), stage.page_size):
            source, expected = stage.send(items[start : start + stage.page_size])
            pages = list(connector.fetch(source, stage.clock() - timedelta(minutes=2)))
            posts = [post for page in pages for post in page.posts]
            aside = [kept for page in pages for kept in page.set_aside]
            assert len(posts) + len(aside) == expected
            for post in posts:
                texts = [post.id, post.conversation, post.author or "", post.author_name, post.text, post.permalink]
                texts += [*post.addressed, *post.edit_ids]
                texts += [post.reply_to or "", post.reply_to_author or "", post.quote_of or ""]
                assert all(isinstance(text, str) and storable(text) for text in texts)
                assert post.id and post.conversation
                assert post.created_at.utcoffset() == timedelta(0)
            for kept in aside:
                assert kept.reason and storable(kept.reason) and storable(kept.payload)
                assert kept.platform == connector.platform

    # Looking again

    def test_look_finds_the_answer(self, stage: Stage, connector: Connector) -> None:
        """A look before a breach finds an answer given a moment ago, in two calls at most."""
        account = stage.accounts[0]
        mention = stage.mention(account)
        stage.clock.advance(minutes=29)
        found, _ = walk(connector, stage.clock() - timedelta(minutes=45))
        answer = stage.answer(account, mention)
        before = connector.health().calls
        look = connector.look(account, [asked(found[mention])])
        assert connector.health().calls - before <= 2
        posts = {post.id: post for post in look.posts}
        assert posts[answer].reply_to == mention and posts[answer].author == account.id
        assert mention in posts
        assert look.gone == frozenset()

    def test_look_tells_what_is_gone(self, stage: Stage, connector: Connector) -> None:
        """A deleted mention is gone by the platform's own word; the one beside it is not."""
        account = stage.accounts[0]
        gone, there = stage.mention(account, "지울 글"), stage.mention(account, "남을 글")
        stage.clock.advance(minutes=5)
        found, _ = walk(connector, stage.clock() - timedelta(minutes=15))
        stage.delete(gone)
        look = connector.look(account, [asked(found[gone]), asked(found[there])])
        assert look.gone == {gone}
        assert there in {post.id for post in look.posts}

    @pytest.mark.parametrize("body", [HTML, b"{}", b"null", b"[]", b""])
    def test_look_raises_rather_than_guesses(self, stage: Stage, connector: Connector, body: bytes) -> None:
        """An unreachable platform, and one that answers nonsense, never makes a mention "gone"."""
        account = stage.accounts[0]
        mention = stage.mention(account)
        stage.clock.advance(minutes=5)
        found, _ = walk(connector, stage.clock() - timedelta(minutes=15))
        for status in (200, 404, 500):
            stage.fail(status=status, body=body)
            with pytest.raises(ConnectorError):
                connector.look(account, [asked(found[mention])])

    def test_look_is_quick_or_nothing(self, stage: Stage, impatient: Connector) -> None:
        """A hanging platform does not hold the look."""
        stage.hang()
        question = Asked("1", "1", None, stage.clock())
        with pytest.raises(Unavailable):
            impatient.look(stage.accounts[0], [question])

    def test_renamed_handle_is_told(self, stage: Stage, connector: Connector) -> None:
        """Handles are resolved from ids, so that a renamed account is noticed."""
        before = connector.handles()
        assert set(before) == {account.id for account in stage.accounts}
        stage.rename(stage.accounts[0], "dj_transport_new")
        after = connector.handles()
        assert after[stage.accounts[0].id] == "dj_transport_new"
        assert after[stage.accounts[1].id] == before[stage.accounts[1].id]

    def test_health_counts_calls(self, stage: Stage, connector: Connector) -> None:
        """Calls are counted, and the platform's clock is compared with ours."""
        assert connector.health().calls == 0
        connector.handles()
        health = connector.health()
        assert health.calls >= 1
        assert health.clock_offset is not None
