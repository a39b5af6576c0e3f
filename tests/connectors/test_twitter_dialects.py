"""Which dialect X wants is found out, once, and remembered."""

from __future__ import annotations

import json
import threading

import pytest

from connectors.contract import Rejected
from connectors.twitter import TwitterConnector
from monitor.demo.server import Server
from tests.connectors.suite import walk
from tests.connectors.x_stage import XStage, options


def asked(stage: XStage) -> list[str]:
    """The dialect of each request so far."""
    return ["post" if "post.fields" in one.params else "tweet" for one in stage.x.requests]


def connect(stage: XStage, dialect: str = "auto") -> TwitterConnector:
    """A connector with that setting."""
    return TwitterConnector(options(stage.server.url, dialect), stage.accounts, stage.clock)


def test_other_dialect_is_found_and_remembered(platform_server: Server) -> None:
    """One refused question, then the other dialect for good; and back, should X change its mind."""
    stage = XStage(platform_server, "post")
    connector = connect(stage)
    mention = stage.mention(stage.accounts[0])
    stage.clock.advance(minutes=1)
    for _ in range(2):
        assert mention in walk(connector, stage.minutes_ago(5))[0]
    assert asked(stage) == ["tweet", "post", "post"]
    stage.x.dialect = "tweet"
    assert mention in walk(connector, stage.minutes_ago(5))[0]
    assert asked(stage)[3:] == ["post", "tweet"]
    stage.check_requests()


@pytest.mark.parametrize(("speaks", "setting"), [("post", "tweet"), ("tweet", "post")])
def test_fixed_dialect_is_not_changed(platform_server: Server, speaks: str, setting: str) -> None:
    """A dialect that the settings name is the only one asked."""
    stage = XStage(platform_server, speaks)
    with pytest.raises(Rejected, match="fields"):
        walk(connect(stage, setting), stage.minutes_ago(5))
    assert asked(stage) == [setting]


def test_fixed_dialect_of_2_167_asks_once(platform_server: Server) -> None:
    """`dialect = "post"` needs no refusal first."""
    stage = XStage(platform_server, "post")
    walk(connect(stage, "post"), stage.minutes_ago(5))
    assert asked(stage) == ["post"]


def test_answer_that_leaves_out_what_was_asked(platform_server: Server) -> None:
    """A service that ignores the fields it does not know answers defaults: the other dialect is tried, and kept."""
    stage = XStage(platform_server)
    connector = connect(stage)
    bare = {"data": [{"id": stage.raw_item(1)["id"], "text": "글"}], "meta": {"result_count": 1}}
    full = {"data": [stage.raw_item(1)], "meta": {"result_count": 1}}
    for body in (bare, full, full):
        stage.x.fail(body=json.dumps(body).encode(), times=1)
    for _ in range(2):
        (post,) = walk(connector, stage.minutes_ago(5))[0].values()
        assert post.author == "500"
    assert asked(stage) == ["tweet", "post", "post"]


def test_answer_that_neither_dialect_fills(platform_server: Server) -> None:
    """Both leave out the author: what there is is used, and not every question is asked twice from then on."""
    stage = XStage(platform_server)
    connector = connect(stage)
    bare = {"id": stage.raw_item(1)["id"], "text": "@dj_transport 글"}
    stage.fail(body=json.dumps({"data": [bare], "meta": {}}).encode())
    for _ in range(3):
        (post,) = walk(connector, stage.minutes_ago(5))[0].values()
        assert post.author is None and post.addressed == ("1001",)
    assert asked(stage) == ["tweet", "post", "tweet", "tweet"]


def test_both_refused_is_the_first_refusal(platform_server: Server) -> None:
    """A 400 in both dialects is about something else: two questions, one Rejected, and nothing is remembered."""
    stage = XStage(platform_server)
    stage.fail(status=400, body=json.dumps({"title": "Invalid Request", "detail": "tweet.fields"}).encode())
    connector = connect(stage)
    for _ in range(2):
        with pytest.raises(Rejected):
            walk(connector, stage.minutes_ago(5))
    assert asked(stage) == ["tweet", "post"] * 2


def test_threads_find_it_out_together(platform_server: Server) -> None:
    """Eight threads at once on a service of the new dialect: each gets its posts."""
    stage = XStage(platform_server, "post")
    mention = stage.mention(stage.accounts[0])
    stage.clock.advance(minutes=1)
    connector = connect(stage)
    found: list[bool] = []
    start = threading.Barrier(8)

    def poll() -> None:
        start.wait()
        found.append(mention in walk(connector, stage.minutes_ago(5))[0])

    threads = [threading.Thread(target=poll) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 8
    assert connector.health().calls == stage.calls()
    connector.close()
