"""Cases at their edges: what comes back after a deletion, a reopening, a change of the settings."""

from __future__ import annotations

from datetime import timedelta

from connectors.contract import Unavailable
from monitor.desk import Desk
from monitor.intake.ingest import ingest
from monitor.rules import Rules
from sla.case import State
from tests.city import MINUTE, City, answer, mention


def _without(rules: Rules, *, account: str = "", staff: str = "") -> Rules:
    """The same city after the operator took an account or a person out of the settings."""
    settings = rules.settings
    return Rules(
        settings.model_copy(
            update={
                "accounts": tuple(one for one in settings.accounts if one.id != account),
                "staff": tuple(one for one in settings.staff if one.id != staff),
            }
        )
    )


def test_a_mention_after_a_deleted_one_has_every_step_of_its_own(town: City) -> None:
    """Warned and told of the breach of a post that was gone by then: the citizen's next post is warned of too."""
    start = town.clock()
    town.say(mention("m1", start))
    town.connector.trouble = Unavailable("no network")
    town.tick(minutes=30)
    town.say(gone=["m1"])
    town.tick(seconds=1)
    town.alerted()
    town.clock.at = start + 60 * MINUTE
    town.say(mention("m2", town.clock(), conversation="m1"))
    town.tick(minutes=20)
    assert town.alerted() == {"kim": [("warning", 1)]}
    town.tick(minutes=10)
    assert town.alerted() == {"kim": [("breach", 2)], "park": [("breach", 2)]}


def test_a_mention_after_a_breached_and_deleted_one_has_a_clock_of_its_own(town: City) -> None:
    """The old breach stands by itself; a post of the next day is not a day overdue the moment it is found."""
    start = town.clock()
    town.say(mention("m1", start))
    town.clock.at = start + 31 * MINUTE
    town.connector.answers = [mention("m1", start)]
    town.escalation.run()
    town.connector.answers = []
    town.clock.at = start + 45 * MINUTE
    town.say(gone=["m1"])
    town.deliver()
    town.alerted()
    town.clock.at = start + timedelta(days=1)
    later = mention("m2", town.clock(), conversation="m1")
    town.say(later)
    town.tick(seconds=1)
    assert town.alerted() == {}, "its first step is due in twenty minutes"
    (owed,) = [case for case in town.cases() if case.is_open]
    assert owed.deadline == later.created_at + 30 * MINUTE
    town.say(answer("a1", later, later.created_at + 5 * MINUTE))
    kept = {case.outcome for case in town.cases() if "m1" in town.mentions(case)}
    assert "breached" in kept, "the record of the breach stays"


def test_reopening_finds_the_answer_that_is_stored_already(town: City) -> None:
    """Dismissed, answered on the platform all the same, then reopened: nothing is owed and nobody is told."""
    asked = mention("m1", town.clock())
    town.say(asked)
    town.clock.forward(minutes=5)
    town.desk.dismiss(town.case().id, "kim", "스팸")
    town.clock.forward(minutes=5)
    town.say(answer("a1", asked, town.clock()))
    town.clock.forward(minutes=5)
    town.desk.reopen(town.case().id, "lee", "스팸이 아님")
    town.tick(minutes=30)
    assert town.alerted() == {}, "the answer was stored before any of these sends"
    assert town.case().state is State.ANSWERED


def test_reopening_joins_the_follow_up_that_came_meanwhile(town: City) -> None:
    """Row 2: two unanswered mentions of one citizen are one case; the second is not told of by itself as well."""
    start = town.clock()
    town.say(mention("m1", start))
    town.clock.forward(minutes=1)
    town.desk.dismiss(town.case().id, "kim", "스팸")
    town.clock.forward(minutes=1)
    town.say(mention("m2", town.clock(), conversation="m1"))
    town.desk.reopen(town.cases()[0].id, "lee", "스팸이 아님")
    assert [town.mentions(case) for case in town.cases() if case.is_open] == [["m1", "m2"]]


def test_an_account_taken_out_of_the_settings_stops_no_page(town: City) -> None:
    """Its old mentions split by a late answer of another account: the page is stored, every mention has a case."""
    start = town.clock()
    first, second = mention("m1", start), mention("m2", start + 6 * MINUTE, conversation="m1")
    town.say(first, second)
    rules = _without(town.rules, account="1001")
    late = answer("a1", first, start + 3 * MINUTE, author="1002")
    other = mention("m9", start, addressed=("1002",), author="other")
    with town.store.write() as tx:
        ingest(tx, rules, "twitter", [late, other], town.watch_from, town.clock())
    states = {tuple(town.mentions(case)): case.is_open for case in town.cases()}
    assert states == {("m1",): False, ("m2",): True, ("m9",): True}


def test_a_case_of_a_person_who_left_can_be_claimed(town: City) -> None:
    """Row 37: a person who leaves holds nothing."""
    town.say(mention("m1", town.clock()))
    case = town.desk.claim(town.case().id, "lee")
    desk = Desk(town.store, _without(town.rules, staff="lee"), town.clock)
    assert desk.claim(case.id, "kim").assignee == "kim"
