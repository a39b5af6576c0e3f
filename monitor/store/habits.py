"""How often posts speak to an account, and which accounts are quieter than is their habit (SEMANTICS row 32)."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import Connection, or_, select, text, update

from monitor.store.tables import AccountRow, PostRow

_accounts = AccountRow.__table__  # type: ignore[attr-defined]
_posts = PostRow.__table__  # type: ignore[attr-defined]

MOST_POSTS = 20_000
"""Posts of a platform that are read at most, newest first: with more of them four weeks are not needed."""


def heard(tx: Connection, platform: str, id: str, at: datetime) -> datetime | None:
    """A post of that instant spoke to the account; returns since when it ends a suspect silence, None for none."""
    c = _accounts.c
    of = (c.platform == platform, c.id == id)
    newer = update(_accounts).where(*of, or_(c.last_post_at.is_(None), c.last_post_at < at)).values(last_post_at=at)
    if tx.execute(newer).rowcount == 0:
        return None
    since: datetime | None = tx.execute(select(c.suspect_since).where(*of)).scalar()
    if since is not None:
        tx.execute(update(_accounts).where(*of).values(suspect_since=None))
    return since


def suspect(tx: Connection, platform: str, id: str, last: datetime) -> bool:
    """The account is suspect since its `last` post; False where another node was first, or one was heard meanwhile."""
    c = _accounts.c
    still = update(_accounts).where(
        c.platform == platform, c.id == id, c.suspect_since.is_(None), c.last_post_at == last
    )
    return tx.execute(still.values(suspect_since=last)).rowcount > 0


def arrivals(tx: Connection, platform: str, since: datetime) -> dict[str, list[datetime]]:
    """When posts spoke to each account of a platform, by the account's id; its own posts are none."""
    c = _posts.c
    # Spelled as the partial index is: posts whose words and names are purged are older than any habit.
    query = select(c.created_at, c.addressed).where(
        c.platform == platform, c.created_at >= since, c.role.not_in(("official", "automatic")),
        text("(text <> '' OR author_name <> '')"),
    )  # fmt: skip
    found: dict[str, list[datetime]] = defaultdict(list)
    for at, addressed in tx.execute(query.order_by(c.created_at.desc()).limit(MOST_POSTS)):
        for id in addressed:
            found[id].append(at)
    return found
