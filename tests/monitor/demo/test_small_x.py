"""The small X is honest: it refuses, hides and pages as X does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from monitor.demo.server import serve
from monitor.demo.x import SmallX
from monitor.demo.x_api import Refused
from monitor.demo.x_search import BadQuery, parse

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture
def x() -> SmallX:
    """Two people, and a clock that stands still."""
    made = SmallX(lambda: NOW)
    made.user("1001", "dj_transport")
    made.user("500", "citizen_kim")
    return made


def search(x: SmallX, query: str = "@dj_transport", now: datetime = NOW, **params: str) -> dict[str, Any]:
    """A search."""
    return x.ask("search", "", {"query": query, **params}, now)


def ids(body: dict[str, Any]) -> list[str]:
    """The ids of an answer."""
    return [item["id"] for item in body.get("data", [])]


def test_default_fields_only_unless_asked(x: SmallX) -> None:
    """No author, no time, no links unless their fields are named."""
    x.post("500", "@dj_transport a & b")
    (item,) = search(x)["data"]
    assert set(item) == {"id", "text", "edit_history_tweet_ids"} and item["text"].endswith("a &amp; b")
    (item,) = search(x, **{"tweet.fields": "author_id,created_at"})["data"]
    assert (item["author_id"], item["created_at"]) == ("500", "2026-11-24T03:00:00.000Z")


@pytest.mark.parametrize(
    "params",
    [
        {"since": "1"},
        {"post.fields": "created_at"},
        {"tweet.fields": "created_at,nonsense"},
        {"expansions": "referenced_posts"},
        {"max_results": "9"},
        {"max_results": "101"},
        {"max_results": "x"},
        {"start_time": "yesterday"},
        {"start_time": "2026-11-17T02:59:59Z"},
        {"start_time": "2026-11-24T03:00:00Z"},
        {"next_token": "x"},
    ],
    ids=str,
)
def test_question_that_x_refuses(x: SmallX, params: dict[str, str]) -> None:
    """Unknown parameters and fields, the other dialect's, sizes and times out of range."""
    with pytest.raises(Refused):
        search(x, **params)


def test_late_post_is_hidden_until_its_time(x: SmallX) -> None:
    """A post that the index shows later keeps its own time and place."""
    late = x.post("500", "@dj_transport 늦은 글", visible_at=NOW + timedelta(minutes=4))
    assert ids(search(x)) == []
    assert ids(search(x, now=NOW + timedelta(minutes=4))) == [late]


def test_search_lag_hides_the_newest(x: SmallX) -> None:
    """Search ends 30 s ago by itself; the timeline does not."""
    x.search_lag = timedelta(seconds=30)
    post = x.post("1001", "공지")
    assert ids(search(x, "from:dj_transport")) == []
    assert ids(search(x, "from:dj_transport", NOW + timedelta(seconds=30))) == [post]
    assert ids(x.ask("timeline", "1001", {}, NOW)) == [post]


def test_pages_are_newest_first_and_tokens_lead_on(x: SmallX) -> None:
    """25 posts on pages of ten; until_id and since_id are exclusive."""
    posts = [x.post("500", f"@dj_transport {n}") for n in range(25)]
    got: list[str] = []
    token: dict[str, str] = {}
    while True:
        body = search(x, **token)
        got += ids(body)
        if "next_token" not in body["meta"]:
            break
        token = {"next_token": body["meta"]["next_token"]}
    assert got == posts[::-1]
    assert ids(search(x, until_id=posts[2])) == [posts[1], posts[0]]
    assert ids(search(x, since_id=posts[22])) == [posts[24], posts[23]]


def test_edited_deleted_and_protected_posts(x: SmallX) -> None:
    """An edit is a new id with a longer history; what is deleted or protected is in no index."""
    first = x.post("500", "@dj_transport 오타")
    second = x.edit(first, "@dj_transport 고침")
    (item,) = search(x)["data"]
    assert (item["id"], item["edit_history_tweet_ids"]) == (second, [first, second])
    x.protect("500")
    assert ids(search(x)) == [] and ids(x.ask("mentions", "1001", {}, NOW)) == []
    (error,) = x.ask("posts", "", {"ids": second}, NOW)["errors"]
    assert error["type"].endswith("/not-authorized-for-resource")
    x.delete(first)
    (error,) = x.ask("posts", "", {"ids": second}, NOW)["errors"]
    assert error["type"].endswith("/resource-not-found")


def test_renamed_user_is_found_under_the_new_handle_only(x: SmallX) -> None:
    """A search for the old handle finds nothing, silently."""
    x.post("1001", "공지")
    x.rename("1001", "dj_new")
    assert ids(search(x, "from:dj_transport")) == []
    assert len(ids(search(x, "from:dj_new"))) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("@dj_transport", {"mention", "retweet"}),
        ("@DJ_transport -is:retweet", {"mention"}),
        ("from:dj_transport", {"answer"}),
        ("to:citizen_kim", {"answer"}),
        ("(@dj_transport OR from:dj_transport) -is:retweet", {"mention", "answer"}),
        ("@dj_transport OR from:dj_transport -is:retweet", {"mention", "retweet", "answer"}),
        ("@dj_transport to:citizen_kim", set()),
    ],
)
def test_queries(x: SmallX, query: str, found: set[str]) -> None:
    """And binds closer than OR; retweets can be left out."""
    mention = x.post("500", "@dj_transport 안녕")
    names = {mention: "mention", x.post("1001", "네", reply_to=mention): "answer"}
    names[x.retweet("500", mention)] = "retweet"
    assert {names[id_] for id_ in ids(search(x, query))} == found


@pytest.mark.parametrize("query", ["", "(@a", "@a)", "OR @a", "@a OR", "is:retweet", "@" + "a" * 16, "@a " * 171])
def test_query_that_is_none(query: str) -> None:
    """Broken or too long a query is refused."""
    with pytest.raises(BadQuery):
        parse(query)


def test_window_ends_and_begins_again() -> None:
    """After its calls an endpoint answers 429 with the instant of its reset, over HTTP; others go on."""
    now = [NOW]
    x = SmallX(lambda: now[0], limits={"users": 1})
    x.user("500", "citizen_kim")
    with serve(x) as server, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {x.token}"
        address = f"{server.url}/2/users?ids=500"
        assert session.get(address).headers["date"] == "Tue, 24 Nov 2026 03:00:00 GMT"
        limited = session.get(address)
        reset = datetime.fromtimestamp(int(limited.headers["x-rate-limit-reset"]), UTC)
        assert (limited.status_code, reset) == (429, NOW + timedelta(minutes=15))
        assert session.get(f"{server.url}/2/tweets?ids=1").status_code == 200
        now[0] = reset
        assert session.get(address).status_code == 200
        session.headers["Authorization"] = "Bearer other"
        assert session.get(address).status_code == 401
        assert session.get(f"{server.url}/1.1/statuses").status_code == 404
    assert [one.path for one in x.requests][:2] == ["/2/users", "/2/users"]
