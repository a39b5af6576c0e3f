"""The words that a crisis is told by, and those that rule it out."""

from __future__ import annotations

from unicodedata import normalize

import pytest

from sla.similar import ready
from sla.watchwords import CALM, KEYWORDS, KEYWORDS_NONE, TROUBLE, Watchwords

WORDS = Watchwords(KEYWORDS, KEYWORDS_NONE, TROUBLE, CALM)


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("시장에 화재가 났어요", "화재"),
        (normalize("NFD", "건물붕괴"), "붕괴"),
        ("화재 예방 캠페인", None),
        ("화해했어요", None),
        ("https://example.org/화재", None),
        ("", None),
    ],
    ids=["inside words", "decomposed", "ruled out", "another word", "in a link", "nothing"],
)
def test_a_keyword_is_found_as_the_settings_spell_it(text: str, keyword: str | None) -> None:
    """Composed and folded, in the words and not in links; one word that rules out is enough."""
    assert WORDS.keyword(ready(text)) == keyword


def test_the_first_keyword_of_the_settings_names_the_incident() -> None:
    """Their order decides, and their spelling is kept."""
    words = Watchwords(("Gas Leak", "화재"))
    assert words.keyword(ready("화재와 GAS LEAK")) == "Gas Leak"
    assert Watchwords(()).keyword(ready("화재")) is None


def test_a_keyword_is_trouble_too_and_praise_is_calm() -> None:
    """A city's own keyword counts for a surge without being written twice; a text may be both."""
    own = Watchwords(("트램 탈선",), trouble=("고장",), calm=("감사",))
    assert own.tells_of_trouble(ready("트램 탈선")) and own.tells_of_trouble(ready("또 고장"))
    assert not own.tells_of_trouble(ready("시간표 문의")) and not own.is_calm(ready("또 고장"))
    both = ready("고장 고쳐 주셔서 감사합니다")
    assert own.tells_of_trouble(both) and own.is_calm(both)


def test_the_words_that_come_with_it_contradict_nobody() -> None:
    """None stands in two of the lists, blank or twice."""
    trouble, calm = set(TROUBLE), set(CALM)
    assert not trouble & calm and not set(KEYWORDS) & set(KEYWORDS_NONE)
    for words in (KEYWORDS, KEYWORDS_NONE, TROUBLE, CALM):
        assert len(set(words)) == len(words) and all(word.strip() == word != "" for word in words)
