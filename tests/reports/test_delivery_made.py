"""The weekly report made by the clock: at its time, once, of every week in which something was watched."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from config import load
from config.times import Weekly
from monitor import faults
from monitor.alerts.message import Message
from monitor.reports import weekly as making
from monitor.reports.snapshots import read
from monitor.reports.weekly import WeeklyReports, due_at, last_due
from monitor.rules import Rules
from monitor.store import events, snapshots
from monitor.store.engine import Store
from sla.case import Event
from sla.week import Week
from tests.city import SECOND, City, build, mention
from tests.reports.readers import MONDAY, READERS, WEEK, about, kept, queued, reports_of
from tests.support import Clock

NEW_YORK = ZoneInfo("America/New_York")
SEOUL = ZoneInfo("Asia/Seoul")


@pytest.fixture
def town(store: Store, clock: Clock, tmp_path: Path) -> City:
    """A city whose report has readers."""
    return build(tmp_path, store, clock, READERS)


@pytest.mark.parametrize(
    ("week", "when", "zone", "expected"),
    [
        (Week(2026, 47), Weekly(0, time(9)), SEOUL, "2026-11-23T00:00"),
        (Week(2026, 53), Weekly(4, time(8, 30)), SEOUL, "2027-01-07T23:30"),
        (Week(2026, 9), Weekly(6, time(1, 59)), NEW_YORK, "2026-03-08T06:59"),
        (Week(2026, 9), Weekly(6, time(2, 30)), NEW_YORK, "2026-03-08T07:30"),
        (Week(2026, 43), Weekly(6, time(1, 30)), NEW_YORK, "2026-11-01T05:30"),
        (Week(2026, 43), Weekly(6, time(9)), NEW_YORK, "2026-11-01T14:00"),
    ],
    ids=["seoul", "across the year", "before the gap", "in the gap", "twice on the clock", "after the clock went back"],
)
def test_due_on_the_wall_clock(week: Week, when: Weekly, zone: ZoneInfo, expected: str) -> None:
    """Once a week, also where the clock is changed that day: not a second before, and until the next week's."""
    at = datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert due_at(week, when, zone) == at
    assert last_due(at - SECOND, when, zone) == week.before()
    assert last_due(at, when, zone) == last_due(at + WEEK - 2 * SECOND * 3600, when, zone) == week


def test_made_at_its_time_and_once(town: City) -> None:
    """On Monday at nine, not a second sooner; kept with its hash, under the seals, and not made again."""
    town.say(mention("m1", town.clock()))
    reports = reports_of(town)
    town.clock.at = MONDAY - SECOND
    assert reports.make() == []
    town.clock.at = MONDAY
    assert reports.make() == ["2026-W47"]
    with town.store.read() as tx:
        snapshot = snapshots.get(tx, "2026-W47")
    assert snapshot is not None
    document = read(snapshot)
    assert (document.total.cases, document.generated_at, document.runs) == (1, MONDAY, False)
    assert (document.to_json(), document.sha256) == (snapshot.data, snapshot.sha256)
    assert (snapshot.made_at, snapshot.made_by) == (MONDAY, "clock")
    assert snapshot.head and document.sealed_to >= document.last_event > 0, "its head vouches for all it counts"
    (event,) = town.events("report_made")
    assert event.data == {"week": "2026-W47", "sha256": snapshot.sha256, "last_event": snapshot.last_event}
    sent = queued(town.store)
    assert reports.make() == reports_of(town).make() == []
    assert queued(town.store) == sent


def test_everybody_gets_one(town: City) -> None:
    """The city's whom the settings name, though she heads departments too; a manager of two departments each one's."""
    town.clock.at = MONDAY
    reports_of(town).make()
    assert queued(town.store) == [about("choi"), about("park", "facility"), about("park", "transport"), about("press")]


def test_of_two_nodes_at_once_one_makes_it(town: City, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both count; one keeps it and lets it be sent."""
    town.clock.at = MONDAY
    ready, made = threading.Barrier(2), list[str]()
    with closing(Store(database)) as second:
        nodes = [WeeklyReports(store, town.rules, town.clock) for store in (town.store, second)]
        real = making.counted

        def counted(*asked: Any) -> Any:
            document = real(*asked)
            ready.wait(30)
            return document

        monkeypatch.setattr(making, "counted", counted)
        threads = [threading.Thread(target=lambda node=node: made.extend(node.make())) for node in nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert made == ["2026-W47"]
    assert len(queued(town.store)) == 4
    assert len(town.events("report_made")) == 1


def test_missed_mondays_are_made_up(town: City) -> None:
    """After two weeks of standstill: three weeks, oldest first; later ones as their Mondays come."""
    town.clock.at = MONDAY + 2 * WEEK
    reports = reports_of(town)
    assert reports.make() == ["2026-W47", "2026-W48", "2026-W49"]
    assert [week for who, subject in queued(town.store) if who == "press" for week in _weeks(subject)] == [
        "2026-W47", "2026-W48", "2026-W49",
    ]  # fmt: skip
    town.clock.at += WEEK
    assert reports.make() == ["2026-W50"]


def test_older_than_eight_weeks_is_left(town: City) -> None:
    """The log says which."""
    town.clock.at = MONDAY + 9 * WEEK
    with capture_logs() as lines:
        made = reports_of(town).make()
    assert (len(made), made[0], made[-1]) == (8, "2026-W49", "2027-W03")
    (said,) = [line for line in lines if line["event"] == "report.too_old"]
    assert (said["weeks"], said["first"], said["last"]) == (2, "2026-W47", "2026-W48")


def test_not_of_weeks_in_which_nothing_was_watched(town: City) -> None:
    """Started on Monday at nine, it owes no report of the week before."""
    assert last_due(town.clock(), Weekly(0, time(9)), SEOUL) == Week(2026, 46)
    assert reports_of(town).make() == []
    assert queued(town.store) == []


def test_a_department_that_left_is_still_counted(town: City, tmp_path: Path) -> None:
    """Taken out of the settings on Sunday: its cases stay in the report, under its id, and nobody is told of them."""
    town.say(mention("m1", town.clock(), addressed=("1002",)))
    written = (tmp_path / "monitor.toml").read_text(encoding="utf-8")
    start, end = written.index('[[departments]]\nid = "facility"'), written.index("[[accounts]]")
    for left in (written[start:end], written[written.index("[[routes]]") : written.index("[[staff]]")]):
        written = written.replace(left, "")
    written = written.replace('department = "facility"', 'department = "transport"').replace("교통정책과", "교통과")
    (tmp_path / "monitor.toml").write_text(written, encoding="utf-8")
    town.clock.at = MONDAY
    WeeklyReports(town.store, Rules(load(tmp_path / "monitor.toml")), town.clock).make()
    document = kept(town.store)
    cases = {part.department: part.cases for part in document.departments}
    assert cases == {"transport": 0, "facility": 1} and document.total.cases == 1
    assert {part.department: part.name for part in document.departments}["transport"] == "교통과"
    assert queued(town.store) == [about("choi"), about("park", "transport"), about("press")]


def test_a_broken_history_is_told_once_and_mended(town: City) -> None:
    """The root contact reads what to do; the report is made once the history is whole again, and he hears of that."""
    with town.store.write() as tx:
        events.append(tx, [(None, Event("gap", town.clock(), "service", {}))])
    town.clock.at = MONDAY
    reports = reports_of(town)
    assert reports.make() == reports.make() == reports_of(town).make() == []
    ((who, fault),) = queued(town.store, "fault")
    assert who == "ops" and "report verify" in str(fault) and "2026-W47" in str(fault)
    assert queued(town.store) == []
    with town.store.write() as tx:
        tx.execute(text("DELETE FROM events WHERE kind = 'gap'"))
    assert reports.make() == ["2026-W47"]
    assert len(queued(town.store, "fault")) == 2
    assert len(queued(town.store)) == 4


def test_what_fails_is_tried_again_after_ever_longer(town: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """A week that cannot be counted keeps no other from its report, and the log from no rest; a set clock does not."""
    tries: list[datetime] = []
    real = making.weekly

    def broken(store: Store, rules: Rules, week: str, now: datetime, **more: Any) -> Any:
        if week == "2026-W47":
            tries.append(now)
            raise ZeroDivisionError
        return real(store, rules, week, now, **more)

    monkeypatch.setattr(making, "weekly", broken)
    town.clock.at = start = MONDAY + WEEK
    reports = reports_of(town)
    for _ in range(100):
        _run(reports)
        town.clock.forward(seconds=10)
    minutes = [round((at - start).total_seconds() / 60) for at in tries]
    assert minutes == [0, 1, 3, 7, 15]
    with town.store.read() as tx:
        assert [one.week for one in snapshots.latest(tx)] == ["2026-W48"]
    assert len(queued(town.store, "fault")) == 1
    town.clock.at = start - SECOND
    _run(reports)
    assert len(tries) == 6


def test_a_database_that_is_away_is_no_fault(town: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """Full or busy just then: nothing is told, nothing is lost, the next try makes it."""
    town.clock.at = MONDAY
    reports = reports_of(town)

    def full(*_: object) -> bool:
        raise OperationalError("INSERT INTO snapshots", {}, Exception("database or disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr(making, "keep", full)
        assert reports.make() == []
    assert queued(town.store, "fault") == queued(town.store) == []
    town.clock.forward(minutes=1)
    _run(reports)
    assert len(queued(town.store)) == 4


def test_nothing_is_kept_by_a_clock_that_is_wrong(town: City) -> None:
    """A month ahead of the platforms', and noticed: no week of the future is counted; the true ones are in time."""
    town.clock.at = MONDAY + 4 * WEEK
    with town.store.write() as tx:
        faults.begins(tx, town.rules, f"{faults.CLOCK}:host:twitter", "off", town.clock())
    reports = reports_of(town)
    assert reports.make() == []
    with town.store.write() as tx:
        faults.ends(tx, town.rules, f"{faults.CLOCK}:host:twitter", "right", town.clock())
    town.clock.at = MONDAY
    assert reports.make() == ["2026-W47"]


def test_keeping_and_sending_are_one(town: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever falls between the two has done neither: the next one does both."""
    town.clock.at = MONDAY

    def killed(*_: object) -> None:
        raise OperationalError("INSERT INTO messages", {}, Exception("terminated"))

    with monkeypatch.context() as patch:
        patch.setattr(making, "send", killed)
        assert reports_of(town).make() == []
    with town.store.read() as tx:
        assert snapshots.latest(tx) == []
    assert reports_of(town).make() == ["2026-W47"]
    assert len(queued(town.store)) == 4


def test_a_restart_after_keeping_sends_once(town: City, store: Store, clock: Clock, tmp_path: Path) -> None:
    """What was kept and not sent goes out after it; what was on its way goes again under its id."""
    ids: list[str] = []
    clock.at = MONDAY
    reports_of(town).make()

    def cut_off(message: Message, *, deadline: float) -> str:
        ids.append(message.id)
        raise KeyboardInterrupt

    town.channels["press-mail"].send = cut_off  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        town.deliver()
    (tmp_path / "again").mkdir()
    clock.forward(minutes=1)
    after = build(tmp_path / "again", store, clock, READERS)
    assert reports_of(after).make() == []
    after.deliver()
    after.deliver()
    assert [message.id for message in after.channels["press-mail"].sent] == ids
    assert [len(after.told(who)) for who in ("choi", "park")] == [1, 2]


def test_looking_costs_nothing_until_the_next_monday(town: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done is remembered: the job does not even read, and begins again by itself."""
    town.clock.at = MONDAY
    reports = reports_of(town)
    _run(reports)
    with monkeypatch.context() as patch:
        patch.setattr(reports, "make", lambda: pytest.fail("there is nothing to make"))
        town.clock.at = MONDAY + WEEK - SECOND
        _run(reports)
    town.clock.at = MONDAY + WEEK
    _run(reports)
    assert kept(town.store, "2026-W48").week == "2026-W48"


def _run(reports: WeeklyReports) -> None:
    """The daemon's job, to its end."""
    reports.run()
    if reports._thread is not None:
        reports._thread.join()


def _weeks(subject: Any) -> list[str]:
    return [subject["report"]["week"]]
