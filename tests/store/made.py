"""Cases and posts put straight into the store, for tests of what is read from it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.store import cases, posts
from monitor.store.engine import Store
from sla.case import Case, Change

START = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def case(id: str, deadline: datetime = START, **more: Any) -> Case:
    """A case that is open unless `more` says otherwise, due thirty minutes after it began."""
    opened_at = deadline - 30 * MINUTE
    usual: dict[str, Any] = {
        "id": id, "platform": "twitter", "account": "1001", "department": "transport", "conversation": f"v-{id}",
        "author": "citizen", "policy": "standard", "opened_at": opened_at, "found_at": opened_at, "deadline": deadline,
        "next_action_at": deadline,
    }  # fmt: skip
    if "closed_at" in more:
        usual["next_action_at"] = None
    return Case(**usual | more)


def post(id: str, case_id: str, at: datetime = START, **more: Any) -> dict[str, Any]:
    """A mention of a case."""
    usual: dict[str, Any] = {
        "platform": "twitter", "id": id, "conversation": f"v-{case_id}", "role": "mention", "author": "citizen",
        "author_name": "시민", "text": "버스가 안 와요",
        "permalink": f"https://x.com/i/status/{id}", "addressed": ["1001"],
        "reply_to": None, "reply_to_author": None, "quote_of": None, "edit_ids": [id], "created_at": at,
        "stored_at": at, "seen_at": at, "gone_at": None, "case_id": case_id,
    }  # fmt: skip
    return usual | more


def keep(store: Store, made: Iterable[Case], said: Iterable[dict[str, Any]] = ()) -> None:
    """Store them, without a history."""
    with store.write() as tx:
        cases.save(tx, [Change(one, ()) for one in made])
        posts.add(tx, list(said))
