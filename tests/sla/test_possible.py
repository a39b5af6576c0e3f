"""What a page may offer: exactly what its action would not refuse."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sla import actions
from sla.case import Case, Clock, State
from sla.possible import possible
from tests.sla.test_actions import CASE, NOW

HOLD = timedelta(minutes=15)
OPEN = {"acknowledge", "claim", "snooze", "transfer", "dismiss", "elsewhere", "final", "merge"}


@pytest.mark.parametrize(
    ("found", "may"),
    [
        (CASE, OPEN),
        (actions.claimed(CASE, "kim", NOW).case, OPEN - {"claim"} | {"release"}),
        (actions.acknowledged(CASE, "kim", NOW + HOLD, NOW).case, OPEN - {"acknowledge"} | {"release"}),
        (actions.snoozed(CASE, "kim", NOW + timedelta(hours=1), "x", NOW).case, OPEN - {"snooze"} | {"wake"}),
        (actions.final_asked(CASE, "kim", "x", NOW + timedelta(days=3), NOW).case, OPEN - {"final"} | {"not_final"}),
        (actions.dismissed(CASE, "kim", "x", NOW).case, {"reopen"}),
        (actions.answered_elsewhere(CASE, "kim", "phone", NOW).case, {"reopen", "final"}),
        (CASE._replace(state=State.ANSWERED, answer="a1", answered_at=NOW, closed_at=NOW), {"final"}),
        (CASE._replace(state=State.DELETED, closed_at=NOW), set()),
        (CASE._replace(state=State.MERGED, closed_at=NOW, merged_into="c0"), {"reopen"}),
        (CASE._replace(state=State.MERGED, closed_at=NOW), set()),
        (CASE._replace(author=None), OPEN - {"merge"}),
    ],
    ids=range(12),
)
def test_what_each_state_allows(found: Case, may: set[str]) -> None:
    """Open, held, owed finally, closed in each way."""
    assert possible(found, "lee", NOW) == may


def test_on_the_final_clock() -> None:
    """The first answer is given, the final one is owed: it can be claimed and put off, but not dismissed."""
    first = actions.answered_elsewhere(CASE, "kim", "phone", NOW).case
    owed = actions.final_asked(first, "kim", "x", NOW + timedelta(days=3), NOW).case
    assert owed.clock is Clock.FINAL
    assert {"acknowledge", "claim", "snooze", "elsewhere", "not_final"} <= possible(owed, "lee", NOW)
    assert not {"dismiss", "transfer", "merge"} & possible(owed, "lee", NOW)
