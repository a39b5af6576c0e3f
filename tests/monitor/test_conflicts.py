"""What the second of two people is told: every no has its sentence, in both languages, with who was first."""

from __future__ import annotations

import re
from datetime import timedelta
from inspect import getsource

import pytest

from monitor import conflicts, desk
from monitor.answering import answering
from monitor.case_words import to_mend
from monitor.desk import BadRequest
from monitor.words import Words
from sla import actions
from sla.case import Conflict
from tests.city import MINUTE, City, answer, mention

ACTIONS = getsource(actions) + getsource(answering)
CODES = set(re.findall(r'raise Conflict\([^)]*?[,\s]"([a-z_]+)"', ACTIONS)) | {"closed", "draft_decided"}
VALUES = {"into": "c1", "latest": "x", "id": "x", "known": "x", "most": 1, "length": 1, "platform": "x", "account": "x"}


def test_every_no_has_its_sentence() -> None:
    """Codes of conflicts and of bad requests, as the code raises them; and each kind of what came first."""
    assert {"claimed", "merge_older", "no_final", "reopened", "posts_gone"} <= CODES
    mends = set(re.findall(r'"(request\.[a-z_]+)"', getsource(desk) + getsource(answering)))
    assert len(mends) > 8
    for words in (Words("ko"), Words("en")):
        for key in {f"conflict.{code}" for code in CODES} | mends:
            assert words(key, **VALUES)
        for kind in {kind for found in conflicts._KINDS.values() for kind in found}:
            said = [words.known(f"{by}.{kind}", "") for by in ("by", "was")]
            assert any("{when}" in one for one in said), kind


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("ko", "이미 종결된 사건입니다. 박팀장 님이 09:05에 답변 불필요로 처리했습니다."),
        ("en", "It is closed. 박팀장 dismissed it at 09:05."),
    ],
)
def test_who_was_first(town: City, language: str, told: str) -> None:
    """By name, with the time alone where it was today."""
    town.say(mention("m1", town.clock()))
    town.clock.forward(minutes=5)
    town.desk.dismiss(town.case().id, "park", "광고", "spam")
    town.clock.forward(minutes=1)
    with pytest.raises(Conflict) as caught:
        town.desk.claim(town.case().id, "kim")
    words = Words(language)
    assert conflicts.why_not(words, town.rules, caught.value, town.events(), town.clock()) == told
    tomorrow = town.clock() + timedelta(days=1)
    later = conflicts.why_not(words, town.rules, caught.value, town.events(), tomorrow)
    assert "2026-11-16(" in later and "09:05" in later


def test_the_last_of_several_is_told(town: City) -> None:
    """Claimed, given back and claimed again: who has it now, not who had it once."""
    town.say(mention("m1", town.clock()))
    id = town.case().id
    town.desk.claim(id, "park")
    town.desk.release(id, "park")
    town.desk.claim(id, "lee")
    with pytest.raises(Conflict) as caught:
        town.desk.claim(id, "kim")
    told = conflicts.why_not(Words("ko"), town.rules, caught.value, town.events(), town.clock())
    assert "이부담당 님이" in told and "박팀장" not in told


def test_the_platform_was_first(town: City) -> None:
    """An answer that was found there has no name to tell."""
    asked = mention("m1", town.clock())
    town.say(asked, answer("a1", asked, town.clock() + MINUTE))
    with pytest.raises(Conflict) as caught:
        town.desk.claim(town.case().id, "kim")
    told = conflicts.why_not(Words("ko"), town.rules, caught.value, town.events(), town.clock())
    assert told == "이미 종결된 사건입니다. 09:00에 플랫폼에서 답변이 확인되었습니다."


def test_what_is_to_be_mended(town: City) -> None:
    """Which field, and until when, on the city's clock."""
    town.say(mention("m1", town.clock()))
    with pytest.raises(BadRequest) as caught:
        town.desk.snooze(town.case().id, "kim", town.clock() + timedelta(hours=30), "대기")
    assert caught.value.field == "until"
    assert "2026-11-17(화) 09:00:00 이전의 시각" in to_mend(Words("ko"), town.rules, caught.value)
