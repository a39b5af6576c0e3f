"""The JSON of a message: CONTRACT "Messages", whatever its text holds."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.message import AlertAccount, AlertCase, AlertMention, Attachment, Kind, Message, one_line

KST = timezone(timedelta(hours=9))
AT = datetime(2026, 11, 24, 22, 50, tzinfo=KST)
ANY_TEXT = st.text(st.characters(exclude_categories=()))


def message(**changes):
    """A breach of one case."""
    mention = AlertMention("77", datetime(2026, 11, 24, 13, 20, tzinfo=UTC), "https://x.com/i/77")
    case = AlertCase("c1", "twitter", "1001", "transport", AT, 12, True, False, "https://sns.example/c1", (mention,))
    values = {
        "id": "m1",
        "kind": Kind.BREACH,
        "level": 2,
        "recipient": "kim",
        "sent_at": AT,
        "text": "기한 초과",
        "cases": (case,),
    }
    return Message(**{**values, **changes})


def test_payload_is_the_contract():
    """Every key of CONTRACT with its type, instants with their offset, and nothing besides."""
    assert json.loads(message(subject="x", attachments=(Attachment("a", "b/c", b""),)).body()) == {
        "id": "m1",
        "kind": "breach",
        "level": 2,
        "recipient": "kim",
        "sent_at": "2026-11-24T22:50:00+09:00",
        "text": "기한 초과",
        "cases": [
            {
                "id": "c1",
                "platform": "twitter",
                "account": "1001",
                "department": "transport",
                "clock": "first",
                "deadline": "2026-11-24T22:50:00+09:00",
                "overdue_seconds": 12,
                "checked": True,
                "late": False,
                "link": "https://sns.example/c1",
                "mentions": [
                    {"id": "77", "created_at": "2026-11-24T13:20:00+00:00", "permalink": "https://x.com/i/77"}
                ],
            }
        ],
    }


@pytest.mark.parametrize(("until", "shown"), [(AT, "2026-11-24T22:50:00+09:00"), (None, None)])
def test_account_only_where_set(until, shown):
    """`account` stands in messages about an account, also one that never was complete."""
    blind = message(kind=Kind.BLIND, cases=(), account=AlertAccount("twitter", "1001", until))
    assert blind.payload()["account"] == {"platform": "twitter", "id": "1001", "complete_until": shown}
    assert "account" not in message().payload()


def test_a_naive_instant_is_refused():
    """A time without offset would be read in the receiver's zone."""
    with pytest.raises(ValueError, match="offset"):
        message(sent_at=AT.replace(tzinfo=None)).body()


def test_equal_messages_have_equal_bytes():
    """Sent again is the same again, and other text is other bytes."""
    assert message().body() == message().body()
    assert message().body() != message(text="다른 글").body()


@given(text=ANY_TEXT, identity=ANY_TEXT)
def test_any_text_gives_valid_json_in_utf8(text, identity):
    """NUL, lone surrogates and all: it decodes, parses, and well-formed text comes back unchanged."""
    parsed = json.loads(message(text=text, id=identity).body().decode("utf-8"))
    assert len(parsed) == 7
    if not any("\ud800" <= sign <= "\udfff" for sign in text):
        assert parsed["text"] == text


def test_surrogates_are_joined_or_replaced():
    """A pair in two halves is its sign; a lone half is U+FFFD."""
    assert json.loads(message(text="\ud83d\ude00 \ud83d!").body())["text"] == "😀 \ufffd!"


@given(ANY_TEXT)
def test_one_line_is_one_line(text):
    """Nothing that any program takes for a line end is left."""
    assert len(one_line(text).splitlines()) <= 1
    assert one_line("a\r\nBcc: b\u2028c\u202e") == "a Bcc: b c"
