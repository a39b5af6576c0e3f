"""Calls to Meta's Graph through facebook-sdk: one session, batches, and every refusal as one of our errors.

facebook-sdk 3.1.0 refuses today's versions, writes the token into the query and the body, and drops status and
headers (PLATFORMS, "facebook-sdk"). Its `GraphAPI` is kept as it is and given a session that mends this.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import facebook
import requests
from requests.structures import CaseInsensitiveDict

from connectors.contract import Account, AuthFailed, ConnectorError, RateLimited, Rejected, Unavailable
from connectors.session import PerThread, PlatformSession, Tally, Timeouts, require_json, retry_after

#: Operations that fit one batch (Meta, "Batch Requests", Limitations).
BATCH = 50
#: For how long no batch is tried after one was refused: the refusal may have been of that one.
PLAIN_FOR = timedelta(minutes=10)

#: Application, user, Page, temporary and custom limits; 80000 to 80014 are those per business use case.
THROTTLED = frozenset({4, 17, 32, 341, 613, *range(80000, 80015)})
#: Permission, session and token codes; those of 200 to 299 are all permissions.
TOKEN = frozenset({10, 102, 190, 467, *range(200, 300)})
#: "Temporarily blocked for policies violations".
POLICY = 368
#: Unknown and service errors, which pass by themselves.
TRANSIENT = frozenset({1, 2})
#: No such object: (100, subcode 33) for an id that is gone or hidden from us, 803 for an unknown alias.
GONE = frozenset({(100, 33), (803, None)})

#: What one operation brought: its object, or why it brought none.
Outcome = dict[str, Any] | ConnectorError


class Gone(Rejected):
    """The Graph says that there is no such object, or none that this token may see."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One GET on behalf of one Page, with that Page's own token."""

    account: Account
    path: str
    """Below the version: "1001/feed"."""
    params: Mapping[str, str]


def proof(secret: str, token: str) -> str:
    """`appsecret_proof` (Meta, "Securing Graph API Calls"): HMAC-SHA256 of the token under the app's secret, in hex."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def regained_at(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When calls are allowed again: `X-Business-Use-Case-Usage` names minutes, else `Retry-After`; else None."""
    minutes = 0
    for entry in _usage(headers, "X-Business-Use-Case-Usage"):
        estimate = entry.get("estimated_time_to_regain_access")
        # A longer time than a week is no estimate, and would overflow far up.
        if isinstance(estimate, int) and 0 < estimate <= 7 * 24 * 60:
            minutes = max(minutes, estimate)
    return now + timedelta(minutes=minutes) if minutes else retry_after(headers, now)


def used(headers: Mapping[str, str]) -> int | None:
    """The fullest of the budgets that the usage headers tell of, in percent; None where they tell of none."""
    shares = [
        entry[key]
        for name in ("X-App-Usage", "X-Page-Usage", "X-Business-Use-Case-Usage")
        for entry in _usage(headers, name)
        for key in ("call_count", "total_time", "total_cputime")
        if isinstance(entry.get(key), int)
    ]
    return max(shares, default=None)


def _usage(headers: Mapping[str, str], name: str) -> list[dict[str, Any]]:
    """The entries of a usage header: itself, or the lists it holds for each business."""
    try:
        value = json.loads(headers.get(name, "null"))
    except (ValueError, RecursionError):
        return []
    if not isinstance(value, dict):
        return []
    nested = [entry for part in value.values() if isinstance(part, list) for entry in part]
    return [entry for entry in [value, *nested] if isinstance(entry, dict)]


def refusal(where: str, body: Any, status: int, headers: Mapping[str, str], now: datetime) -> ConnectorError:
    """One of our errors for an answer that is a refusal (PLATFORMS, "Codes").

    The Graph's own words are left out: for a malformed token they repeat it.
    """
    error = body.get("error") if isinstance(body, dict) else None
    said_by_graph = error if isinstance(error, dict) else {}
    code, subcode = _number(said_by_graph.get("code")), _number(said_by_graph.get("error_subcode"))
    said = f"{where}: HTTP {status}" + (f", code {code}" if code is not None else "")
    said += f", subcode {subcode}" if subcode is not None else ""
    if status == 429 or code in THROTTLED:
        return RateLimited(f"{said}: too many calls", regained_at(headers, now))
    if code == POLICY:
        return AuthFailed(f"{said}: blocked by Facebook for a breach of its policies")
    if code in TOKEN:
        return AuthFailed(f"{said}: the Page's token is not valid or lacks a permission")
    if code is None or code in TRANSIENT or status >= 500:
        return Unavailable(f"{said}: no answer of the Graph's", retry_after(headers, now))
    if (code, subcode) in GONE:
        return Gone(f"{said}: no such object, or none that this token may see")
    return Rejected(f"{said}: the Graph refuses the question")


def _number(value: Any) -> int | None:
    """An error code, which some answers write as text."""
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class GraphSession(PlatformSession):
    """Moves the token into a header, proves the app, and lets only what looks like the Graph's answers through."""

    def __init__(
        self, base_url: str, now: Callable[[], datetime], secret: str | None, timeouts: Timeouts | None, tally: Tally
    ) -> None:
        super().__init__(base_url, now, timeouts, tally)
        self._secret = secret

    def prepare_call(
        self, method: str, url: str, params: dict[str, Any], data: dict[str, Any], headers: dict[str, str]
    ) -> None:
        """The SDK writes the token into `params`, `data` or both; it leaves both, for the `Authorization` header."""
        tokens = [part.pop("access_token") for part in (params, data) if "access_token" in part]
        if not tokens:
            return
        headers["Authorization"] = f"Bearer {tokens[0]}"
        if self._secret is not None:
            (data if method == "POST" else params)["appsecret_proof"] = proof(self._secret, tokens[0])

    def judge(self, response: requests.Response) -> None:
        """Raise for each answer that is no 2xx with JSON: the SDK knows no status, and goes by the content type."""
        where = f"{response.request.method} {response.request.path_url.partition('?')[0]}"
        if not 200 <= response.status_code < 300:
            raise refusal(where, _loads(response.content), response.status_code, response.headers, self.now())
        require_json(response, where)


def _loads(text: str | bytes) -> Any:
    """JSON, or None for what is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


class GraphCalls:
    """Operations in, outcomes out. Safe for threads; what it remembers only spares calls, and may be forgotten."""

    def __init__(
        self,
        base_url: str,
        version: str,
        secret: str | None,
        now: Callable[[], datetime],
        timeouts: Callable[[], Timeouts],
    ) -> None:
        self.version = version
        self.now = now
        self.tally = Tally()
        self._secret = secret
        self._make: Callable[[], Any] = lambda: facebook.GraphAPI(
            session=GraphSession(base_url, now, secret, timeouts(), self.tally)
        )
        self._graphs: PerThread[Any] = PerThread(self._make)
        self._plain_until = datetime.min.replace(tzinfo=UTC)
        #: Pages whose token was refused for a batch: none of them signs a batch for the others.
        self._refused: set[str] = set()
        #: Until when Pages must wait: under code 32 calls made meanwhile count too.
        self._waits: dict[str, datetime] = {}

    @property
    def plain(self) -> bool:
        """Whether the Graph lately took no batch: then each operation is a call of its own."""
        # Not for longer than it was meant for, should the clock be set back meanwhile.
        return timedelta(0) < self._plain_until - self.now() <= PLAIN_FOR

    @property
    def session(self) -> GraphSession:
        """This thread's session."""
        session: GraphSession = self._graphs.get().session
        return session

    def run(self, operations: Sequence[Operation]) -> list[Outcome]:
        """Up to `BATCH` operations: one by a plain GET, several by one batch; what a batch leaves out is asked again.

        Raises a `ConnectorError` only where the call as a whole failed, and so none of its operations was answered.
        """
        barred = [self._barred(operation.account) for operation in operations]
        asked = [operation for operation, bar in zip(operations, barred, strict=True) if bar is None]
        brought = iter(self._brought(asked))
        outcomes = [next(brought) if bar is None else bar for bar in barred]
        self._note_waits(operations, outcomes)
        return outcomes

    def _brought(self, operations: Sequence[Operation]) -> list[Outcome]:
        if len(operations) > 1 and not self.plain:
            try:
                return [
                    self.single(operation) if outcome is None else outcome
                    for operation, outcome in zip(operations, self.batch(operations), strict=True)
                ]
            except Rejected:
                # Whether the outer call is well with one Page's token is not told anywhere: then without batches.
                self._go_plain()
            except AuthFailed:
                # One Page's bad token, which signed the batch, must not blind the others.
                self._refused.add(self._signer(operations).id)
        with self.session.within(self.session.timeouts.total * 3):
            return [self.single(operation) for operation in operations]

    def once(self, operations: Sequence[Operation]) -> list[Outcome | None]:
        """As many operations as one HTTP call answers; None for each that it did not.

        Raises a `ConnectorError` where the call as a whole failed, but for a Graph that takes no batch.
        """
        for operation in operations:
            if (bar := self._barred(operation.account)) is not None:
                raise bar
        nothing: list[Outcome | None] = [None] * len(operations)
        try:
            alone = self.plain or len(operations) == 1
            outcomes = [self.single(operations[0]), *nothing[1:]] if alone else self.batch(operations)
            self._note_waits(operations, outcomes)
            return outcomes
        except Rejected:
            self._go_plain()
            return nothing

    def _go_plain(self) -> None:
        self._plain_until = self.now() + PLAIN_FOR

    def _note_waits(self, operations: Sequence[Operation], outcomes: Sequence[Outcome | None]) -> None:
        for operation, outcome in zip(operations, outcomes, strict=True):
            if isinstance(outcome, RateLimited):
                self._note_wait(operation.account, outcome)

    def _note_wait(self, account: Account, limited: RateLimited) -> None:
        if limited.until is not None:
            self._waits[account.id] = limited.until

    def single(self, operation: Operation) -> Outcome:
        """One operation by a GET of its own."""
        path = f"{self.version}/{operation.path}"
        try:
            return self._object(self._request(operation.account, path, args=dict(operation.params)), f"GET /{path}")
        except ConnectorError as error:
            return error

    def batch(self, operations: Sequence[Operation]) -> list[Outcome | None]:
        """One POST for up to `BATCH` operations; None where the Graph left one out (it ran out of time).

        Each carries its own token in its `relative_url`, which is in the body, never in a URL.
        """
        body = json.dumps(
            [{"method": "GET", "relative_url": self._relative_url(operation)} for operation in operations]
        )
        path = f"{self.version}/"
        answers = self._request(self._signer(operations), path, post_args={"batch": body})
        if not isinstance(answers, list) or not answers:
            raise Unavailable(f"POST /{path}: the answer is no batch's")
        # Fewer answers than operations: the rest was left out as well.
        padded = answers[: len(operations)] + [None] * (len(operations) - len(answers))
        return [
            self._unpacked(answer, f"{self.version}/{operation.path}")
            for operation, answer in zip(operations, padded, strict=True)
        ]

    def post(self, account: Account, path: str, data: Mapping[str, str]) -> tuple[dict[str, Any], str]:
        """Create something, once, in a Page's name; returns the Graph's object and its `Date` header.

        Over a connection of its own: one that was kept open may be closed by the Graph at that moment. Raises
        `ConnectorError`s; inside `session.posting` they say whether it may have arrived.
        """
        if (bar := self._barred(account)) is not None:
            raise bar
        graph: Any = self._make()
        path = f"{self.version}/{path}"
        with graph.session as session:
            try:
                answer = self._request(account, path, graph, post_args=dict(data))
            except RateLimited as error:
                self._note_wait(account, error)
                raise
            return self._object(answer, f"POST /{path}"), session.last.headers.get("Date", "")

    def _unpacked(self, answer: Any, path: str) -> Outcome | None:
        if answer is None:
            return None
        if not isinstance(answer, dict) or not isinstance(answer.get("code"), int):
            return Unavailable(f"GET /{path}: the answer in the batch is none")
        listed = answer.get("headers")
        headers = CaseInsensitiveDict(
            (str(entry.get("name")), str(entry.get("value")))
            for entry in (listed if isinstance(listed, list) else ())
            if isinstance(entry, dict)
        )
        body = _loads(answer["body"]) if isinstance(answer.get("body"), str) else None
        if not 200 <= answer["code"] < 300:
            return refusal(f"GET /{path}", body, answer["code"], headers, self.now())
        try:
            return self._object(body, f"GET /{path}")
        except ConnectorError as error:
            return error

    def _object(self, body: Any, where: str) -> dict[str, Any]:
        if not isinstance(body, dict) or not body:
            raise Unavailable(f"{where}: the answer is no object")
        if "error" in body:
            raise refusal(where, body, 200, {}, self.now())
        return body

    def _request(self, account: Account, path: str, graph: Any = None, **call: Any) -> Any:
        """The SDK's own request with the account's token; whatever it raises becomes a `ConnectorError`.

        `graph` is the client to use; None: this thread's.
        """
        graph = graph or self._graphs.get()
        graph.access_token, graph.version = account.token, self.version
        try:
            return graph.request(path, **call)
        except facebook.GraphAPIError as error:
            refused = error.result
        except (ValueError, RecursionError):
            raise Unavailable(f"/{path}: the answer is no JSON") from None
        # Outside the `except`: the Graph's own words may repeat a token, and are not carried along.
        raise refusal(f"/{path}", refused, graph.session.last.status, graph.session.last.headers, self.now())

    def _relative_url(self, operation: Operation) -> str:
        token = str(operation.account.token)
        params = {**operation.params, "access_token": token}
        if self._secret is not None:
            params["appsecret_proof"] = proof(self._secret, token)
        return f"{self.version}/{operation.path}?{urlencode(params)}"

    def _signer(self, operations: Sequence[Operation]) -> Account:
        """Whose token the outer call bears: the first Page's that is not known to be refused."""
        accounts = [operation.account for operation in operations]
        return next((account for account in accounts if account.id not in self._refused), accounts[0])

    def _barred(self, account: Account) -> ConnectorError | None:
        """Why a Page is not even asked; None where it is."""
        if not account.token:
            return AuthFailed(f"Page {account.id} has no token")
        until = self._waits.get(account.id)
        if until is None or until <= self.now():
            return None
        return RateLimited(f"Page {account.id}: too many calls, none is made before {until.isoformat()}", until)

    def close(self) -> None:
        """Let go of the sockets."""
        self._graphs.close()
