"""Who and what there is on the small X: people, posts, edits, deletions."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Callable
from datetime import datetime

from monitor.demo.x_posts import MENTION, SNOWFLAKE_EPOCH, Entry, User, Version


class World:
    """The platform's store; safe for threads under `lock`. Times default to `now()`."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.lock = threading.RLock()
        self.users: dict[str, User] = {}
        #: Every version of every post by its id.
        self.by_version: dict[int, tuple[Entry, Version]] = {}
        #: The ids of all versions, ascending, which is in the order of their times.
        self.ids: list[int] = []

    def user(self, id_: str, handle: str, name: str = "") -> str:
        """Somebody joins."""
        with self.lock:
            self.users[id_] = User(id_, handle, name or handle)
        return id_

    def post(
        self,
        author: str,
        text: str,
        *,
        reply_to: str | None = None,
        quote: str | None = None,
        created_at: datetime | None = None,
        visible_at: datetime | None = None,
    ) -> str:
        """Somebody posts; the indexes show it from `visible_at` on. Returns the id."""
        with self.lock:
            parent, quoted = self._entry(reply_to), self._entry(quote)
            version = self._version(text, created_at, visible_at)
            conversation = str(version.id) if parent is None else parent.conversation
            entry = Entry(self.users[author], conversation, [version], parent, quoted, named=reply_to)
            return self._add(entry, version)

    def retweet(self, author: str, id_: str, *, created_at: datetime | None = None) -> str:
        """Somebody shares a post without a word."""
        with self.lock:
            shared = self.by_version[int(id_)][0]
            text = f"RT @{shared.author.handle}: {shared.last.text}"
            version = self._version(text, created_at, None)
            return self._add(Entry(self.users[author], str(version.id), [version], retweet=shared), version)

    def edit(self, id_: str, text: str) -> str:
        """The author changes a post: a new id, and a longer history. Returns the new id."""
        with self.lock:
            entry = self.by_version[int(id_)][0]
            version = self._version(text, None, None)
            entry.versions.append(version)
            return self._add(entry, version)

    def delete(self, id_: str) -> None:
        """The post is gone, with all of its versions."""
        with self.lock:
            self.by_version[int(id_)][0].deleted = True

    def protect(self, user: str) -> None:
        """The user's posts are for their followers only from now on."""
        with self.lock:
            self.users[user].protected = True

    def rename(self, user: str, handle: str) -> None:
        """The user takes another handle."""
        with self.lock:
            self.users[user].handle = handle

    def _entry(self, id_: str | None) -> Entry | None:
        return None if id_ is None else self.by_version[int(id_)][0]

    def _version(self, text: str, created_at: datetime | None, visible_at: datetime | None) -> Version:
        at = self.now() if created_at is None else created_at
        id_ = (int(at.timestamp() * 1000) - SNOWFLAKE_EPOCH) << 22
        while id_ in self.by_version:
            id_ += 1
        return Version(id_, text, at, at if visible_at is None else visible_at)

    def _add(self, entry: Entry, version: Version) -> str:
        handles = {found.lower() for found in MENTION.findall(version.text)}
        entry.mentions = [user for user in self.users.values() if user.handle.lower() in handles]
        self.by_version[version.id] = (entry, version)
        bisect.insort(self.ids, version.id)
        return str(version.id)
