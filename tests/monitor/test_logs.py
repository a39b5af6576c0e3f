"""Logs hold no secret, whatever it hides in."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from monitor import logs

SECRET = "s3cret-token-of-the-city"


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is written to standard error once logs are configured; the configuration ends with the test."""
    out = io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    logs.configure("debug", [SECRET, SECRET[:12]])
    yield out
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def test_a_secret_is_blotted_out_wherever_it_stands(lines: io.StringIO) -> None:
    """In the event, in values, in keys, deep inside, in exceptions, in other libraries' lines."""
    log = structlog.get_logger("test")
    log.info(f"token {SECRET}", url=f"https://x/?t={SECRET}", deep={"a": [{SECRET: (SECRET,)}]}, odd=Exception(SECRET))
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.exception("failed")
    logging.getLogger("some.library").warning("GET /?access_token=%s", SECRET)
    written = lines.getvalue()
    assert SECRET not in written
    assert "ValueError" in written
    assert [json.loads(line)["level"] for line in written.splitlines()] == ["info", "error", "warning"]


def test_lines_are_json_in_utc(lines: io.StringIO) -> None:
    """One object a line, with an offset, Korean left readable."""
    structlog.get_logger("test").info("수집", source="twitter:search")
    (line,) = lines.getvalue().splitlines()
    assert json.loads(line)["timestamp"].endswith("Z")
    assert "수집" in line
