"""The words that many citizens used: what a week was about, and nothing that one of them said."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from unicodedata import normalize

LEAST_PEOPLE = 5
"""A word that fewer used might tell who it was."""
MOST = 15

_NOISE = re.compile(r"https?://\S+|(?<!\w)[@#]?\w*@\S+|@\w+")
_WORD = re.compile(r"[가-힣]{2,12}|[A-Za-z][A-Za-z]{2,20}")

_ENDINGS = """
은 는 이 가 을 를 에 의 도 로 으로 과 와 만 에서 에게 까지 부터 에는 에서는 에도 이나 나 이랑 랑 처럼 보다 마다
라고 이라고 이라 입니다 이에요 예요 인데 이고 하고 한테 께서 께 이네요 네요 인가요 이다
"""
_NOTHING = """
그리고 그런데 그래서 하지만 근데 너무 정말 진짜 계속 오늘 어제 내일 지금 언제 어디 어떻게 이거 그거 저거 여기
저기 거기 우리 제발 혹시 다시 아직 빨리 조금 많이 항상 매일 감사합니다 감사해요 안녕하세요 부탁드립니다
부탁드려요 해주세요 주세요 있나요 되나요 합니다 입니다 있습니다 없습니다 있어요 없어요 같아요 하네요 해요 때문
정도 경우 관련 문의 대전 대전시 the and for you are this that with from
"""
_PARTICLES = sorted(_ENDINGS.split(), key=len, reverse=True)
"""What is added to a Korean noun in a sentence; the longest first, so that of "에서는" no "에서" is left."""
_SAY_NOTHING = frozenset(_NOTHING.split())
_PREDICATE = re.compile(r".*(?:니다|니까|[나어아해와세네까대돼되워려져쳐]요|[는은인한]데|하나요|해서|해야|하고|하네)")
"""What somebody does or asks, and not what it is about."""


class Term(NamedTuple):
    """A word, and how many people used it."""

    word: str
    people: int


def frequent(said: Iterable[tuple[str, str]], least: int = LEAST_PEOPLE, most: int = MOST) -> list[Term]:
    """The most used words of texts that are given with their authors: (author, text).

    A word counts once a person, so that nobody makes a topic alone; numbers, names of accounts and addresses are left
    out. Words are taken as they are written, less the particle at the end: no dictionary is asked.
    """
    people: defaultdict[str, set[str]] = defaultdict(set)
    for author, text in said:
        for word in _words(text):
            people[word].add(author)
    found = [Term(word, len(who)) for word, who in people.items() if len(who) >= least]
    return sorted(found, key=lambda term: (-term.people, term.word))[:most]


def _words(text: str) -> set[str]:
    plain = _NOISE.sub(" ", normalize("NFC", text))
    found = (_bare(written.lower()) for written in _WORD.findall(plain) if not _PREDICATE.fullmatch(written))
    return {word for word in found if word not in _SAY_NOTHING}


def _bare(word: str) -> str:
    if word in _SAY_NOTHING:
        return word
    end = next((end for end in _PARTICLES if word.endswith(end) and len(word) - len(end) >= 2), "")
    return word.removesuffix(end)
