"""Answers posted by a Page: a reply below a citizen's comment, or a comment below a visitor's post."""

from __future__ import annotations

from typing import Any

from connectors.contract import Account, Asked, ConnectorError, Post, Unavailable
from connectors.graph_calls import GraphCalls, Operation
from connectors.graph_posts import COMMENT_FIELDS, PLATFORM, clean, ident, instant
from connectors.session import http_date, posting

#: The most that a comment may hold, in units of UTF-16 as a browser counts (Facebook's own form refuses more).
LONGEST = 8000


def length(text: str) -> int:
    """In units of UTF-16: most pictures are two, Hangul is one."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def answer(calls: GraphCalls, account: Account, to: Asked, text: str) -> Post:
    """Post it, then read it back for the time that Facebook gave it.

    Where it cannot be read it stands all the same: its time is then that of Facebook's own `Date` header. Whom it
    answers is what we asked for: a reply to a reply hangs below the top comment, and tags nobody (PLATFORMS).
    """
    with posting():
        said, date = calls.post(account, f"{to.id}/comments", {"message": text})
        own_id = ident(said.get("id"))
        if own_id is None:
            raise Unavailable(f"POST /{calls.version}/{to.id}/comments: a success that names no comment")
    try:
        (found,) = calls.run([Operation(account, own_id, {"fields": COMMENT_FIELDS})])
    except ConnectorError as error:
        found = error
    raw: dict[str, Any] = {} if isinstance(found, ConnectorError) else found
    author = raw.get("from")
    return Post(
        platform=PLATFORM,
        id=own_id,
        conversation=to.conversation,
        created_at=instant(raw.get("created_time")) or http_date(date) or calls.now().replace(microsecond=0),
        author=account.id,
        author_name=clean(author.get("name")) if isinstance(author, dict) else "",
        text=clean(raw.get("message")) or text,
        permalink=clean(raw.get("permalink_url")),
        reply_to=to.id,
        reply_to_author=to.author,
    )
