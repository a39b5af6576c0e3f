"""An incident from the alarm to its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sla import incident as rule
from sla.case import Case, Conflict, State
from sla.incident import Incident

AT = datetime(2026, 11, 16, 6, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def _incident(**more: object) -> Incident:
    data = {"keyword": "화재", "first_post_at": (AT - 3 * MINUTE).isoformat(), "told": ["kim", "ops"]}
    return Incident("i1", "keyword", "화재", "transport", "kim", AT, AT - MINUTE, data=data)._replace(**more)  # type: ignore[arg-type]


def _case(id: str, **more: object) -> Case:
    case = Case(id, "twitter", "1001", "transport", id, id, "crisis", AT, AT, AT + 10 * MINUTE, None)
    return case._replace(**more)  # type: ignore[arg-type]


def test_the_beginning_tells_who_heard_and_no_words_of_citizens() -> None:
    """A keyword is the settings' own; a surge's subject stays out of the history."""
    said = rule.opened(_incident(), ["c1"], AT).event
    assert (said.kind, said.data["keyword"], said.data["told"]) == ("incident_opened", "화재", ["kim", "ops"])
    surge = _incident(kind="surge", subject="지하차도", data={"told": []})
    assert "지하차도" not in str(rule.opened(surge, ["c1"], AT).event.data)


def test_it_grows_with_its_newest_post() -> None:
    """A post found late does not set it back."""
    grown = rule.grew(_incident(), ["c2"], AT + MINUTE, AT).incident
    assert grown.last_post_at == AT + MINUTE
    assert rule.grew(grown, ["c3"], AT, AT).incident.last_post_at == AT + MINUTE


def test_it_has_one_owner() -> None:
    """Claimed by another it is theirs; twice by the same is a conflict."""
    after = rule.claimed(_incident(), "park", AT).incident
    assert after.owner == "park"
    with pytest.raises(Conflict):
        rule.claimed(after, "park", AT)


@pytest.mark.parametrize(
    ("open_cases", "last_post", "opened", "over"),
    [(0, 0, 0, True), (1, 0, 0, False), (0, 1, 0, False), (0, 0, 1, False)],
    ids=["quiet and done", "a case is open", "a post since", "found late"],
)
def test_when_it_ends_by_itself(open_cases: int, last_post: int, opened: int, over: bool) -> None:
    """Nothing new for two hours, counted from what is later, and every case closed."""
    incident = _incident(last_post_at=AT + last_post * MINUTE, opened_at=AT + opened * MINUTE)
    assert rule.may_end(incident, open_cases, timedelta(hours=2), AT + timedelta(hours=2)) is over


def test_it_ends_once_with_a_sum() -> None:
    """Posts, people, departments; answered, late and open; how soon it was seen and how long it lasted."""
    cases = [
        _case("c1", state=State.ANSWERED, answered_at=AT + 5 * MINUTE),
        _case("c2", state=State.ANSWERED, answered_at=AT + 11 * MINUTE, department="facility"),
        _case("c3"), _case("c4", state=State.MERGED),
    ]  # fmt: skip
    summary = rule.summed_up(_incident(), cases, posts=7, people=5)
    assert summary.plain() == {
        "posts": 7, "people": 5, "departments": ("facility", "transport"), "cases": 3, "answered": 2, "late": 1,
        "open": 1, "detected_after_seconds": 180, "lasted_seconds": 120,
    }  # fmt: skip
    moved = rule.ended(_incident(), "park", "진화 완료", summary, AT)
    assert moved.event.data["reason"] == "진화 완료" and moved.incident.ended_by == "park"
    with pytest.raises(Conflict):
        rule.ended(moved.incident, "park", "다시", summary, AT)
    with pytest.raises(Conflict):
        rule.claimed(moved.incident, "lee", AT)
