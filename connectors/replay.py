"""Recorded days played again: for trying rules and policies on what really happened, without a platform.

A recording is a folder of `*.json` files, each a list of objects with the fields of `Post`:

    [{"id": "1", "created_at": "2026-11-24T09:00:00+09:00", "author": "500", "author_name": "김시민",
      "text": "가로등이 꺼졌어요", "addressed": ["1001"], "conversation": "1"}]

`id` and `created_at` must be there; `conversation` is the id where it lacks. Beside them, `at` is when the post could
first be found, where that was later, and `deleted_at` when it went. A post appears once our clock is past its time.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, TypeAdapter, ValidationError

from connectors.contract import Account, Asked, Connector, Look, Page, Post, SetAside, Source, Unavailable

PLATFORM = "replay"
#: Posts on a page.
FULL_PAGE = 100

_POST = TypeAdapter(Post)


class _Times(BaseModel, frozen=True):
    created_at: AwareDatetime
    at: AwareDatetime | None = None
    deleted_at: AwareDatetime | None = None


class ReplayConnector(Connector):
    """A folder of recorded posts. Keeps nothing between calls: the files may change while it runs."""

    platform = PLATFORM

    class Options(BaseModel, frozen=True, extra="forbid"):
        """The keys of `[connectors.replay]`."""

        directory: str = ""

    @classmethod
    def missing(cls, options: Options, account: Account) -> Mapping[str, str]:
        """The folder must be there."""
        if options.directory and Path(options.directory).is_dir():
            return {}
        return {"directory": 'a folder of recordings, as directory = "recordings"'}

    def sources(self) -> Sequence[Source]:
        """One for all accounts."""
        ids = tuple(account.id for account in self.accounts)
        return [Source(f"{PLATFORM}:posts:{','.join(ids)}", PLATFORM, "posts", ids, True, calls=0)] if ids else []

    def fetch(
        self, source: Source, since: datetime, resume: str | None = None, watched: Collection[str] = ()
    ) -> Iterator[Page]:
        """Walk what is there, newest first; `resume` is time and id of the last post of the page before."""
        posts, aside = self._read()[:2]
        left = [post for post in posts if post.created_at >= since and (resume is None or _place(post) < resume)]
        starts = range(0, len(left), FULL_PAGE) or [0]
        for start in starts:
            page = left[start : start + FULL_PAGE]
            last = start + FULL_PAGE >= len(left)
            yield Page(page, None if last else _place(page[-1]), aside if start == 0 and resume is None else ())

    def look(self, account: Account, asked: Sequence[Asked]) -> Look:
        """Everything of the asked conversations as it is now; gone is what the recording says went."""
        posts, _, gone = self._read()
        conversations = {one.conversation for one in asked}
        found = [post for post in posts if post.conversation in conversations]
        return Look(found, gone & {one.id for one in asked})

    def handles(self) -> Mapping[str, str]:
        """As the settings have them: a recording knows no others."""
        return {account.id: account.handle for account in self.accounts}

    def _read(self) -> tuple[list[Post], list[SetAside], frozenset[str]]:
        """Posts that are there now, newest first; what could not be understood; ids of those that went."""
        posts: list[Post] = []
        aside: list[SetAside] = []
        gone: set[str] = set()
        for entry in self._entries():
            raw = json.dumps(entry, ensure_ascii=True)
            try:
                post, seen_at, deleted_at = _recorded(entry, raw)
            except (ValueError, OverflowError) as error:
                said = f"{error.error_count()} wrong fields" if isinstance(error, ValidationError) else str(error)
                aside.append(SetAside(PLATFORM, "", said, raw))
                continue
            if deleted_at is not None and deleted_at <= self.now():
                gone.add(post.id)
            elif seen_at <= self.now():
                posts.append(post)
        return sorted(posts, key=_place, reverse=True), aside, frozenset(gone)

    def _entries(self) -> list[Any]:
        """All entries of all files. Raises `Unavailable` where one cannot be read."""
        entries: list[Any] = []
        try:
            for path in sorted(Path(self.options.directory).iterdir()):
                if path.suffix == ".json":
                    entries += _list(path)
        except (OSError, ValueError, RecursionError) as exc:
            raise Unavailable(f"the recordings cannot be read ({type(exc).__name__})") from exc
        return entries


def _list(path: Path) -> list[Any]:
    entries = json.loads(path.read_text("utf-8"))
    if not isinstance(entries, list):
        raise ValueError(f"{path.name} is no list")
    return entries


def _recorded(entry: Any, raw: str) -> tuple[Post, datetime, datetime | None]:
    """An entry's post, when it appears and when it goes. Raises ValueError and OverflowError for what is none."""
    times = _Times.model_validate_json(raw, strict=True)
    whole = {"platform": PLATFORM, "conversation": entry.get("id"), **entry}
    post = _POST.validate_json(json.dumps(whole), strict=True)
    if not post.id or not post.conversation or "\\u0000" in raw:
        raise ValueError("an id is empty, or a NUL is inside")
    created_at = times.created_at.astimezone(UTC)
    seen_at = max(created_at, (times.at or times.created_at).astimezone(UTC))
    deleted_at = None if times.deleted_at is None else times.deleted_at.astimezone(UTC)
    return replace(post, platform=PLATFORM, created_at=created_at), seen_at, deleted_at


def _place(post: Post) -> str:
    """Where a post stands in the order of time."""
    return f"{post.created_at.isoformat(timespec='microseconds')} {post.id}"
