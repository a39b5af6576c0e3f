"""The words that a crisis is told by, and those that rule it out (SEMANTICS row 34).

The lists here are what the settings begin with: beginnings of Korean words, found inside words too, and some English.
They say what is broken or dangerous, not what broke: a city adds its own names to `[crisis] keywords`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sla.routing import fold
from sla.similar import Text, has_any

KEYWORDS = ("붕괴", "화재")
KEYWORDS_NONE = (
    "훈련", "예방", "캠페인", "보험", "멘탈", "체험", "영화", "드라마", "웹툰", "게임", "추모", "작년",
)  # fmt: skip
"""Where these stand beside a keyword, nothing burns."""
TROUBLE = (
    "고장", "멈춰", "멈췄", "멈춤", "멈추", "멎", "끊겼", "끊어", "끊김", "끊기", "안 나와", "안나와",
    "안 나옵", "안나옵", "안 와", "안와", "안 켜", "안켜", "안 돼", "안돼", "안 되", "안되", "안 열", "안열",
    "막혔", "막혀", "갇혔", "갇혀", "갇힌", "위험", "사고", "다쳤", "다친", "부상", "쓰러", "무너", "내려앉",
    "꺼졌", "꺼짐", "기울", "갈라", "금이 갔", "균열", "터졌", "터진", "터져", "폭발", "불났", "불이", "불길",
    "연기", "타는 냄새", "냄새", "악취", "가스", "누출", "새고", "샌다", "새요", "넘쳐", "넘쳤", "잠겼", "잠긴",
    "잠겨", "물이 차", "물바다", "침수", "정전", "단수", "흙탕물", "녹물", "산사태", "싱크홀", "대피", "구조",
    "119", "신고", "살려", "큰일", "난리", "마비", "먹통", "오류", "접속이", "탈선", "추락", "떨어졌", "떨어져",
    "fire", "flood", "smoke", "collapse", "broken", "stuck", "outage", "leak", "danger", "injured", "accident",
    "explosion", "not working", "no water", "no power", "help",
)  # fmt: skip
"""Someone reports that something is broken or dangerous."""
CALM = (
    "감사", "고맙", "최고", "칭찬", "축하", "응원", "예쁘", "예뻐", "멋지", "멋져", "좋아요", "좋네요", "기대",
    "설레", "ㅋㅋ", "ㅎㅎ", "귀여", "예매", "티켓", "티켓팅", "좌석", "공연", "콘서트", "축제", "불꽃", "행사",
    "이벤트", "신청", "모집", "당첨", "서명", "청원", "촉구", "캠페인", "동참", "챌린지", "뉴스", "다른 지역",
    "다른 도시", "옆 도시", "thank", "congrat", "great", "lovely", "ticket", "concert", "festival", "petition",
)  # fmt: skip
"""Praise, thanks, tickets, festivals, campaigns."""


@dataclass(frozen=True, slots=True)
class Watchwords:
    """The settings' words, folded once."""

    keywords: tuple[str, ...]
    """One of them in one mention opens an incident."""
    keywords_none: tuple[str, ...] = ()
    """A mention with one of these opens none by a keyword; it still counts for a surge."""
    trouble: tuple[str, ...] = ()
    """Beginnings of words that tell of something broken or dangerous."""
    calm: tuple[str, ...] = ()
    """Words of praise, thanks, tickets and campaigns."""
    folded: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Fold every word as texts are."""
        names = ("keywords", "keywords_none", "trouble", "calm")
        object.__setattr__(self, "folded", {name: tuple(map(fold, getattr(self, name))) for name in names})

    def keyword(self, text: Text) -> str | None:
        """The first keyword in a text, as the settings spell it; None where there is none, or it is ruled out."""
        if has_any(text, self.folded["keywords_none"]):
            return None
        pairs = zip(self.keywords, self.folded["keywords"], strict=True)
        return next((keyword for keyword, folded in pairs if folded in text.folded), None)

    def tells_of_trouble(self, text: Text) -> bool:
        """Whether something is broken or dangerous, by its words."""
        return has_any(text, self.folded["trouble"]) or has_any(text, self.folded["keywords"])

    def is_calm(self, text: Text) -> bool:
        """Whether it is praise, thanks, a ticket or a campaign, by its words."""
        return has_any(text, self.folded["calm"])
