"""Posts -> mentions, answers, cases: one transaction a page.

Cases are worked out afresh from the stored posts of the conversations a page touched, under a lock on each: so a
crash anywhere loses nothing, and any order of arrival gives the same cases.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from connectors.contract import Post, SetAside
from monitor.alerts import outbox
from monitor.intake.reckon import reckon
from monitor.rules import Rules
from monitor.store import cases, posts
from monitor.store.engine import PASSING, Transaction, lock_conversations


class Ingested(NamedTuple):
    """What a page brought."""

    new_posts: int
    opened: int
    answered: int
    set_aside: int


def ingest(
    tx: Transaction, rules: Rules, platform: str, page: Iterable[Post], watch_from: Mapping[str, datetime],
    now: datetime, *, set_aside: Sequence[SetAside] = (), gone: Collection[str] = (), looked_at: Collection[str] = (),
) -> Ingested:  # fmt: skip
    """Store a page and bring every case it touches in line with what is known now.

    `watch_from` holds, by account id, the instant before which posts are context (SEMANTICS row 18). `gone` are ids
    a look missed, `looked_at` those it saw standing.
    """
    by_id = {post.id: post for post in page}
    # Before anything is read: two sources that bring the same new post at once must not both call it new.
    lock_conversations(tx, {f"{platform}/{post.conversation}" for post in by_id.values()})
    touched, new_posts = _store(tx, rules, platform, by_id, watch_from, now)
    if looked_at:
        posts.mark_seen(tx, platform, looked_at, now)
    if gone:
        posts.mark_gone(tx, platform, gone, now)
        touched |= posts.conversations_of(tx, platform, gone)
    kept = sum(posts.set_aside(tx, s.platform, s.account, s.reason, s.payload, now) for s in set_aside)
    if not touched:
        return Ingested(0, 0, 0, kept)
    lock_conversations(tx, {f"{platform}/{conversation}" for conversation in touched})
    changes = reckon(tx, rules, platform, touched, by_id, now)
    cases.save(tx, changes)
    outbox.answered(tx, rules, changes, now)
    return Ingested(
        new_posts,
        sum(change.events[0].kind == "opened" for change in changes),
        sum(event.kind == "answered" for change in changes for event in change.events),
        kept,
    )


def ingest_apart(
    tx: Transaction, rules: Rules, platform: str, page: Iterable[Post], watch_from: Mapping[str, datetime],
    now: datetime, *, set_aside: Sequence[SetAside] = (),
) -> Ingested:  # fmt: skip
    """As `ingest`, for a page that would not go in: each conversation by itself, what cannot be stored set aside."""
    apart: dict[str, list[Post]] = defaultdict(list)
    for post in page:
        apart[post.conversation].append(post)
    refused: list[SetAside] = list(set_aside)
    total = Ingested(0, 0, 0, 0)
    for posts_of in apart.values():
        try:
            with tx.begin_nested():
                brought = ingest(tx, rules, platform, posts_of, watch_from, now)
        except PASSING:
            raise
        except Exception as exc:  # noqa: BLE001 - whatever is wrong with it, it is kept, and shown to a person
            reason = f"could not be stored: {type(exc).__name__}"
            refused += [SetAside(platform, "", reason, json.dumps(asdict(post), default=str)) for post in posts_of]
        else:
            total = Ingested(*(mine + more for mine, more in zip(total, brought, strict=True)))
    kept = ingest(tx, rules, platform, (), watch_from, now, set_aside=refused).set_aside
    return total._replace(set_aside=kept)


def _store(
    tx: Transaction, rules: Rules, platform: str, by_id: Mapping[str, Post], watch_from: Mapping[str, datetime],
    now: datetime,
) -> tuple[set[str], int]:  # fmt: skip
    """Insert what is new, refresh what changed; returns the conversations touched and how many posts are new."""
    known = posts.seen(tx, platform, list(by_id)) if by_id else {}
    added, changed = [], []
    touched: set[str] = set()
    quoted: set[str] = set()
    for post in by_id.values():
        role = rules.role(post, _watched_from(post, watch_from))
        before = known.get(post.id)
        if before is None:
            added.append(_row(post, role, now))
        else:
            row = _refreshed(post, role, before, now)
            if row is None:
                continue
            changed.append(row)
            touched.add(before.conversation)
        touched.add(post.conversation)
        if post.quote_of is not None and role == "official":
            quoted.add(post.quote_of)
    posts.add(tx, added)
    posts.refresh(tx, platform, changed)
    if quoted:
        touched |= posts.conversations_of(tx, platform, quoted)
    return touched, len(added)


def _watched_from(post: Post, watch_from: Mapping[str, datetime]) -> datetime | None:
    return min((watch_from[account] for account in post.addressed if account in watch_from), default=None)


def _row(post: Post, role: str, now: datetime) -> dict[str, Any]:
    return {
        "platform": post.platform, "id": post.id, "conversation": post.conversation, "role": role,
        "author": post.author, "author_name": post.author_name, "text": post.text, "permalink": post.permalink,
        "addressed": post.addressed, "reply_to": post.reply_to, "reply_to_author": post.reply_to_author,
        "quote_of": post.quote_of, "edit_ids": post.edit_ids, "created_at": post.created_at, "stored_at": now,
        "seen_at": now, "gone_at": None, "case_id": None,
    }  # fmt: skip


def _refreshed(post: Post, role: str, before: posts.Seen, now: datetime) -> dict[str, Any] | None:
    """What to write of a post that came again; None when nothing about it is new. A mention stays a mention."""
    addressed = list(dict.fromkeys((*before.addressed, *post.addressed)))
    role = before.role if before.role == "mention" else role
    older_version = bool(post.edit_ids) and len(post.edit_ids) < len(before.edit_ids)
    text, edit_ids = (before.text, before.edit_ids) if older_version else (post.text, list(post.edit_ids))
    same = (role, text, addressed, edit_ids) == (before.role, before.text, before.addressed, before.edit_ids)
    if same and before.gone_at is None:
        return None
    return {"id": post.id, "role": role, "text": text, "addressed": addressed, "edit_ids": edit_ids, "seen_at": now,
            "gone_at": None}  # fmt: skip
