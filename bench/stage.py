"""What the figures are measured on: a city of 40 accounts, and databases filled with made cases."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from config import Settings, load
from monitor.store import migrate
from monitor.store.columns import micros
from monitor.store.engine import Store

START = datetime(2026, 11, 16, 0, 0, tzinfo=UTC)
ACCOUNTS = 40

_HEAD = """
[service]
name = "bench"
root_contact = "ops"
allow_inline_secrets = true
database = "sqlite:///monitor.db"
[web]
listen = "{web}"
metrics_listen = ""
[polling]
every = "60s"
[connectors.twitter]
base_url = "{x}"
bearer_token = "small-x-token"
[[staff]]
id = "kim"
name = "담당자"
channels = ["hook"]
[[staff]]
id = "park"
name = "팀장"
channels = ["hook-2"]
[[staff]]
id = "ops"
name = "운영"
channels = ["hook"]
[[departments]]
id = "transport"
name = "교통정책과"
duty = ["kim"]
manager = "park"
head = "ops"
[[channels]]
id = "hook"
type = "webhook"
url = "{hook}/kim"
allow_private = true
secret = "a secret of the bench"
[[channels]]
id = "hook-2"
type = "webhook"
url = "{hook}/park"
allow_private = true
secret = "a secret of the bench"
"""


def settings(folder: Path, *, x: str = "http://127.0.0.1:9", hook: str = "http://127.0.0.1:9", web: str = "",
             accounts: int = ACCOUNTS) -> Settings:  # fmt: skip
    """A city with `accounts` accounts on X, its file written into `folder`."""
    text = _HEAD.format(x=x, hook=hook, web=web) + "".join(
        f'[[accounts]]\ndepartment = "transport"\nplatform = "twitter"\nid = "{1000 + n}"\nhandle = "{handle(n)}"\n'
        for n in range(accounts)
    )
    path = folder / "monitor.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def handle(number: int) -> str:
    """An ordinary handle of twelve letters, as a city's departments have."""
    return f"daejeon_{number:04d}"


def filled(folder: Path, cases: int, *, due: int = 0, conversation: str = "c") -> Store:
    """A migrated SQLite database with `cases` open cases, `due` of which breach exactly at `START`."""
    store = Store(f"sqlite:///{folder / 'monitor.db'}")
    migrate.upgrade(store, START)
    later = START + timedelta(days=365)
    with closing(sqlite3.connect(folder / "monitor.db")) as raw:
        raw.execute("PRAGMA synchronous=OFF")
        raw.executemany(
            "INSERT INTO cases (id, platform, account, department, conversation, author, policy, opened_at, found_at,"
            " deadline, next_action_at, state, round, level, repeats, watchers, version)"
            " VALUES (?, 'twitter', '1000', 'transport', ?, 'citizen', 'standard', ?, ?, ?, ?, 'open', 1, 0, 0, '[]',"
            " 1)",
            (_case(n, START if n < due else later, conversation) for n in range(cases)),
        )
        if due:
            raw.executemany(
                "INSERT INTO posts (platform, id, conversation, role, author, author_name, text, permalink, addressed,"
                " edit_ids, created_at, stored_at, seen_at, case_id) VALUES"
                " ('twitter', ?, ?, 'mention', 'citizen', 'citizen', 'x', ?, '[\"1000\"]', '[]', ?, ?, ?, ?)",
                (
                    (f"p{n}", f"{conversation}{n}", f"https://x.com/c/status/{n}", *[micros(START)] * 3, f"k{n:07d}")
                    for n in range(due)
                ),
            )
        raw.commit()
        raw.execute("ANALYZE")
    return store


def _case(number: int, deadline: datetime, conversation: str) -> tuple[Any, ...]:
    opened = micros(deadline - timedelta(minutes=30))
    return (f"k{number:07d}", f"{conversation}{number}", opened, opened, micros(deadline), micros(deadline))


def x_page(first: int, size: int, at: datetime) -> bytes:
    """A page of recent search as X sends it: `size` mentions of one account, newest first."""
    millis = int(at.timestamp() * 1000)
    data = []
    for n in range(first + size - 1, first - 1, -1):
        id_ = str(((millis + n) - 1288834974657) << 22)
        data.append(
            {
                "id": id_, "text": f"@{handle(n % ACCOUNTS)} 버스 정류장 도착 안내가 나오지 않습니다 {n}",
                "author_id": str(9_000_000 + n), "conversation_id": id_, "edit_history_tweet_ids": [id_],
                "created_at": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"), "in_reply_to_user_id": str(1000 + n % ACCOUNTS),
                "entities": {"mentions": [
                    {"start": 0, "end": 13, "username": handle(n % ACCOUNTS), "id": str(1000 + n % ACCOUNTS)}
                ]},
            }
        )  # fmt: skip
    users = [{"id": post["author_id"], "name": "시민", "username": f"u{post['author_id']}"} for post in data]
    meta = {"newest_id": data[0]["id"], "oldest_id": data[-1]["id"], "result_count": size}
    return json.dumps({"data": data, "includes": {"users": users}, "meta": meta}, ensure_ascii=False).encode()
