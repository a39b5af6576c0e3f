"""A small Graph on loopback: Pages, their walls, comments and tags, as honest about them as Facebook is.

It keeps to what PLATFORMS says of the real one: whole seconds, no `comments` where there are none, replies flattened
under the top comment, cursors, codes, batches whose operations carry their own tokens. It serves the tests and the
demo.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.types import Receive, Scope, Send

from monitor.demo.faults import Fault, Faults, suffer
from monitor.demo.graph_query import Field, Malformed, parse
from monitor.demo.graph_world import Author, FacebookPage, GraphWorld, Written

COMMENT_FIELDS = frozenset(("id", "from", "message", "message_tags", "created_time", "permalink_url", "parent"))
POST_FIELDS = COMMENT_FIELDS - {"parent"} | {"updated_time", "status_type"}
PAGE_FIELDS = frozenset({"id", "name", "username"})
#: The most entries that one page of an edge holds, and how many without a `limit`.
MOST, USUAL = 100, 25
#: Operations that one batch takes.
BATCH = 50
LONGEST_COMMENT = 8000


class GraphError(Exception):
    """What the Graph refuses, with its own code."""

    def __init__(self, message: str, code: int, subcode: int | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.message, self.code, self.subcode, self.status = message, code, subcode, status

    def reply(self) -> Reply:
        """As the Graph says it."""
        error: dict[str, Any] = {"message": self.message, "type": "OAuthException", "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        return Reply(self.status, json.dumps({"error": error}).encode())


@dataclass(frozen=True, slots=True)
class Request:
    """One operation that came in, by itself or in a batch; kept for tests to look at."""

    method: str
    path: str
    """With the version: "/v26.0/1001/feed"."""
    params: Mapping[str, str]
    """Without token and proof."""
    token: str
    token_place: str
    """"header", "query", "body" or "batch": where the token was."""
    proof: str = ""

    @property
    def token_in_the_open(self) -> bool:
        """Whether the token was where logs and error messages show it."""
        return self.token_place in ("query", "body")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, of a request or of an operation in a batch."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class SmallGraph(GraphWorld):
    """The small Graph, an ASGI application."""

    def __init__(self, now: Callable[[], datetime], version: str = "v26.0", app_secret: str | None = None) -> None:
        super().__init__(now)
        self.version = version
        #: When set, every call must prove it.
        self.app_secret = app_secret
        #: What is wrong with requests; those with a `path` meet the operations of batches, too.
        self.faults = Faults()
        #: Which operations of batches are answered with null.
        self.left_out = Faults()
        #: Whether batches as such are refused.
        self.takes_batches = True
        #: Whether every cursor leads to the same page again.
        self.repeats_pages = False
        #: Whether a comment is taken and what the Graph says of it lost on the way.
        self.loses_answers = False
        #: Operations that came in, those of batches one by one.
        self.requests: list[Request] = []
        #: HTTP requests, a batch as one.
        self.calls = 0

    def fail(
        self,
        code: int,
        subcode: int | None = None,
        *,
        message: str = "An error of the small Graph",
        status: int = 400,
        headers: Mapping[str, str] | None = None,
        path: str = "",
        times: int | None = None,
    ) -> None:
        """Refuse with a code of the Graph's from now on, or so many times; with a `path` only what begins so."""
        said = GraphError(message, code, subcode, status).reply()
        self.faults.add(Fault(status, said.body, headers or {}, times=times, path=path))

    def recover(self) -> None:
        """All is well again."""
        self.faults.clear()
        self.left_out.clear()
        self.takes_batches, self.repeats_pages, self.loses_answers = True, False, False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope["query_string"].decode()
        answer = self.answer(scope["method"], scope["path"], query, headers, body.decode())
        if isinstance(answer, Reply):
            answer = Fault(answer.status, answer.body, answer.headers)
        await suffer(answer, receive, send)

    def answer(self, method: str, path: str, query: str, headers: Mapping[str, str], body: str) -> Reply | Fault:
        """Answer one HTTP request."""
        with self._lock:
            self.calls += 1
            params, data = dict(parse_qsl(query)), dict(parse_qsl(body))
            if (fault := self.faults.take(path, self.now())) is not None:
                self._log(method, path, {**params, **data}, headers, params, data)
                return fault
            try:
                given = self._log(method, path, {**params, **data}, headers, params, data)
                if method == "POST" and "batch" in data and path.strip("/") in ("", self.version):
                    self._page_of(given.token, given.proof)
                    return self._batch(data["batch"], given.token)
                if method == "POST":
                    created = self._create(path, given)
                    return Reply(502, b"") if self.loses_answers else created
                if method != "GET":
                    raise GraphError("Unsupported method", 100)
                return self._reply(self._read(path, given.params, given.token, given.proof))
            except GraphError as error:
                return error.reply()

    def _log(
        self,
        method: str,
        path: str,
        every: Mapping[str, str],
        headers: Mapping[str, str],
        params: Mapping[str, str],
        data: Mapping[str, str],
    ) -> Request:
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        place = "query" if "access_token" in params else "body" if "access_token" in data else "header"
        asked = {
            name: value for name, value in every.items() if name not in ("access_token", "appsecret_proof", "batch")
        }
        given = Request(method, path, asked, every.get("access_token", bearer), place, every.get("appsecret_proof", ""))
        self.requests.append(given)
        return given

    def _create(self, path: str, given: Request) -> Reply:
        """A Page comments. Through the Graph it tags nobody, whomever it answers."""
        version, _, rest = path.strip("/").partition("/")
        name, _, edge = rest.partition("/")
        if version != self.version or edge != "comments":
            raise GraphError("Unsupported post request", 100)
        page = self._page_of(given.token, given.proof)
        text = given.params.get("message", "")
        if not text.strip() or len(text) > LONGEST_COMMENT:
            raise GraphError("(#100) Param message must be a text of 1 to 8000 characters", 100)
        return self._reply({"id": self.comment(self._visible(name, page).id, self._as_page(page.id), text)})

    def _batch(self, text: str, outer: str) -> Reply:
        if not self.takes_batches:
            raise GraphError("Unsupported post request", 100)
        operations = json.loads(text)
        if not 0 < len(operations) <= BATCH:
            raise GraphError("Too many requests in batch message", 10)
        return self._reply([self._operation(operation, outer) for operation in operations])

    def _operation(self, operation: Mapping[str, str], outer: str) -> dict[str, Any] | None:
        url = urlsplit(operation["relative_url"])
        params = dict(parse_qsl(url.query))
        token, proof = params.pop("access_token", outer), params.pop("appsecret_proof", "")
        path = "/" + url.path.lstrip("/")
        self.requests.append(Request(operation["method"], path, params, token, "batch", proof))
        if self.left_out.take(path, self.now()) is not None:
            return None
        reply: Reply | Fault | None = self.faults.take(path, self.now())
        if reply is None:
            try:
                reply = self._reply(self._read(path, params, token, proof))
            except GraphError as error:
                reply = error.reply()
        listed = [{"name": name, "value": value} for name, value in reply.headers.items()]
        return {"code": reply.status, "headers": listed, "body": reply.body.decode()}

    def _reply(self, value: Any) -> Reply:
        share = min(100, self.calls // 10)
        usage = {"call_count": share, "total_cputime": 0, "total_time": 0}
        business = {"1": [{"type": "pages", **usage, "estimated_time_to_regain_access": 0}]}
        headers = {
            "facebook-api-version": self.version,
            "X-App-Usage": json.dumps(usage),
            "X-Business-Use-Case-Usage": json.dumps(business),
        }
        return Reply(200, json.dumps(value, ensure_ascii=True).encode(), headers)

    def _page_of(self, token: str, proof: str) -> FacebookPage:
        page = next((page for page in self.pages.values() if page.token == token), None)
        if page is None:
            # The real one repeats the token it was given, too.
            raise GraphError(f"Malformed access token {token}", 190, 467)
        if self.app_secret is not None:
            right = hmac.new(self.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
            if not hmac.compare_digest(right, proof):
                raise GraphError("API calls from the server require an appsecret_proof argument", 100)
        return page

    def _read(self, path: str, params: Mapping[str, str], token: str, proof: str) -> Any:
        version, _, rest = path.strip("/").partition("/")
        if version != self.version:
            raise GraphError(f"Unknown path components: /{version}", 2500)
        page = self._page_of(token, proof)
        name, _, edge = rest.partition("/")
        try:
            fields = parse(params.get("fields", "id"))
        except Malformed as error:
            raise GraphError(f"(#2500) {error}", 2500) from error
        if edge:
            return self._edge(page, name, edge, fields, params, f"/{rest}")
        if name in self.pages:
            return self._profile(self.pages[name], fields)
        return self._shown(self._visible(name, page), fields, page)

    def _profile(self, page: FacebookPage, fields: Iterable[Field]) -> dict[str, Any]:
        _known(fields, PAGE_FIELDS, "Page")
        whole = {"id": page.id, "name": page.name, "username": page.username}
        asked = {"id", *(one.name for one in fields)}
        return {name: value for name, value in whole.items() if name in asked and value is not None}

    def _visible(self, id: str, page: FacebookPage) -> Written:
        found = self._written.get(id)
        if found is None or page.id not in found.pages or found.seen_at > self.now():
            message = f"Unsupported get request. Object with ID '{id}' does not exist, cannot be loaded due to missing"
            raise GraphError(f"{message} permissions, or does not support this operation.", 100, 33)
        return found

    def _edge(
        self, page: FacebookPage, name: str, edge: str, fields: Sequence[Field], params: Mapping[str, str], path: str
    ) -> dict[str, Any]:
        if edge in ("feed", "tagged"):
            if name != page.id:
                raise GraphError("(#10) This endpoint requires the Page's own access token", 10, status=403)
            on_wall = edge == "feed"
            entries = [
                each
                for each in self._written.values()
                if each.post is None
                and (each.wall == name if on_wall else each.wall != name and name in {tag.id for tag in each.tags})
            ]
            return self._paged(entries, fields, {**params, "order": "reverse_chronological"}, page, path)
        if edge == "comments":
            return self._paged(self._below(self._visible(name, page), params), fields, params, page, path)
        raise GraphError(f"(#100) Tried accessing nonexisting field ({edge}) on node type (Page)", 100)

    def _below(self, above: Written, params: Mapping[str, str]) -> list[Written]:
        every = [each for each in self._written.values() if above.id in (each.post, each.parent)]
        if params.get("filter") == "stream" or above.post is not None:
            return every
        return [each for each in every if each.parent is None]

    def _paged(
        self, entries: list[Written], fields: Sequence[Field], params: Mapping[str, str], page: FacebookPage, path: str
    ) -> dict[str, Any]:
        since, until = int(params.get("since", 0)), int(params.get("until", 2**40))
        limit = int(params.get("limit", USUAL))
        if not 0 < limit <= MOST:
            raise GraphError("(#100) Param limit must be between 1 and 100", 100)
        shown = [
            each
            for each in entries
            if each.seen_at <= self.now() and since <= int(each.created_at.timestamp()) <= until
        ]
        newest_first = params.get("order") == "reverse_chronological"
        shown.sort(key=lambda each: (int(each.created_at.timestamp()), each.number), reverse=newest_first)
        if (after := params.get("after")) and not self.repeats_pages:
            numbers = [each.number for each in shown]
            number = int(base64.b64decode(after))
            shown = shown[numbers.index(number) + 1 :] if number in numbers else []
        part = shown[:limit]
        answer: dict[str, Any] = {"data": [self._shown(each, fields, page) for each in part]}
        if part:
            cursors = {
                "before": base64.b64encode(str(part[0].number).encode()).decode(),
                "after": base64.b64encode(str(part[-1].number).encode()).decode(),
            }
            answer["paging"] = {"cursors": cursors}
            if len(shown) > limit or self.repeats_pages:
                query = {**params, "access_token": page.token, "after": cursors["after"]}
                answer["paging"]["next"] = f"https://graph.facebook.com/{self.version}{path}?{urlencode(query)}"
        return answer

    def _shown(self, each: Written, fields: Sequence[Field], page: FacebookPage) -> dict[str, Any]:
        comment = each.post is not None
        _known(
            fields, (COMMENT_FIELDS if comment else POST_FIELDS) | {"comments"}, "Comment" if comment else "PagePost"
        )
        whole: dict[str, Any] = {
            "id": each.id,
            "from": None if each.hidden_from else {"name": each.author.name, "id": each.author.id},
            "message": each.text if comment else each.text or None,
            "created_time": _time(each.created_at),
            "updated_time": _time(each.updated_at or each.created_at),
            "permalink_url": self._permalink(each),
            "status_type": each.status_type,
            "message_tags": [_tag(tag, each.text) for tag in each.tags] or None,
        }
        answer: dict[str, Any] = {"id": each.id}
        for one in fields:
            if one.name == "comments":
                value: Any = self._nested(each, one, page)
            elif one.name == "parent":
                above = self._written.get(each.parent or "")
                value = (
                    None
                    if above is None
                    else self._shown(above, one.fields or parse("created_time,from,message"), page)
                )
            else:
                value = whole[one.name]
            if value is not None:
                answer[one.name] = value
        return answer

    def _nested(self, each: Written, one: Field, page: FacebookPage) -> dict[str, Any] | None:
        found = self._paged(self._below(each, one.modifiers), one.fields, one.modifiers, page, f"/{each.id}/comments")
        return found if found["data"] else None

    def _permalink(self, each: Written) -> str:
        if each.post is None:
            return f"https://www.facebook.com/{each.id.partition('_')[0]}/posts/{each.number}"
        return f"{self._permalink(self._written[each.post])}?comment_id={each.number}"


def _known(fields: Iterable[Field], known: Iterable[str], node: str) -> None:
    for one in fields:
        if one.name not in known:
            raise GraphError(f"(#100) Tried accessing nonexisting field ({one.name}) on node type ({node})", 100)


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def _tag(tag: Author, text: str) -> dict[str, Any]:
    return {
        "id": tag.id,
        "name": tag.name,
        "type": "user",
        "offset": max(text.find(tag.name), 0),
        "length": len(tag.name),
    }
