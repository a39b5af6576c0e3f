"""On which line a key stands, in every form TOML has for it."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.faults import KeyPath
from config.locate import Lines

DOCUMENT = """\
# [not] = a table
title = "a # b [c]"
dotted.name."quo\\u0074ed.key" = 1
list = [
  "one", # a comment with ] in it
  { x = 1, y = [2,
    3] },
]
many = \"\"\"
[no.table]
no = "key\\\\\"\"\"
raw = '''
also = 'none' '''
'single' = 'it # stays'
when = 1979-05-27 07:32:00

[ policies . standard ]
target = "30m"
[[policies.standard.steps]]
at = "20m"
notify = ["assignee",
          "duty"]

[[policies.standard.steps]]  # the second
at = "30m"
[policies.standard.steps.deep]
x = 1
[[departments]]
id = "a"
[[departments.inner]]
id = "b"
[[departments]]
id = "c"
[[departments.inner]]
[[departments.inner]]
id = "d"
"""


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("title",), 2),
        (("dotted", "name", "quoted.key"), 3),
        (("list",), 4),
        (("list", 0), 5),
        (("list", 1, "x"), 6),
        (("list", 1, "y", 1), 7),
        (("many",), 9),
        (("raw",), 12),
        (("single",), 14),
        (("when",), 15),
        (("policies", "standard"), 17),
        (("policies", "standard", "target"), 18),
        (("policies", "standard", "steps", 0, "notify", 1), 22),
        (("policies", "standard", "steps", 1), 24),
        (("policies", "standard", "steps", 1, "at"), 25),
        (("policies", "standard", "steps", 1, "deep", "x"), 27),
        (("departments", 0, "inner", 0, "id"), 31),
        (("departments", 1, "id"), 33),
        (("departments", 1, "inner", 1, "id"), 36),
    ],
)
def test_line_of_a_key(key: KeyPath, line: int) -> None:
    """Headers, arrays of tables within one another, inline tables, dotted and quoted keys, strings over many lines."""
    assert Lines(DOCUMENT).of(key) == line
    assert Lines(DOCUMENT.replace("\n", "\r\n")).of(key) == line


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (("departments", 1, "name"), 32),
        (("policies", "standard", "steps", 0, "kind"), 19),
        (("list", 1, "z"), 6),
        (("nowhere", "at", "all"), 1),
    ],
)
def test_a_missing_key_has_the_line_of_its_table(key: KeyPath, line: int) -> None:
    """There is no better place to send the reader to."""
    assert Lines(DOCUMENT).of(key) == line


def test_a_header_says_more_than_that_of_a_table_within() -> None:
    """`[a.b]` makes `a` known, but `[a]` is where its keys go."""
    lines = Lines("[a.b]\nx = 1\n[a]\ny = 2\n")
    assert (lines.of(("a", "missing")), lines.of(("a", "b", "missing"))) == (3, 1)


@pytest.mark.parametrize(
    "value",
    [
        '"""a"""',
        '""""a"""""',
        '"""\na\\"""b""""',
        '""""""',
        '"""\\\\"""',
        "'''a'b'''''",
        "'''\\'''",
        "''",
        "'\\'",
        '"\\\\\\""',
    ],
)
def test_where_a_string_ends(value: str) -> None:
    """Quotes next to the closing ones and escapes before them are where a reader goes astray."""
    text = f"a = {value}\n# '\nb = [{value}, {value}]\nc = 1\n"
    value_lines = value.count("\n")
    assert set(tomllib.loads(text)) == {"a", "b", "c"}
    lines = Lines(text)
    assert (lines.of(("b",)), lines.of(("c",))) == (3 + value_lines, 4 + 3 * value_lines)


_NAME = st.text("abc", min_size=1, max_size=2) | st.sampled_from(["'q.r'", '"s t"', '"u\\\\\\"#"'])
_GAP = st.sampled_from(["", " ", "\t"])
_LINES = st.sampled_from(["", " ", "\n", " # ]}\"'\n", "\n\n"])
_SCALARS = ["1", "-2.5e3", "true", "2026-10-08", "1979-05-27T07:32:00Z", "07:32:00", "inf", '""', '"x\\"]"', "'#'"]
_SCALARS += ["''", '"""a\n"b" \\"""c""""', "'''\nx''y'''''", '""""""', '"""\\\\"""']
_SCALAR = st.sampled_from(_SCALARS)


def _array(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    item = st.tuples(_LINES, values, _LINES).map("".join)
    return st.tuples(st.lists(item, max_size=3).map(",".join), _LINES).map(lambda parts: f"[{parts[0]}{parts[1]}]")


def _inline(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pair = st.tuples(_NAME, _GAP, values).map(lambda parts: f" {parts[0]}{parts[1]}={parts[1]}{parts[2]} ")
    return st.lists(pair, max_size=3, unique_by=lambda text: text.split("=")[0].strip()).map(
        lambda pairs: "{" + ",".join(pairs) + "}"
    )


_VALUE = st.recursive(_SCALAR, lambda values: _array(values) | _inline(values), max_leaves=5)
_KEY = st.lists(_NAME, min_size=1, max_size=3).map(" . ".join)
_LINE = st.one_of(
    st.tuples(_KEY, _VALUE).map(lambda parts: f"{parts[0]} = {parts[1]}"),
    _KEY.map(lambda key: f"[{key}]"),
    _KEY.map(lambda key: f"[[ {key} ]] # x"),
    st.just("# [a] 'b"),
)


def _paths(value: Any, path: KeyPath = ()) -> set[KeyPath]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {path}.union(*(_paths(child, (*path, name)) for name, child in children))


@given(st.lists(_LINE, max_size=6))
def test_it_sees_the_keys_that_tomllib_sees(lines: list[str]) -> None:
    """Of any document that is TOML at all, it finds exactly the keys there are, so that it never loses its place."""
    accepted = ""
    for line in lines:
        try:
            tomllib.loads(accepted + line + "\n")
        except tomllib.TOMLDecodeError:
            continue
        accepted += line + "\n"
    found = Lines(accepted)
    assert set(found._lines) - {()} == _paths(tomllib.loads(accepted)) - {()}
