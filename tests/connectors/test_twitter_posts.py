"""How X's items are read, in both dialects."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.contract import Account, Post, PostKind
from connectors.x_posts import Reader, clean, snowflake_time

ACCOUNTS = [
    Account("twitter", "1001", "dj_transport"),
    Account("twitter", "1002", "@DJ_Facility"),
    Account("twitter", "1003", "dj_press"),
]
READER = Reader(ACCOUNTS)
AT = datetime(2026, 11, 24, 2, 59, tzinfo=UTC)


def snowflake(at: datetime, number: int = 0) -> str:
    """An id given at that instant."""
    return str(((int(at.timestamp() * 1000) - 1288834974657) << 22) + number)


ID = snowflake(AT)
NEXT = snowflake(AT + timedelta(minutes=3))


def read(mentions_of: str = "", includes: Any = None, **item: Any) -> Post:
    """One item, read; its fields default to a plain post's."""
    plain = {"id": ID, "text": "글", "author_id": "500", "created_at": "2026-11-24T02:59:00.000Z"}
    reading = READER.read([plain | item], includes, mentions_of)
    assert not reading.set_aside
    return reading.posts[0]


def mentions(*entries: dict[str, str]) -> dict[str, Any]:
    """An `entities` block."""
    return {"mentions": [{"start": 0, "end": 1, **entry} for entry in entries]}


def test_plain_post() -> None:
    """Each field of an ordinary reply lands where the contract says, in the old dialect."""
    post = read(
        conversation_id="77",
        edit_history_tweet_ids=[ID],
        in_reply_to_user_id="1002",
        referenced_tweets=[{"type": "replied_to", "id": "88"}, {"type": "quoted", "id": "99"}],
        includes={"users": [{"id": "500", "name": "김시민", "username": "citizen_kim"}]},
    )
    assert post == Post(
        platform="twitter",
        id=ID,
        conversation="77",
        created_at=AT,
        author="500",
        author_name="citizen_kim",
        text="글",
        permalink=f"https://x.com/citizen_kim/status/{ID}",
        addressed=("1002",),
        reply_to="88",
        reply_to_author="1002",
        quote_of="99",
        kind=PostKind.POST,
        edit_ids=(ID,),
    )


def test_both_dialects_say_the_same() -> None:
    """The names of 2.167 give the very same post."""
    old = read(
        edit_history_tweet_ids=[ID],
        note_tweet={"text": "긴 글"},
        referenced_tweets=[{"type": "replied_to", "id": "88"}],
        in_reply_to_user_id="1001",
    )
    new = read(
        edit_history_post_ids=[ID],
        note_post={"text": "긴 글"},
        referenced_posts=[{"type": "replied_to", "id": "88"}],
        in_reply_to_user_id="1001",
    )
    assert old == new and old.text == "긴 글"


def test_author_and_addressee_from_what_is_included() -> None:
    """Where 2.167 gives only a username, and only the parent, author and addressee are found in `includes`."""
    post = read(
        author_id=None,
        username="Citizen_Kim",
        referenced_posts=[{"type": "replied_to", "id": "88"}],
        includes={
            "users": [{"id": "500", "username": "citizen_kim"}],
            "posts": [{"id": "88", "author_id": "1001", "text": "공지"}],
        },
    )
    assert (post.author, post.author_name) == ("500", "Citizen_Kim")
    assert (post.reply_to_author, post.addressed) == ("1001", ("1001",))


def test_unknown_author_is_none() -> None:
    """No author, or one that is no id: None, never ours, and a link that works without a name."""
    for author in (None, "", "abc", [], "1" * 30):
        post = read(author_id=author)
        assert post.author is None
        assert post.permalink == f"https://x.com/i/web/status/{ID}"


def test_retweet_is_a_share() -> None:
    """A retweet is a share; a quote with its own words is a post."""
    assert read(referenced_tweets=[{"type": "retweeted", "id": "9"}]).kind is PostKind.SHARE
    quote = read(referenced_tweets=[{"type": "quoted", "id": "9"}])
    assert (quote.kind, quote.quote_of) == (PostKind.POST, "9")


def test_escapes_of_x_are_undone_once() -> None:
    """`&amp; &lt; &gt;` are X's escapes; what a citizen typed as an escape stays typed."""
    assert read(text="a &lt;b&gt; &amp; c &quot;").text == "a <b> & c &quot;"
    assert read(text="&amp;lt;").text == "&lt;"


def test_edits_keep_first_id_and_first_time() -> None:
    """An edit's own id and time are later; identity and clock are those of the first version."""
    post = read(id=NEXT, created_at="2026-11-24T03:02:00.000Z", edit_history_tweet_ids=[ID, NEXT], conversation_id=NEXT)
    assert (post.id, post.created_at, post.edit_ids, post.conversation) == (ID, AT, (ID, NEXT), ID)
    reading = READER.read([{"id": ID, "edit_history_tweet_ids": [ID, NEXT]}], None)
    assert reading.outdated == {ID}
    assert read(id=NEXT, edit_history_tweet_ids=[ID]).id == NEXT, "a history that lacks the version itself is none"


@pytest.mark.parametrize("value", [None, 5, "yesterday", "2026-11-24", "2026-11-24T02:59:00", "2026-13-01T00:00:00Z"])
def test_missing_time_is_in_the_id(value: Any) -> None:
    """A snowflake holds its time; an older id without a time is set aside, whole."""
    assert read(created_at=value).created_at == AT
    item = {"id": "20", "text": "just setting up", "created_at": value}
    reading = READER.read([item], None, "1001")
    (kept,) = reading.set_aside
    assert not reading.posts and json.loads(kept.payload) == item and kept.account == "1001"


@pytest.mark.parametrize("value", ["0001-01-02T00:00:00Z", "2026-11-22T00:00:00Z", "9999-12-30T00:00:00Z"])
def test_nonsense_time_gives_way_to_the_id(value: str) -> None:
    """A mention does not vanish as one of long ago, nor wait for ever: its id holds its time."""
    assert read(created_at=value).created_at == AT
    assert read(created_at="2026-11-23T12:00:00Z").created_at == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert read(id="7", created_at="2026-11-22T00:00:00Z").created_at == datetime(2026, 11, 22, tzinfo=UTC)


def test_snowflake_time() -> None:
    """To the second, as `created_at` has it; the example is X's own first announcement of API v2."""
    assert snowflake_time("1293593516040269825") == datetime(2020, 8, 12, 17, 1, 42, tzinfo=UTC)
    assert snowflake_time("20") is None


def test_times_with_offsets_become_utc() -> None:
    """Aware UTC, whatever the offset."""
    assert read(created_at="2026-11-24T11:59:00.5+09:00").created_at == AT + timedelta(seconds=0.5)


# Whom a post addresses


def test_listed_mentions_decide_in_the_settings_order() -> None:
    """By id, else by handle whatever its case; the one replied to first, then the order of the settings."""
    entities = mentions({"username": "DJ_PRESS"}, {"id": "1002", "username": "dj_facility"}, {"id": "1001"})
    assert read(entities=entities).addressed == ("1001", "1002", "1003")
    assert read(entities=entities, in_reply_to_user_id="1003").addressed == ("1003", "1001", "1002")
    assert read(entities=entities, in_reply_to_user_id="500").addressed == ("1001", "1002", "1003")


def test_id_of_a_mention_outweighs_its_handle() -> None:
    """Somebody else who took a handle of ours is not us; our account under a new handle still is."""
    assert read(entities=mentions({"id": "666", "username": "dj_press"})).addressed == ()
    assert read(entities=mentions({"id": "1003", "username": "dj_press_new"})).addressed == ("1003",)


def test_text_is_not_searched_where_mentions_are_listed() -> None:
    """What X does not count as a mention is none, though the text looks like one."""
    assert read(text="@dj_press", entities=mentions({"id": "666", "username": "other"})).addressed == ()


@pytest.mark.parametrize(
    "entities",
    [
        None,
        [],
        {"mentions": None},
        {"mentions": {"username": "dj_press"}},
        {"mentions": [{"username": {"a": 1}}]},
        {"mentions": [{"username": "not a handle"}]},
        {"mentions": ["dj_press"]},
        {"mentions": [{}, {"id": "666", "username": "other"}]},
        {"mentions": [{"id": "x", "username": "dj_press"}]},
    ],
    ids=str,
)
def test_text_is_searched_where_the_list_cannot_all_be_read(entities: Any) -> None:
    """A malformed list is no list: nobody's mention vanishes with it."""
    assert read(text="@dj_press 안녕", entities=entities).addressed == ("1003",)


@pytest.mark.parametrize("note", [{"text": ""}, {"text": 7}, {"entities": 5}, "no"], ids=str)
def test_text_is_searched_where_the_long_one_is_none(note: Any) -> None:
    """A long text that is missing does not hide the short one."""
    post = read(text="@dj_press 안녕", note_tweet=note)
    assert (post.addressed, post.text) == (("1003",), "@dj_press 안녕")


def test_found_by_a_search_is_ours_or_to_us() -> None:
    """What a search found speaks to the one account it was for; with several it is set aside, never a stranger's."""
    for author, searched, told in (
        ("500", ("1001",), (("1001",), 0)),
        ("500", ("1001", "1002"), (None, 1)),
        (None, ("1001",), (None, 1)),
        ("1002", ("1001", "1002"), ((), 0)),
        ("500", (), ((), 0)),
    ):
        item = {"id": ID, "text": "글", "author_id": author}
        reading = READER.read([item], None, searched=searched)
        assert (reading.posts[0].addressed if reading.posts else None, len(reading.set_aside)) == told
        assert reading.versions == [ID]
    retweet = {"id": ID, "author_id": "500", "referenced_tweets": [{"type": "retweeted", "id": "7"}]}
    assert READER.read([retweet], None, searched=("1001", "1002")).posts[0].kind is PostKind.SHARE


def test_mentions_in_the_long_text_count() -> None:
    """A long post lists in its own entities only what stands in the first 280 characters."""
    note = {"text": "긴 글 @dj_press", "entities": mentions({"id": "1003"})}
    assert read(note_tweet=note, entities=mentions({"id": "1001"})).addressed == ("1001", "1003")


def test_mentions_endpoint_addresses_its_account() -> None:
    """X itself says that these speak to the account; the same post by search says no less once it names it."""
    assert read(mentions_of="1002").addressed == ("1002",)
    assert read(mentions_of="1002", entities=mentions({"id": "1001"})).addressed == ("1001", "1002")


@pytest.mark.parametrize(
    ("text", "addressed"),
    [
        ("@dj_transport 안녕", ("1001",)),
        ("@DJ_Transport에 문의", ("1001",)),
        ("문의@dj_transport", ("1001",)),
        ("(@dj_transport)", ("1001",)),
        ("＠dj_transport", ("1001",)),
        (".@dj_transport, @dj_press!", ("1001", "1003")),
        ("@dj_transport2", ()),
        ("@dj_transport_x", ()),
        ("x@dj_transport", ()),
        ("mail_@dj_transport.go.kr", ()),
        ("@dj_transport@mastodon.social", ()),
        ("@dj_transport://x", ()),
        ("@@dj_transport", ()),
        ("dj_transport", ()),
    ],
)
def test_handles_in_text_where_nothing_is_listed(text: str, addressed: tuple[str, ...]) -> None:
    """Without the platform's list the text is searched, by the boundaries of X's own rules."""
    assert read(text=text).addressed == addressed


# Cleaning


def test_text_is_cleaned_only_as_far_as_storage_needs() -> None:
    """Lone surrogates are replaced, NULs removed; bidi signs, NFD and length stay as they are."""
    assert clean("a\0b") == "ab"
    assert clean("가\0\ud800나\udfff") == "가\ufffd나\ufffd"
    assert clean("\u202e 가 " + "x" * 1_000_000).startswith("\u202e 가 ")
    assert len(read(text="가" * 1_000_000).text) == 1_000_000


def test_set_aside_payload_is_whole_and_storable() -> None:
    """What cannot be understood is kept as ASCII JSON that gives it back."""
    for item in (None, 5, "\ud800", [1], {"id": "x\0", "text": "가"}, {"text": "no id"}):
        (kept,) = READER.read([item], None).set_aside
        assert kept.payload.isascii() and json.loads(kept.payload) == item and kept.reason
