"""What opens an incident, and what is only more than usual."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sla.alarm import Alarm, Alertness, Sighting, alarm, belongs
from sla.similar import Matter, Ordinary, group, ready
from sla.surge import HOURS_OF_WEEK, learn
from sla.watchwords import CALM, KEYWORDS, KEYWORDS_NONE, TROUBLE, Watchwords

AT = datetime(2026, 11, 16, 6, tzinfo=UTC)
WORDS = Watchwords(KEYWORDS, KEYWORDS_NONE, TROUBLE, CALM)
FLOODED = (
    "은행동 지하차도 침수", "은행동 지하차도 물이 차올라요", "지하차도에 차가 갇혔어요", "은행동 지하차도 물바다",
)  # fmt: skip


def _by(people_an_hour: int = 1) -> Alertness:
    heard = Ordinary()
    for number in range(100):
        heard.add(ready(("버스가 안 와요", "가로등이 꺼졌어요", "여권 발급 문의")[number % 3]), ("a",))
    hours = [(hour % HOURS_OF_WEEK, people_an_hour) for hour in range(8 * HOURS_OF_WEEK)]
    return Alertness(WORDS, {"a": learn(hours)}, heard, UTC, 1.0)


def _said(*texts: str, people: int = 99, every: float = 30) -> list[Sighting]:
    return [
        Sighting(f"p{n}", ("a",), f"citizen{n % people}", AT + timedelta(seconds=every * n), ready(text), f"c{n}")
        for n, text in enumerate(texts)
    ]


def _last(said: list[Sighting], by: Alertness | None = None) -> Alarm | None:
    return alarm(said[-1], said[:-1], by or _by())


def test_four_people_in_the_same_trouble_are_a_surge() -> None:
    """Within two minutes, of what this account never heard."""
    found = _last(_said(*FLOODED))
    assert found is not None and found.kind == "surge" and len(found.sightings) == 4
    assert found.surge is not None and found.surge.chance < found.surge.limit


@pytest.mark.parametrize(
    "said",
    [
        _said(*FLOODED, people=1),
        _said(*FLOODED, people=2),
        _said(*FLOODED[:2]),
        _said(*FLOODED, every=3600),
        _said("버스가 안 와요", "가로등이 꺼졌어요", "여권이 고장났어요", "엘리베이터에 갇혔어요"),
        _said(*("꿈돌이 인형 너무 귀여워요 최고",) * 20, every=5),
        _said(*("콘서트 예매 오류 나요 티켓팅", "콘서트 예매 티켓 성공", "콘서트 예매 좌석 감사") * 4),
        _said(*("보문산 보전을 바라는 시민입니다",) * 12, every=60),
    ],
    ids=["one person", "two people", "two posts", "hours apart", "each their own", "praise", "tickets",
         "copies that tell of nothing"],
)  # fmt: skip
def test_what_is_no_surge(said: list[Sighting]) -> None:
    """At none of its posts."""
    assert all(alarm(one, said[:place], _by()) is None for place, one in enumerate(said))


def test_what_a_busy_account_always_hears_is_no_surge() -> None:
    """Four people in two minutes whose bus is late, where a third of forty an hour say that."""
    said = _said(*("버스가 안 와요",) * 4)
    assert _last(said, _by(people_an_hour=40)) is None
    assert _last(said, _by(people_an_hour=0)) is not None


def test_very_many_in_a_moment_are_one_whatever_they_say() -> None:
    """Fail towards telling someone: words that nobody foresaw, by fifteen people within five minutes."""
    said = _said(*("정체 모를 물체가 한밭수목원에 나타났다",) * 15, every=10)
    found = [alarm(one, said[:place], _by()) for place, one in enumerate(said)]
    assert [one is not None for one in found] == [False] * 14 + [True]


def test_one_keyword_is_enough_and_takes_those_alike_along() -> None:
    """At once; posts of the last hour that say the same without it belong to it."""
    said = _said("은행동 상가 건물 연기 나요", "여권 발급 문의", "은행동 상가 건물 화재")
    found = _last(said)
    assert found is not None and (found.kind, found.keyword) == ("keyword", "화재")
    assert [one.key for one in found.sightings] == ["p0", "p2"]


def test_a_keyword_takes_nobody_along_by_a_chain() -> None:
    """One post is a thin thread: what is only a little like it, or like another that is, stays on its own."""
    said = _said("노래방 간판에서 연기 나요", "은행동 상가 건물 연기 나요", "은행동 상가 건물 화재")
    assert group([one.text for one in said], 2, _by().ordinary) == [0, 1, 2]
    found = _last(said)
    assert found is not None and [one.key for one in found.sightings] == ["p1", "p2"]


@pytest.mark.parametrize("text", ["화재 예방 캠페인", "붕괴 대비 훈련", "멘탈 붕괴"])
def test_a_keyword_ruled_out(text: str) -> None:
    """Beside these words nothing burns."""
    assert _last(_said(text)) is None


def test_who_joins_an_incident() -> None:
    """Who says its keyword, or what its posts share."""
    by, said = _by(), Matter(one.text for one in _said(*FLOODED))
    assert belongs(ready("시청에 화재"), "화재", Matter(), by.ordinary)
    assert belongs(ready("은행동 지하차도 통제하나요"), "", said, by.ordinary)
    assert not belongs(ready("둔산동 도서관 자리"), "", said, by.ordinary)
