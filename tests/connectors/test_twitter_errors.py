"""What X's refusals become."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from connectors.contract import AuthFailed, ConnectorError, RateLimited, Rejected, Unavailable
from connectors.twitter import TwitterConnector
from monitor.demo.server import Server
from tests.connectors.suite import Clock, primary
from tests.connectors.x_stage import ACCOUNTS, SECRET, XStage

CAPPED = {"title": "UsageCapExceeded", "type": "https://api.twitter.com/2/problems/usage-capped", "period": "Monthly"}


def refused(stage: XStage) -> ConnectorError:
    """What a fetch raises."""
    with pytest.raises(ConnectorError) as caught:
        list(stage.connect().fetch(primary(stage.connect())[0], stage.minutes_ago(5)))
    return caught.value


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"title": "Invalid Request", "errors": [{"message": "the query is wrong"}]}, Rejected),
        (401, {"title": "Unauthorized"}, AuthFailed),
        (402, {}, AuthFailed),
        (403, {"title": "Forbidden", "detail": "not enrolled"}, AuthFailed),
        (403, CAPPED, RateLimited),
        (429, CAPPED, RateLimited),
        (404, {}, Unavailable),
        (408, {}, Unavailable),
        (414, {}, Rejected),
        (304, {}, Unavailable),
        (520, {}, Unavailable),
    ],
)
def test_status_becomes_its_error(platform_server: Server, status: int, body: Any, kind: type[ConnectorError]) -> None:
    """Each refusal is exactly its own error and names the address."""
    stage = XStage(platform_server)
    stage.fail(status=status, body=json.dumps(body).encode() if body and status != 304 else b"")
    error = refused(stage)
    assert isinstance(error, kind) and type(error).__mro__[1] in (ConnectorError, Rejected)
    assert f"GET /2/tweets/search/recent: {status}" in str(error)


def test_spent_credits_are_said(platform_server: Server) -> None:
    """402 is no fault of the token: the message says what to mend."""
    stage = XStage(platform_server)
    stage.fail(status=402)
    assert "credits are spent" in str(refused(stage))


def test_words_of_x_are_kept_and_the_token_is_not(platform_server: Server) -> None:
    """The refusal's own words help to mend it; an echoed token and control signs are taken out, length is bounded."""
    stage = XStage(platform_server)
    detail = f"bad \x1b[31m token {SECRET} " + "x" * 9999
    stage.fail(status=403, body=json.dumps({"title": "Forbidden", "detail": detail}).encode())
    told = str(refused(stage))
    assert "Forbidden bad [31m token" in told
    assert SECRET not in told and "\x1b" not in told and len(told) < 300


@pytest.mark.parametrize(
    ("headers", "minutes"),
    [
        ({"x-rate-limit-reset": "+300"}, 5),
        ({"Retry-After": "120"}, 2),
        ({"x-rate-limit-reset": "+300", "Retry-After": "120"}, 5),
        ({"x-rate-limit-reset": "-300", "Retry-After": "120"}, 2),
        ({"x-rate-limit-reset": "-300"}, None),
        ({"x-rate-limit-reset": "soon"}, None),
        ({"x-rate-limit-reset": "9" * 40}, None),
        ({"x-rate-limit-reset": "99999999999"}, None),
        ({}, None),
    ],
    ids=str,
)
def test_end_of_a_limit(platform_server: Server, headers: Mapping[str, str], minutes: int | None) -> None:
    """X's own reset first, then Retry-After; a reset that is past or nonsense is none, so that the caller backs off."""
    stage = XStage(platform_server)
    now = int(stage.clock().timestamp())
    said = {name: str(now + int(value)) if value[0] in "+-" else value for name, value in headers.items()}
    stage.fail(status=429, headers=said)
    error = refused(stage)
    assert isinstance(error, RateLimited)
    assert error.until == (None if minutes is None else stage.clock() + timedelta(minutes=minutes))


@pytest.mark.parametrize("token", [None, "", "  "])
def test_no_token(token: str | None) -> None:
    """Without a token nothing is asked, and a person is told."""
    made = TwitterConnector(
        TwitterConnector.Options.model_validate({"base_url": "http://127.0.0.1:1", "bearer_token": token}),
        ACCOUNTS,
        Clock(),
    )
    with pytest.raises(AuthFailed, match="no bearer token"):
        made.handles()
    assert set(made.missing(made.options, ACCOUNTS[1])) == {"bearer_token"}


@pytest.mark.parametrize("body", [b"9" * 5000, b'{"data": ' + b"[" * 50_000, b'{"data": [' + b"1" * 5000 + b"]}"])
def test_json_that_breaks_a_parser(platform_server: Server, body: bytes) -> None:
    """Endless numbers and nesting are Unavailable, not an error of ours."""
    stage = XStage(platform_server)
    stage.fail(body=body)
    assert isinstance(refused(stage), Unavailable)
