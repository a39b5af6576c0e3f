"""Defects that the proof has found and that were mended, each as small as it gets."""

from __future__ import annotations

from sla.case import Case, State
from tests.city import MINUTE, City, answer, mention


def _of(town: City, mention: str) -> Case:
    """The case of a mention."""
    (case,) = (case for case in town.cases() if mention in town.mentions(case))
    return case


def test_gone_one_after_the_other(town: City) -> None:
    """Row 16: each was taken back before its own deadline, so nothing was missed; the clock must not jump back."""
    first = mention("a", town.clock())
    second = mention("b", town.clock() + 20 * MINUTE, conversation="a")
    town.say(first)
    town.clock.forward(minutes=20)
    town.say(second)
    town.clock.forward(minutes=5)
    town.say(gone=["a"])
    town.clock.forward(minutes=15)
    town.say(second)
    town.clock.forward(seconds=1)
    town.say(gone=["b"])
    assert (town.case().outcome, town.case().breached_at) == ("before_deadline", None)


def test_a_later_mention_does_not_vouch_for_the_first(town: City) -> None:
    """Row 16: the first was last seen in time and missed too late: that the second stood longer says nothing of it."""
    town.say(mention("a", town.clock()))
    town.clock.forward(minutes=35)
    town.say(mention("b", town.clock(), conversation="a"))
    town.clock.forward(minutes=5)
    town.say(gone=["a", "b"])
    assert town.case().outcome == "undetermined"


def test_restored(town: City) -> None:
    """Row 16: a post that comes back is still whose it was, and the history says so."""
    asked = mention("a", town.clock())
    town.say(asked)
    town.desk.claim(town.case().id, "kim")
    town.say(gone=["a"])
    town.say(asked)
    assert (town.case().assignee, town.case().state) == ("kim", State.CLAIMED)
    assert town.events("restored")[-1].data == {"state": "claimed"}


def test_restored_after_an_acknowledgement(town: City) -> None:
    """Row 26: an acknowledgement held its steps; it ended with the post, so nobody has it."""
    asked = mention("a", town.clock())
    town.say(asked)
    town.desk.acknowledge(town.case().id, "kim")
    town.say(gone=["a"])
    town.say(asked)
    assert (town.case().held_until, town.case().state) == (None, State.OPEN)


def test_final_after_elsewhere(town: City) -> None:
    """Rows 4 and 7: the first answer by phone, the final one on the platform: it counts there too."""
    asked = mention("a", town.clock())
    town.say(asked)
    town.desk.answer(town.case().id, "kim", "phone")
    town.desk.ask_final(town.case().id, "kim", "현장 조치 예정")
    town.clock.forward(minutes=5)
    town.say(answer("x", asked, town.clock()))
    assert (town.case().final_answered_at, town.case().final_answer) == (town.clock(), "x")


def test_what_was_there_before_is_not_final(town: City) -> None:
    """Row 7: by a platform's clock that runs ahead a second reply seems to come after staff asked, who had seen it."""
    asked = mention("a", town.clock())
    town.say(asked, answer("x", asked, town.clock()), answer("y", asked, town.clock() + MINUTE))
    town.desk.ask_final(town.case().id, "kim", "현장 조치 예정")
    town.clock.forward(minutes=2)
    town.say(mention("b", town.clock(), conversation="a", author="bob"))
    assert _of(town, "a").final_answered_at is None
    town.say(answer("z", asked, town.clock()))
    assert _of(town, "a").final_answer == "z"


def test_final_of_what_was_merged_into_it(town: City) -> None:
    """Row 16: its own post is gone, but that of a case merged into it stands: the final answer is still owed."""
    asked, again = mention("a", town.clock()), mention("b", town.clock() + MINUTE)
    town.say(asked, again)
    first, second = town.cases()
    town.desk.merge(second.id, "kim", first.id, "같은 민원")
    town.desk.answer(first.id, "kim", "phone")
    town.desk.ask_final(first.id, "kim", "현장 조치 예정")
    town.say(gone=["a"])
    assert town.cases()[0].owed_by is not None


def _newest_first(town: City) -> None:
    """Two mentions of one turn, to two departments, the second one first, as X walks."""
    first = mention("a", town.clock())
    second = mention("b", town.clock() + MINUTE, conversation="a", text="@dj_transport 가로등도요")
    town.clock.forward(minutes=2)
    town.say(second)
    town.say(first)


def test_whose_it_is_does_not_depend_on_the_order_of_arrival(town: City) -> None:
    """Row 19: newest first, the first mention still says whose it is; the case of the other one is part of it."""
    _newest_first(town)
    case, absorbed = town.cases()
    assert (case.department, case.state, town.mentions(case)) == ("transport", State.OPEN, ["a", "b"])
    assert (absorbed.department, absorbed.state) == ("facility", State.MERGED)


def test_what_somebody_has_to_do_with_is_not_taken_from_them(town: City) -> None:
    """Row 10: once a person has it, or was told of it, an earlier mention moves the clock and nothing else."""
    start = town.clock()
    for number, act in enumerate((lambda id: town.desk.claim(id, "lee"), lambda _: town.tick(minutes=19))):
        second = mention(f"b{number}", town.clock() + MINUTE, conversation=f"a{number}", text="가로등도요")
        town.clock.forward(minutes=2)
        town.say(second)
        act(_of(town, f"b{number}").id)
        town.say(mention(f"a{number}", start))
        case = _of(town, f"b{number}")
        assert (case.department, case.opened_at) == ("facility", start)
