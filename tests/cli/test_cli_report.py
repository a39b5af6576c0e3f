"""`report …`: tables for people, files and JSON for programs, and the proof."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from monitor.reports.seal import Sealer
from monitor.store.engine import Store
from tests.cli.conftest import Town

WEEK = ("--week", "2026-W47")


def test_weekly_for_programs(town: Town, case: str) -> None:
    """The keys of CONTRACT are there, on standard output alone."""
    found = town.json("report", "weekly", *WEEK)
    assert found["week"] == "2026-W47" and "head" in found
    of = {department["department"]: department for department in found["departments"]}
    assert {"cases", "met", "missed", "dismissed", "attainment", "coverage"} <= set(of["transport"])
    assert (of["transport"]["cases"], of["facility"]["cases"]) == (1, 0)


def test_weekly_for_people(town: Town, case: str) -> None:
    """Departments by name, the total, the head."""
    town.run("case", "answer", case, "--by", "kim", "--outcome", "phone")
    lines = town.run("report", "weekly", *WEEK).output.splitlines()
    assert lines[0].startswith("주간 SLA 준수율 2026-W47  2026-11-16 ~ 2026-11-22")
    row = next(line.split() for line in lines if line.startswith("교통정책과"))
    assert row[:6] == ["교통정책과", "1", "1", "0", "0", "0"] and row[6].startswith("100")
    assert lines[-1].startswith("봉인값")


def test_the_last_complete_week_by_default(town: Town) -> None:
    """The week that runs is not over yet."""
    assert town.json("report", "weekly")["week"] == "2026-W46"


def test_weekly_as_files(town: Town, case: str, tmp_path: Path) -> None:
    """Every form into a folder that need not be there; their names end in the form, and are printed."""
    folder = tmp_path / "out" / "reports"
    done = town.run("report", "weekly", *WEEK, "--output", str(folder))
    assert done.exit_code == 0
    names = sorted(path.name for path in folder.iterdir())
    assert {Path(name).suffix for name in names} >= {".json", ".csv"}
    assert sorted(Path(line).name for line in done.output.split()) == names
    written = json.loads(next(folder.glob("*.json")).read_text(encoding="utf-8"))
    assert written["departments"] == town.json("report", "weekly", *WEEK)["departments"]
    one = tmp_path / "one"
    town.run("report", "weekly", *WEEK, "--format", "csv", "--output", str(one), "--department", "transport")
    (path,) = one.iterdir()
    assert path.suffix == ".csv" and "transport" in path.name


def test_weekly_to_standard_output(town: Town, case: str) -> None:
    """`--format` alone prints the file's content."""
    done = town.run("report", "weekly", *WEEK, "--format", "csv")
    assert done.stdout_bytes.startswith("\ufeff주간".encode())
    assert json.loads(town.run("report", "weekly", *WEEK, "--format", "json").stdout)["week"] == "2026-W47"


def test_weekly_that_cannot_be(town: Town, tmp_path: Path) -> None:
    """1 for an unknown department and a folder that cannot be made."""
    unknown = town.run("report", "weekly", "--department", "traffic")
    assert unknown.exit_code == 1 and "transport, facility" in unknown.stderr
    (tmp_path / "file").touch()
    assert town.run("report", "weekly", "--output", str(tmp_path / "file" / "out")).exit_code == 1


def test_verify_well_and_with_a_head(town: Town, case: str, opened: Store) -> None:
    """0 where nothing differs, also against a head known elsewhere."""
    Sealer(opened, town.clock).run()
    verdict = town.json("report", "verify")
    assert verdict["ok"] and verdict["head"] and verdict["events"] == 1
    assert town.run("report", "verify", "--head", verdict["head"]).exit_code == 0


@pytest.mark.parametrize("tamper", ["UPDATE events SET actor = 'kim'", "DELETE FROM events"], ids=["edit", "delete"])
def test_verify_differs(town: Town, case: str, opened: Store, tamper: str) -> None:
    """1 where history was changed, and what differs."""
    Sealer(opened, town.clock).run()
    with opened.write() as tx:
        tx.exec_driver_sql(tamper)
    done = town.run("report", "verify")
    assert done.exit_code == 1
    assert "block 1" in done.stdout
    assert json.loads(town.run("report", "verify", "--json").stdout)["ok"] is False


def test_verify_with_a_head_of_another_history(town: Town, case: str) -> None:
    """1: what that head vouched for is not there."""
    assert town.run("report", "verify", "--head", "f" * 64).exit_code == 1
