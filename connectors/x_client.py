"""X's API v2 through tweepy: the five questions we ask, in both dialects, and what its refusals mean.

tweepy speaks only the dialect of OpenAPI 2.166 and earlier (`tweet.fields`); the one from 2.167 on (`post.fields`)
goes through its `_make_request`, which is why tweepy is pinned (PLATFORMS, "Two dialects").
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from json import JSONDecodeError, loads
from typing import Any
from urllib.parse import urlsplit

import requests

from connectors.contract import AuthFailed, RateLimited, Rejected, Unavailable
from connectors.session import LONGEST_WAIT, PlatformSession, Tally, Timeouts, require_json, retry_after


@dataclass(frozen=True, slots=True)
class Dialect:
    """What to ask of a post, in one dialect's words."""

    name: str
    fields: tuple[str, ...]
    expansions: tuple[str, ...]


#: Up to OpenAPI 2.166. Of the expansions only the author's: it brings the username for people to read. The posts
#: referred to are not expanded: their ids stand in `referenced_tweets`, and each expanded post may be billed as read.
TWEET = Dialect(
    "tweet",
    (
        "author_id",
        "conversation_id",
        "created_at",
        "edit_history_tweet_ids",
        "entities",
        "in_reply_to_user_id",
        "note_tweet",
        "referenced_tweets",
    ),
    ("author_id",),
)

#: From 2.167 on. Author, reply links and edit history are no fields there; they come by their expansions alone.
POST = Dialect(
    "post",
    ("conversation_id", "created_at", "entities", "note_post"),
    ("author_id", "edit_history_post_ids", "in_reply_to_user_id", "referenced_posts"),
)

DIALECTS = {dialect.name: dialect for dialect in (TWEET, POST)}


class WrongDialect(Rejected):
    """A 400 that complains of fields or expansions: the other dialect may be understood."""


@dataclass(frozen=True, slots=True)
class Window:
    """What is left of an endpoint's 15 minutes, by its `x-rate-limit-*` headers."""

    remaining: int
    resets_at: datetime


class Windows:
    """The rate windows of all endpoints, as last heard by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, Window] = {}

    def hear(self, endpoint: str, headers: Mapping[str, str], now: datetime) -> None:
        """Keep what an answer's headers say, where they say it."""
        remaining, resets_at = headers.get("x-rate-limit-remaining", ""), _reset(headers, now)
        if resets_at is not None and remaining.isdecimal() and len(remaining) < 10:
            with self._lock:
                self._windows[endpoint] = Window(int(remaining), resets_at)

    def tightest(self, now: datetime) -> Window | None:
        """The running window with the fewest calls left."""
        with self._lock:
            running = [window for window in self._windows.values() if window.resets_at > now]
        return min(running, key=lambda window: window.remaining, default=None)


class XSession(PlatformSession):
    """A session that reads X's refusals; see `judge`."""

    def __init__(
        self,
        base_url: str,
        secrets: Sequence[str],
        now: Callable[[], datetime],
        timeouts: Timeouts,
        tally: Tally,
        windows: Windows,
    ) -> None:
        super().__init__(base_url, now, timeouts, tally)
        self._secrets = tuple(secrets)
        self._windows = windows

    def judge(self, response: requests.Response) -> None:
        """Raise for every answer but a 2xx in JSON (PLATFORMS, "Errors"; the problem types are the spec's)."""
        self._windows.hear(re.sub(r"[0-9]+", ":id", urlsplit(response.url).path), response.headers, self.now())
        status = response.status_code
        if 200 <= status < 300:
            require_json(response, self._where(response))
            return
        problem = _problem(response)
        message = f"{self._where(response)}: {status} {self._words(problem)}".strip()
        wait = retry_after(response.headers, self.now())
        if status == 429 or (status == 403 and "usage-capped" in str(problem.get("type", ""))):
            raise RateLimited(message, _reset(response.headers, self.now()) or wait)
        if status == 401:
            raise AuthFailed(f"{message}: the token is not accepted")
        if status == 402:
            raise AuthFailed(f"{message}: the developer account's credits are spent")
        if status == 403 and response.request.method == "POST" and not _is_of_the_app(response.text):
            # Said of this one post: a duplicate, a reply to what is gone or to somebody who never called the account.
            raise Rejected(message)
        if status == 403:
            raise AuthFailed(message)
        if status == 400:
            complains = "fields" in response.text or "expansions" in response.text
            raise (WrongDialect if complains else Rejected)(message)
        if status in (404, 408, 425) or not 400 <= status < 500:
            # 404 with an empty body is a fault of X's own; none of our addresses ceases to exist.
            raise Unavailable(message, wait)
        raise Rejected(message)

    def _where(self, response: requests.Response) -> str:
        return f"{response.request.method} {urlsplit(response.url).path}"

    def _words(self, problem: Mapping[str, Any]) -> str:
        """The problem's own words, in one short line and without our secrets, should a proxy echo them."""
        errors = problem.get("errors")
        first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
        kind = str(problem.get("type", "")).removeprefix("about:blank").rpartition("/")[2]
        words = [kind, problem.get("title"), first.get("message") or problem.get("detail")]
        line = " ".join(word for word in words if isinstance(word, str) and word)
        line = "".join(sign for sign in line[:400] if sign.isprintable())
        for secret in self._secrets:
            line = line.replace(secret, "…")
        return line[:200]


def _is_of_the_app(body: str) -> bool:
    """Whether a refusal to post is of the app or its tokens as such: a person must mend it with X."""
    return "permission" in body.lower() or "client-forbidden" in body


def _problem(response: requests.Response) -> dict[str, Any]:
    try:
        problem = loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return problem if isinstance(problem, dict) else {}


def _reset(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """`x-rate-limit-reset`, in seconds since 1970; None where it is missing, past or nonsense."""
    value = headers.get("x-rate-limit-reset", "")
    if not (value.isdecimal() and len(value) <= 11):
        return None
    at = datetime.fromtimestamp(int(value), UTC)
    return at if now < at <= now + LONGEST_WAIT else None


class XClient:
    """One thread's tweepy client. Each method is one call, returns the decoded JSON and raises `ConnectorError`s."""

    def __init__(
        self,
        base_url: str,
        token: str,
        now: Callable[[], datetime],
        timeouts: Timeouts,
        tally: Tally,
        windows: Windows,
    ) -> None:
        # Here and not above: whoever only reads the settings need not load the SDK.
        import tweepy

        self.session = XSession(base_url, [token], now, timeouts, tally, windows)
        self._sdk = tweepy.Client(token, return_type=dict, wait_on_rate_limit=False)
        self._sdk.session = self.session

    def search(self, dialect: Dialect, query: str, token: str | None = None, **paging: Any) -> Any:
        """GET /2/tweets/search/recent, newest first; `token` is the last page's `next_token`."""
        route = "/2/tweets/search/recent"
        paging |= {"query": query, "next_token": token}
        return self._posts(dialect, route, self._sdk.search_recent_tweets, **paging)

    def mentions(self, dialect: Dialect, user: str, token: str | None = None, **paging: Any) -> Any:
        """GET /2/users/:id/mentions, newest first; `token` is the last page's `next_token`."""
        route = f"/2/users/{user}/mentions"
        return self._posts(dialect, route, self._sdk.get_users_mentions, user, pagination_token=token, **paging)

    def timeline(self, dialect: Dialect, user: str, **paging: Any) -> Any:
        """GET /2/users/:id/tweets, newest first, without retweets: they answer nobody, and each costs a read."""
        route = f"/2/users/{user}/tweets"
        return self._posts(dialect, route, self._sdk.get_users_tweets, user, exclude=["retweets"], **paging)

    def posts(self, dialect: Dialect, ids: Sequence[str]) -> Any:
        """GET /2/tweets, at most 100 ids."""
        return self._posts(dialect, "/2/tweets", self._sdk.get_tweets, ids=list(ids))

    def users(self, ids: Sequence[str]) -> Any:
        """GET /2/users, at most 100 ids; their default fields are all we need."""
        return decoded("GET /2/users", lambda: self._sdk.get_users(ids=list(ids)))

    def _posts(self, dialect: Dialect, route: str, method: Callable[..., Any], *path: str, **params: Any) -> Any:
        """In the SDK's own dialect by its own method; in the other by what lies below that method."""
        params = {key: value for key, value in params.items() if value is not None}
        params["expansions"] = list(dialect.expansions)
        if dialect is TWEET:
            return decoded(f"GET {route}", lambda: method(*path, **params, tweet_fields=list(dialect.fields)))
        known = (*params, "post.fields")
        params["post_fields"] = list(dialect.fields)
        call = partial(self._sdk._make_request, "GET", route, params=params, endpoint_parameters=known)
        return decoded(f"GET {route}", call)


def decoded(where: str, call: Callable[[], Any]) -> Any:
    """What the SDK makes of an answer. Raises `Unavailable` for a success that it cannot read."""
    try:
        return call()
    except JSONDecodeError as error:
        raise Unavailable(f"{where}: a success that is no JSON, or half of it") from error
    except (ValueError, RecursionError) as error:
        # Numbers of thousands of digits, and lists in lists in lists.
        raise Unavailable(f"{where}: JSON that no answer of X holds") from error
