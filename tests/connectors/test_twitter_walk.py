"""How X is polled: accounts packed into searches, walks that are whole or say that they are not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.contract import Account, Page, RateLimited, Rejected, Unavailable
from connectors.twitter import LONGEST_QUERY, SEARCH_LAG, TwitterConnector
from monitor.demo.server import Server
from tests.connectors.suite import Clock, primary, walk
from tests.connectors.x_stage import CITIZEN, XStage, options


@pytest.fixture
def stage(platform_server: Server) -> Iterator[XStage]:
    """A small X; every request is checked against the table of endpoints."""
    stage = XStage(platform_server)
    yield stage
    stage.check_requests()


@pytest.fixture
def connector(stage: XStage) -> Iterator[TwitterConnector]:
    """A connector to it."""
    made = stage.connect()
    yield made
    made.close()


def departments(count: int, length: int = 12) -> list[Account]:
    """Accounts with handles of that length."""
    return [Account("twitter", str(1000 + n), f"dj_{n:02}".ljust(length, "x")) for n in range(count)]


def unplugged(accounts: list[Account]) -> TwitterConnector:
    """A connector that asks nobody."""
    return TwitterConnector(options("http://127.0.0.1:1"), accounts, Clock())


def steps(pages: Iterator[Page]) -> tuple[list[Page], str]:
    """The pages of a walk that fails, and what it says then."""
    got: list[Page] = []
    with pytest.raises(Unavailable) as caught:
        for page in pages:
            got.append(page)
    return got, str(caught.value)


# Packing


@pytest.mark.parametrize("length", [9, 12, 15])
def test_forty_accounts_are_four_searches(length: int) -> None:
    """40 accounts cost 4 calls a minute, 13 % of the window; each is in exactly one query of at most 512 characters."""
    accounts = departments(40, length)
    connector = unplugged(accounts)
    searches = primary(connector)
    assert len(searches) <= 4
    assert [id_ for source in searches for id_ in source.accounts] == [account.id for account in accounts]
    for source in searches:
        query = connector._searches[source.id].query
        assert len(query) <= LONGEST_QUERY
        for account in accounts:
            within = account.id in source.accounts
            assert (f"@{account.handle} " in query) is (f"from:{account.handle}" in query) is within
        assert query.endswith(") -is:retweet")


def test_replies_without_a_handle_are_searched_for_where_it_is_free() -> None:
    """`to:` is asked while it costs no further search: with few accounts it does not, with forty it would."""
    assert "to:dj_00" in unplugged(departments(3))._searches["twitter:search:1000,1001,1002"].query
    assert not any("to:" in search.query for search in unplugged(departments(40))._searches.values())


def test_search_ids_are_stable_and_short() -> None:
    """Readable for a few, a hash for many; the lag of search is told; the backstop runs every 15 minutes."""
    connector = unplugged(departments(40))
    assert all(len(source.id) < 120 for source in connector.sources())
    assert [source.lag for source in primary(connector)] == [SEARCH_LAG] * 4
    mentions = [source for source in connector.sources() if source.kind == "mentions"]
    assert {source.every for source in mentions} == {timedelta(minutes=15)} and len(mentions) == 40


def test_account_without_a_handle_is_polled_by_its_mentions() -> None:
    """It cannot be searched for, so its mentions are its primary source; the settings check tells of it."""
    account = Account("twitter", "77")
    (source,) = primary(unplugged([account]))
    assert (source.kind, source.accounts, source.every) == ("mentions", ("77",), None)
    assert set(TwitterConnector.missing(TwitterConnector.Options(), account)) == {"bearer_token", "handle"}
    assert TwitterConnector.missing(options("https://api.x.com"), departments(1)[0]) == {}


def test_unknown_source_is_rejected(connector: TwitterConnector) -> None:
    """A search of other settings cannot be asked."""
    other = primary(unplugged(departments(2)))[0]
    with pytest.raises(Rejected, match="no such source"):
        list(connector.fetch(other, datetime(2026, 11, 24, tzinfo=UTC)))


# Questions


def test_question_is_by_time_and_never_by_since_id(stage: XStage, connector: TwitterConnector) -> None:
    """`start_time` is the second the watermark lies in; a strict `since_id` would lose late arrivals for good."""
    since = stage.minutes_ago(15) + timedelta(milliseconds=700)
    walk(connector, since, connector.sources())
    assert {one.params["start_time"] for one in stage.x.requests} == {"2026-11-24T02:45:00Z"}
    assert not any("since_id" in one.params for one in stage.x.requests)
    assert {one.params["max_results"] for one in stage.x.requests} == {"100"}


@pytest.mark.parametrize("since_minutes", [0, 0.2, 60 * 24 * 30])
def test_start_that_search_would_refuse_is_moved(stage: XStage, since_minutes: float) -> None:
    """Older than 7 days, or not before search's own end: X answers 400 to both, so neither is asked."""
    stage.x.search_lag = SEARCH_LAG
    walk(stage.connect(), stage.minutes_ago(since_minutes))
    (request,) = stage.x.requests
    start = datetime.fromisoformat(request.params["start_time"])
    assert stage.clock() - timedelta(days=7) < start <= stage.clock() - timedelta(minutes=1)


def test_reply_without_a_handle_is_found(stage: XStage, connector: TwitterConnector) -> None:
    """A citizen's reply that names nobody is addressed to the account it replies to, by search and by the backstop."""
    mention = stage.mention(stage.accounts[1])
    answer = stage.answer(stage.accounts[1], mention)
    reply = stage.x.post(CITIZEN, "언제 고쳐지나요?", reply_to=answer)
    stage.clock.advance(minutes=1)
    for source in (connector.sources()[0], connector.sources()[2]):
        posts, _ = walk(connector, stage.minutes_ago(5), [source])
        assert posts[reply].addressed == ("1002",)
        assert posts[reply].reply_to == answer and posts[reply].reply_to_author == "1002"


def test_retweets_come_as_shares(stage: XStage, connector: TwitterConnector) -> None:
    """Search leaves them out; the mentions endpoint brings them, and they are shares."""
    ours = stage.x.post("1001", "공지")
    share = stage.x.retweet(CITIZEN, ours)
    stage.clock.advance(minutes=1)
    assert share not in walk(connector, stage.minutes_ago(5))[0]
    assert walk(connector, stage.minutes_ago(5), [connector.sources()[1]])[0][share].kind == "share"


# Walks that are not plain


def test_empty_pages_are_not_the_end(stage: XStage, connector: TwitterConnector) -> None:
    """Pages without posts, but with a next_token, are walked through; each can be gone on from."""
    mention = stage.mention(stage.accounts[0])
    stage.clock.advance(minutes=1)
    stage.x.blank_pages = 3
    pages = list(connector.fetch(primary(connector)[0], stage.minutes_ago(5)))
    assert [len(page.posts) for page in pages] == [0, 0, 0, 1]
    assert pages[-1].posts[0].id == mention and pages[-1].resume is None
    stage.x.blank_pages = 0
    again = list(connector.fetch(primary(connector)[0], stage.minutes_ago(5), pages[0].resume))
    assert [post.id for page in again for post in page.posts] == [mention]


def test_page_that_repeats_is_told_after_what_was_new(stage: XStage, connector: TwitterConnector) -> None:
    """A server that sends the same page for ever: what was new is yielded, the walk is never called whole."""
    for n in range(120):
        stage.mention(stage.accounts[0], f"글 {n}")
    stage.clock.advance(minutes=1)
    stage.x.repeats_pages = True
    pages, told = steps(connector.fetch(primary(connector)[0], stage.minutes_ago(5)))
    assert len({post.id for page in pages for post in page.posts}) == 100
    assert all(page.resume is not None for page in pages)
    assert "again" in told or "end" in told
    assert stage.calls() <= 3


def test_same_posts_under_ever_new_tokens_are_told(stage: XStage, connector: TwitterConnector) -> None:
    """A paging loop whose tokens differ: the second page has nothing new and ends the walk."""
    for token in ("a", "b", "c"):
        body = {"data": [stage.raw_item(1)], "meta": {"result_count": 1, "next_token": token}}
        stage.x.fail(body=json.dumps(body).encode(), times=1)
    pages, told = steps(connector.fetch(primary(connector)[0], stage.minutes_ago(5)))
    assert [len(page.posts) for page in pages] == [1]
    assert "the same posts again" in told and stage.calls() == 2


def test_endless_empty_pages_are_told(stage: XStage, connector: TwitterConnector) -> None:
    """Ever new tokens and never a post: the walk gives up."""
    stage.x.blank_pages = 900
    _, told = steps(connector.fetch(primary(connector)[0], stage.minutes_ago(5)))
    assert "does not come to an end" in told
    assert stage.calls() < 30


@pytest.mark.parametrize(
    "meta", [{}, {"meta": None}, {"meta": 5}, {"meta": {"next_token": 5}}, {"meta": {"next_token": ""}}]
)
def test_page_that_does_not_tell_its_end(stage: XStage, connector: TwitterConnector, meta: dict[str, Any]) -> None:
    """Its posts are kept, and the walk is not called whole."""
    stage.fail(body=json.dumps({"data": [stage.raw_item(1)], **meta}).encode())
    pages, told = steps(connector.fetch(primary(connector)[0], stage.minutes_ago(5)))
    assert [len(page.posts) for page in pages] == [1]
    assert pages[0].resume == stage.raw_item(1)["id"]
    assert "end" in told


def test_foreign_small_id_does_not_move_the_resume(stage: XStage, connector: TwitterConnector) -> None:
    """An id from before the walk's start would, as `until_id`, skip everything between."""
    odd, plain = stage.raw_item(1) | {"id": "5"}, stage.raw_item(2)
    plain["id"] = stage.x.post(CITIZEN, "x")
    stage.fail(body=json.dumps({"data": [plain, odd], "meta": {"next_token": "b"}}).encode())
    page = next(connector.fetch(primary(connector)[0], stage.minutes_ago(5)))
    assert len(page.posts) == 2
    assert page.resume == plain["id"]


def test_resume_from_before_the_start_walks_afresh(stage: XStage, connector: TwitterConnector) -> None:
    """An `until_id` older than what search reaches would be refused for ever: after a week's silence all is asked."""
    old = stage.mention(stage.accounts[0])
    since = stage.minutes_ago(5)
    stage.clock.advance(days=8)
    mention = stage.mention(stage.accounts[0])
    stage.clock.advance(minutes=1)
    for resume in (old, "no id"):
        pages = list(connector.fetch(primary(connector)[0], since, resume))
        assert [post.id for page in pages for post in page.posts] == [mention]
        assert "until_id" not in stage.x.requests[-1].params


def test_post_found_for_nobody_is_set_aside(stage: XStage, connector: TwitterConnector) -> None:
    """A search finds only what is by us or to us: what seems neither is shown, and the backstop knows to whom."""
    odd = stage.raw_item(1) | {"text": None, "entities": 5}
    stage.x.fail(body=json.dumps({"data": [odd], "meta": {"result_count": 1}}).encode())
    search, mentions, *_ = connector.sources()
    (page,) = connector.fetch(search, stage.minutes_ago(5))
    assert not page.posts and json.loads(page.set_aside[0].payload) == odd
    (page,) = connector.fetch(mentions, stage.minutes_ago(5))
    assert [post.addressed for post in page.posts] == [("1001",)] and not page.set_aside


def test_walk_over_the_window_is_limited_and_goes_on(stage: XStage, connector: TwitterConnector) -> None:
    """The window's end is told, what came before it was yielded, and a later walk goes on from there."""
    for n in range(250):
        stage.clock.advance(seconds=0.01)
        stage.mention(stage.accounts[0], f"글 {n}")
    stage.clock.advance(minutes=1)
    stage.x.limits["search"] = 2
    since = stage.minutes_ago(10)
    found: set[str] = set()
    resume: str | None = None
    with pytest.raises(RateLimited) as caught:
        for page in connector.fetch(primary(connector)[0], since):
            found |= {post.id for post in page.posts}
            resume = page.resume
    assert len(found) == 200 and resume is not None
    until = caught.value.until
    assert until == stage.clock().replace(microsecond=0) + timedelta(minutes=15)
    health = connector.health()
    assert (health.remaining, health.resets_at) == (0, until)
    stage.clock.advance(minutes=15)
    for page in connector.fetch(primary(connector)[0], since, resume):
        found |= {post.id for post in page.posts}
    assert len(found) == 250


# Answers that are no answers


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"unknown": 1},
        {"data": 5, "meta": {}},
        {"data": {"id": "1"}, "meta": {}},
        {"meta": {"result_count": 3}},
        {"errors": [{"title": "Internal", "type": "https://api.x.com/2/problems/internal-error"}]},
        {"errors": []},
        {"errors": 5},
    ],
    ids=str,
)
def test_success_that_is_no_answer(stage: XStage, connector: TwitterConnector, body: dict[str, Any]) -> None:
    """None of these may pass for "there is nothing"."""
    stage.fail(body=json.dumps(body).encode())
    with pytest.raises(Unavailable):
        list(connector.fetch(primary(connector)[0], stage.minutes_ago(5)))


def test_unknown_account_is_rejected(stage: XStage, platform_server: Server) -> None:
    """X's own "no such user" in a 200 is not an empty timeline."""
    connector = TwitterConnector(options(platform_server.url), [Account("twitter", "404", "nobody")], stage.clock)
    with pytest.raises(Rejected, match="resource-not-found"):
        list(connector.fetch(connector.sources()[1], stage.minutes_ago(5)))
    assert connector.handles() == {}


def test_errors_about_single_items_do_not_matter(stage: XStage, connector: TwitterConnector) -> None:
    """A 200 with data and errors[] is used for what it holds; errors[] alone beside a meta are nothing found."""
    error = {"type": "https://api.x.com/2/problems/resource-not-found", "resource_id": "9"}
    for data, count in (({"data": [stage.raw_item(1)]}, 1), ({}, 0)):
        stage.fail(body=json.dumps({**data, "errors": [error], "meta": {"result_count": count}}).encode())
        assert len(walk(connector, stage.minutes_ago(5))[0]) == count
