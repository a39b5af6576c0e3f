"""Which posts say the same thing? Texts are compared by the letters that ordinary posts do not share.

Korean glues endings and particles to words and is spaced as it pleases, so what is compared are pairs of letters
across blanks, not words ("지하차도에 물이" and "지하차도 물이"). A pair weighs as much as it is rare among ordinary
posts (inverse document frequency; Spärck Jones 1972), so that endings bind nothing together. How alike two posts are
is the weight they share over the lighter one's weight, with a floor on it: a word in common is no likeness.

Nothing here knows who wrote what: a person is a number that tells whether two posts are of the same one.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Collection, Iterable, Sequence
from math import log, sqrt
from typing import NamedTuple
from unicodedata import normalize

from sla.routing import fold

ALIKE = 0.20
"""From here on two posts of a surge are about the same thing; like all numbers here chosen on `bench.crisis --dev`."""
_CORE = 0.25
"""What so many of a matter's posts share is what it is about."""
_OF_IT = 1.5
"""So much weight of what a matter is about, in common, makes a post one of it: about two rare pairs of letters."""
_TWICE = 0.35
"""How alike a post must be to a matter's only one."""
_ONE = 0.5
"""So much of it in common makes two groups of posts one matter."""
_FLOOR = 6
"""Pairs' worth of weight that the lighter text is granted at least, so that two words in common are no proof."""
_GONE = re.compile(r"https?://\S+|[@＠][\w.]+")
_WORD = re.compile(r"[^\W_]+")
NEWEST = 50
"""How many of an incident's newest posts tell what it is about."""
_HEARD = 300
"""How many of an account's posts are kept to tell what it usually hears."""
_PRIOR_POSTS = 40
"""How many posts the endings below are taken to have been seen in, before any was."""
#: Verb endings, particles and courtesies of nearly every post: what is rare cannot be told yet without them.
_ENDINGS = fold(
    "습니다 합니다 입니다 됩니다 겠습니다 니까요 세요 하세요 주세요 해주세요 해주 주시 시면 바랍니다 부탁드립니다 "
    "드립니다 감사 안녕하세요 어요 아요 네요 데요 는데요 인데요 나요 가요 까요 예요 에요 이요 해요 돼요 되요 했어요 "
    "있어요 없어요 있습니다 없습니다 있나요 하나요 되나요 에서 에게 으로 까지 부터 지금 오늘 여기 저기 이거 너무 정말 "
    "진짜 언제 어디 어떻게 그런데 하는 하고 해서 인가요 건가요 앞에 옆에 근처 please the and ing"
)


class Text(NamedTuple):
    """A post's words, made ready to be compared."""

    folded: str
    """Composed, without case, addresses and handles: what keywords are looked for in."""
    pairs: frozenset[str]


def ready(text: str) -> Text:
    """Prepare a post's text: NFC, case folded, without links and handles."""
    folded = fold(_GONE.sub(" ", normalize("NFC", text)))
    letters = "".join(_WORD.findall(folded))
    return Text(folded, frozenset(letters[at : at + 2] for at in range(len(letters) - 1)))


class Ordinary:
    """What accounts usually hear, whoever writes it: the posts that were part of no crisis, once they are an hour old.

    Knows how common each pair of letters is, and of each account how often something like a text was said lately.
    """

    def __init__(self) -> None:
        self._posts = _PRIOR_POSTS
        self._in: Counter[str] = Counter({pair: _PRIOR_POSTS // 2 for word in _ENDINGS.split() for pair in _of(word)})
        self._heard: dict[str, deque[Text]] = {}

    def share(self, text: Text, account: str) -> tuple[int, int]:
        """How many of an account's earlier posts are alike to a text, and of how many."""
        heard = self._heard.get(account, ())
        return sum(are_alike(text, other, self) for other in heard), len(heard)

    def add(self, text: Text, accounts: Iterable[str]) -> None:
        """One more ordinary post, and to whom it was."""
        for account in accounts:
            self._heard.setdefault(account, deque(maxlen=_HEARD)).append(text)
        self._posts += 1
        self._in.update(text.pairs)
        if self._posts > 4000:
            # The old fade: what is common today is what counts.
            self._posts //= 2
            self._in = Counter({pair: count // 2 for pair, count in self._in.items() if count > 1})

    def weight(self, pair: str) -> float:
        """1 for what nobody wrote before, near 0 for what everybody writes."""
        return log((self._posts + 1) / (self._in[pair] + 1)) / log(self._posts + 1)


def likeness(one: Text, other: Text, ordinary: Ordinary) -> float:
    """How alike two texts are, from 0 to 1: the weight they share over the lighter one's."""
    shared = one.pairs & other.pairs
    if not shared:
        return 0.0
    if one.pairs == other.pairs:
        return 1.0
    lighter = min(sum(map(ordinary.weight, text.pairs)) for text in (one, other))
    return sum(map(ordinary.weight, shared)) / max(lighter, _FLOOR)


def are_alike(one: Text, other: Text, ordinary: Ordinary) -> bool:
    """Whether two texts are about the same: `likeness` of `ALIKE` or more, told at once where it cannot be."""
    # No pair weighs more than 1, and the floor asks for more weight than one has.
    if len(one.pairs & other.pairs) < 2 and one.pairs != other.pairs:
        return False
    return likeness(one, other, ordinary) >= ALIKE


def group(texts: Sequence[Text], start: int, ordinary: Ordinary) -> list[int]:
    """The places of the texts that are alike to the one at `start`, or to one that is: a chain, in order."""
    found, waiting = {start}, [start]
    while waiting:
        here = texts[waiting.pop()]
        near = [place for place, text in enumerate(texts) if place not in found and are_alike(here, text, ordinary)]
        found.update(near)
        waiting += near
    return sorted(found)


class Matter:
    """What the newest posts of an incident share: what it is about, whatever one of them says besides.

    So an incident does not drift away, one chance likeness after the other.
    """

    def __init__(self, texts: Iterable[Text] = ()) -> None:
        self._texts: deque[Text] = deque()
        self._in: Counter[str] = Counter()
        for text in texts:
            self.add(text)

    def add(self, text: Text) -> None:
        """One more post of it; the oldest makes room."""
        self._texts.append(text)
        self._in.update(text.pairs)
        if len(self._texts) > NEWEST:
            self._in.subtract(self._texts.popleft().pairs)

    def holds(self, text: Text, ordinary: Ordinary) -> bool:
        """Whether a post is about it."""
        if len(self._texts) < 3:
            return any(likeness(text, other, ordinary) >= _TWICE for other in self._texts)
        return self._weight(text.pairs, ordinary) >= _OF_IT

    def is_that_of(self, other: Matter, ordinary: Ordinary) -> bool:
        """Whether two groups of posts are about one matter."""
        shared = {pair for pair, count in other._in.items() if count >= other._least}
        return self._weight(shared, ordinary) >= _ONE

    @property
    def _least(self) -> float:
        """In how many posts a pair of letters must be to be what it is about."""
        return max(2, _CORE * len(self._texts))

    def _weight(self, pairs: Collection[str], ordinary: Ordinary) -> float:
        return sum(ordinary.weight(pair) for pair in pairs if self._in[pair] >= self._least)


def has_any(text: Text, words: Collection[str]) -> bool:
    """Whether one of the folded words stands in a text, inside words too, blanks or no blanks."""
    return any(word in text.folded for word in words)


def topic(texts: Sequence[Text], ordinary: Ordinary, most: int = 3) -> list[str]:
    """The words that most of these texts share, for a heading: beginnings of words, which in Korean are the stems."""
    counted: Counter[str] = Counter()
    for text in texts:
        words = {word for word in _WORD.findall(text.folded) if not word.isdigit()}
        counted.update({word[:length] for word in words for length in range(2, min(len(word), 6) + 1)})
    least = max(2, len(texts) // 3)

    def telling(stem: str) -> float:
        rare = [ordinary.weight(pair) for pair in _of(stem)]
        return counted[stem] * sum(rare) / len(rare) * sqrt(len(stem))

    chosen: list[str] = []
    for stem in sorted((s for s, count in counted.items() if count >= least), key=lambda s: (-telling(s), s)):
        if not any(stem in other or other in stem for other in chosen):
            chosen.append(stem)
        if len(chosen) == most:
            break
    return chosen


def _of(word: str) -> list[str]:
    return [word[at : at + 2] for at in range(len(word) - 1)]
