"""The small X as the suite's stage."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.contract import Account, Source
from connectors.session import Timeouts
from connectors.twitter import TwitterConnector
from monitor.demo.server import Server
from monitor.demo.x import SmallX
from tests.connectors.answering import AnsweringStage, nobodys_url
from tests.connectors.endpoints import unknown_in_body, unknown_of
from tests.connectors.suite import Clock, primary

SECRET = "AAAA-the-bearer-token-AAAA"
CONSUMER = ("the-consumer-key-KKKK", "the-consumer-secret-SSSS")
ACCESS = ("1001-the-access-token-TTTT", "the-access-token-secret-UUUU")
ACCOUNTS = (
    Account("twitter", "1001", "dj_transport", access_token=ACCESS[0], access_token_secret=ACCESS[1]),
    Account("twitter", "1002", "dj_facility"),
)
CITIZEN = "500"
#: Milliseconds of the snowflake epoch at 2026-11-24T02:59:00Z.
FIRST_RAW = 1795489140000 - 1288834974657


def options(url: str, dialect: str = "auto") -> TwitterConnector.Options:
    """Settings as they would stand in the file."""
    keys = {"bearer_token": SECRET, "consumer_key": CONSUMER[0], "consumer_secret": CONSUMER[1]}
    return TwitterConnector.Options.model_validate({"base_url": url, "dialect": dialect, **keys})


class XStage(AnsweringStage):
    """Two departments and a citizen on a small X."""

    page_size = 100
    secrets = (SECRET, *CONSUMER, *ACCESS)
    fields = (
        "id",
        "text",
        "author_id",
        "conversation_id",
        "created_at",
        "edit_history_tweet_ids",
        "entities",
        "in_reply_to_user_id",
        "note_tweet",
        "referenced_tweets",
        "username",
    )

    def __init__(self, server: Server, dialect: str = "tweet", accounts: Sequence[Account] = ACCOUNTS) -> None:
        self.clock = Clock()
        self.accounts = accounts
        self.server = server
        self.x = SmallX(self.clock, token=SECRET, dialect=dialect)
        self.x.consumer = CONSUMER
        self.x.grant("1001", *ACCESS)
        server.app = self.x
        for account in accounts:
            self.x.user(account.id, account.handle)
        self.x.user(CITIZEN, "citizen_kim", "김시민")

    def connect(self, timeouts: Timeouts | None = None) -> TwitterConnector:
        connector = TwitterConnector(options(self.server.url), self.accounts, self.clock)
        if timeouts is not None:
            connector.timeouts = timeouts
        return connector

    def mention(
        self,
        account: Account,
        text: str = "가로등이 꺼졌어요",
        *,
        at: datetime | None = None,
        seen_at: datetime | None = None,
    ) -> str:
        return self.x.post(CITIZEN, f"@{account.handle} {text}", created_at=at, visible_at=seen_at)

    def answer(
        self, account: Account, mention: str, text: str = "확인하겠습니다", *, at: datetime | None = None
    ) -> str:
        return self.x.post(account.id, f"@citizen_kim {text}", reply_to=mention, created_at=at)

    def edit(self, post: str, text: str) -> None:
        self.x.edit(post, f"@{self.accounts[0].handle} {text}")

    def delete(self, post: str) -> None:
        self.x.delete(post)

    def rename(self, account: Account, handle: str) -> None:
        self.x.rename(account.id, handle)

    def raw_item(self, number: int) -> dict[str, Any]:
        id_ = str(FIRST_RAW + number << 22)
        return {
            "id": id_,
            "text": f"@{self.accounts[0].handle} 글 {number}",
            "author_id": CITIZEN,
            "conversation_id": id_,
            "created_at": "2026-11-24T02:59:00.000Z",
            "edit_history_tweet_ids": [id_],
            "entities": {"mentions": [{"start": 0, "end": 13, "username": "dj_transport", "id": "1001"}]},
        }

    def send(self, items: Sequence[Any]) -> tuple[Source, int]:
        body = {"data": list(items), "meta": {"result_count": len(items)}}
        self.recover()
        self.x.fail(body=json.dumps(body).encode(), times=1)
        return primary(self.connect())[0], len(items)

    def limit(self, until: datetime | None) -> None:
        headers = {} if until is None else {"x-rate-limit-reset": str(int(until.timestamp()))}
        self.fail(status=429, body=b'{"title": "Too Many Requests", "status": 429}', headers=headers)

    def refuse_token(self) -> None:
        self.fail(status=401, body=json.dumps({"title": "Unauthorized", "detail": f"not {SECRET}"}).encode())

    def deny(self) -> None:
        kind = "https://api.twitter.com/2/problems/client-forbidden"
        self.fail(status=403, body=json.dumps({"title": "Client Forbidden", "type": kind}).encode())

    def fail(
        self,
        *,
        status: int = 200,
        body: bytes = b"",
        content_type: str | None = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.recover()
        self.x.fail(status=status, body=body, headers={"Content-Type": content_type or "", **(headers or {})})

    def hang(self, *, drip: bool = False) -> None:
        self.recover()
        self.x.fail(hangs=not drip, drips=drip)

    def recover(self) -> None:
        self.x.recover()

    def check_requests(self) -> None:
        """Every request was one that the table of endpoints holds."""
        faults = [fault for one in self.x.requests for fault in unknown_of(one.method, one.path, one.params)]
        faults += [fault for one in self.x.requests for fault in unknown_in_body(one.method, one.path, one.body)]
        assert not faults

    def lose_answers(self) -> None:
        self.x.loses_answers = True

    def posts_taken(self) -> int:
        return sum(one.method == "POST" for one in self.x.requests)

    def close_port(self) -> TwitterConnector:
        return TwitterConnector(options(nobodys_url()), self.accounts, self.clock)

    def calls(self, path: str = "") -> int:
        """Requests so far to addresses that begin so."""
        return sum(one.path.startswith(path) for one in self.x.requests)
