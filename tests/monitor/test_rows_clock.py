"""SEMANTICS, "The clock": each row by name, through the real intake, engine and store."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from connectors.contract import PostKind
from monitor.store.engine import Store
from sla.case import State
from tests.city import MINUTE, SECOND, City, answer, build, mention
from tests.support import Clock


def test_row_1_the_clock_starts_at_the_platforms_own_time(town: City) -> None:
    """A post found ten minutes late is due thirty minutes after it was written, not after it was found."""
    written = town.clock()
    town.clock.forward(minutes=10)
    town.say(mention("m1", written))
    case = town.case()
    assert case.opened_at == written
    assert case.deadline == written + 30 * MINUTE
    assert case.found_at == town.clock()


def test_row_2_two_follow_ups_are_one_case_from_the_earliest(town: City) -> None:
    """Whatever order they come in, the clock runs from the earliest unanswered one."""
    start = town.clock()
    first = mention("m1", start)
    town.clock.forward(minutes=5)
    town.say(mention("m2", start + 4 * MINUTE, conversation="m1"))
    town.say(first)
    case = town.case()
    assert case.opened_at == start
    assert case.deadline == start + 30 * MINUTE
    assert town.mentions(case) == ["m1", "m2"]


def test_row_3_a_follow_up_after_an_answer_is_a_new_case(town: City) -> None:
    """With a clock of its own; the department's last post never escalates."""
    start = town.clock()
    first = mention("m1", start)
    town.say(first, answer("a1", first, start + MINUTE))
    town.say(mention("m2", start + 2 * MINUTE, conversation="m1"))
    old, new = town.cases()
    assert (old.state, new.state) == (State.ANSWERED, State.OPEN)
    assert new.deadline == start + 32 * MINUTE
    town.say(answer("a2", first, start + 3 * MINUTE), answer("a3", first, start + 4 * MINUTE))
    town.tick(hours=5)
    assert town.alerted() == {}


def test_row_4_an_answer_found_after_the_breach_puts_things_right(town: City) -> None:
    """Given in time but found late, by another of the city's accounts: told, and met after all."""
    start = town.clock()
    asked = mention("m1", start)
    town.say(asked)
    town.tick(minutes=30)
    assert town.alerted() == {"kim": [("breach", 2)], "park": [("breach", 2)]}
    assert town.case().breached_at == start + 30 * MINUTE
    town.say(answer("a1", asked, start + 12 * MINUTE, author="1002"))
    town.tick(seconds=1)
    case = town.case()
    assert (case.state, case.answered_at, case.breached_at) == (State.ANSWERED, start + 12 * MINUTE, None)
    assert town.alerted() == {"kim": [("answered", 2)], "park": [("answered", 2)]}


@pytest.mark.parametrize(("late", "met"), [(timedelta(0), True), (SECOND, False)])
def test_row_5_an_answer_exactly_at_the_deadline_is_met(town: City, late: timedelta, met: bool) -> None:
    """A second later is a miss, and stays one."""
    asked = mention("m1", town.clock())
    town.say(asked, answer("a1", asked, town.clock() + 30 * MINUTE + late))
    assert (town.case().breached_at is None) is met
    assert town.events("answered")[0].data["met"] is met


def test_row_6_an_automatic_reply_is_no_answer(store: Store, clock: Clock, tmp_path: Path) -> None:
    """By the settings' patterns; a person's reply after it is one."""
    town = build(tmp_path, store, clock, '[answers]\nautomatic = ["^자동 응답"]\n')
    asked = mention("m1", clock())
    town.say(asked, answer("a1", asked, clock() + MINUTE, "자동 응답: 순서대로 답변드립니다"))
    assert town.case().state is State.OPEN
    town.say(answer("a2", asked, clock() + 2 * MINUTE, "확인했습니다. 자동 응답이 아닙니다."))
    assert town.case().answered_at == clock() + 2 * MINUTE


def test_row_8_a_thank_you_is_dismissed_and_hides_no_follow_up(town: City) -> None:
    """Dismissed with who and why; what the citizen writes next is a case again, also when it was written before."""
    start = town.clock()
    town.say(mention("m1", start, "고맙습니다"))
    town.clock.forward(minutes=3)
    town.desk.dismiss(town.case().id, "kim", "감사 인사")
    (event,) = town.events("dismissed")
    assert (event.actor, event.data["reason"]) == ("kim", "감사 인사")
    town.say(mention("m2", start + 2 * MINUTE, conversation="m1"))
    dismissed, reopened = town.cases()
    assert (dismissed.state, reopened.state) == (State.DISMISSED, State.OPEN)
    assert reopened.deadline == start + 32 * MINUTE
    town.tick(minutes=40)
    assert town.alerted()["kim"] == [("breach", 2)]


def test_row_9_another_citizens_comment_is_a_new_case(town: City) -> None:
    """Under the same answered post."""
    start = town.clock()
    first = mention("m1", start)
    town.say(first, answer("a1", first, start + MINUTE))
    town.say(mention("m2", start + 2 * MINUTE, conversation="m1", author="neighbour"))
    assert [case.author for case in town.cases()] == ["citizen", "neighbour"]
    assert [case.is_open for case in town.cases()] == [False, True]


def test_row_11_reopening_long_after_fires_no_old_alert(town: City) -> None:
    """One notice to the assignee at once; the ladder's passed steps are overtaken."""
    town.say(mention("m1", town.clock()))
    town.desk.dismiss(town.case().id, "kim", "스팸")
    town.tick(hours=3)
    assert town.alerted() == {}
    town.desk.reopen(town.case().id, "lee", "스팸이 아님")
    town.tick(seconds=1)
    assert town.alerted() == {"kim": [("escalation", 3)]}
    assert town.case().round == 2
    town.tick(minutes=58)
    assert town.alerted() == {}


@pytest.mark.parametrize(
    ("gone_after", "outcome", "breached"),
    [(10, "before_deadline", False), (31, "undetermined", False), (45, "breached", True)],
)
def test_row_16_deleted_is_the_first_look_that_missed_it(
    town: City, gone_after: int, outcome: str, breached: bool
) -> None:
    """Before the deadline the clock stops; between two looks around it nobody knows; after it the breach stands."""
    start = town.clock()
    town.say(mention("m1", start))
    if breached:
        town.clock.at = start + 31 * MINUTE
        town.connector.answers = [mention("m1", start)]
        town.escalation.run()
        town.connector.answers = []
    town.clock.at = start + gone_after * MINUTE
    town.say(gone=["m1"])
    case = town.case()
    assert (case.state, case.outcome) == (State.DELETED, outcome)
    assert (case.breached_at is not None) is breached
    town.tick(hours=2)
    assert not any(kind == "escalation" for sent in town.alerted().values() for kind, _ in sent)


def test_row_16_a_gone_mention_leaves_the_clock_to_those_that_stand(town: City) -> None:
    """Of two mentions the earlier was deleted: the later one's clock counts."""
    start = town.clock()
    town.say(mention("m1", start), mention("m2", start + 5 * MINUTE, conversation="m1"))
    town.say(gone=["m1"])
    assert town.case().deadline == start + 35 * MINUTE
    town.say(mention("m1", start))
    assert town.case().deadline == start + 30 * MINUTE


def test_row_18_what_was_posted_before_is_context(town: City) -> None:
    """The instant the account was first stored divides; its own whole second counts as after."""
    first_seen = town.watch_from["1001"]
    town.say(mention("m1", first_seen - SECOND), mention("m2", first_seen.replace(microsecond=0)))
    assert [town.mentions(case) for case in town.cases()] == [["m2"]]


def test_row_19_what_is_not_a_mention(town: City) -> None:
    """Shares, direct messages, our own posts and ignored authors oblige nobody; a post of only an image does."""
    now = town.clock()
    town.say(
        mention("m1", now, kind=PostKind.SHARE),
        mention("m2", now, kind=PostKind.DIRECT),
        mention("m3", now, author="1002"),
        mention("m4", now, addressed=()),
        mention("m5", now, ""),
    )
    assert [town.mentions(case) for case in town.cases()] == [["m5"]]


def test_row_19_one_post_that_names_two_departments_is_one_case(town: City) -> None:
    """One owner by declared precedence, the other watches; found twice it is still one."""
    post = mention("m1", town.clock(), addressed=("1001", "1002"))
    town.say(post)
    town.say(post)
    case = town.case()
    assert (case.department, case.watchers) == ("transport", ("facility",))


def test_a_post_without_an_author_is_a_case_of_its_own(town: City) -> None:
    """Two of them in one conversation are two; an answer to one closes only that one."""
    now = town.clock()
    one, two = mention("m1", now, author=None), mention("m2", now, author=None, conversation="m1")
    town.say(one, two)
    assert len(town.cases()) == 2
    town.say(answer("a1", two, now + MINUTE))
    assert sorted((town.mentions(case)[0], case.is_open) for case in town.cases()) == [("m1", True), ("m2", False)]


def test_words_route_a_mention_to_another_department(town: City) -> None:
    """The account's department watches; why is on record."""
    town.say(mention("m1", town.clock(), "@dj_transport 가로등이 꺼졌어요"))
    assert (town.case().department, town.case().watchers) == ("facility", ("transport",))
    assert town.events("opened")[0].data["keyword"] == "가로등"


def test_row_16_a_breach_stands_when_its_mention_is_deleted_and_another_remains(town: City) -> None:
    """The later mention's clock does not wash the breach away."""
    start = town.clock()
    later = mention("m2", start + 20 * MINUTE, conversation="m1")
    town.say(mention("m1", start))
    town.clock.forward(minutes=20)
    town.say(later)
    town.tick(minutes=11)
    town.say(gone=["m1"])
    town.say(answer("a1", later, start + 40 * MINUTE))
    assert (town.case().deadline, town.case().breached_at) == (start + 30 * MINUTE, start + 30 * MINUTE)


def test_an_earlier_mention_found_after_the_answer_moves_the_deadline_and_the_verdict(town: City) -> None:
    """Answered within thirty minutes of what was known; not of what the citizen had written before."""
    start = town.clock()
    town.clock.forward(minutes=46)
    known = mention("m2", start + 20 * MINUTE, conversation="m1")
    town.say(known, answer("a1", known, start + 45 * MINUTE))
    assert town.case().breached_at is None
    town.say(mention("m1", start))
    assert town.case().breached_at == start + 30 * MINUTE


def test_a_post_from_the_future_runs_its_clock_from_when_it_was_found(town: City) -> None:
    """The platform says 2030: it would never be due; a few minutes ahead are believed."""
    now = town.clock()
    town.say(mention("m1", now + timedelta(days=1500)), mention("m2", now + 9 * MINUTE, conversation="m2"))
    assert [case.opened_at - now for case in town.cases()] == [timedelta(0), 9 * MINUTE]
