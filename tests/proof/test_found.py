"""Defects the proof has found that are not mended yet, each as small as it gets: see `tests.proof.model.KNOWN`.

Strict: mended, such a test fails. Then it goes to the tests of its row, and its name from `KNOWN`.
"""

from __future__ import annotations

import pytest

from sla.case import State
from tests.city import MINUTE, City, answer, mention
from tests.proof.model import KNOWN

found = pytest.mark.xfail(strict=True, raises=AssertionError)


@found
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


@found
def test_restored(town: City) -> None:
    """A post that comes back is still whose it was: its state says what its assignee says."""
    asked = mention("a", town.clock())
    town.say(asked)
    town.desk.claim(town.case().id, "kim")
    town.say(gone=["a"])
    town.say(asked)
    assert (town.case().assignee is None) == (town.case().state is State.OPEN)


@found
def test_final_after_elsewhere(town: City) -> None:
    """Rows 4 and 7: the first answer by phone, the final one on the platform: it counts there too."""
    asked = mention("a", town.clock())
    town.say(asked)
    town.desk.answer(town.case().id, "kim", "phone")
    town.desk.ask_final(town.case().id, "kim", "현장 조치 예정")
    town.clock.forward(minutes=5)
    town.say(answer("x", asked, town.clock()))
    assert town.case().final_answered_at == town.clock()


@found
def test_department_by_arrival(town: City) -> None:
    """Any order of arrival gives the same cases: newest first, as X walks, the first mention still says whose it is."""
    first = mention("a", town.clock())
    second = mention("b", town.clock() + MINUTE, conversation="a", text="@dj_transport 가로등도요")
    town.clock.forward(minutes=2)
    town.say(second)
    town.say(first)
    assert town.case().department == "transport"


def test_each_has_its_name() -> None:
    """What the machine lets pass is named here, and nothing else."""
    assert {f"test_{name.replace(' ', '_')}" for name in KNOWN} <= set(globals())
