"""`report …`: tables for people, files and JSON for programs, and the proof."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.cli import report_written
from monitor.reports.faces import FORMATS, MissingExtra
from monitor.reports.seal import Sealer
from monitor.store import alerts, events, snapshots
from monitor.store.engine import Store
from tests.cli.conftest import ROOT, Town

WEEK = ("--week", "2026-W47")
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def kept(town: Town, case: str, opened: Store) -> str:
    """The SHA-256 of the kept report of the week, in which the only case was never answered; it is Monday."""
    town.clock.at = MONDAY
    assert town.run("report", "weekly", "--send", "--yes").exit_code == 0
    with opened.read() as tx:
        (snapshot,) = snapshots.latest(tx)
    return snapshot.sha256


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
    assert {Path(name).suffix for name in names} == {f".{format}" for format in FORMATS}
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


def test_a_week_or_a_form_that_is_none(town: Town) -> None:
    """2, and how a week is written, in the reader's language."""
    done = town.run("report", "weekly", "--week", "2026-W54")
    assert done.exit_code == 2 and "2026-W54" in done.stderr and "2026-W47처럼" in done.stderr
    assert town.run("report", "verify", "--week", "last").exit_code == 2
    done = town.run("report", "weekly", "--format", "docx")
    assert done.exit_code == 2 and "xlsx" in done.stderr


def test_a_kept_report_is_shown_as_it_was_kept(town: Town, kept: str, case: str) -> None:
    """For people with its SHA-256; for programs the same bytes, whatever came to light since; one department's too."""
    before = town.json("report", "weekly")
    town.run("case", "dismiss", case, "--by", "kim", "--reason", "감사 인사")
    assert town.json("report", "weekly") == before
    done = town.run("report", "weekly")
    assert kept in done.stdout.splitlines()[0] and "2026-11-23(월) 09:00:00" in done.stdout
    done = town.run("report", "weekly", "--format", "json")
    assert done.stdout == json.dumps(before, ensure_ascii=False, indent=2) + "\n" and kept in done.stderr
    cut = town.json("report", "weekly", "--department", "transport")
    assert ([of["department"] for of in cut["departments"]], cut["total"]["missed"]) == (["transport"], 1)
    unknown = town.run("report", "weekly", "--department", "traffic")
    assert unknown.exit_code == 1 and "transport, facility" in unknown.stderr


def test_a_recount_says_what_differs(town: Town, kept: str, case: str) -> None:
    """Nothing, as long as nothing came to light; then each figure, of the city and of the department."""
    assert "같습니다" in town.run("report", "weekly", "--recount").stdout
    town.run("case", "dismiss", case, "--by", "kim", "--reason", "감사 인사")
    done = town.run("report", "weekly", "--recount")
    lines = [line.strip() for line in done.stdout.splitlines()]
    assert "합계 · 초과: 1 → 0" in lines and "교통정책과 · 불필요: 0 → 1" in lines
    assert kept not in done.stdout and not any(line.startswith("시설관리과 ·") for line in lines)
    own = town.run("report", "weekly", "--recount", "--department", "transport").stdout
    assert "교통정책과 · 불필요: 0 → 1" in own and "시설관리과" not in own
    found = town.run("report", "weekly", "--recount", "--json")
    assert json.loads(found.stdout)["total"]["dismissed"] == 1 and "초과: 1 → 0" in found.stderr


def test_files_take_the_place_of_older_ones(town: Town, case: str, tmp_path: Path) -> None:
    """Whole, with nothing beside them; where one cannot be written the old one stays."""
    folder = tmp_path / "out"
    for _ in range(2):
        assert town.run("report", "weekly", *WEEK, "--format", "csv", "--output", str(folder)).exit_code == 0
    (path,) = folder.iterdir()
    before = path.read_bytes()
    (folder / f".{path.name}.part").mkdir()
    town.run("case", "answer", case, "--by", "kim", "--outcome", "phone")
    assert town.run("report", "weekly", *WEEK, "--format", "csv", "--output", str(folder)).exit_code == 1
    assert path.read_bytes() == before


def test_a_form_that_needs_what_is_not_installed(
    town: Town, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked for alone it is refused, with the mend; among all of them the others are written."""
    real = report_written.faces.render

    def without(document: object, format: str, *more: object) -> bytes:
        if format == "pdf":
            raise MissingExtra("pip install 'sns-monitor[reports]'")
        return real(document, format, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(report_written.faces, "render", without)
    for where in (["--output", str(tmp_path / "one")], []):
        done = town.run("report", "weekly", *WEEK, "--format", "pdf", *where)
        assert done.exit_code == 1 and "sns-monitor[reports]" in done.stderr
    done = town.run("report", "weekly", *WEEK, "--output", str(tmp_path / "all"))
    assert done.exit_code == 0 and "sns-monitor[reports]" in done.stderr
    assert {path.suffix for path in (tmp_path / "all").iterdir()} == {f".{one}" for one in FORMATS if one != "pdf"}


def test_the_list_of_cases_needs_a_reason(town: Town, case: str, opened: Store, tmp_path: Path) -> None:
    """Without one the workbook lists none; with one it does, and who asked and why is on record first."""
    town.run("report", "weekly", *WEEK, "--format", "xlsx", "--output", str(tmp_path))
    (path,) = tmp_path.glob("*.xlsx")
    assert case not in _inside(path)
    asked = ("--format", "xlsx", "--output", str(tmp_path), "--department", "transport", "--reason")
    assert town.run("report", "weekly", *WEEK, *asked, " ").exit_code == 2
    assert town.run("report", "weekly", *WEEK, "--format", "csv", "--reason", "감사").exit_code == 2
    assert town.run("report", "weekly", *WEEK, "--reason", "감사").exit_code == 2
    assert town.run("report", "weekly", *WEEK, *asked, "의회 제출").exit_code == 0
    with opened.read() as tx:
        (event,) = events.of_service(tx, ["exported"])
    assert event.actor.startswith("operator:")
    assert event.data == {"what": "report 2026-W47 transport xlsx", "reason": "의회 제출"}
    assert case in _inside(next(tmp_path.glob("*transport.xlsx")))


def _inside(workbook: Path) -> str:
    """All that a workbook says."""
    with zipfile.ZipFile(workbook) as parts:
        return "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith(".xml"))


def test_no_workbook_on_a_terminal(town: Town) -> None:
    """Into a file it goes; a terminal would only be confused."""
    command = [sys.executable, "-m", "monitor", "--config", str(town.path), "report", "weekly", "--format", "xlsx"]
    ours, theirs = os.openpty()
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=theirs, stderr=subprocess.PIPE, timeout=60, check=False)
    finally:
        os.close(theirs)
        os.close(ours)
    assert done.returncode == 2 and b"--output" in done.stderr
    assert town.run("report", "weekly", "--format", "xlsx").stdout_bytes.startswith(b"PK")


def test_sending_makes_what_is_missing(town: Town, case: str, opened: Store) -> None:
    """Asked first; then kept once and sent each time, with who it was on record. A week that runs is not sent."""
    early = town.run("report", "weekly", "--send", "--yes", *WEEK)
    assert early.exit_code == 1 and "2026-W47" in early.stderr, "it is not over"
    town.clock.at = MONDAY
    assert town.run("report", "weekly", "--send").exit_code == 1, "nobody said yes"
    with opened.read() as tx:
        assert snapshots.latest(tx) == [] and alerts.messages(tx) == []
    assert town.run("report", "weekly", "--send", "--json", "--yes").exit_code == 0
    assert town.json("report", "weekly", "--send", "--yes")["messages"] == 4
    with opened.read() as tx:
        sent = [(one.recipient, one.subject["report"]["department"]) for one in alerts.messages(tx)]
        made, *again = events.of_service(tx, ["report_made", "report_sent"])
    each = [("choi", "facility"), ("choi", "transport"), ("park", "facility"), ("park", "transport")]
    assert sorted(sent) == sorted(each * 2)
    assert [one.kind for one in again] == ["report_sent"] * 2 and made.actor.startswith("operator:")
    assert town.run("report", "weekly", "--send", "--yes", "--format", "csv").exit_code == 2


def test_what_was_kept(town: Town, kept: str) -> None:
    """Weeks with when, by whom and their SHA-256; none where none was."""
    (found,) = town.json("report", "list")
    assert (found["week"], found["made_at"], found["sha256"]) == ("2026-W47", "2026-11-23T09:00:00+09:00", kept)
    assert found["made_by"].startswith("operator:") and len(found["head"]) == 64
    assert kept in town.run("report", "list", columns=200).output
    assert town.run("report", "verify").exit_code == 0


def test_nothing_was_kept(town: Town) -> None:
    """Said, and an empty list for programs."""
    assert "없습니다" in town.run("report", "list").output
    assert town.json("report", "list") == []


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
