"""A small X: the five addresses of API v2 that a monitor reads and the one it answers by, honest about what X does.

It gives a post's default fields only unless more are asked for, refuses what X refuses, pages newest first, and can
be made to fail in the ways X fails. The demo's citizens post here, and the connector's tests are written against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from monitor.demo.faults import Fault, Faults, suffer
from monitor.demo.x_api import Api, Refused, endpoint_of
from monitor.demo.x_write import Forbidden, Grant, Malformed, compose, signer

WINDOW = timedelta(minutes=15)

#: Calls that one app may make in a window (PLATFORMS).
LIMITS = {"search": 450, "mentions": 450, "timeline": 10_000, "posts": 3_500, "users": 300, "create": 100}


@dataclass(frozen=True, slots=True)
class Logged:
    """A request that came in."""

    method: str
    path: str
    params: Mapping[str, str]
    at: datetime
    body: bytes = b""


class SmallX(Api):
    """The platform, an ASGI app; what people do there is in `World`."""

    def __init__(
        self,
        now: Callable[[], datetime],
        *,
        token: str = "small-x-token",  # noqa: S107  # the demo's own, worth nothing elsewhere
        dialect: str = "tweet",
        search_lag: timedelta = timedelta(0),
        limits: Mapping[str, int] | None = None,
    ) -> None:
        super().__init__(now, dialect, search_lag)
        self.token = token
        self.limits = dict(LIMITS if limits is None else limits)
        self.faults = Faults()
        #: The app's consumer key and secret, and by access token who granted it leave to post: see `grant`.
        self.consumer = ("small-x-consumer-key", "small-x-consumer-secret")
        self.grants: dict[str, Grant] = {}
        #: Whether a post is taken and what X says of it lost on the way.
        self.loses_answers = False
        #: Every request that came in, refused ones included.
        self.requests: list[Logged] = []
        self._windows: dict[str, tuple[datetime, int]] = {}

    def fail(self, **fault: Any) -> None:
        """Something goes wrong: see `Fault`."""
        self.faults.add(Fault(**fault))

    def recover(self) -> None:
        """Everything is well again."""
        self.faults.clear()
        self.loses_answers = False

    def grant(self, user: str, token: str, secret: str) -> None:
        """Somebody lets the app post in their name with this access token."""
        with self.lock:
            self.grants[token] = Grant(user, secret)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI app."""
        request, now = Request(scope, receive), self.now()
        path, params, body = request.url.path, dict(request.query_params), await request.body()
        with self.lock:
            self.requests.append(Logged(request.method, path, params, now, body))
        fault = self.faults.take(path, now)
        if fault is not None:
            await suffer(fault, receive, send)
            return
        authorization = request.headers.get("authorization", "")
        with self.lock:
            if (request.method, path) == ("POST", "/2/tweets"):
                response = self._create(str(request.url), authorization, body, now)
            else:
                response = self._answer(request.method, path, params, authorization, now)
        if self.loses_answers and response.status_code == 201:
            await suffer(Fault(status=502), receive, send)
            return
        response.headers["date"] = format_datetime(now.astimezone(UTC), usegmt=True)
        await response(scope, receive, send)

    def _answer(self, method: str, path: str, params: dict[str, str], authorization: str, now: datetime) -> Response:
        endpoint, user = endpoint_of(path)
        if endpoint is None or method != "GET":
            return Response(status_code=404)
        if authorization != f"Bearer {self.token}":
            return _problem(401, "Unauthorized")
        headers, left = self._count(endpoint, now)
        if not left:
            return _problem(429, "Too Many Requests", headers)
        try:
            return JSONResponse(self.ask(endpoint, user, params, now), headers=headers)
        except Refused as refused:
            return JSONResponse(self.refusal(refused), 400, headers, "application/problem+json")

    def _create(self, url: str, authorization: str, body: bytes, now: datetime) -> Response:
        author = signer(url, authorization, self.consumer, self.grants)
        if author is None:
            return _problem(401, "Unauthorized")
        headers, left = self._count("create", now)
        if not left:
            return _problem(429, "Too Many Requests", headers)
        try:
            return JSONResponse(compose(self, author, body), 201, headers)
        except Malformed as error:
            return _problem(400, "Invalid Request", headers, str(error))
        except Forbidden as error:
            return _problem(403, "Forbidden", headers, str(error))

    def _count(self, endpoint: str, now: datetime) -> tuple[dict[str, str], bool]:
        """The headers of the endpoint's window, and whether this call is still within it."""
        limit = self.limits.get(endpoint)
        if limit is None:
            return {}, True
        ends, used = self._windows.get(endpoint, (now, 0))
        if now >= ends:
            ends, used = now + WINDOW, 0
        used = min(used + 1, limit + 1)
        self._windows[endpoint] = (ends, used)
        headers = {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(max(0, limit - used)),
            "x-rate-limit-reset": str(int(ends.timestamp())),
        }
        return headers, used <= limit


def _problem(status: int, title: str, headers: Mapping[str, str] | None = None, detail: str = "") -> Response:
    body = {"title": title, "type": "about:blank", "status": status, "detail": detail or title}
    return JSONResponse(body, status, dict(headers or {}), "application/problem+json")
