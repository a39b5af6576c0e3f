"""From the Graph's JSON to `Post`s: whose a post is, whom it speaks to, what it answers. Pure.

What must be asked for stands here as well, so that fields and their reading are changed together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.contract import Post, PostKind, SetAside

PLATFORM = "facebook"

#: `parent{from}` tells whom a reply answers also where the parent is older than what was fetched.
COMMENT_FIELDS = "id,from,message,message_tags,created_time,permalink_url,parent{id,from}"
POST_FIELDS = "id,from,message,message_tags,created_time,updated_time,permalink_url,status_type"


def with_comments(fields: str, limit: int) -> str:
    """Fields of a post or a comment with all that stands below it, newest first; without `stream` some are hidden."""
    return f"{fields},comments.filter(stream).order(reverse_chronological).limit({limit}){{{COMMENT_FIELDS}}}"


#: Those of its posts; of later ones nobody would wait for an answer.
YEARS = range(2004, 2100)

_IDENT = re.compile(r"[\w.:-]{1,128}", re.ASCII)


def ident(value: Any) -> str | None:
    """An id as text; None for what can be none. Some answers write ids as numbers."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**30:
        return str(value)
    return value if isinstance(value, str) and _IDENT.fullmatch(value) else None


def instant(value: Any) -> datetime | None:
    """`2026-11-24T03:00:00+0000` as aware UTC; None for what is no instant, or none at which Facebook had Pages.

    A post said to be of the year 1 would otherwise pass for one older than what was asked for, and be left out.
    """
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo is not None and at.year in YEARS else None
    except (ValueError, OverflowError):
        return None


def clean(value: Any) -> str:
    """Text that every database takes: no NUL, lone surrogates as U+FFFD; "" for what is no text."""
    text = value if isinstance(value, str) else ""
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\0", "") if "\0" in text else text


def tagged(raw: Mapping[str, Any]) -> list[str]:
    """Ids named in a message, in its order. A post may list them by offset instead of in one list."""
    tags = raw.get("message_tags")
    if not tags:
        return []
    if isinstance(tags, dict):
        tags = [tag for group in tags.values() if isinstance(group, list) for tag in group]
    if not isinstance(tags, list):
        return []
    return [named for tag in tags if isinstance(tag, dict) and (named := ident(tag.get("id"))) is not None]


def thread(page: str, comment: str) -> str:
    """The conversation under a top comment of a Page's own post.

    The Page's id stands before the comment's, because a comment's id does not say whose token can read it.
    """
    return f"{page}:{comment}"


def parted(conversation: str) -> tuple[str | None, str]:
    """A conversation as its Page, where it names one, and the id of the comment or post to ask for."""
    page, colon, comment = conversation.partition(":")
    if colon:
        return page, comment
    return None, conversation


@dataclass(frozen=True, slots=True)
class Place:
    """Under what comments stand: enough to read them without their post."""

    page: str
    """The Page on whose behalf it was asked."""
    post: str
    """Id of the post."""
    author: str | None
    """The post's author; None where Facebook does not say, which is never one of ours."""
    wall: bool = True
    """Whether it stands on the Page's own wall; False: on a citizen's, where the Page was tagged."""


@dataclass(slots=True)
class Reading:
    """One answer being read: what came of it so far."""

    page: str
    """The Page on whose behalf it was asked."""
    ours: Sequence[str]
    """All our Pages, in the order of the settings."""
    since: datetime | None = None
    """Posts before it are left out; None: none are."""
    parents: dict[str, str] = field(default_factory=dict)
    """Each comment's parent, as far as they were met."""
    posts: list[Post] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)

    def keep(self, post: Post) -> None:
        """Take a post, unless it is older than what was asked for."""
        if self.since is None or post.created_at >= self.since:
            self.posts.append(post)

    def aside(self, raw: Any, reason: str) -> None:
        """Keep what cannot be read, as it is."""
        try:
            payload = json.dumps(raw, ensure_ascii=True)
        except RecursionError:
            payload = '"nested too deeply to be kept"'
        self.set_aside.append(SetAside(PLATFORM, self.page, reason, payload))

    def post(self, raw: Any) -> Place | None:
        """Read a post; what can be read of it without its comments. None where even its id cannot be."""
        if not isinstance(raw, dict):
            self.aside(raw, "a post that is no object")
            return None
        own_id, created = ident(raw.get("id")), instant(raw.get("created_time"))
        if own_id is None:
            self.aside(raw, "a post without an id")
            return None
        author, name = _person(raw.get("from"))
        owner = own_id.partition("_")[0]
        place = Place(self.page, own_id, author, wall=owner in self.ours)
        if created is None:
            self.aside({key: value for key, value in raw.items() if key != "comments"}, "a post without a time")
            return place
        text = clean(raw.get("message"))
        self.keep(
            Post(
                platform=PLATFORM,
                id=own_id,
                conversation=own_id,
                created_at=created,
                author=author,
                author_name=name,
                text=text,
                permalink=clean(raw.get("permalink_url")),
                addressed=self._addressed(author, owner, [self.page, *tagged(raw)]),
                kind=PostKind.SHARE if raw.get("status_type") == "shared_story" and not text else PostKind.POST,
            )
        )
        return place

    def comments(self, raw: Sequence[Any], place: Place) -> None:
        """Read comments of one post."""
        for entry in raw:
            if isinstance(entry, dict) and isinstance(parent := entry.get("parent"), dict):
                child, above = ident(entry.get("id")), ident(parent.get("id"))
                if child is not None and above is not None:
                    self.parents[child] = above
        for entry in raw:
            self._comment(entry, place)

    def _comment(self, raw: Any, place: Place) -> None:
        if not isinstance(raw, dict):
            self.aside(raw, "a comment that is no object")
            return
        own_id, created = ident(raw.get("id")), instant(raw.get("created_time"))
        if own_id is None or created is None:
            self.aside(raw, "a comment without an id" if own_id is None else "a comment without a time")
            return
        author, name = _person(raw.get("from"))
        above = raw.get("parent")
        parent = ident(above.get("id")) if isinstance(above, dict) else None
        parent_author = _person(above.get("from"))[0] if isinstance(above, dict) else None
        named = tagged(raw)
        owner = place.author if place.author in self.ours else None
        reply_to, reply_to_author = parent, parent_author
        if parent is None and owner is None:
            reply_to, reply_to_author = place.post, place.author
        if author is not None and author in self.ours:
            # Replies to replies stand under the top comment: the tag says whom the Page answered.
            reply_to_author = next((tag for tag in named if tag not in self.ours), reply_to_author)
        self.keep(
            Post(
                platform=PLATFORM,
                id=own_id,
                conversation=place.post if owner is None else thread(owner, _top(own_id, self.parents)),
                created_at=created,
                author=author,
                author_name=name,
                text=clean(raw.get("message")),
                permalink=clean(raw.get("permalink_url")),
                addressed=self._spoken_to(author, parent_author, named, place),
                reply_to=reply_to,
                reply_to_author=reply_to_author,
            )
        )

    def _spoken_to(
        self, author: str | None, parent_author: str | None, named: Sequence[str], place: Place
    ) -> tuple[str, ...]:
        """Whom of ours a comment speaks to.

        On our own walls and under our own posts that is always the Page. On a citizen's wall people also talk to each
        other: there only its author, who called the Page, and who answers or tags one of ours.
        """
        if place.author is not None and place.author in self.ours:
            return self._addressed(author, place.author, named)
        owner = place.post.partition("_")[0]
        if not place.wall and (parent_author in self.ours or (author is not None and author == place.author)):
            return self._addressed(author, owner, [place.page, *named])
        return self._addressed(author, owner, named)

    def _addressed(self, author: str | None, owner: str, named: Sequence[str]) -> tuple[str, ...]:
        """Ours among the wall's owner and the named: the owner first, then in the order of the settings."""
        if author is not None and author in self.ours:
            return ()
        rest = [page for page in self.ours if page in named and page != owner] if named else []
        return (owner, *rest) if owner in self.ours else tuple(rest)


def _person(raw: Any) -> tuple[str | None, str]:
    """Id and name of a `from`, which may be missing for want of a permission."""
    if not isinstance(raw, dict):
        return None, ""
    return ident(raw.get("id")), clean(raw.get("name"))


def _top(comment: str, parents: Mapping[str, str]) -> str:
    """The top comment above a comment, as far up as is known; the Graph itself flattens threads to two levels."""
    seen = {comment}
    while (above := parents.get(comment)) is not None and above not in seen:
        seen.add(above)
        comment = above
    return comment
