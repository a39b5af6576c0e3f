"""Whatever stands in the file, `load` says so or loads; it never breaks."""

from __future__ import annotations

import contextlib
import string
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config import SettingsError, load
from config.messages import MESSAGES

TABLES = ["service", "web", "polling", "connectors", "calendars", "policies", "departments", "accounts", "staff"]
TABLES += ["channels", "email", "routes", "crisis", "alerts", "answers", "ignore", "reports", "retention"]
KEYS = ["id", "name", "twitter", "quiet", "broken", "standard", "office", "steps", "at", "kind", "notify", "target"]
KEYS += ["duty", "policy", "department", "platform", "channels", "type", "url", "to", "secret", "env", "file", "token"]
KEYS += ["hours", "pauses", "holidays", "timezone", "database", "listen", "weekly", "root_contact", "watch_from"]
KEYS += [
    "calendar",
    "language",
    "automatic",
    "bearer_token",
    "blind_after",
    "every",
    "any",
    "ca_file",
    "x y",
    "authors",
]
VALUES = ['"kim"', '"twitter"', '"breach"', '"30m"', '"0s"', '"mon-fri 09:00-18:00"', '"x\\u0000"', '"webhook"', '""']
VALUES += ["1", "-1", "true", "nan", "1e400", "2026-10-08", "0001-01-01T00:00:00+23:59", "{}", "[]", "[[]]", '"*("']
VALUES += [
    '{ env = "X" }',
    '{ file = "\\u0000" }',
    '{ file = "." }',
    '"http://[::1"',
    '"sqlite:///"',
    '"Asia"',
    '"Asia/Seoul"',
]
VALUES += [
    '"a{99999999999}"',
    '"[[a]"',
    '"http://0x7f.1/"',
    '["mon-sun 00:00-24:00"]',
    '["00:00-24:00"]',
    '[""]',
    '"1/month"',
]

_KEY = st.sampled_from(KEYS)
_VALUE = st.recursive(
    st.sampled_from(VALUES),
    lambda values: (
        st.lists(values, max_size=2).map(lambda items: f"[{', '.join(items)}]")
        | st.tuples(_KEY, values).map(lambda pair: f'{{ "{pair[0]}" = {pair[1]} }}')
    ),
    max_leaves=3,
)
_PAIR = st.tuples(_KEY, _VALUE).map(lambda pair: f'"{pair[0]}" = {pair[1]}\n')
_PATH = st.tuples(st.sampled_from(TABLES), st.lists(_KEY, max_size=2)).map(
    lambda parts: ".".join([parts[0], *(f'"{name}"' for name in parts[1])])
)
_PAIRS = st.lists(_PAIR, max_size=4, unique_by=lambda pair: pair.split(" = ")[0])
_SECTION = st.tuples(_PATH, st.booleans(), _PAIRS).map(
    lambda parts: (f"[[{parts[0]}]]\n" if parts[1] else f"[{parts[0]}]\n") + "".join(parts[2])
)
_TOP = st.tuples(st.sampled_from(TABLES), _VALUE).map(lambda pair: f"{pair[0]} = {pair[1]}\n")


def _load(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "monitor.toml"
        path.write_bytes(content)
        with contextlib.suppress(SettingsError):
            load(path, environ={"X": "y"})


_RELAXED = settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_RELAXED
@given(st.lists(_TOP, max_size=3), st.lists(_SECTION, max_size=8))
def test_settings_of_any_shape(top: list[str], sections: list[str]) -> None:
    """Known names with wrong shapes and odd values raise SettingsError and nothing else."""
    text = ""
    for part in top + sections:
        with contextlib.suppress(tomllib.TOMLDecodeError):
            tomllib.loads(text + part)
            text += part
    _load(text.encode())


@_RELAXED
@given(st.text(max_size=80) | st.text("[]{}=.,\"'#\n\\ab0 ", max_size=80))
def test_any_text(text: str) -> None:
    """So does text that is hardly TOML."""
    _load(text.encode("utf-8", errors="replace"))


@given(st.binary(max_size=40))
def test_any_bytes(content: bytes) -> None:
    """So do bytes that are no text."""
    _load(content)


@pytest.mark.parametrize(
    "content", ["a = " + "[" * 5000, "a = " + "{a=" * 3000, "a = " + "9" * 5000, "a = [" * 300 + "]" * 300]
)
def test_what_tomllib_itself_cannot_bear(content: str, tmp_path: Path) -> None:
    """Nesting without end and numbers without end are faults of the file too."""
    path = tmp_path / "monitor.toml"
    path.write_text(content)
    with pytest.raises(SettingsError):
        load(path, environ={})


def _names(words: tuple[str, str]) -> set[str]:
    return {name for text in words for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", MESSAGES)
def test_both_languages_say_the_same(code: str) -> None:
    """Every message has its words in both, filled in from the same values."""
    message: Any = MESSAGES[code]
    assert all(message.ko + message.en)
    assert _names(message.ko) == _names(message.en)
