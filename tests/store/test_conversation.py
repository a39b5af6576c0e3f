"""A conversation around a case: read by indexes alone, each reply in its place, whatever the replies say."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import event

from monitor.store import conversation, views
from monitor.store.conversation import DEEPEST, Said, _in_place
from tests.city import MINUTE, City, answer, mention
from tests.conftest import START


def said(id: str, reply_to: str | None, minute: int) -> Said:
    return Said(id, "mention", "a", "", "", "", START + minute * MINUTE, None, reply_to, None, 0, True, False)


def test_each_reply_below_what_it_answers() -> None:
    """Oldest first, siblings too; one whose parent is not shown begins anew; indented no further than it is read."""
    chain = [said(f"d{n}", f"d{n - 1}" if n else None, n) for n in range(DEEPEST + 3)]
    found = [said("x", "not here", 90), said("b", "d0", 50), said("a", "d0", 40), *reversed(chain)]
    placed = _in_place(found)
    assert [one.id for one in placed] == [*(f"d{n}" for n in range(DEEPEST + 3)), "a", "b", "x"]
    assert [one.depth for one in placed] == [0, 1, 2, 3, 4, 4, 4, 1, 1, 0]


def test_posts_that_answer_each_other_in_a_ring_are_shown_all_the_same() -> None:
    """As no platform should return them; each once."""
    ring = [said("a", "c", 1), said("b", "a", 2), said("c", "b", 3), said("self", "self", 4)]
    assert sorted(one.id for one in _in_place(ring)) == ["a", "b", "c", "self"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_it_is_read_by_indexes(town: City) -> None:
    """No step goes through a platform's every post, however many there are."""
    asked = mention("m1", town.clock())
    town.say(asked, answer("a1", asked, town.clock() + MINUTE))
    case, seen = town.case(), list[tuple[str, Sequence[object]]]()

    def note(_c: object, _cur: object, statement: str, values: Sequence[object], *_: object) -> None:
        if statement.startswith("SELECT"):
            seen.append((statement, values))

    with town.store.read() as tx:
        event.listen(tx, "before_cursor_execute", note)
        conversation.around(tx, case, frozenset({"transport"}))
        views.thread(tx, case)
        event.remove(tx, "before_cursor_execute", note)
        assert len(seen) == 2
        for statement, values in seen:
            plan = [str(row[3]) for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", tuple(values))]
            assert any("posts_of_case (case_id=?)" in step for step in plan)
            assert not [step for step in plan if "(platform=?)" in step or step.startswith("SCAN posts")], plan
