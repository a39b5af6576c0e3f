"""What comes to light after a report is told in the next one; the report that was made stays, and can be proved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from monitor.reports.document import Correction, Document
from monitor.reports.outcomes import Outcomes
from monitor.reports.seal import Sealer
from monitor.reports.snapshots import keep
from monitor.reports.verify import verify
from monitor.reports.week import weekly
from monitor.store import snapshots
from tests.city import MINUTE, City, answer, mention

MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
"""09:00 in Seoul, when the report of 2026-W47 is made."""


def make(town: City, week: str) -> Document:
    """Make a week's report as the clock does."""
    Sealer(town.store, town.clock).run()
    found = weekly(town.store, town.rules, week, town.clock())
    with town.store.write() as tx:
        assert keep(tx, found, "clock", town.clock())
    return found


def two_weeks(town: City, kept_up: bool = False) -> tuple[Document, Document]:
    """A week with a miss that was none, a case that was pending, one that nobody knew of and one dismissed later."""
    asked = [mention(f"m{n}", town.clock() + n * MINUTE, author=f"p{n}") for n in range(3)]
    town.say(*asked)
    town.tick(minutes=40)
    town.clock.at = MONDAY - timedelta(hours=9, minutes=10)
    pending = mention("m8", town.clock(), author="p8")
    town.say(pending)
    town.clock.at += 8 * MINUTE
    first = make(town, "2026-W47")  # by hand, two minutes before the week's end
    if kept_up:
        Outcomes(town.store, town.rules, town.clock).run()
    town.clock.at = MONDAY + timedelta(days=1)
    town.say(answer("a0", asked[0], asked[0].created_at + 12 * MINUTE))
    town.say(answer("a8", pending, pending.created_at + 25 * MINUTE))
    unknown = mention("m9", asked[0].created_at + 9 * MINUTE, author="p9")
    town.say(unknown)
    by = {town.mentions(case)[0]: case.id for case in town.cases()}
    town.desk.dismiss(by["m1"], "kim", "감사 인사")
    town.say(mention("m10", town.clock(), author="p10"))
    town.clock.at = MONDAY + timedelta(days=7)
    if kept_up:
        Sealer(town.store, town.clock).run()
        Outcomes(town.store, town.rules, town.clock).run()
    return first, make(town, "2026-W48")


def changed(of: Correction, town: City) -> dict[str, tuple[str, str]]:
    """Before and after of each corrected case, by its first mention."""
    by = {case.id: town.mentions(case)[0] for case in town.cases()}
    return {by[one.case]: (one.before, one.after) for one in of.cases}


@pytest.mark.parametrize("kept_up", [False, True])
def test_the_next_report_corrects_the_last(town: City, kept_up: bool) -> None:
    """Each case that counts otherwise now is named, with the week's shares as they were and as they are."""
    first, second = two_weeks(town, kept_up)
    assert (first.total.cases, first.total.met, first.total.missed, first.total.pending) == (4, 0, 3, 1)
    assert second.total.cases == 1
    (of,) = second.corrections
    assert (of.week, of.sha256, of.count) == ("2026-W47", first.sha256, 4)
    assert changed(of, town) == {
        "m0": ("unanswered", "met"), "m1": ("unanswered", "dismissed"), "m8": ("pending", "met"),
        "m9": ("", "unanswered"),
    }  # fmt: skip
    assert (of.reported.cases, of.reported.met, of.reported.missed) == (4, 0, 3)
    assert (of.now.cases, of.now.met, of.now.missed) == (5, 2, 2)
    assert [(one.department, one.now) for one in of.departments] == [("transport", of.now)]
    (own,) = second.of("transport").corrections
    assert (own.cases, own.reported, own.now) == (of.cases, of.reported, of.now)
    assert second.of("facility").corrections == ()


def test_what_was_corrected_is_not_corrected_again(town: City) -> None:
    """The third report tells of nothing; and what is kept of the cases says the same as their history."""
    two_weeks(town)
    Sealer(town.store, town.clock).run()
    Outcomes(town.store, town.rules, town.clock).run()
    town.clock.forward(hours=24 * 7)
    third = weekly(town.store, town.rules, "2026-W49", town.clock())
    assert third.corrections == ()


def test_the_old_report_stays_and_is_proved(town: City) -> None:
    """Although each of its figures would be another one today."""
    first, _ = two_weeks(town)
    Sealer(town.store, town.clock).run()
    with town.store.read() as tx:
        kept = snapshots.get(tx, "2026-W47")
    assert kept is not None
    assert Document.model_validate_json(kept.data) == first
    assert weekly(town.store, town.rules, "2026-W47", town.clock()).total.met == 2
    found = verify(town.store, town.rules, town.clock())
    assert found.findings == ()
    assert [one for one in found.unproved if "2026-W47" in one and "frequent words" in one]


TAMPER = {
    "a figure": ("UPDATE snapshots SET data = replace(data, '\"met\": 0', '\"met\": 3') WHERE week = '2026-W47'",
                 "not what was kept"),
    "figure and hash": ("UPDATE snapshots SET sha256 = 'f' || substr(sha256, 2), data = replace(data, '\"met\": 0',"
                        " '\"met\": 3') WHERE week = '2026-W47'", "met is 3 there and 0 by the events"),
    "another hash": ("UPDATE snapshots SET sha256 = 'x' WHERE week = '2026-W47'", "another one is there"),
    "its end": ("UPDATE snapshots SET last_event = last_event - 1 WHERE week = '2026-W47'", "another last event"),
    "all of it": ("DELETE FROM snapshots WHERE week = '2026-W47'", "is not there any more"),
    "not even JSON": ("UPDATE snapshots SET data = '{}' WHERE week = '2026-W47'", "it cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPER)
def test_a_report_that_was_edited_is_found_out(town: City, what: str) -> None:
    """By whoever gets past the database's own refusal."""
    two_weeks(town)
    statement, finding = TAMPER[what]
    with town.store.write() as tx:
        if tx.dialect.name == "postgresql":
            tx.execute(text("ALTER TABLE snapshots DISABLE TRIGGER USER"))
        else:
            for (name,) in tx.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                tx.execute(text(f"DROP TRIGGER {name}"))
        tx.execute(text(statement))
    found = verify(town.store, town.rules, town.clock()).findings
    assert any(finding in one for one in found), found
