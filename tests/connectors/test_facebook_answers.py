"""Answers by a Page: where they hang, whom they answer, at what time."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from connectors.contract import Asked, AuthFailed, RateLimited
from connectors.facebook import FacebookConnector
from monitor.demo.faults import Fault
from monitor.demo.server import Server
from tests.connectors.graph_stage import ACCOUNTS, CITIZEN, NEIGHBOUR, GraphStage
from tests.connectors.suite import walk


def asked(stage: GraphStage, post: str) -> Asked:
    """The question about a mention, as found by a walk."""
    stage.clock.advance(seconds=1)
    found = walk(stage.connect(), stage.minutes_ago(5))[0][post]
    return Asked(found.id, found.conversation, found.author, found.created_at)


@pytest.mark.parametrize(("text", "length"), [("", 0), ("가" * 8000, 8000), ("👍", 2), ("\ud800", 1)])
def test_length_is_that_of_a_browser(text: str, length: int) -> None:
    """Units of UTF-16."""
    assert FacebookConnector.answer_length(text) == length


def test_an_answer_to_a_reply_is_that_citizens(platform_server: Server) -> None:
    """Facebook hangs it below the top comment, another citizen's, and tags nobody; whom it answers is not lost."""
    stage = GraphStage(platform_server)
    top = stage.mention(ACCOUNTS[0])
    reply = stage.graph.comment(top, NEIGHBOUR, "저도요")
    given = stage.connect().answer(ACCOUNTS[0], asked(stage, reply), "확인하겠습니다")
    assert (given.reply_to, given.reply_to_author) == (reply, NEIGHBOUR.id)
    stage.clock.advance(seconds=1)
    found = walk(stage.connect(), stage.minutes_ago(5))[0][given.id]
    assert (found.reply_to, found.reply_to_author, found.conversation) == (top, CITIZEN.id, given.conversation)


def test_time_is_facebooks_also_where_it_cannot_be_read_back(platform_server: Server) -> None:
    """Then it is the `Date` of its own answer; that the second question failed makes nothing unknown."""
    stage = GraphStage(platform_server)
    question = asked(stage, stage.mention(ACCOUNTS[0]))
    there = stage.clock.advance(minutes=2)
    said = f'{{"id": "{question.id.partition("_")[0]}_999999"}}'.encode()
    date = {"Date": format_datetime(there, usegmt=True)}
    stage.graph.faults.add(Fault(200, said, date, times=1, path=f"/v26.0/{question.id}/comments"))
    stage.graph.fail(1, status=500)
    connector = stage.connect()
    stage.clock.advance(seconds=7)
    given = connector.answer(ACCOUNTS[0], question, "확인하겠습니다")
    assert (given.created_at, given.text, given.author) == (there, "확인하겠습니다", ACCOUNTS[0].id)


def test_a_page_that_must_wait_is_not_asked(platform_server: Server) -> None:
    """Under code 32 calls made meanwhile count too: nothing is sent, and it is not unknown."""
    stage = GraphStage(platform_server)
    question = asked(stage, stage.mention(ACCOUNTS[0]))
    connector = stage.connect()
    stage.limit(stage.clock() + timedelta(minutes=5))
    with pytest.raises(RateLimited):
        connector.answer(ACCOUNTS[0], question, "네")
    stage.recover()
    with pytest.raises(RateLimited, match="none is made before"):
        connector.answer(ACCOUNTS[0], question, "네")
    assert stage.posts_taken() == 1
    stage.clock.advance(minutes=6)
    assert connector.answer(ACCOUNTS[0], question, "네").author == ACCOUNTS[0].id


def test_a_page_without_a_token_cannot_answer(platform_server: Server) -> None:
    """Its own token is what it posts with."""
    stage = GraphStage(platform_server)
    bare = type(ACCOUNTS[0])("facebook", "1001")
    connector = FacebookConnector(FacebookConnector.Options(base_url=platform_server.url), [bare], stage.clock)
    assert not connector.can_answer(bare) and stage.connect().can_answer(ACCOUNTS[0])
    with pytest.raises(AuthFailed):
        connector.answer(bare, Asked("1_2", "1001:1_2", "7001", stage.clock()), "네")
