"""`simulate`: tables for people, JSON for programs, and what cannot be asked."""

from __future__ import annotations

import re

import pytest

from tests.cli.conftest import Town

WEEK = ("--week", "2026-W47")


@pytest.fixture
def answered(town: Town, case: str) -> str:
    """A case answered by phone 25 minutes after it was written: in time of 30, late of 20."""
    town.clock.forward(minutes=13)
    assert town.run("case", "answer", case, "--by", "kim", "--outcome", "phone").exit_code == 0
    return case


def test_for_programs(town: Town, answered: str) -> None:
    """The promise as it is and as it would be, the figures of both, and of what was recorded."""
    found = town.json("simulate", "--target", "20m", *WEEK)
    assert found["week"] == "2026-W47" and found["clock"] == "first"
    assert found["what_if"] == {"target_seconds": 1200.0, "calendar": None, "policy": None}
    (policy,) = found["policies"]
    assert [step["at_seconds"] for step in policy["would_be"]["steps"]] == [800.0, 1200.0, 2400.0]
    assert (found["baseline"]["met"], found["would_be"]["met"], found["would_be"]["missed"]) == (1, 0, 1)
    assert found["would_be"]["departments"][0]["attainment"] == 0.0
    assert found["would_be"]["alerts_by_kind"]["breach"] == 2
    assert sum(found["would_be"]["alerts_by_hour"]) == found["would_be"]["alerts"] == 3
    assert found["would_be"]["alerts_by_person"] == {"kim": 2, "park": 1}


def test_for_people(town: Town, answered: str) -> None:
    """By department and in all, alerts by kind, person and hour, in words; and what it says nothing of."""
    done = town.run("simulate", "--target", "20m", *WEEK, columns=200)
    assert done.exit_code == 0, done.output
    assert done.stderr == ""  # nobody sits before it
    text = done.stdout
    assert text.startswith("가정 비교 2026-W47  2026-11-16 ~ 2026-11-22")
    assert "13분 20초 기한 임박, 20분 기한 초과, 40분 상향 보고" in text
    assert re.search(r"교통정책과 +1 +1 → 0 +0 → 1 +100\.00% → 0\.00%", text)
    assert re.search(r"합계 +1 +1 → 0", text)
    assert re.search(r"받는 사람 +박팀장 +0 → 1", text) and re.search(r"종류 +기한 초과 +0 → 2", text)
    assert re.search(r"시간대 +09:00-10:00 +1 → 3", text)
    assert "답변 없이 기한을 넘긴 사건: 0건, 가정에서는 1건" in text
    assert "1차 답변 기한만" in text
    # No cycle ran here, so the warning of the present policy was never sent.
    assert "그 밖의 차이 1건" in text and answered in text


def test_by_calendar_department_and_policy(town: Town, answered: str) -> None:
    """On office time it was written before nine; a department without cases has none."""
    assert town.json("simulate", "--calendar", "office", *WEEK)["would_be"]["met"] == 1
    assert town.json("simulate", "--policy", "crisis", *WEEK)["would_be"]["missed"] == 1
    assert town.json("simulate", "--target", "20m", "--department", "facility", *WEEK)["recorded"]["cases"] == 0


def test_the_last_complete_week_by_default(town: Town) -> None:
    """The week that runs is not over yet; one without cases has no attainment."""
    found = town.json("simulate", "--target", "20m")
    assert (found["week"], found["would_be"]["attainment"]) == ("2026-W46", None)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "--target"),
        (("--target", "0m"), 2, "0m"),
        (("--target", "soon"), 2, "soon"),
        (("--target", "-5m"), 2, "-5m"),
        (("--calendar", "offcie"), 2, "always, office"),
        (("--policy", "strict"), 2, "standard, crisis"),
        (("--target", "20m", "--week", "2026-W54"), 2, "2026-W53"),
        (("--target", "20m", "--week", "last"), 2, "2026-W47"),
        (("--target", "20m", "--department", "traffic"), 1, "transport, facility"),
    ],
)
def test_what_cannot_be_asked(town: Town, arguments: tuple[str, ...], code: int, said: str) -> None:
    """Usage is 2, an unknown id 1; each says what there is."""
    done = town.run("simulate", *arguments)
    assert done.exit_code == code and said in done.stderr


def test_without_a_database(bare: Town) -> None:
    """Try later: there is nothing to live through yet."""
    assert bare.run("simulate", "--target", "20m").exit_code == 75
