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
from collections.abc import Sequence
from pathlib import Path

from tests.proof.mutations import MUTATIONS, Mutation

TREE = Path(__file__).parents[2]
COPIED = ("sla", "connectors", "config", "monitor", "tests", "pyproject.toml", "monitor.toml")
PATIENCE = 300
"""Seconds for the tests of one mutation."""


def survivors(of: Sequence[Mutation]) -> list[str]:
    """Those of the mutations that some test of theirs does not see, in words."""
    found = []
    with tempfile.TemporaryDirectory(prefix="sns-monitor-mutant-") as folder:
        copy = Path(folder) / "tree"
        _copy(copy)
        for mutation in of:
            source = copy / mutation.file
            whole = source.read_text(encoding="utf-8")
            source.write_text(whole.replace(mutation.before, mutation.after), encoding="utf-8")
            try:
                for test in mutation.tests:
                    seen = _fails(copy, test)
                    print(
                        f"row {mutation.row:2} {mutation.file}: {'seen' if seen else 'SURVIVES'} by {test}", flush=True
                    )
                    if not seen:
                        found.append(f"row {mutation.row}, {mutation.file}, {mutation.before.strip()!r}: {test}")
            finally:
                source.write_text(whole, encoding="utf-8")
    return found


def _copy(to: Path) -> None:
    to.mkdir()
    for name in COPIED:
        source = TREE / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, to / name)


def _fails(copy: Path, test: str) -> bool:
    """Run one test on the broken tree. It must run and be red: an error before it ran proves nothing.

    The copy comes before the installed tree on the path, and nothing is compiled: a mutant is written within the
    second of the original, which Python would take for unchanged.
    """
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-q", "-x", "--no-header", test,
         "-k", "not postgres"],
        cwd=copy, env=os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True,
        timeout=PATIENCE, text=True, check=False,
    )  # fmt: skip
    if ran.returncode not in (0, 1):
        raise SystemExit(f"{test} could not be run:\n{ran.stdout[-2000:]}{ran.stderr[-2000:]}")
    return ran.returncode == 1


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--row", type=int, help="only the mutations of this row")
    row = parser.parse_args().row
    found = survivors([mutation for mutation in MUTATIONS if row in (None, mutation.row)])
    print("\n".join(["", *found, f"{len(found)} survive"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
