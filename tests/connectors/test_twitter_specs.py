"""X's own documents, where they are at hand: its OpenAPI specifications and answers recorded from the live service."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from connectors.contract import Account
from connectors.x_client import DIALECTS
from connectors.x_posts import Reader
from monitor.demo.x import SmallX
from monitor.demo.x_posts import EXPANSIONS, FIELDS
from monitor.demo.x_write import compose
from tests.connectors.endpoints import X_ENDPOINTS, X_FIELDS, Endpoint, unknown_in_body

SHARED = Path(os.environ.get("SNS_MONITOR_SHARED", Path(__file__).parents[2].parent / "shared"))
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

needs_shared = pytest.mark.skipif(
    not (SHARED / "contracts" / "x").is_dir(),
    reason="X's specifications and recordings are not part of this tree: set SNS_MONITOR_SHARED to their folder",
)


@cache
def spec(version: str) -> dict[str, Any]:
    """One version of the specification."""
    loaded: dict[str, Any] = json.loads((SHARED / "contracts" / "x" / f"openapi-{version}.json").read_text())
    return loaded


def resolved(document: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """A node, or what it refers to."""
    while "$ref" in node:
        target: Any = document
        for key in node["$ref"].split("/")[1:]:
            target = target[key]
        node = target
    return node


def parameters(version: str, endpoint: Endpoint) -> dict[str, dict[str, Any]]:
    """Name -> schema of each parameter of an address."""
    document = spec(version)
    listed = document["paths"][endpoint.path][endpoint.method.lower()].get("parameters", [])
    found = (resolved(document, parameter) for parameter in listed)
    return {parameter["name"]: resolved(document, parameter["schema"]) for parameter in found}


@needs_shared
@pytest.mark.parametrize("dialect", X_FIELDS)
@pytest.mark.parametrize("endpoint", X_ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_table_is_what_the_specification_says(endpoint: Endpoint, dialect: str) -> None:
    """Each address exists with our parameters, our fields and expansions, and our limits are within its own."""
    version, fields, expansions = X_FIELDS[dialect]
    known = parameters(version, endpoint)
    assert endpoint.params <= known.keys()
    if endpoint.reads_posts:
        assert fields <= set(resolved(spec(version), known[f"{dialect}.fields"]["items"])["enum"])
        assert expansions <= set(resolved(spec(version), known["expansions"]["items"])["enum"])
    if endpoint.max_results is not None:
        limits = known["max_results"]
        assert endpoint.max_results == (limits["minimum"], limits["maximum"])
    if endpoint.most_ids is not None:
        assert endpoint.most_ids == known["ids"]["maxItems"]


@needs_shared
@pytest.mark.parametrize("dialect", X_FIELDS)
def test_what_is_posted_is_what_the_specification_takes(dialect: str) -> None:
    """The body of an answer fits X's own schema in both versions, which take no unknown keys, and may be signed so."""
    document = spec(X_FIELDS[dialect][0])
    said = document["paths"]["/2/tweets"]["post"]
    schema = said["requestBody"]["content"]["application/json"]["schema"]
    check = jsonschema.Draft202012Validator({**schema, "components": document["components"]})
    body = {"text": "확인하겠습니다", "reply": {"in_reply_to_tweet_id": "1999999999999999999"}}
    check.validate(body)
    assert unknown_in_body("POST", "/2/tweets", json.dumps(body).encode()) == []
    assert unknown_in_body("POST", "/2/tweets", json.dumps(body | {"nullcast": True}).encode())
    assert not check.is_valid({**body, "reply": {"in_reply_to_post_id": "1"}})
    assert {"UserToken": []} in said["security"]


@needs_shared
@pytest.mark.parametrize("dialect", X_FIELDS)
def test_small_x_knows_only_what_x_knows(dialect: str) -> None:
    """The fields and expansions that the small X takes are among X's own."""
    version = X_FIELDS[dialect][0]
    known = parameters(version, X_ENDPOINTS[0])
    assert FIELDS[dialect] <= set(resolved(spec(version), known[f"{dialect}.fields"]["items"])["enum"])
    assert EXPANSIONS[dialect] <= set(resolved(spec(version), known["expansions"]["items"])["enum"])


@pytest.mark.parametrize("dialect", X_FIELDS)
def test_table_is_what_the_connector_asks(dialect: str) -> None:
    """Written down twice on purpose: a field added to one without the other is seen."""
    _, fields, expansions = X_FIELDS[dialect]
    assert set(DIALECTS[dialect].fields) == fields
    assert set(DIALECTS[dialect].expansions) == expansions


def questions(x: SmallX) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every kind of answer of the small X, with the address it comes from."""
    x.user("1001", "dj_transport")
    x.user("500", "citizen_kim")
    mention = x.post("500", "@dj_transport 가로등 " + "길" * 300)
    answer = x.post("1001", "확인하겠습니다", reply_to=mention)
    x.edit(mention, "@dj_transport 고침")
    x.post("500", "@dj_transport 인용", quote=answer)
    x.post("500", "@dj_transport " + "긴 글 " * 100)
    gone = x.post("500", "지울 글")
    x.delete(gone)
    fields, expansions = FIELDS[x.dialect], EXPANSIONS[x.dialect]
    asked = {f"{x.dialect}.fields": ",".join(fields), "expansions": ",".join(expansions)}
    later = NOW + timedelta(minutes=1)
    yield "/2/tweets/search/recent", x.ask("search", "", {"query": "@dj_transport", **asked}, later)
    yield "/2/tweets/search/recent", x.ask("search", "", {"query": "@nobody"}, later)
    yield "/2/users/{id}/mentions", x.ask("mentions", "1001", {"max_results": "5", **asked}, later)
    yield "/2/users/{id}/tweets", x.ask("timeline", "1001", asked, later)
    yield "/2/tweets", x.ask("posts", "", {"ids": f"{mention},{answer},{gone}", **asked}, later)
    yield "/2/users", x.ask("users", "", {"ids": "500,1001,7"}, later)


@needs_shared
@pytest.mark.parametrize("dialect", X_FIELDS)
def test_small_x_answers_as_the_specification_says(dialect: str) -> None:
    """Each answer of the small X fits the schema of X's own, and holds no key that the schema does not name."""
    document = spec(X_FIELDS[dialect][0])
    item = document["components"]["schemas"]["Tweet" if dialect == "tweet" else "Post"]["properties"]
    for path, body in questions(SmallX(lambda: NOW, dialect=dialect)):
        content = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        jsonschema.Draft202012Validator({**content, "components": document["components"]}).validate(body)
        assert body.keys() <= resolved(document, content)["properties"].keys()
        if path != "/2/users":
            assert all(one.keys() <= item.keys() for one in body.get("data", []))


@needs_shared
@pytest.mark.parametrize("dialect", X_FIELDS)
def test_small_x_says_of_a_new_post_what_the_specification_says(dialect: str) -> None:
    """Its id and its text, and nothing that X might not say."""
    x = SmallX(lambda: NOW, dialect=dialect)
    x.user("1001", "dj_transport")
    mention = x.post(x.user("500", "citizen_kim"), "@dj_transport 가로등")
    body = compose(x, "1001", json.dumps({"text": "네", "reply": {"in_reply_to_tweet_id": mention}}).encode())
    document = spec(X_FIELDS[dialect][0])
    schema = document["paths"]["/2/tweets"]["post"]["responses"]["201"]["content"]["application/json"]["schema"]
    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(body)
    assert set(body["data"]) == {"id", "text"}


def recordings() -> list[Path]:
    """The recorded answers."""
    return sorted((SHARED / "recordings" / "x").glob("*.json")) if SHARED.is_dir() else []


@needs_shared
@pytest.mark.parametrize("path", recordings(), ids=lambda path: path.stem)
def test_recorded_answers_are_read(path: Path) -> None:
    """Answers of the live service, with default fields only: each post is read, with the time its id holds."""
    reader = Reader([Account("twitter", "783214", "Twitter"), Account("twitter", "2", "tweepy")])
    for exchange in json.loads(path.read_text()):
        body = exchange["response"]["body"]
        uri = exchange["request"]["uri"]
        items = body.get("data") if isinstance(body, dict) else None
        if not isinstance(items, list) or "/users/by" in uri:
            continue
        reading = reader.read(items, body.get("includes"))
        assert len(reading.posts) == len(items) and not reading.set_aside
        assert [post.id for post in reading.posts] == [item["id"] for item in items]
        assert {post.created_at.year for post in reading.posts} <= set(range(2020, 2023))
        if "mentions" in uri:
            assert all(post.addressed == ("783214",) for post in reading.posts)
