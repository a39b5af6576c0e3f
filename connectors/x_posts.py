"""What X says, read into `Post`s: both dialects, and nothing raises and nothing is dropped.

What is usable of an item becomes a `Post`, with its text cleaned only as far as storage needs; what is not is set
aside whole (TRUST, "malformed payloads").
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.contract import Account, Post, PostKind, SetAside

PLATFORM = "twitter"

#: Snowflake ids hold milliseconds since this instant above their lowest 22 bits; ids below the second figure are
#: older than the scheme (November 2010).
SNOWFLAKE_EPOCH = 1288834974657
FIRST_SNOWFLAKE = 1 << 41

#: How far `created_at` may lie from the time that the id holds; X's own differ by less than a second.
FARTHEST = timedelta(days=1)

#: A handle in plain text, by the rules of X's own twitter-text: a Korean particle may follow at once, a letter or
#: digit may not stand before, so that a mail address is no mention.
HANDLE_IN_TEXT = re.compile(r"(?<![A-Za-z0-9_!#$%&*@＠])[@＠]([A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@＠]|://)")

_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}", re.ASCII)
_ID = re.compile(r"[0-9]{1,19}", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(slots=True)
class Reading:
    """One answer, read."""

    posts: list[Post] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)
    """The items' own ids, as the platform pages by them: of an edited post that of this version."""
    outdated: set[str] = field(default_factory=set)
    """Ids of posts that came in a version which is not their newest."""


class Reader:
    """Reads items for one city's accounts. Safe for threads: it holds nothing that changes."""

    def __init__(self, accounts: Sequence[Account]) -> None:
        self._order = {account.id: place for place, account in enumerate(accounts)}
        self._by_handle = {
            account.handle.removeprefix("@").lower(): account.id for account in accounts if account.handle
        }

    def read(self, items: Iterable[Any], includes: Any, mentions_of: str = "", searched: Sequence[str] = ()) -> Reading:
        """Read the items of one answer. `mentions_of`: the account whose /mentions endpoint sent them, or "".

        `searched`: the accounts of the search that found them. Each is by one of ours or speaks to one of these, so
        what seems to do neither is not understood: with several it is set aside, lest it pass for a stranger's.
        """
        users, parents = _users(includes), _authors(includes)
        reading = Reading()
        for item in items:
            version = _id(item.get("id")) if isinstance(item, dict) else None
            if version is None:
                reading.set_aside.append(_set_aside(item, mentions_of, "an item without a usable id"))
                continue
            reading.versions.append(version)
            post = self._post(item, version, users, parents, mentions_of)
            if post is None:
                reading.set_aside.append(_set_aside(item, mentions_of, "neither a time nor an id that holds one"))
                continue
            if searched and not post.addressed and post.author not in self._order and post.kind is PostKind.POST:
                if len(searched) > 1 or post.author is None:
                    reading.set_aside.append(_set_aside(item, "", "found by a search, but for none of its accounts"))
                    continue
                post = replace(post, addressed=tuple(searched))
            reading.posts.append(post)
            if post.edit_ids and post.edit_ids[-1] != version:
                reading.outdated.add(post.id)
        return reading

    def _post(
        self,
        item: dict[str, Any],
        version: str,
        users: Mapping[str, str],
        parents: Mapping[str, str],
        mentions_of: str,
    ) -> Post | None:
        get = item.get
        edits = _edits(get("edit_history_tweet_ids") or get("edit_history_post_ids"), version)
        first = edits[0]
        created_at = _created_at(get("created_at"), edits)
        if created_at is None:
            return None
        links = _references(get("referenced_tweets") or get("referenced_posts"))
        reply_to = links.get("replied_to")
        author = _id(get("author_id"))
        name = users.get(author, "") if author is not None else ""
        said = get("username")
        if not name and isinstance(said, str):
            name = clean(said)
            author = author or next((id_ for id_, user in users.items() if user.lower() == name.lower()), None)
        reply_to_author = _id(get("in_reply_to_user_id"))
        if reply_to_author is None and reply_to is not None:
            reply_to_author = parents.get(reply_to)
        note = get("note_tweet") or get("note_post")
        noted = note if isinstance(note, dict) else {}
        text = _text(noted.get("text")) or _text(get("text"))
        conversation = _id(get("conversation_id"))
        return Post(
            platform=PLATFORM,
            id=first,
            conversation=first if conversation is None or conversation in edits else conversation,
            created_at=created_at,
            author=author,
            author_name=name,
            text=text,
            permalink=f"https://x.com/{name if _HANDLE.fullmatch(name) else 'i/web'}/status/{first}",
            addressed=self._addressed(reply_to_author, [noted.get("entities"), get("entities")], text, mentions_of),
            reply_to=reply_to,
            reply_to_author=reply_to_author,
            quote_of=links.get("quoted"),
            kind=PostKind.SHARE if "retweeted" in links else PostKind.POST,
            edit_ids=edits,
        )

    def _addressed(self, replied: str | None, entities: Sequence[Any], text: str, fetched: str) -> tuple[str, ...]:
        """Our accounts that a post speaks to: the one replied to, then in the settings' order.

        The platform's own list of mentions decides; only without one, or with one that cannot all be read, is the text
        searched for handles.
        """
        order = self._order
        ours = {fetched} if fetched in order else set()
        listed = [mention for part in entities for mention in _mentions(part)]
        told = bool(listed)
        for mention in listed:
            id_, handle = _id(mention.get("id")), mention.get("username")
            if id_ is not None:
                if id_ in order:
                    ours.add(id_)
            elif isinstance(handle, str) and _HANDLE.fullmatch(handle):
                if handle.lower() in self._by_handle:
                    ours.add(self._by_handle[handle.lower()])
            else:
                told = False
        if not told and ("@" in text or "＠" in text):
            handles = HANDLE_IN_TEXT.findall(unicodedata.normalize("NFC", text))
            ours.update(self._by_handle[handle.lower()] for handle in handles if handle.lower() in self._by_handle)
        if replied in order:
            ours.discard(replied)
            return (replied, *sorted(ours, key=order.__getitem__))
        return tuple(sorted(ours, key=order.__getitem__)) if len(ours) > 1 else tuple(ours)


def clean(text: str) -> str:
    """Text as both databases take it: lone surrogates become U+FFFD, NULs go; all else stays."""
    if text.isascii():
        return text.replace("\0", "") if "\0" in text else text
    try:
        text.encode()
    except UnicodeEncodeError:
        text = _SURROGATE.sub("\ufffd", text)
    return text.replace("\0", "")


def snowflake_time(id_: str) -> datetime | None:
    """The instant an id was given, to the second as `created_at` has it; None for ids older than snowflakes."""
    number = int(id_)
    if number < FIRST_SNOWFLAKE:
        return None
    return datetime.fromtimestamp(((number >> 22) + SNOWFLAKE_EPOCH) // 1000, UTC)


def _id(value: Any) -> str | None:
    """An id as X writes them, 1 to 19 digits; a plain number is taken too."""
    if type(value) is int:
        value = str(value) if 0 < value < 10**19 else ""
    return value if isinstance(value, str) and _ID.fullmatch(value) else None


def _text(value: Any) -> str:
    """The text without the three escapes that X puts into it."""
    if not isinstance(value, str):
        return ""
    if "&" in value:
        value = value.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return clean(value)


def _created_at(value: Any, edits: tuple[str, ...]) -> datetime | None:
    """When the post was first made.

    An edit has an id and, it seems, a time of its own; the clock runs from the first version (SEMANTICS row 1), whose
    id holds its time. A time days away from that is nonsense: with it a mention would pass for one of long ago.
    """
    at: datetime | None = None
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            at = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            at = None
    first = snowflake_time(edits[0])
    if first is None:
        return at
    return first if at is None or abs(at - first) > FARTHEST or (len(edits) > 1 and first < at) else at


def _edits(value: Any, version: str) -> tuple[str, ...]:
    """All ids of the edit history, first to last; just this version's where there is no usable history."""
    if isinstance(value, list) and len(value) == 1 and value[0] == version:
        return (version,)
    ids = [id_ for id_ in map(_id, value) if id_ is not None] if isinstance(value, list) else []
    return tuple(sorted({*ids}, key=int)) if version in ids else (version,)


def _references(value: Any) -> dict[str, str]:
    """Kind of reference -> id."""
    links: dict[str, str] = {}
    for reference in value if isinstance(value, list) else ():
        if isinstance(reference, dict):
            kind, id_ = reference.get("type"), _id(reference.get("id"))
            if isinstance(kind, str) and id_ is not None:
                links[kind] = id_
    return links


def _mentions(entities: Any) -> list[dict[str, Any]]:
    """The listed mentions; an empty one for each entry that is none."""
    mentions = entities.get("mentions") if isinstance(entities, dict) else None
    return [entry if isinstance(entry, dict) else {} for entry in mentions] if isinstance(mentions, list) else []


def _included(includes: Any, *keys: str) -> list[dict[str, Any]]:
    lists = [includes.get(key) for key in keys] if isinstance(includes, dict) else []
    return [item for items in lists if isinstance(items, list) for item in items if isinstance(item, dict)]


def _users(includes: Any) -> dict[str, str]:
    """User id -> username."""
    pairs = ((_id(user.get("id")), user.get("username")) for user in _included(includes, "users"))
    return {id_: clean(name) for id_, name in pairs if id_ is not None and isinstance(name, str)}


def _authors(includes: Any) -> dict[str, str]:
    """Id of an included post -> its author's."""
    pairs = ((_id(post.get("id")), _id(post.get("author_id"))) for post in _included(includes, "tweets", "posts"))
    return {id_: author for id_, author in pairs if id_ is not None and author is not None}


def _set_aside(item: Any, account: str, reason: str) -> SetAside:
    # Escaped to ASCII, the payload can be stored whatever it holds.
    return SetAside(PLATFORM, account, reason, json.dumps(item, ensure_ascii=True))


def problems(errors: Any) -> list[tuple[str, str]]:
    """What a success says went wrong with single items: their ids ("" for none), "resource-not-found" or the like."""
    told = []
    for error in errors if isinstance(errors, list) else ():
        if isinstance(error, dict):
            id_ = _id(error.get("resource_id")) or _id(error.get("value")) or ""
            told.append((id_, clean(str(error.get("type", ""))).rpartition("/")[2][:60]))
    return told
