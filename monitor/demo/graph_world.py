"""The small Graph's world: Pages, citizens, and what they write. What it says of them is in `graph`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Author:
    """A citizen or a Page, as `from` shows them."""

    id: str
    name: str


@dataclass(slots=True)
class FacebookPage:
    """A Page with its own token."""

    id: str
    name: str
    username: str | None
    token: str


@dataclass(slots=True)
class Written:
    """A post or a comment."""

    id: str
    number: int
    author: Author
    text: str
    created_at: datetime
    seen_at: datetime
    pages: tuple[str, ...]
    """Pages whose tokens can read it."""
    wall: str | None = None
    """Of a post: the Page on whose wall it stands; None for a comment and a post elsewhere."""
    post: str | None = None
    """Of a comment: its post."""
    parent: str | None = None
    """Of a reply: the top comment."""
    tags: tuple[Author, ...] = ()
    status_type: str | None = None
    updated_at: datetime | None = None
    hidden_from: bool = False


class GraphWorld:
    """Everything that is written on the small Facebook. Safe for threads; instants default to `now()`."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.pages: dict[str, FacebookPage] = {}
        self._written: dict[str, Written] = {}
        self._number = 500_000
        self._lock = threading.RLock()

    def page(self, id: str, name: str, username: str | None = None, token: str = "") -> FacebookPage:
        """Open a Page."""
        with self._lock:
            made = FacebookPage(id, name, username, token or f"page-token-{id}")
            self.pages[id] = made
            return made

    def page_post(self, page: str, text: str, created_at: datetime | None = None) -> str:
        """The Page posts on its own wall."""
        return self._post(page, self._as_page(page), text, created_at, status_type="mobile_status_update")

    def visitor_post(
        self,
        page: str,
        author: Author,
        text: str,
        created_at: datetime | None = None,
        *,
        seen_at: datetime | None = None,
        tags: Sequence[Author] = (),
        status_type: str = "wall_post",
    ) -> str:
        """A citizen posts on the Page's wall."""
        return self._post(page, author, text, created_at, seen_at=seen_at, tags=tags, status_type=status_type)

    def tag(self, page: str, author: Author, text: str, created_at: datetime | None = None) -> str:
        """A citizen tags the Page in a post of their own; it is not on the Page's wall."""
        with self._lock:
            number = self._next()
            at = created_at or self.now()
            made = Written(f"{author.id}_{number}", number, author, text, at, at, (page,), tags=(self._as_page(page),))
            self._written[made.id] = made
            return made.id

    def comment(
        self,
        on: str,
        author: Author,
        text: str,
        created_at: datetime | None = None,
        *,
        seen_at: datetime | None = None,
        tags: Sequence[Author] = (),
    ) -> str:
        """Somebody comments on a post or replies to a comment; a reply to a reply stands under the top comment."""
        with self._lock:
            above = self._written[on]
            post = self._written[above.post or above.id]
            number, at = self._next(), created_at or self.now()
            made = Written(
                id=f"{post.number}_{number}",
                number=number,
                author=author,
                text=text,
                created_at=at,
                seen_at=seen_at or at,
                pages=post.pages,
                post=post.id,
                parent=None if above.post is None else above.parent or above.id,
                tags=tuple(tags),
            )
            self._written[made.id] = made
            post.updated_at = max(post.updated_at or post.created_at, at)
            return made.id

    def reply_as_page(self, page: str, on: str, text: str, created_at: datetime | None = None) -> str:
        """The Page comments or replies; answering a reply it tags the citizen, as Facebook's own page does."""
        with self._lock:
            above = self._written[on]
            tags = (above.author,) if above.parent is not None else ()
            return self.comment(on, self._as_page(page), text, created_at, tags=tags)

    def edit(self, id: str, text: str) -> None:
        """Its author changes the text; the id stays."""
        with self._lock:
            self._written[id].text = text

    def delete(self, id: str) -> None:
        """It goes, with all that stands below it."""
        with self._lock:
            below = [each.id for each in self._written.values() if id in (each.post, each.parent)]
            for gone in [id, *below]:
                self._written.pop(gone, None)

    def hide_from(self, id: str) -> None:
        """Facebook says no longer who wrote it."""
        with self._lock:
            self._written[id].hidden_from = True

    def _post(
        self,
        page: str,
        author: Author,
        text: str,
        created_at: datetime | None,
        *,
        seen_at: datetime | None = None,
        tags: Sequence[Author] = (),
        status_type: str,
    ) -> str:
        with self._lock:
            number, at = self._next(), created_at or self.now()
            tagged = tuple(dict.fromkeys(tag.id for tag in tags if tag.id in self.pages))
            made = Written(
                id=f"{page}_{number}",
                number=number,
                author=author,
                text=text,
                created_at=at,
                seen_at=seen_at or at,
                pages=(page, *tagged),
                wall=page,
                tags=tuple(tags),
                status_type=status_type,
            )
            self._written[made.id] = made
            return made.id

    def _as_page(self, page: str) -> Author:
        return Author(page, self.pages[page].name)

    def _next(self) -> int:
        self._number += 1
        return self._number
