"""SEMANTICS row 12: a department's own holiday moves its deadlines, steps and transfers, and nobody else's."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from config import load
from monitor.metrics import Standing
from monitor.rules import Rules
from monitor.store.engine import Store
from tests.city import MINUTE, City, build, mention
from tests.support import Clock, city

HOUR = timedelta(hours=1)
OFFICE = '[policies.desk]\ncalendar = "office"\nfinal_calendar = "office"\n'


def rules_with_a_holiday(folder: Path) -> Rules:
    """Transport is shut on Tuesday 17 November 2026; both departments promise by office hours."""
    city(folder, more=OFFICE)
    path = folder / "monitor.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace('id = "transport"\n', 'id = "transport"\npolicy = "desk"\nlocal_holidays = [2026-11-17]\n', 1)
    text = text.replace('id = "facility"\n', 'id = "facility"\npolicy = "desk"\n', 1)
    path.write_text(text, encoding="utf-8")
    return Rules(load(path))


@pytest.fixture
def shut(store: Store, clock: Clock, tmp_path: Path) -> City:
    """A town under these rules."""
    town = build(tmp_path, store, clock, more=OFFICE)
    rules = rules_with_a_holiday(tmp_path)
    town.rules = rules
    town.escalation._rules = rules
    town.desk._rules = rules
    return town


def test_calendars_are_built_once(tmp_path: Path) -> None:
    """One object a calendar and department; without local holidays it is the one that all share."""
    rules = rules_with_a_holiday(tmp_path)
    mine = rules.calendar("office", "transport")
    assert mine is rules.calendar("office", "transport")
    assert mine.version != rules.calendar("office", "facility").version
    assert rules.calendar("office", "facility") is rules.calendars["office"]
    assert rules.calendar("office", "gone") is rules.calendars["office"]
    assert rules.calendar("always", "transport").version == rules.calendars["always"].version


def test_row_12_a_local_holiday_moves_the_departments_deadline(shut: City) -> None:
    """Asked on Monday at 17:50: due on Wednesday 09:20 where Tuesday is shut, on Tuesday 09:20 next door."""
    shut.clock.forward(hours=8, minutes=50)
    asked = shut.clock()
    shut.say(mention("m1", asked), mention("m2", asked, author="c2", addressed=("1002",)))
    by_department = {case.department: case for case in shut.cases()}
    morning = asked.replace(hour=0, minute=20)
    assert by_department["transport"].deadline == morning + timedelta(days=2)
    assert by_department["facility"].deadline == morning + timedelta(days=1)
    (opened,) = [e for e in shut.events("opened") if e.case_id == by_department["transport"].id]
    assert opened.data["calendar"] == f"office/{shut.rules.calendar('office', 'transport').version}"


def test_row_12_steps_and_a_transfer_go_by_it(shut: City) -> None:
    """Nobody in transport hears on the holiday; handed over, the citizen's clock is that of the other's calendar."""
    shut.clock.forward(hours=8, minutes=50)
    shut.say(mention("m1", shut.clock()))
    shut.tick(hours=23)  # Tuesday 16:50
    assert shut.alerted() == {}
    case = shut.desk.transfer(shut.case().id, "kim", "facility", "소관 아님")
    assert case.deadline == case.opened_at + 15 * HOUR + 30 * MINUTE
    shut.tick(seconds=1)
    assert "lee" in shut.alerted()


def test_the_metric_says_until_when_holidays_are_known(town: City) -> None:
    """The end of 2027 in Seoul for the calendar that follows Korea; nothing for the one that follows nobody."""

    class App:
        settings, rules, store, clock, connectors = town.rules.settings, town.rules, town.store, town.clock, {}

    (metric,) = [
        found for found in Standing(App()).collect()  # type: ignore[arg-type]
        if found.name == "sns_monitor_calendar_known_until_timestamp_seconds"
    ]  # fmt: skip
    (sample,) = metric.samples
    assert sample.labels == {"calendar": "office"}
    assert sample.value == 1830265200.0  # 2027-12-31T15:00:00Z
