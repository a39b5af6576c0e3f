"""Break the tree in a copy, one mutation at a time, and say which breaks no test sees.

`python -m tests.proof.mutate [--row N]`; exit 1 where any survives.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.proof.mutations import MUTATIONS, Mutation

TREE = Path(__file__).parents[2]
COPIED = ("sla", "connectors", "config", "monitor", "tests", "pyproject.toml", "monitor.toml")
PATIENCE = 600
"""Seconds for one run of tests; a mutant that does not end by then is seen."""


class Seen(NamedTuple):
    """What came of a mutation with one of its tests."""

    mutation: Mutation
    test: str
    is_red: bool


def tried(of: Sequence[Mutation]) -> Iterator[Seen]:
    """Make each of the mutations in a copy and run its tests, which must be green there before and red with it."""
    with tempfile.TemporaryDirectory(prefix="sns-monitor-mutant-") as folder:
        copy = Path(folder)
        _copy(copy)
        if _fails(copy, {test for mutation in of for test in mutation.tests}):
            raise SystemExit("the tests are red without any mutation: nothing can be told from them")
        for mutation in of:
            source = copy / mutation.file
            whole = source.read_text(encoding="utf-8")
            source.write_text(whole.replace(mutation.before, mutation.after), encoding="utf-8")
            for test in mutation.tests:
                yield Seen(mutation, test, _fails(copy, [test]))
            source.write_text(whole, encoding="utf-8")


def _copy(to: Path) -> None:
    for name in COPIED:
        source = TREE / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, to / name)


def _fails(copy: Path, tests: Iterable[str]) -> bool:
    """Whether a test is red in the copy. It must run: an error before it ran proves nothing.

    The copy comes before the installed tree on the path, and nothing is compiled: a mutant is written within the
    second of the original, which Python would take for unchanged.
    """
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-q", "-x", "--no-header",
             "-k", "not postgres", *tests],
            cwd=copy, env=os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True,
            timeout=PATIENCE, text=True, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return True
    if ran.returncode not in (0, 1):
        raise SystemExit(f"the tests could not be run:\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return ran.returncode == 1


def main() -> int:
    """Run what is asked for, a line for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--row", type=int, help="only the mutations of this row")
    row = parser.parse_args().row
    of = [mutation for mutation in MUTATIONS if row in (None, mutation.row)]
    total, survive = sum(len(mutation.tests) for mutation in of), 0
    for number, (mutation, test, is_red) in enumerate(tried(of), 1):
        survive += not is_red
        said = "seen" if is_red else f"SURVIVES {mutation.before.strip()!r}:"
        print(f"{number}/{total} row {mutation.row} {mutation.file}: {said} by {test}", flush=True)
    print(f"{survive} of {total} survive")
    return 1 if survive else 0


if __name__ == "__main__":
    sys.exit(main())
