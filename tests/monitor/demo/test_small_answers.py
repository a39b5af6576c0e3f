"""The small platforms take answers as the real ones do, and the demo's accounts may give them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from config import load
from connectors.contract import Asked
from monitor import app as composition
from monitor.demo.graph import SmallGraph
from monitor.demo.graph_world import Author
from monitor.demo.stage import staged
from monitor.demo.x import SmallX
from monitor.demo.x_write import Forbidden, Malformed, compose

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
SETTINGS = Path(__file__).parents[3] / "monitor.toml"


def test_every_account_of_the_demo_can_answer() -> None:
    """With the settings as they lie in the tree, on both platforms, without a key of the reader's own."""
    with staged(load(SETTINGS, environ={}, demo=True), 1, lambda: NOW) as stage:
        app = composition.build(stage.settings, lambda: NOW)
        stage.x.user("500", "citizen")
        for platform, connector in app.connectors.items():
            for account in connector.accounts:
                assert connector.can_answer(account)
                if platform == "twitter":
                    post = stage.x.post("500", f"@{account.handle} 버스가 안 와요")
                else:
                    post = stage.graph.visitor_post(account.id, Author("7001", "김시민"), "의자가 없어요")
                given = connector.answer(account, Asked(post, post, "500", NOW), f"{account.handle}: 확인하겠습니다")
                assert given.author == account.id
        app.close()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"text": "x"}',
        b'{"text": "", "reply": {"in_reply_to_tweet_id": "1"}}',
        b'{"text": "x", "reply": {"in_reply_to_tweet_id": 1}}',
        b'{"text": "x", "nullcast": true, "reply": {"in_reply_to_tweet_id": "1"}}',
    ],
)
def test_small_x_takes_no_other_body(body: bytes) -> None:
    """A reply in words, and nothing else."""
    with pytest.raises(Malformed):
        compose(SmallX(lambda: NOW), "1001", body)


def test_small_x_takes_no_reply_to_what_is_not_there() -> None:
    """Nor to what was deleted."""
    x = SmallX(lambda: NOW)
    x.user("1001", "dj_transport")
    post = x.post(x.user("500", "citizen"), "@dj_transport 네")
    x.delete(post)
    for id in ("1", post):
        with pytest.raises(Forbidden, match="deleted"):
            compose(x, "1001", b'{"text": "x", "reply": {"in_reply_to_tweet_id": "%s"}}' % id.encode())


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/v26.0/2001_500001/comments", "message=%EB%84%A4&access_token=t", 200),
        ("/v26.0/2001_500001/comments", "message=%20&access_token=t", 400),
        ("/v26.0/2001_500001/comments", f"message={'x' * 8001}&access_token=t", 400),
        ("/v26.0/2001_500001/comments", "message=x&access_token=wrong", 400),
        ("/v26.0/2001_9/comments", "message=x&access_token=t", 400),
        ("/v26.0/2001/feed", "message=x&access_token=t", 400),
        ("/v25.0/2001_500001/comments", "message=x&access_token=t", 400),
    ],
)
def test_small_graph_takes_a_comment_of_a_page(path: str, body: str, status: int) -> None:
    """On what is there, by the Page's own token, in words that fit."""
    graph = SmallGraph(lambda: NOW)
    graph.page("2001", "시설관리과", token="t")
    graph.visitor_post("2001", Author("7001", "김시민"), "의자가 없어요")
    answer = graph.answer("POST", path, "", {}, body)
    assert answer.status == status
