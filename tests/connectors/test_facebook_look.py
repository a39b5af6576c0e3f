"""The look before a breach on Facebook: answers below the top comment, and what is gone by the Graph's own word."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from connectors.contract import Asked, AuthFailed, RateLimited, Rejected, Unavailable
from connectors.graph_posts import thread
from connectors.session import Timeouts
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


def test_many_mentions_are_a_few_calls(stage: GraphStage) -> None:
    """49 threads fit a batch with the control, 50 each that follows; what five do not hold is unread, not refused."""
    asked = [question(stage, stage.mention(ACCOUNT, f"글 {n}")) for n in range(260)]
    before = stage.graph.calls
    look = stage.connect().look(ACCOUNT, [*asked[:99], asked[0]])
    assert {post.id for post in look.posts} == {one.id for one in asked[:99]} and not look.unread
    assert stage.graph.calls - before == 2
    look = stage.connect().look(ACCOUNT, asked)
    assert stage.graph.calls - before == 7
    assert look.unread == {one.id for one in asked[249:]}


def test_mentions_of_one_thread_are_one_question(stage: GraphStage) -> None:
    """What a thread shows is not asked once more by itself: many citizens under one comment cost one operation."""
    top = stage.mention(ACCOUNT)
    asked = [question(stage, top)]
    asked += [question(stage, stage.graph.comment(top, NEIGHBOUR, f"글 {n}"), top) for n in range(40)]
    before = stage.graph.calls
    look = stage.connect().look(ACCOUNT, asked)
    assert {one.id for one in asked} <= {post.id for post in look.posts} and not look.unread
    assert (stage.graph.calls - before, stage.asked("500")) == (1, 1)


def long_thread(stage: GraphStage, below: int) -> tuple[Asked, str]:
    """A visitor's post, answered at once, with that many newer comments: its question and its answer."""
    post = stage.graph.visitor_post("1001", CITIZEN, "가로등")
    asked = Asked(post, post, CITIZEN.id, stage.clock())
    stage.clock.advance(seconds=1)
    answer = stage.graph.reply_as_page("1001", post, "네")
    for n in range(below):
        stage.clock.advance(seconds=1)
        stage.graph.comment(post, NEIGHBOUR, f"글 {n}")
    return asked, answer


def test_thread_longer_than_one_page(stage: GraphStage) -> None:
    """An answer below 230 newer comments is found in three calls, each going on from the cursor of the one before."""
    asked, answer = long_thread(stage, 230)
    before = stage.graph.calls
    look = stage.connect().look(ACCOUNT, [asked])
    assert answer in {each.id for each in look.posts} and not look.unread
    assert stage.graph.calls - before == 3
    further = [one.params for one in stage.graph.requests if one.path.endswith("/comments")]
    assert len(further) == 2 and all("after" in params and "since" not in params for params in further)


def test_older_comments_are_read_no_farther_than_the_mentions(stage: GraphStage) -> None:
    """Pages of a thread from before the mention are not asked for."""
    post = long_thread(stage, 300)[0].id
    mention = stage.graph.comment(post, CITIZEN, "아직입니까")
    asked = Asked(mention, post, CITIZEN.id, stage.clock())
    for n in range(150):
        stage.clock.advance(seconds=1)
        stage.graph.comment(post, NEIGHBOUR, f"더 {n}")
    look = stage.connect().look(ACCOUNT, [asked])
    assert mention in {each.id for each in look.posts} and not look.unread
    assert sum(one.path.endswith("/comments") for one in stage.graph.requests) == 1


def test_endless_thread_spoils_only_itself(stage: GraphStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread with more pages than a look has calls is unread; what else was asked is told, whatever its order."""
    monkeypatch.setattr("connectors.graph_look.CALLS", 2)
    endless, _ = long_thread(stage, 230)
    below = Asked(stage.graph.comment(endless.id, NEIGHBOUR, "저도요"), endless.id, NEIGHBOUR.id, stage.clock())
    stage.clock.advance(seconds=1)
    there, gone = stage.mention(ACCOUNT, "하나"), stage.mention(ACCOUNT, "둘")
    stage.graph.delete(gone)
    asked = [endless, below, question(stage, there), question(stage, gone)]
    for order in (asked, asked[::-1]):
        look = stage.connect().look(ACCOUNT, order)
        assert look.unread == {endless.id, below.id}
        assert there in {post.id for post in look.posts} and look.gone == {gone}


def test_seen_answer_settles_an_endless_thread(stage: GraphStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose answer was seen is read, though its thread was not read whole; an answer to another settles nothing."""
    monkeypatch.setattr("connectors.graph_look.CALLS", 1)
    top, _ = long_thread(stage, 150)
    mention = stage.graph.comment(top.id, NEIGHBOUR, "저도요")
    asked = [top, Asked(mention, top.id, NEIGHBOUR.id, stage.clock())]
    assert stage.connect().look(ACCOUNT, asked).unread == {top.id, mention}
    answer = stage.graph.reply_as_page("1001", mention, "네")
    look = stage.connect().look(ACCOUNT, asked)
    assert answer in {post.id for post in look.posts}
    assert look.unread == {top.id}
    stage.clock.advance(seconds=1)
    again = Asked(stage.graph.comment(top.id, NEIGHBOUR, "그런데"), top.id, NEIGHBOUR.id, stage.clock())
    assert stage.connect().look(ACCOUNT, [*asked, again]).unread == {top.id, again.id}


def test_left_out_operation_is_asked_once_more(stage: GraphStage) -> None:
    """A null in one call's answer is asked in the next; ever null, it is unread, and alone the look has failed."""
    mention = stage.mention(ACCOUNT)
    stage.graph.left_out.add(Fault(path=f"/v26.0/{mention}", times=1))
    look = stage.connect().look(ACCOUNT, [question(stage, mention)])
    assert mention in {post.id for post in look.posts} and not look.unread
    left_out = [question(stage, stage.mention(ACCOUNT, f"글 {n}")) for n in range(2)]
    for one in left_out:
        stage.graph.left_out.add(Fault(path=f"/v26.0/{one.id}"))
    look = stage.connect().look(ACCOUNT, [*left_out, question(stage, mention)])
    assert mention in {post.id for post in look.posts} and look.unread == {one.id for one in left_out}
    with pytest.raises(Unavailable):
        stage.connect().look(ACCOUNT, left_out)


def test_call_that_fails_later_keeps_what_was_read(stage: GraphStage) -> None:
    """The second call's fault leaves unread what it was to tell, and spoils nothing else."""
    endless, _ = long_thread(stage, 150)
    there = stage.mention(ACCOUNT)
    stage.graph.faults.add(Fault(503, path=f"/v26.0/{endless.id}/comments"))
    look = stage.connect().look(ACCOUNT, [endless, question(stage, there)])
    assert look.unread == {endless.id} and there in {post.id for post in look.posts}


def test_whose_post_it_is_comes_first(stage: GraphStage) -> None:
    """A comment on a citizen's own post is not read without that post: whom it speaks to would be misjudged."""
    post = stage.graph.tag("1001", CITIZEN, "여기 좀")
    comment = stage.graph.comment(post, CITIZEN, "아직입니까")
    asked = [Asked(post, post, CITIZEN.id, stage.clock()), Asked(comment, post, CITIZEN.id, stage.clock())]
    other = question(stage, stage.mention(ACCOUNT))
    look = stage.connect().look(ACCOUNT, [*asked, other])
    assert {each.id: each.addressed for each in look.posts}[comment] == ("1001",)
    stage.graph.faults.add(Fault(503, path=f"/v26.0/{post}", times=1))
    look = stage.connect().look(ACCOUNT, [*asked, other])
    assert look.unread == {post, comment} and comment not in {each.id for each in look.posts}
    said = {"id": comment, "from": {"id": CITIZEN.id}, "created_time": "2026-11-24T03:00:00+0000"}
    stage.graph.delete(post)
    stage.graph.faults.add(Fault(body=json.dumps(said).encode(), path=f"/v26.0/{comment}"))
    look = stage.connect().look(ACCOUNT, [*asked, other])
    assert (look.gone, look.unread) == ({post}, {comment})


def test_without_batches_each_is_asked_by_itself(stage: GraphStage) -> None:
    """A Graph that takes no batches: a GET a thread, and the control only where something is gone."""
    there, gone = stage.mention(ACCOUNT, "하나"), stage.mention(ACCOUNT, "둘")
    stage.graph.delete(gone)
    stage.graph.takes_batches = False
    connector = stage.connect()
    look = connector.look(ACCOUNT, [question(stage, there)])
    assert there in {post.id for post in look.posts} and stage.graph.calls == 2
    assert connector.look(ACCOUNT, [question(stage, gone)]).gone == {gone}
    assert stage.graph.calls == 4
    many = [question(stage, stage.mention(ACCOUNT, f"글 {n}")) for n in range(60)]
    look = connector.look(ACCOUNT, [question(stage, gone), question(stage, there), *many])
    assert look.gone == {gone} and not look.unread
    assert {there, *(one.id for one in many)} == {post.id for post in look.posts}
    assert stage.graph.calls == 4 + 63


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_without_batches_time_ends_the_look(stage: GraphStage, monkeypatch: pytest.MonkeyPatch, calls: int) -> None:
    """When the look's time is spent what was read is told, and the rest is unread; unproven absence is no word."""
    asked = [question(stage, stage.mention(ACCOUNT, f"글 {n}")) for n in range(4)]
    stage.graph.delete(asked[1].id)
    stage.graph.takes_batches = False
    connector = stage.connect()
    list(connector.fetch(stage.source("feed"), stage.minutes_ago(15)))
    before = stage.graph.calls
    monkeypatch.setattr("connectors.graph_look.spent", lambda: stage.graph.calls - before >= calls)
    look = connector.look(ACCOUNT, asked)
    assert stage.graph.calls - before == calls
    ids = [one.id for one in asked]
    assert [post.id for post in look.posts] == ids[:1]
    assert (look.gone, look.unread) == ((set(), set(ids[1:])) if calls < 3 else ({ids[1]}, set(ids[2:])))


def test_slow_answer_is_cut_and_the_rest_told(stage: GraphStage) -> None:
    """A GET that outlasts the look takes only its own mention with it; where it is the first, nothing was answered."""
    there, slow = question(stage, stage.mention(ACCOUNT, "하나")), question(stage, stage.mention(ACCOUNT, "둘"))
    stage.graph.takes_batches = False
    connector = stage.connect(Timeouts(look=0.3))
    list(connector.fetch(stage.source("feed"), stage.minutes_ago(15)))
    stage.graph.faults.add(Fault(hangs=True, path=f"/v26.0/{slow.id}"))
    look = connector.look(ACCOUNT, [there, slow])
    assert [post.id for post in look.posts] == [there.id] and look.unread == {slow.id}
    with pytest.raises(Unavailable, match="in time"):
        connector.look(ACCOUNT, [slow, there])


def test_control_without_time_proves_nothing(stage: GraphStage) -> None:
    """A control that outlasts the look is no failure: what is missing is then neither gone nor read."""
    there, gone = question(stage, stage.mention(ACCOUNT, "하나")), question(stage, stage.mention(ACCOUNT, "둘"))
    stage.graph.delete(gone.id)
    stage.graph.takes_batches = False
    connector = stage.connect(Timeouts(look=0.3))
    list(connector.fetch(stage.source("feed"), stage.minutes_ago(15)))
    stage.graph.faults.add(Fault(hangs=True, path="/v26.0/1001/feed"))
    look = connector.look(ACCOUNT, [there, gone])
    assert [post.id for post in look.posts] == [there.id]
    assert (look.gone, look.unread) == (frozenset(), {gone.id})


def test_without_batches_a_refusal_is_proved(stage: GraphStage) -> None:
    """What is refused alone is unread while the control can be read; a token that reads nothing fails the look."""
    there, refused = question(stage, stage.mention(ACCOUNT, "하나")), question(stage, stage.mention(ACCOUNT, "둘"))
    stage.graph.takes_batches = False
    connector = stage.connect()
    list(connector.fetch(stage.source("feed"), stage.minutes_ago(15)))
    stage.graph.fail(10, status=403, path=f"/v26.0/{refused.id}")
    look = connector.look(ACCOUNT, [refused, there])
    assert [post.id for post in look.posts] == [there.id] and look.unread == {refused.id}
    stage.graph.fail(10, status=403, path="/v26.0/1001/feed")
    before = stage.graph.calls
    with pytest.raises(AuthFailed):
        connector.look(ACCOUNT, [refused, there])
    assert stage.graph.calls - before == 2


def test_limit_in_the_middle_ends_the_look(stage: GraphStage) -> None:
    """Too many calls: no further one is made, what was read is told, and the Page rests until then."""
    asked = [question(stage, stage.mention(ACCOUNT, f"글 {n}")) for n in range(4)]
    stage.graph.takes_batches = False
    connector = stage.connect()
    list(connector.fetch(stage.source("feed"), stage.minutes_ago(15)))
    usage = {"7": [{"type": "pages", "estimated_time_to_regain_access": 19}]}
    stage.graph.fail(32, headers={"X-Business-Use-Case-Usage": json.dumps(usage)}, path=f"/v26.0/{asked[1].id}")
    before = stage.graph.calls
    assert connector.look(ACCOUNT, asked).unread == {one.id for one in asked[1:]}
    with pytest.raises(RateLimited):
        connector.look(ACCOUNT, asked)
    assert stage.graph.calls - before == 2


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
