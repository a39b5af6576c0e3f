"""The demo's staff: who answers how soon. Most answer on the platform itself, as staff do, and tell no system.

A department's people are as diligent as its place in the settings says: the first brisk, the second swamped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

ANSWERS = (
    "안녕하세요, {department}입니다. 현장을 확인하고 조치하겠습니다.",
    "불편을 드려 죄송합니다. {department}에서 오늘 중으로 확인하겠습니다.",
    "안녕하세요, {department}입니다. 문의하신 내용은 담당자가 확인 중이며 곧 다시 안내드리겠습니다.",
    "제보해 주셔서 고맙습니다. {department}에서 바로 살펴보겠습니다.",
)

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Diligence:
    """How a department answers; the shares are of all its mentions, the rest is answered in time."""

    usual: float
    """Minutes until half of the answers in time are given."""
    late: float
    never: float


DILIGENCE = (
    Diligence(usual=9, late=0.04, never=0.02),
    Diligence(usual=17, late=0.14, never=0.05),
    Diligence(usual=13, late=0.07, never=0.03),
    Diligence(usual=19, late=0.10, never=0.02),
    Diligence(usual=6, late=0.02, never=0.00),
)

#: An answer in time comes this many minutes after the mention, at the earliest and at the latest.
_SOONEST, _LATEST = 1.5, 28.0
#: So does a late one, and one that only a word from above brought about.
_LATE, _VERY_LATE = (31.0, 45.0), (75.0, 170.0)


class Staff:
    """Draws when the people of a department answer, and with which words."""

    def __init__(self, departments: Sequence[str], random: Random) -> None:
        self._random = random
        self._of = {id: DILIGENCE[place % len(DILIGENCE)] for place, id in enumerate(departments)}

    def answers_after(self, department: str) -> timedelta:
        """City time from a mention to its answer; those that "never" come do once the department head has heard."""
        of = self._of[department]
        fate = self._random.random()
        if fate < of.never:
            return self._random.uniform(*_VERY_LATE) * MINUTE
        if fate < of.never + of.late:
            return self._random.uniform(*_LATE) * MINUTE
        minutes = self._random.lognormvariate(0.0, 0.55) * of.usual
        return min(max(minutes, _SOONEST), _LATEST) * MINUTE

    def words(self, department_name: str) -> str:
        """An answer."""
        return self._random.choice(ANSWERS).format(department=department_name)
