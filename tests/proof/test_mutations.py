"""The table of breaks fits the sources: it cannot rot unseen."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.proof.mutations import MUTATIONS, ROWS, Mutation

TREE = Path(__file__).parents[2]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda m: f"{m.row}-{Path(m.file).stem}")
def test_a_break_can_be_made_and_its_tests_exist(mutation: Mutation) -> None:
    """Its text stands in its file exactly once, what comes of it is Python, and each test has a name that is there."""
    source = (TREE / mutation.file).read_text(encoding="utf-8")
    assert source.count(mutation.before) == 1
    ast.parse(source.replace(mutation.before, mutation.after))
    for test in mutation.tests:
        file, name = test.split("::")
        defined = {node.name for node in ast.parse((TREE / file).read_text(encoding="utf-8")).body
                   if isinstance(node, ast.FunctionDef)}  # fmt: skip
        assert name in defined, test


def test_every_row_has_a_break() -> None:
    """Rows 1 to 38."""
    assert {mutation.row for mutation in MUTATIONS} == set(ROWS)
