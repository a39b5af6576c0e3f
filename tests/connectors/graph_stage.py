"""The small Graph as the suite's stage."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from connectors.contract import Account, Page, Post, Source
from connectors.facebook import FacebookConnector
from connectors.session import Timeouts
from monitor.demo.faults import Fault
from monitor.demo.graph import SmallGraph
from monitor.demo.graph_world import Author
from monitor.demo.server import Server
from tests.connectors.answering import AnsweringStage, nobodys_url
from tests.connectors.graph_endpoints import unknown_of_graph
from tests.connectors.suite import Clock, primary

APP_SECRET = "the-apps-own-secret"
ACCOUNTS = (
    Account("facebook", "1001", "dj.transport", "EAAB-page-token-1001"),
    Account("facebook", "1002", "dj.facility", "EAAB-page-token-1002"),
)
CITIZEN = Author("7001", "김시민")
NEIGHBOUR = Author("7002", "박이웃")


class GraphStage(AnsweringStage):
    """Departments' Pages and a citizen, who comments on a Page's post of yesterday or posts on its wall."""

    secrets = (APP_SECRET, "EAAB-page-token-1001", "EAAB-page-token-1002")

    def __init__(
        self,
        server: Server,
        mentions: Literal["comments", "posts"] = "comments",
        accounts: Sequence[Account] = ACCOUNTS,
        app_secret: str | None = APP_SECRET,
    ) -> None:
        self.clock = Clock()
        self.accounts = accounts
        self.server = server
        self.mentions = mentions
        self.app_secret = app_secret
        self.page_size = 50 if mentions == "comments" else 25
        self.fields = ("id", "from", "message", "message_tags", "created_time", "permalink_url")
        self.fields += ("parent",) if mentions == "comments" else ("updated_time", "status_type")
        self.graph = SmallGraph(self.clock, app_secret=app_secret)
        server.app = self.graph
        self.posts = {}
        for account in accounts:
            page = self.graph.page(account.id, f"{account.handle}의 페이지", account.handle, account.token or "")
            self.posts[page.id] = self.graph.page_post(page.id, "어제의 알림", self.clock() - timedelta(days=1))

    def connect(self, timeouts: Timeouts | None = None, url: str = "") -> FacebookConnector:
        given: dict[str, Any] = {"base_url": url or self.server.url}
        if self.app_secret is not None:
            given["app_secret"] = self.app_secret
        connector = FacebookConnector(FacebookConnector.Options.model_validate(given), self.accounts, self.clock)
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
        if self.mentions == "comments":
            return self.graph.comment(self.posts[account.id], CITIZEN, text, at, seen_at=seen_at)
        return self.graph.visitor_post(account.id, CITIZEN, text, at, seen_at=seen_at)

    def answer(
        self, account: Account, mention: str, text: str = "확인하겠습니다", *, at: datetime | None = None
    ) -> str:
        return self.graph.reply_as_page(account.id, mention, text, at)

    def edit(self, post: str, text: str) -> None:
        self.graph.edit(post, text)

    def delete(self, post: str) -> None:
        self.graph.delete(post)

    def rename(self, account: Account, handle: str) -> None:
        self.graph.pages[account.id].username = handle

    def raw_item(self, number: int) -> dict[str, Any]:
        shared = {
            "from": {"id": CITIZEN.id, "name": CITIZEN.name},
            "message": f"글 {number}",
            "message_tags": [{"id": "1001", "name": "교통", "type": "page", "offset": 0, "length": 2}],
            "created_time": "2026-11-24T02:59:00+0000",
            "permalink_url": f"https://www.facebook.com/1001/posts/{number}",
        }
        if self.mentions == "comments":
            return {"id": f"500_{600_000 + number}", "parent": {"id": "500_1", "from": {"id": "7002"}}, **shared}
        times = {"updated_time": "2026-11-24T02:59:00+0000", "status_type": "wall_post"}
        return {"id": f"1001_{600_000 + number}", **shared, **times}

    def send(self, items: Sequence[Any]) -> tuple[Source, int]:
        data = list(items)
        if self.mentions == "comments":
            old = {"id": "1001_500", "from": {"id": "1001"}, "created_time": "2026-11-01T00:00:00+0000"}
            data = [{**old, "comments": {"data": data}}]
        self.recover()
        body = json.dumps({"data": data}).encode()
        self.graph.faults.add(Fault(body=body, times=1, path="/v26.0/1001/feed"))
        return primary(self.connect())[0], len(items)

    def limit(self, until: datetime | None) -> None:
        self.recover()
        if until is None:
            self.graph.fail(4, status=403)
            return
        minutes = int((until - self.clock()).total_seconds()) // 60
        usage = {"1": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": minutes}]}
        self.graph.fail(32, headers={"X-Business-Use-Case-Usage": json.dumps(usage)})

    def refuse_token(self) -> None:
        self.recover()
        self.graph.fail(190, 463, message=f"Malformed access token {ACCOUNTS[0].token}")

    def deny(self) -> None:
        self.recover()
        self.graph.fail(200, message="(#200) Requires pages_read_user_content", status=403)

    def fail(
        self,
        *,
        status: int = 200,
        body: bytes = b"",
        content_type: str | None = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.recover()
        self.graph.faults.add(Fault(status, body, {"content-type": content_type or "", **(headers or {})}))

    def hang(self, *, drip: bool = False) -> None:
        self.recover()
        self.graph.faults.add(Fault(hangs=not drip, drips=drip))

    def recover(self) -> None:
        self.graph.recover()

    def check_requests(self) -> None:
        """Every request was one that the table of endpoints holds, and no token was in a URL or a form field."""
        faults = [fault for one in self.graph.requests for fault in unknown_of_graph(one.method, one.path, one.params)]
        faults += [f"{one.path}: token in {one.token_place}" for one in self.graph.requests if one.token_in_the_open]
        assert not faults

    def lose_answers(self) -> None:
        self.graph.loses_answers = True

    def posts_taken(self) -> int:
        return sum(one.method == "POST" and one.path.endswith("/comments") for one in self.graph.requests)

    def close_port(self) -> FacebookConnector:
        return self.connect(url=nobodys_url())

    def source(self, kind: str) -> Source:
        """The first source of a kind."""
        return next(source for source in self.connect().sources() if source.kind == kind)

    def asked(self, path: str) -> int:
        """Operations so far whose address, below the version, begins so."""
        return sum(one.path.startswith(f"/v26.0/{path}") for one in self.graph.requests)


def posts_of(pages: Sequence[Page]) -> dict[str, Post]:
    """All posts of some pages by their ids."""
    return {post.id: post for page in pages for post in page.posts}
