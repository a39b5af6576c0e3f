"""Answers on X: how long they are, what it takes to post them, what X says against them."""

from __future__ import annotations

import json

import pytest

from connectors.contract import Account, Asked, AuthFailed, Rejected, Unknown
from connectors.session import Unsent
from connectors.twitter import TwitterConnector
from monitor.demo.server import Server
from tests.connectors.answering import nobodys_url
from tests.connectors.suite import walk
from tests.connectors.x_stage import ACCESS, ACCOUNTS, CONSUMER, SECRET, XStage, options


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("a" * 280, 280),
        ("가" * 140, 280),
        ("ㅠㅠ", 4),
        ("\u1100\u1161", 2),  # NFD: one syllable once it is composed
        ("café €", 7),
        ("“그렇습니다.”", 2 + 10 + 1),
        ("…", 2),
        ("漢字かな", 8),
        ("👍", 2),
        ("👍🏽", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("🇰🇷", 2),
        ("1️⃣", 2),
        ("https://www.daejeon.go.kr/very/long/path?with=query&and=more#here", 23),
        ("http://a.kr", 23),
        ("https://www.daejeon.go.kr에서", 23 + 4),
        ("(https://a.kr/b).", 1 + 23 + 2),
        ("daejeon.go.kr 참고", 23 + 1 + 4),
        ("kim@daejeon.go.kr", 17),
        ("@dj_transport 네", 14 + 2),
    ],
)
def test_length_is_xs_own_count(text: str, length: int) -> None:
    """Latin 1, Hangul and pictures 2, an address 23, however long or short it is."""
    assert TwitterConnector.answer_length(text) == length


@pytest.mark.parametrize("text", ["www.very-long-name-of-a-city-hall.daejeon.go.kr/path/that/is/longer", "a.b.c"])
def test_where_it_is_unsure_it_is_too_long_rather_than_too_short(text: str) -> None:
    """Whether X takes it for an address or not, an answer that fits by our count fits by X's."""
    assert TwitterConnector.answer_length(text) >= max(23 if "." in text[4:] else 0, len(text), 5)


def asked(stage: XStage) -> Asked:
    """A citizen's mention."""
    stage.mention(stage.accounts[0])
    stage.clock.advance(seconds=1)
    (post,) = walk(stage.connect(), stage.minutes_ago(5))[0].values()
    return Asked(post.id, post.conversation, post.author, post.created_at)


def test_only_an_account_with_all_four_keys_can_answer(platform_server: Server) -> None:
    """Without them it says so before anything is asked."""
    stage = XStage(platform_server)
    connector = stage.connect()
    assert [connector.can_answer(account) for account in ACCOUNTS] == [True, False]
    bare = TwitterConnector.Options.model_validate({"base_url": platform_server.url, "bearer_token": SECRET})
    assert not TwitterConnector(bare, ACCOUNTS, stage.clock).can_answer(ACCOUNTS[0])
    question = asked(stage)
    before = stage.calls()
    with pytest.raises(AuthFailed, match="no consumer key or no access token"):
        connector.answer(ACCOUNTS[1], question, "네")
    assert stage.calls() == before


@pytest.mark.parametrize(
    ("app", "own", "lacks"),
    [
        ({}, {}, set()),
        ({"consumer_key": "k", "consumer_secret": "s"}, {}, set()),
        ({"consumer_key": "k", "consumer_secret": "s"}, {"access_token": "t", "access_token_secret": "u"}, set()),
        ({"consumer_key": "k"}, {}, {"consumer_secret"}),
        ({"consumer_key": "k", "consumer_secret": " "}, {}, {"consumer_secret"}),
        ({}, {"access_token": "t"}, {"access_token_secret", "consumer_key", "consumer_secret"}),
        ({}, {"access_token": "t", "access_token_secret": "u"}, {"consumer_key", "consumer_secret"}),
    ],
)
def test_half_of_the_keys_is_a_slip(app: dict[str, str], own: dict[str, str], lacks: set[str]) -> None:
    """Answering is optional; a key without its secret, or a token without its app, is a fault of the settings."""
    given = TwitterConnector.Options.model_validate({"bearer_token": SECRET, **app})
    assert set(TwitterConnector.missing(given, Account("twitter", "1001", "dj_transport", **own))) == lacks


@pytest.mark.parametrize(
    ("detail", "kind"),
    [
        ("You are not allowed to create a Tweet with duplicate content.", Rejected),
        ("You attempted to reply to a Tweet that is deleted or not visible to you.", Rejected),
        (
            "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.",
            AuthFailed,
        ),
    ],
)
def test_403_is_of_the_post_or_of_the_app(platform_server: Server, detail: str, kind: type[Exception]) -> None:
    """X's own words say which, and they are handed on."""
    stage = XStage(platform_server)
    question = asked(stage)
    stage.fail(status=403, body=json.dumps({"title": "Forbidden", "type": "about:blank", "detail": detail}).encode())
    with pytest.raises(kind) as refused:
        stage.connect().answer(ACCOUNTS[0], question, "네")
    assert type(refused.value) is kind
    assert str(refused.value) == f"POST /2/tweets: 403 Forbidden {detail}"


def test_keys_that_x_repeats_are_taken_out_of_its_words(platform_server: Server) -> None:
    """Whatever a refusal echoes, it is told without them."""
    stage = XStage(platform_server)
    question = asked(stage)
    stage.fail(
        status=401, body=json.dumps({"title": "Unauthorized", "detail": " ".join((*ACCESS, *CONSUMER))}).encode()
    )
    with pytest.raises(AuthFailed) as refused:
        stage.connect().answer(ACCOUNTS[0], question, "네")
    assert str(refused.value) == "POST /2/tweets: 401 Unauthorized … … … …: the token is not accepted"


def test_same_words_twice_are_rejected(platform_server: Server) -> None:
    """The small X is as strict as X."""
    stage = XStage(platform_server)
    question = asked(stage)
    stage.connect().answer(ACCOUNTS[0], question, "네")
    with pytest.raises(Rejected, match="duplicate content"):
        stage.connect().answer(ACCOUNTS[0], question, "네")


def test_a_citizen_who_never_called_is_not_answered(platform_server: Server) -> None:
    """Replies by API are for those who mentioned or quoted the account (PLATFORMS)."""
    stage = XStage(platform_server)
    post = stage.x.post("500", "혼잣말")
    with pytest.raises(Rejected, match="not been mentioned"):
        stage.connect().answer(ACCOUNTS[0], Asked(post, post, "500", stage.clock()), "네")


@pytest.mark.parametrize("wrong", ["consumer_secret", "access_token", "access_token_secret"])
def test_a_wrong_key_is_not_accepted(platform_server: Server, wrong: str) -> None:
    """The signature is checked: each part of it counts."""
    stage = XStage(platform_server)
    question = asked(stage)
    app = {"consumer_key": CONSUMER[0], "consumer_secret": CONSUMER[1], "bearer_token": SECRET}
    own = {"access_token": ACCESS[0], "access_token_secret": ACCESS[1]}
    for keys in (app, own):
        if wrong in keys:
            keys[wrong] += "x"
    given = TwitterConnector.Options.model_validate({"base_url": platform_server.url, **app})
    account = Account("twitter", "1001", "dj_transport", **own)
    with pytest.raises(AuthFailed, match="not accepted"):
        TwitterConnector(given, [account], stage.clock).answer(account, question, "네")


def test_where_nobody_listens_nothing_was_sent(platform_server: Server) -> None:
    """Told apart from a connection that broke while it was in use."""
    stage = XStage(platform_server)
    question = asked(stage)
    with pytest.raises(Unsent):
        TwitterConnector(options(nobodys_url()), ACCOUNTS, stage.clock).answer(ACCOUNTS[0], question, "네")
    stage.fail(status=500)
    with pytest.raises(Unknown):
        stage.connect().answer(ACCOUNTS[0], question, "네")
