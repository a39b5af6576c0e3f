"""What the small X holds, and how it shows a post in either dialect."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

SNOWFLAKE_EPOCH = 1288834974657
SHORT_TEXT = 280
MENTION = re.compile(r"(?<![A-Za-z0-9_!#$%&*@＠])@([A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@]|://)")

#: Fields that each dialect shows when asked; the first row is shown unasked. Any other is refused, as X does.
FIELDS = {
    "tweet": frozenset(
        [
            "id",
            "text",
            "edit_history_tweet_ids",
            "attachments",
            "author_id",
            "conversation_id",
            "created_at",
            "entities",
            "in_reply_to_user_id",
            "lang",
            "note_tweet",
            "referenced_tweets",
        ]
    ),
    "post": frozenset(["id", "text", "attachments", "conversation_id", "created_at", "entities", "lang", "note_post"]),
}
EXPANSIONS = {
    "tweet": frozenset(("author_id", "edit_history_tweet_ids", "in_reply_to_user_id", "referenced_tweets.id")),
    "post": frozenset(("author_id", "edit_history_post_ids", "in_reply_to_user_id", "referenced_posts")),
}
UNASKED = {"tweet": frozenset(("id", "text", "edit_history_tweet_ids")), "post": frozenset(("id", "text"))}


def instant(at: datetime) -> str:
    """A time as X writes it: whole seconds, with three zeros behind the point."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@dataclass(slots=True)
class User:
    """Somebody on the small X."""

    id: str
    handle: str
    name: str
    protected: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    """A post as it was from one edit to the next; the first has the post's own id."""

    id: int
    text: str
    created_at: datetime
    visible_at: datetime


@dataclass(slots=True)
class Entry:
    """A post and all of its versions."""

    author: User
    conversation: str
    versions: list[Version]
    reply_to: Entry | None = None
    quote: Entry | None = None
    retweet: Entry | None = None
    mentions: list[User] = field(default_factory=list)
    deleted: bool = False
    named: str | None = None
    """The id under which it names the post it answers: a reader may have answered an edited version."""

    @property
    def last(self) -> Version:
        """The newest version."""
        return self.versions[-1]

    # What a search asks of it.

    @property
    def mentioned(self) -> frozenset[str]:
        return frozenset(user.handle.lower() for user in self.mentions)

    @property
    def author_handle(self) -> str:
        return self.author.handle.lower()

    @property
    def replied_handle(self) -> str:
        return self.reply_to.author.handle.lower() if self.reply_to is not None else ""

    @property
    def is_retweet(self) -> bool:
        return self.retweet is not None


def show(entry: Entry, version: Version, dialect: str, fields: Collection[str], expansions: Collection[str]) -> Any:
    """One item of `data`: what was asked for, and no more."""
    word = "tweet" if dialect == "tweet" else "post"
    asked = {*fields, *UNASKED[dialect], *(expansions if dialect == "post" else ())}
    escaped = version.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    is_long = len(version.text) > SHORT_TEXT
    entities = _entities(entry, escaped)
    item: dict[str, Any] = {
        "id": str(version.id),
        "text": escaped[: SHORT_TEXT - 1] + "…" if is_long else escaped,
        f"edit_history_{word}_ids": [str(one.id) for one in entry.versions],
        "author_id": entry.author.id,
        "conversation_id": entry.conversation,
        "created_at": instant(version.created_at),
        "lang": "ko",
    }
    references = [
        {"type": kind, "id": id_}
        for kind, id_ in (
            ("retweeted", entry.retweet and str(entry.retweet.last.id)),
            ("quoted", entry.quote and str(entry.quote.last.id)),
            ("replied_to", entry.named),
        )
        if id_
    ]
    if references:
        item["referenced_tweets" if dialect == "tweet" else "referenced_posts"] = references
    if entry.reply_to is not None:
        item["in_reply_to_user_id"] = entry.reply_to.author.id
    if entities:
        item["entities"] = {"mentions": entities}
    if is_long:
        item[f"note_{word}"] = {"text": escaped} | ({"entities": {"mentions": entities}} if entities else {})
    return {key: value for key, value in item.items() if key in asked}


def _entities(entry: Entry, text: str) -> list[dict[str, Any]]:
    by_handle = {user.handle.lower(): user for user in entry.mentions}
    return [
        {"start": found.start(), "end": found.end(), "username": found[1], "id": by_handle[found[1].lower()].id}
        for found in MENTION.finditer(text)
        if found[1].lower() in by_handle
    ]


def show_user(user: User) -> dict[str, str]:
    """A user's default fields."""
    return {"id": user.id, "name": user.name, "username": user.handle}
