"""Figures that were wrong in a corner: each of them by itself, through the real intake, engine and desk."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config import load
from monitor.reports.document import DepartmentPart, Document
from monitor.reports.outcomes import Outcomes
from monitor.reports.seal import Sealer
from monitor.reports.snapshots import keep as keep_report
from monitor.reports.verify import verify
from monitor.reports.week import weekly
from monitor.rules import Rules
from monitor.store import migrate
from monitor.store.engine import Store
from tests.city import MINUTE, City, answer, mention
from tests.proof.live import careless
from tests.reports.test_corrections import MONDAY
from tests.support import Clock

WEEK = "2026-W47"


@pytest.fixture
def database(tmp_path: Path, clock: Clock) -> str:
    """SQLite alone: what is looked at here is not how it is stored."""
    url = f"sqlite:///{tmp_path / 'monitor.db'}"
    store = Store(url)
    careless(store)
    migrate.upgrade(store, clock())
    store.close()
    return url


def report(town: City, week: str = WEEK, **asked: Any) -> Document:
    """A week as it stands."""
    return weekly(town.store, town.rules, week, town.clock(), **asked)


def part(document: Document, department: str = "transport") -> DepartmentPart:
    """A department's."""
    return next(one for one in document.departments if one.department == department)


def keep(town: City) -> None:
    """What is kept of the cases goes on to the end."""
    Sealer(town.store, town.clock).run()
    Outcomes(town.store, town.rules, town.clock).run()


def make(town: City, week: str) -> Document:
    """Make a week's report as the clock does, half a minute after it was counted."""
    keep(town)
    found = report(town, week)
    town.clock.forward(seconds=30)
    with town.store.write() as tx:
        assert keep_report(tx, found, "clock", town.clock())
    return found


def test_an_earlier_week_that_has_moved_on_is_a_point_on_the_line(town: City) -> None:
    """Its only answer was kept, and taken back since: there is no time left of it."""
    town.say(mention("m1", town.clock()))
    town.desk.answer(town.case().id, "kim", "phone")
    keep(town)
    town.clock.at = MONDAY
    assert [(one.met, one.missed) for one in report(town, "2026-W48").total.trend] == [(1, 0), (0, 0)]
    town.desk.reopen(town.case().id, "kim", "다시 봄")
    assert [(one.met, one.missed) for one in report(town, "2026-W48").total.trend] == [(0, 1), (0, 0)]


def test_row_10_nobody_holds_a_case_for_less_than_no_time(town: City) -> None:
    """It was answered before it was transferred, as is found afterwards."""
    asked = mention("m1", town.clock())
    town.say(asked)
    town.clock.forward(minutes=10)
    town.desk.transfer(town.case().id, "kim", "facility", "소관 아님")
    town.clock.forward(minutes=5)
    town.say(answer("a1", asked, asked.created_at + 4 * MINUTE))
    held = part(report(town), "facility").legs.held
    assert (held.count, held.worst_seconds) == (1, 0)


def test_row_10_a_leg_ends_with_the_answer_that_counts(town: City) -> None:
    """Recorded by phone first; then the platform shows an earlier one."""
    asked = mention("m1", town.clock())
    town.say(asked)
    town.desk.transfer(town.case().id, "kim", "facility", "소관 아님")
    town.clock.forward(minutes=20)
    town.desk.answer(town.case().id, "lee", "phone")
    town.say(answer("a1", asked, asked.created_at + 6 * MINUTE))
    assert part(report(town), "facility").legs.held.worst_seconds == 360


def test_row_1_a_platform_whose_clock_runs_ahead_makes_no_time_negative(town: City) -> None:
    """Written, by its clock, five minutes after it was answered by phone."""
    town.say(mention("m1", town.clock() + 5 * MINUTE))
    town.desk.ask_final(town.case().id, "kim", "현장 조사")
    town.desk.answer(town.case().id, "kim", "phone")
    town.desk.answer(town.case().id, "kim", "phone")
    total = report(town).total
    assert (total.median_seconds, total.final.times.worst_seconds) == (0, 0)


@pytest.mark.parametrize("what", ["dismiss", "transfer", "reopen"])
def test_row_17_what_is_closed_or_handed_on_is_put_off_no_longer(town: City, what: str) -> None:
    """Put off for an hour, and ended after ten minutes."""
    town.say(mention("m1", town.clock()))
    id = town.case().id
    town.desk.snooze(id, "kim", town.clock() + 60 * MINUTE, "현장 확인")
    town.clock.forward(minutes=10)
    if what == "transfer":
        town.desk.transfer(id, "kim", "facility", "소관 아님")
    else:
        town.desk.dismiss(id, "kim", "감사 인사")
    if what == "reopen":
        town.desk.reopen(id, "kim", "다시 봄")
    town.clock.forward(hours=2)
    assert report(town).total.paused_seconds == 600


def test_to_take_up_the_final_answer_is_not_to_have_taken_up_the_mention(town: City) -> None:
    """Days later, and by then nobody waits for the first one."""
    town.say(mention("m1", town.clock()))
    id = town.case().id
    town.desk.answer(id, "kim", "phone")
    town.desk.ask_final(id, "kim", "현장 조사")
    town.clock.forward(hours=48)
    town.desk.claim(id, "lee")
    assert report(town).total.acknowledged.count == 0


def test_row_21_nobody_failed_to_ask_the_platform_where_nobody_tried(town: City) -> None:
    """Who takes over a case is told at once, without a look."""
    town.say(mention("m1", town.clock()))
    town.desk.transfer(town.case().id, "kim", "facility", "소관 아님")
    assert (report(town).unchecked, report(town).total.alerts["warning"]) == (0, 1)


def test_row_35_what_was_pending_is_pending_as_of_then(town: City) -> None:
    """Although what is kept of it was made when its time had come, and no event lies between."""
    town.say(mention("m1", town.clock()))
    Sealer(town.store, town.clock).run()
    found, at = report(town), town.clock()
    town.clock.forward(minutes=31)
    Outcomes(town.store, town.rules, town.clock).run()
    assert weekly(town.store, town.rules, WEEK, at, last_event=found.last_event) == found
    assert found.total.pending == 1


def corrected(document: Document) -> list[tuple[str, str, str, str]]:
    """Week and department, before and after."""
    return [(of.week, one.department, one.before, one.after) for of in document.corrections for one in of.cases]


def test_what_a_week_lost_to_another_one_is_corrected(town: City) -> None:
    """Its first mention goes, and its clock runs from the one that was written on Monday."""
    town.clock.at = MONDAY - timedelta(hours=9, minutes=10)
    first = mention("m1", town.clock())
    town.say(first)
    town.clock.forward(minutes=15)
    town.say(mention("m2", town.clock(), conversation="m1", reply_to="m1"))
    assert make(town, WEEK).total.pending == 1
    town.say(gone=["m1"])
    town.clock.at = MONDAY + timedelta(days=7)
    keep(town)
    found = report(town, "2026-W48")
    assert corrected(found) == [(WEEK, "transport", "pending", "")]
    assert (found.total.cases, found.corrections[0].reported.cases, found.corrections[0].now.cases) == (1, 1, 0)


def test_what_a_department_lost_to_another_one_is_corrected_of_both(town: City) -> None:
    """A miss of the week before is transferred: it stays a miss, of another department."""
    town.say(mention("m1", town.clock()))
    town.clock.at = MONDAY
    make(town, WEEK)
    town.desk.transfer(town.case().id, "kim", "facility", "소관 아님")
    town.clock.forward(hours=24 * 7)
    keep(town)
    found = report(town, "2026-W48")
    assert corrected(found) == [(WEEK, "facility", "", "unanswered"), (WEEK, "transport", "unanswered", "")]
    assert [one.now.missed for one in found.corrections[0].departments] == [1, 0]


def test_what_was_counted_as_pending_is_corrected_though_its_time_came_while_it_was_kept(town: City) -> None:
    """It was counted at one instant, and kept half a minute later."""
    town.clock.at = MONDAY - timedelta(hours=9, seconds=10)
    town.say(mention("m1", town.clock()))
    town.clock.forward(minutes=29, seconds=45)
    assert make(town, WEEK).total.pending == 1
    town.tick(minutes=5)
    town.clock.at = MONDAY + timedelta(days=7)
    keep(town)
    assert corrected(report(town, "2026-W48")) == [(WEEK, "transport", "pending", "unanswered")]


def test_a_kept_report_is_proved_whatever_the_settings_say_of_accounts_now(town: City, tmp_path: Path) -> None:
    """An account went to another department: the report says whose it was."""
    town.say(mention("m1", town.clock()))
    town.clock.at = MONDAY
    make(town, WEEK)
    path = tmp_path / "monitor.toml"
    written = path.read_text(encoding="utf-8")
    account = 'platform = "twitter"\nid = "1002"'
    assert f'department = "facility"\n{account}' in written
    moved = written.replace(f'department = "facility"\n{account}', f'department = "transport"\n{account}')
    path.write_text(moved, encoding="utf-8")
    Sealer(town.store, town.clock).run()
    assert verify(town.store, Rules(load(path)), town.clock(), WEEK).findings == ()


def test_a_history_that_cannot_be_read_is_shown_in_the_week_it_was_recorded_in(town: City) -> None:
    """And in no later one, whether or not anything is kept of it."""
    town.say(mention("m1", town.clock()))
    broken = town.case().id
    with town.store.write() as tx:
        tx.exec_driver_sql("UPDATE events SET data = '{}'")
    town.clock.at = MONDAY
    for _ in range(2):
        assert [report(town, week).unexplained for week in (WEEK, "2026-W48")] == [(broken,), ()]
        keep(town)


def test_what_an_older_version_kept_is_made_anew(town: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have counted otherwise: nothing of it is taken into a report."""
    town.say(mention("m1", town.clock()))
    town.desk.answer(town.case().id, "kim", "phone")
    keep(town)
    with town.store.write() as tx:
        tx.exec_driver_sql("UPDATE outcomes SET response = 99")
    assert report(town).total.median_seconds == 99
    monkeypatch.setattr("monitor.reports.outcomes.REVISION", 10**6)
    assert report(town).total.median_seconds == 0
    keep(town)
    assert report(town).total.median_seconds == 0
