"""Every question the connectors may put to X: written down once, checked against every request of every test.

Where X's own specifications are at hand, the table itself is checked against them (`test_twitter_specs.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_WALK = frozenset(("max_results", "start_time", "until_id"))


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address: what we may ask of it."""

    method: str
    path: str
    """As the specification writes it."""
    params: frozenset[str]
    """Of the specification's, those we use; fields and expansions beside them where `reads_posts`."""
    max_results: tuple[int, int] | None = None
    most_ids: int | None = None
    reads_posts: bool = True
    body: frozenset[str] = frozenset()
    """Of the specification's body, the keys we use, nested ones behind a point."""

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is to this address."""
        return method == self.method and re.fullmatch(self.path.replace("{id}", "[0-9]{1,19}"), path) is not None


X_ENDPOINTS = (
    Endpoint("GET", "/2/tweets/search/recent", _WALK | {"query", "next_token"}, max_results=(10, 100)),
    Endpoint("GET", "/2/users/{id}/mentions", _WALK | {"pagination_token"}, max_results=(5, 100)),
    Endpoint("GET", "/2/users/{id}/tweets", _WALK - {"until_id"} | {"exclude"}, max_results=(5, 100)),
    Endpoint("GET", "/2/tweets", frozenset(("ids",)), most_ids=100),
    Endpoint("GET", "/2/users", frozenset(("ids",)), most_ids=100, reads_posts=False),
    Endpoint(
        "POST", "/2/tweets", frozenset(), reads_posts=False, body=frozenset(("text", "reply.in_reply_to_tweet_id"))
    ),
)

#: Per dialect: the specification that speaks it, its fields and the expansions we ask for.
X_FIELDS: Mapping[str, tuple[str, frozenset[str], frozenset[str]]] = {
    "tweet": (
        "2.166",
        frozenset(
            [
                "author_id",
                "conversation_id",
                "created_at",
                "edit_history_tweet_ids",
                "entities",
                "in_reply_to_user_id",
                "note_tweet",
                "referenced_tweets",
            ]
        ),
        frozenset(("author_id",)),
    ),
    "post": (
        "2.167",
        frozenset(["conversation_id", "created_at", "entities", "note_post"]),
        frozenset(["author_id", "edit_history_post_ids", "in_reply_to_user_id", "referenced_posts"]),
    ),
}


def unknown_in_body(method: str, path: str, body: bytes) -> list[str]:
    """What of a request's body the table does not hold."""
    endpoint = next((one for one in X_ENDPOINTS if one.matches(method, path)), None)
    known = endpoint.body if endpoint is not None else frozenset[str]()
    return [f"{method} {path}: {key}" for key in _keys(json.loads(body) if body else {}) if key not in known]


def _keys(value: Mapping[str, Any], above: str = "") -> list[str]:
    nested = {key: _keys(part, f"{above}{key}.") for key, part in value.items() if isinstance(part, dict)}
    return [one for key in value for one in nested.get(key, [f"{above}{key}"])]


def unknown_of(method: str, path: str, params: Mapping[str, str]) -> list[str]:
    """What of a request the table does not hold; empty for a request that is in order."""
    endpoint = next((one for one in X_ENDPOINTS if one.matches(method, path)), None)
    if endpoint is None:
        return [f"{method} {path}"]
    faults = []
    for name, value in params.items():
        values = set(value.split(","))
        if endpoint.reads_posts and name in ("tweet.fields", "post.fields"):
            known = values <= X_FIELDS[name.removesuffix(".fields")][1]
        elif endpoint.reads_posts and name == "expansions":
            spoken = "tweet" if "tweet.fields" in params else "post"
            known = f"{spoken}.fields" in params and values <= X_FIELDS[spoken][2]
        elif name == "max_results":
            known = (
                endpoint.max_results is not None and endpoint.max_results[0] <= int(value) <= endpoint.max_results[1]
            )
        elif name == "ids":
            known = endpoint.most_ids is not None and 1 <= len(values) <= endpoint.most_ids
        else:
            known = name in endpoint.params
        if not known:
            faults.append(f"{method} {path}: {name}={value}")
    return faults
