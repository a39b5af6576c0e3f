"""Which posts say the same: spelling, spacing, composition, endings, names that nobody keeps."""

from __future__ import annotations

from unicodedata import normalize

import pytest

from sla.similar import ALIKE, Matter, Ordinary, group, has_any, likeness, ready, topic

EVERYDAY = (
    "버스가 안 와요 언제 오나요", "가로등이 꺼졌어요 고쳐 주세요", "여권 발급 며칠 걸리나요", "주차 단속 부탁드립니다",
    "도서관 휴관일이 언제인가요", "수도 요금 문의드립니다", "횡단보도가 지워졌어요", "쓰레기 무단투기 신고합니다",
)  # fmt: skip


@pytest.fixture
def ordinary() -> Ordinary:
    """A city's ordinary posts."""
    heard = Ordinary()
    for text in EVERYDAY * 10:
        heard.add(ready(text), ("a",))
    return heard


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("은행동 지하차도 침수됐어요", "은행동지하차도 침수 신고합니다"),
        ("은행동 지하차도에 물이 차요", "@dj_safety 은행동 지하차도 물이 차올라요 https://t.co/x"),
        (normalize("NFD", "대전역 화재 났어요"), "대전역 화재가 났어요"),
        ("FIRE at Daejeon station", "fire near daejeon STATION!!"),
    ],
)
def test_the_same_matter_in_other_words(one: str, other: str, ordinary: Ordinary) -> None:
    """Spaced, composed, cased and addressed differently, it is the same matter."""
    assert likeness(ready(one), ready(other), ordinary) >= ALIKE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("가로등이 꺼졌어요 고쳐 주세요", "여권 발급 부탁드립니다 빨리 해 주세요"),
        ("지하차도 침수됐어요", "도서관 자리가 부족해요"),
        ("@dj_safety https://t.co/abc", "@dj_safety https://t.co/abc"),
        ("", ""),
    ],
)
def test_endings_handles_and_links_bind_nothing(one: str, other: str, ordinary: Ordinary) -> None:
    """What every post has is no likeness."""
    assert likeness(ready(one), ready(other), ordinary) < ALIKE


def test_a_group_is_a_chain_and_leaves_strangers_out(ordinary: Ordinary) -> None:
    """Those who are alike to one who is alike belong to it; ordinary posts between them do not."""
    texts = [ready(text) for text in (
        "은행동 지하차도 침수", "버스가 안 와요", "지하차도에 차가 갇혔어요", "여권 발급 며칠 걸리나요",
        "은행동 지하차도 물이 차요",
    )]  # fmt: skip
    assert group(texts, 4, ordinary) == [0, 2, 4]
    assert group(texts, 1, ordinary) == [1]


def test_a_matter_does_not_drift(ordinary: Ordinary) -> None:
    """A post joins what most of a matter's posts share, not what one of them says."""
    matter = Matter(
        ready(f"은행동 지하차도 침수 {more}") for more in ("차가 잠김", "여권 발급 급해요", "물이 차요", "통제")
    )
    assert matter.holds(ready("은행동 지하차도 물바다"), ordinary)
    assert not matter.holds(ready("여권 발급 급해요"), ordinary)
    same = Matter([ready("지하차도 침수 났네"), ready("지하차도 침수 통제 부탁")])
    other = Matter([ready("여권 발급"), ready("여권 발급 언제")])
    assert matter.is_that_of(same, ordinary) and same.is_that_of(matter, ordinary)
    assert not matter.is_that_of(other, ordinary)


def test_a_matter_is_its_newest_posts(ordinary: Ordinary) -> None:
    """Fifty posts of something else later, it is about that; of one or two posts it is what they say."""
    matter = Matter([ready("은행동 지하차도 침수")])
    assert matter.holds(ready("은행동 지하차도 침수 통제"), ordinary) and not matter.holds(
        ready("은행동 약국"), ordinary
    )
    for number in range(50):
        matter.add(ready(f"월드컵경기장 정전 {number}"))
    assert matter.holds(ready("월드컵경기장 깜깜해요"), ordinary)
    assert not matter.holds(ready("은행동 지하차도 침수"), ordinary)


def test_what_an_account_usually_hears(ordinary: Ordinary) -> None:
    """How many of its earlier posts said so; of another account nothing is known."""
    assert ordinary.share(ready("버스가 안 와요 언제 오나요"), "a") == (10, 80)
    assert ordinary.share(ready("지하차도 침수"), "a") == (0, 80)
    assert ordinary.share(ready("버스가 안 와요"), "b") == (0, 0)


def test_old_posts_fade(ordinary: Ordinary) -> None:
    """What was common long ago becomes rare again, and no account's posts are kept for ever."""
    before = ordinary.weight("버스")
    for number in range(6000):
        ordinary.add(ready(f"가나다라 {number}"), ("a",))
    assert ordinary.weight("버스") > before
    assert ordinary.share(ready("버스가 안 와요 언제 오나요"), "a") == (0, 300)


def test_the_topic_is_what_several_share(ordinary: Ordinary) -> None:
    """A heading of stems, without particles and without what only one of them says."""
    texts = [ready(t) for t in ("은행동 지하차도에 물이", "지하차도가 침수 은행동", "김철수인데 지하차도 잠김")]
    words = topic(texts, ordinary)
    assert words[0] == "지하차도" and "은행동" in words
    assert not any("김철" in word for word in words)
    assert topic([ready("혼자")], ordinary) == []


def test_words_are_found_inside_words() -> None:
    """As in routing: composed, folded, anywhere."""
    assert has_any(ready(normalize("NFD", "화재났어요")), ["화재"]) and not has_any(ready("화해"), ["화재"])
