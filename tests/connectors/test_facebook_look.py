"""The look before a breach on Facebook: answers below the top comment, and what is gone by the Graph's own word."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from connectors.contract import Asked, AuthFailed, RateLimited, Rejected, Unavailable
from connectors.graph_posts import thread
from monitor.demo.faults import Fault
from monitor.demo.server import Server
from tests.connectors.graph_stage import ACCOUNTS, CITIZEN, NEIGHBOUR, GraphStage

ACCOUNT = ACCOUNTS[0]


@pytest.fixture
def stage(platform_server: Server) -> Iterator[GraphStage]:
    """Two Pages; every request is checked against the table of endpoints."""
    stage = GraphStage(platform_server)
    yield stage
    stage.check_requests()


def question(stage: GraphStage, id: str, top: str | None = None) -> Asked:
    """What is asked of a comment on the Page's own post; `top`: the top comment above it."""
    return Asked(id, thread("1001", top or id), CITIZEN.id, stage.clock())


def test_answer_to_a_reply_stands_under_the_top(stage: GraphStage) -> None:
    """Of a mention that is itself a reply the top comment is asked too: there its answer is."""
    top = stage.mention(ACCOUNT)
    reply = stage.graph.comment(top, NEIGHBOUR, "저도요")
    asked = question(stage, reply, top)
    answer = stage.graph.reply_as_page("1001", reply, "박이웃 님, 네")
    before = stage.graph.calls
    look = stage.connect().look(ACCOUNT, [asked])
    posts = {post.id: post for post in look.posts}
    assert {top, reply, answer} <= set(posts) and look.gone == frozenset()
    assert posts[answer].reply_to_author == NEIGHBOUR.id
    assert {post.conversation for post in look.posts} == {asked.conversation}
    assert stage.graph.calls - before == 1


def test_deeper_threads_are_read_as_well(stage: GraphStage) -> None:
    """Should Facebook stop flattening threads, an answer right below a reply is found, in the same conversation."""
    said = {"created_time": "2026-11-24T03:00:00+0000"}
    answer = {"id": "500_3", "from": {"id": "1001"}, "parent": {"id": "500_2", "from": {"id": "7002"}}, **said}
    mention = {"id": "500_2", "parent": {"id": "500_1"}, **said, "comments": {"data": [answer]}}
    stage.graph.faults.add(Fault(body=json.dumps(mention).encode(), path="/v26.0/500_2"))
    stage.graph.faults.add(Fault(body=json.dumps({"id": "500_1", **said}).encode(), path="/v26.0/500_1"))
    found = {post.id: post for post in stage.connect().look(ACCOUNT, [question(stage, "500_2", "500_1")]).posts}
    assert (found["500_3"].reply_to, found["500_3"].reply_to_author) == ("500_2", "7002")
    assert {post.conversation for post in found.values()} == {"1001:500_1"}


def test_comment_on_a_visitors_post(stage: GraphStage) -> None:
    """Posts and comments are asked for their own fields: a post has no `parent`."""
    post = stage.graph.visitor_post("1001", CITIZEN, "가로등")
    comment = stage.graph.comment(post, NEIGHBOUR, "저도요")
    answer = stage.graph.reply_as_page("1001", post, "네")
    asked = [Asked(post, post, CITIZEN.id, stage.clock()), Asked(comment, post, NEIGHBOUR.id, stage.clock())]
    found = {each.id: each for each in stage.connect().look(ACCOUNT, asked).posts}
    assert set(found) == {post, comment, answer}
    assert {each.conversation for each in found.values()} == {post}
    assert found[comment].reply_to_author == CITIZEN.id


def test_gone_reply_in_a_living_thread(stage: GraphStage) -> None:
    """Only the reply that is not there any more is gone; a gone top takes the mentions below with it."""
    top = stage.mention(ACCOUNT)
    gone, there = (stage.graph.comment(top, NEIGHBOUR, text) for text in ("지울 글", "남을 글"))
    asked = [question(stage, each, top) for each in (gone, there)]
    stage.graph.delete(gone)
    assert stage.connect().look(ACCOUNT, asked).gone == {gone}
    stage.graph.delete(top)
    assert stage.connect().look(ACCOUNT, asked).gone == {gone, there}


def test_not_there_is_no_word_where_nothing_can_be_read(stage: GraphStage) -> None:
    """A token that lost its permissions sees nothing: that is an error, never a deletion."""
    mention = stage.mention(ACCOUNT)
    stage.graph.delete(mention)
    stage.graph.fail(10, status=403, path="/v26.0/1001/feed")
    with pytest.raises(AuthFailed):
        stage.connect().look(ACCOUNT, [question(stage, mention)])


def test_many_mentions_are_two_calls(stage: GraphStage) -> None:
    """99 questions fit two batches; one more is refused rather than half looked at."""
    asked = [question(stage, stage.mention(ACCOUNT, f"글 {n}")) for n in range(100)]
    before = stage.graph.calls
    look = stage.connect().look(ACCOUNT, [*asked[:99], asked[0]])
    assert {post.id for post in look.posts} == {one.id for one in asked[:99]}
    assert stage.graph.calls - before == 2
    with pytest.raises(Unavailable):
        stage.connect().look(ACCOUNT, asked)


def test_thread_longer_than_one_page(stage: GraphStage) -> None:
    """An answer below a hundred newer comments is found by the second call; below two hundred it is not guessed."""
    post = stage.graph.visitor_post("1001", CITIZEN, "가로등")
    asked = Asked(post, post, CITIZEN.id, stage.clock())
    stage.clock.advance(seconds=1)
    answer = stage.graph.reply_as_page("1001", post, "네")
    for n in range(190):
        stage.clock.advance(seconds=1)
        stage.graph.comment(post, NEIGHBOUR, f"글 {n}")
        if n == 100:
            assert answer in {each.id for each in stage.connect().look(ACCOUNT, [asked]).posts}
    for n in range(20):
        stage.clock.advance(seconds=1)
        stage.graph.comment(post, NEIGHBOUR, f"더 {n}")
    with pytest.raises(Unavailable):
        stage.connect().look(ACCOUNT, [asked])


def test_left_out_operation_is_asked_once_more(stage: GraphStage) -> None:
    """A null in the first call's answer is asked in the second; still null, the look has failed."""
    mention = stage.mention(ACCOUNT)
    stage.graph.left_out.add(Fault(path=f"/v26.0/{mention}", times=1))
    look = stage.connect().look(ACCOUNT, [question(stage, mention)])
    assert mention in {post.id for post in look.posts}
    stage.graph.left_out.add(Fault(path="/v26.0/"))
    with pytest.raises(Unavailable):
        stage.connect().look(ACCOUNT, [question(stage, mention)])


def test_without_batches_two_questions_are_answered(stage: GraphStage) -> None:
    """A Graph that takes no batches: two plain calls, the second one the control where something is gone."""
    there, gone = stage.mention(ACCOUNT, "하나"), stage.mention(ACCOUNT, "둘")
    stage.graph.delete(gone)
    stage.graph.takes_batches = False
    connector = stage.connect()
    look = connector.look(ACCOUNT, [question(stage, there)])
    assert there in {post.id for post in look.posts} and stage.graph.calls == 2
    assert connector.look(ACCOUNT, [question(stage, gone)]).gone == {gone}
    assert stage.graph.calls == 4
    with pytest.raises(Unavailable):
        connector.look(ACCOUNT, [question(stage, gone), question(stage, there)])


def test_refusal_is_raised_as_it_is(stage: GraphStage) -> None:
    """Throttled, or asked for something it does not have: the look says so, and a resting Page is not asked at all."""
    mention = stage.mention(ACCOUNT)
    stage.graph.fail(100, path=f"/v26.0/{mention}", times=1)
    with pytest.raises(Rejected):
        stage.connect().look(ACCOUNT, [question(stage, mention)])
    connector = stage.connect()
    usage = {"7": [{"type": "pages", "estimated_time_to_regain_access": 19}]}
    stage.graph.fail(32, headers={"X-Business-Use-Case-Usage": json.dumps(usage)}, path="/v26.0/1001/feed", times=1)
    with pytest.raises(RateLimited):
        list(connector.fetch(stage.source("feed"), stage.minutes_ago(15)))
    before = stage.graph.calls
    with pytest.raises(RateLimited):
        connector.look(ACCOUNT, [question(stage, mention)])
    assert stage.graph.calls == before


def test_object_that_says_nothing_is_no_answer(stage: GraphStage) -> None:
    """An answer without the mention in it is neither "there, unanswered" nor "gone"."""
    mention = stage.mention(ACCOUNT)
    for body in (b"{}", b'{"id": null}', b'{"success": true}'):
        stage.graph.faults.add(Fault(body=body, path=f"/v26.0/{mention}", times=1))
        with pytest.raises(Unavailable):
            stage.connect().look(ACCOUNT, [question(stage, mention)])
