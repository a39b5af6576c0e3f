"""The look before a breach: never a guess, never more than two calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors.contract import Asked, Look, Unavailable
from connectors.session import Timeouts
from connectors.twitter import TwitterConnector
from monitor.demo.server import Server
from tests.connectors.suite import asked, primary, walk
from tests.connectors.x_stage import CITIZEN, XStage

NOT_FOUND = "https://api.x.com/2/problems/resource-not-found"


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


def look(stage: XStage, connector: TwitterConnector, *ids: str) -> Look:
    """Look for mentions that were polled before."""
    return connector.look(stage.accounts[0], [Asked(id_, id_, CITIZEN, stage.minutes_ago(5)) for id_ in ids])


def test_nothing_asked_costs_nothing(stage: XStage, connector: TwitterConnector) -> None:
    """No mentions, no calls."""
    assert connector.look(stage.accounts[0], []) == Look((), frozenset())
    assert stage.calls() == 0


def test_look_has_its_own_shorter_time(stage: XStage, connector: TwitterConnector) -> None:
    """Its calls share `timeouts.look`: once that is used up, not even the first is sent."""
    connector.timeouts = Timeouts(look=-1)
    with pytest.raises(Unavailable, match="in time"):
        look(stage, connector, "7")
    assert stage.calls() == 0


def test_search_lag_does_not_hide_an_answer(stage: XStage, connector: TwitterConnector) -> None:
    """Search is 30 s late; an answer of this second is found all the same."""
    stage.x.search_lag = timedelta(seconds=30)
    mention = stage.mention(stage.accounts[0])
    stage.clock.advance(minutes=29)
    found, _ = walk(connector, stage.minutes_ago(45))
    answer = stage.answer(stage.accounts[0], mention)
    assert answer not in walk(connector, stage.minutes_ago(45))[0]
    assert answer in {post.id for post in connector.look(stage.accounts[0], [asked(found[mention])]).posts}


def test_protected_author_is_not_gone(stage: XStage, connector: TwitterConnector) -> None:
    """A post that is withheld from us still exists."""
    mention, other = stage.mention(stage.accounts[0]), stage.mention(stage.accounts[0])
    stage.x.protect(CITIZEN)
    stage.x.delete(other)
    assert look(stage, connector, mention, other).gone == {other}


@pytest.mark.parametrize("old_versions", [True, False])
def test_edit_is_not_a_deletion(stage: XStage, connector: TwitterConnector, old_versions: bool) -> None:
    """An edited post whose old id still answers is not gone, and its old text does not overwrite the new one.

    Where the old id no longer answers, only a post whose history names it shows the edit.
    """
    stage.x.old_versions = old_versions
    mention = stage.mention(stage.accounts[0], "오타")
    stage.clock.advance(minutes=1)
    newest = stage.x.edit(mention, "@dj_transport 고친 글")
    found = look(stage, connector, *([mention] if old_versions else [mention, newest]))
    assert found.gone == frozenset()
    assert not [post for post in found.posts if "오타" in post.text]


def test_polled_edit_is_asked_for_by_its_newest_id(stage: XStage, connector: TwitterConnector) -> None:
    """Where X stops answering the old id, an edit that was polled is found by its newest; deleted, it is gone."""
    stage.x.old_versions = False
    mention = stage.mention(stage.accounts[0], "오타")
    stage.clock.advance(minutes=1)
    stage.edit(mention, "고친 글")
    stage.clock.advance(seconds=1)
    assert mention in walk(connector, stage.minutes_ago(5))[0]
    found = look(stage, connector, mention)
    assert (found.gone, found.unread) == (frozenset(), frozenset())
    assert [post.text for post in found.posts if post.id == mention] == ["@dj_transport 고친 글"]
    stage.delete(mention)
    assert look(stage, connector, mention).gone == {mention}


def test_edit_seen_only_meanwhile_is_not_gone(stage: XStage, connector: TwitterConnector) -> None:
    """An id that the timeline shows in an edit history, but that is not found, is neither gone nor read."""
    edited = {
        "id": "8",
        "created_at": "2026-11-24T02:00:00Z",
        "author_id": "1001",
        "edit_history_tweet_ids": ["7", "8"],
    }
    stage.x.fail(body=json.dumps({"data": [edited], "meta": {"result_count": 1}}).encode(), path="/2/users", times=1)
    stage.x.fail(body=told(errors=[{"type": NOT_FOUND, "value": "7"}]), path="/2/tweets", times=1)
    found = look(stage, connector, "7")
    assert (found.gone, found.unread) == (frozenset(), {"7"})


def test_few_edits_are_remembered(stage: XStage, connector: TwitterConnector, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered of edits does not grow: the oldest are forgotten."""
    monkeypatch.setattr("connectors.twitter.MOST_EDITED", 2)
    items = [stage.raw_item(n) for n in range(5)]
    for item in items:
        item["edit_history_tweet_ids"] = [item["id"], str(int(item["id"]) + 1)]
        item["id"] = item["edit_history_tweet_ids"][1]
    stage.x.fail(body=json.dumps({"data": items, "meta": {"result_count": 5}}).encode(), times=1)
    walk(connector, stage.minutes_ago(5), primary(connector)[:1])
    firsts = [item["edit_history_tweet_ids"][0] for item in items]
    look(stage, connector, *firsts)
    assert stage.x.requests[-1].params["ids"].split(",")[5:] == [item["id"] for item in items[3:]]


def test_more_than_a_hundred_are_two_calls(stage: XStage, connector: TwitterConnector) -> None:
    """The newest hundred are asked for; what was not asked for is not gone."""
    mentions = [stage.mention(stage.accounts[0], f"글 {n}") for n in range(130)]
    questions = [Asked(id_, id_, CITIZEN, stage.clock() + timedelta(seconds=n)) for n, id_ in enumerate(mentions)]
    for id_ in mentions:
        stage.x.delete(id_)
    found = connector.look(stage.accounts[0], questions[::-1])
    assert found.gone == set(mentions[30:])
    assert found.unread == set(mentions[:30])
    assert stage.calls() == 2


def told(data: Any = None, errors: Any = None) -> bytes:
    """A body of /2/tweets."""
    return json.dumps({key: value for key, value in (("data", data), ("errors", errors)) if value is not None}).encode()


@pytest.mark.parametrize(
    ("body", "gone"),
    [
        (told(errors=[{"type": NOT_FOUND, "resource_id": "7"}]), {"7", "8"}),
        (told(errors=[{"type": NOT_FOUND, "value": "7"}, {"type": NOT_FOUND, "value": "8"}]), {"7", "8"}),
        (told(data=[{"id": "8", "created_at": "2026-11-24T02:00:00Z"}]), {"7"}),
        (told(data=[], errors=[{"type": "x/not-authorized-for-resource", "value": "7"}]), {"8"}),
        (told(errors=[{"type": "x/internal-error"}]), set()),
        (told(errors=[{"type": NOT_FOUND, "value": "7"}, {"type": "x/field-hydration-failure"}]), {"7"}),
        (told(data=[{"id": "8"}, {"text": "no id"}]), set()),
        (told(data=[{"id": "8"}, {"id": "?"}], errors=[{"type": NOT_FOUND, "value": "7"}]), {"7"}),
        (told(data=[{"id": "8", "edit_history_post_ids": ["7", "8"]}]), set()),
    ],
)
def test_gone_is_only_what_x_says(stage: XStage, connector: TwitterConnector, body: bytes, gone: set[str]) -> None:
    """By its word for the id, or by an answer that leaves out nothing else; a vague error makes nothing gone."""
    stage.x.fail(body=body, path="/2/tweets")
    assert look(stage, connector, "7", "8").gone == gone
