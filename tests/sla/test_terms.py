"""Frequent words: what many say, and never what one says."""

from __future__ import annotations

from sla.terms import Term, frequent


def test_words_count_once_a_person_and_without_their_particle() -> None:
    """However often somebody says it, and whatever comes after the noun."""
    said = [
        ("a", "신호등이 고장났어요 신호등 신호등"),
        ("b", "신호등은 언제 고치나요?"),
        ("c", "@dj_transport 신호등을 봐 주세요 010-1234-5678 https://example.com/신호등"),
        ("a", "신호등이 또"),
    ]
    assert frequent(said, least=3) == [Term("신호등", 3)]


def test_what_few_said_is_not_told() -> None:
    """Four people are too few by default; the most used come first, and only so many."""
    said = [(f"p{n}", "버스 배차" if n < 5 else "버스 가로수") for n in range(9)]
    assert frequent(said) == [Term("버스", 9), Term("배차", 5)]
    assert frequent(said, most=1) == [Term("버스", 9)]


def test_what_somebody_does_is_no_subject() -> None:
    """Sentences end in a verb, and all of them in the same few."""
    said = [(f"p{n}", "버스가 안 와요 기다립니다 운행하나요 눈이 오는데 필요 수요") for n in range(5)]
    assert [term.word for term in frequent(said)] == ["눈이", "버스", "수요", "필요"]


def test_numbers_accounts_and_empty_words_say_nothing() -> None:
    """Nor may a particle eat a word of two letters."""
    said = [(f"p{n}", "@dj_city 12345 ㅋㅋㅋ 정말 안녕하세요 도로 The") for n in range(5)]
    assert frequent(said) == [Term("도로", 5)]
