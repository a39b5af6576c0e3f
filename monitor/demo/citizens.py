"""The demo's citizens: what they say to the city, and to whom. Drawn from a seed, so that a run can be had again.

All of it is made up, and nobody in it is a person. Citizens do not know the departments: about one in eight writes
to the wrong account, which is what routes are for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from config.tables import Account

#: City time between two mentions, on average.
PACE = timedelta(seconds=75)
_ASTRAY = 0.12
_VISITOR_POSTS = 0.25

_DONG = ("둔산동", "탄방동", "관저동", "도안동", "노은동", "송촌동", "태평동", "오류동", "문화동", "신탄진동")
_PLACE = ("시청역", "중앙시장", "한밭도서관", "갑천 산책로", "구청 네거리", "시립체육관", "꿈나무 놀이터", "동네 공원")
_STOP = ("시청역", "중앙시장", "둔산 네거리", "한밭도서관", "복합터미널", "도안 입구", "노은역")
_BUS = ("101", "103", "201", "311", "606", "618", "704", "급행2")


@dataclass(frozen=True, slots=True)
class Topic:
    """Something that citizens write about."""

    department: str | None
    """Whom it concerns in the shipped settings; None: whoever is asked."""
    weight: int
    texts: tuple[str, ...]


TOPICS: dict[str, Topic] = {
    "bus": Topic(
        "transport",
        5,
        (
            "{bus}번 버스 도착 정보가 {stop} 정류장에서 안 떠요.",
            "{stop} 정류장 전광판에는 {bus}번이 곧 도착이라는데 {n}분째 안 옵니다.",
            "{bus}번 버스 배차 간격이 바뀌었나요? 앱 안내와 다릅니다.",
            "{stop}에서 {bus}번 버스 막차가 몇 시인지 알 수 있을까요?",
            "{bus}번 버스가 {stop} 정류장을 그냥 지나쳤어요. 확인 부탁드립니다.",
        ),
    ),
    "parking": Topic(
        "transport",
        4,
        (
            "{dong} 초등학교 앞 불법 주정차가 심해요. 아이들이 차도로 다닙니다.",
            "{dong} 소화전 앞 불법주차는 어디로 신고하나요?",
            "{place} 앞 횡단보도에 매일 같은 자리 주정차 차량이 있어요. 단속해 주세요.",
            "주말에도 {dong} 주정차 단속을 하나요?",
            "{place} 앞 신호등 보행 시간이 너무 짧습니다. 어르신들이 못 건너요.",
        ),
    ),
    "lamp": Topic(
        "facility",
        4,
        (
            "{dong} {place} 앞 가로등이 {n}일째 꺼져 있습니다.",
            "{dong} 골목 보안등이 깜빡거려서 밤길이 무서워요.",
            "가로등 고장 신고합니다. {place} 옆인데 관리번호가 지워져 있어요.",
            "{place} 산책길 가로등을 조금 일찍 켜 주실 수 있나요?",
        ),
    ),
    "road": Topic(
        "facility",
        4,
        (
            "{place} 앞 도로에 포트홀이 생겼어요. 넘어질 뻔했습니다.",
            "{dong} 우회전 차로 포트홀은 언제 메우나요?",
            "{place} 쪽 보도블록이 들떠서 유모차가 자꾸 걸려요.",
            "{dong} 도로 파손 신고합니다. 비가 오면 물이 고여서 안 보여요.",
        ),
    ),
    "waste": Topic(
        "environment",
        4,
        (
            "{dong} 쓰레기 수거가 {n}일째 안 되고 있어요.",
            "대형 폐기물 스티커는 어디서 사나요? {dong}입니다.",
            "{place} 뒤 무단투기 때문에 냄새가 심합니다.",
            "연휴에도 재활용 쓰레기를 수거하나요?",
            "{dong} 분리수거함이 넘쳐서 골목까지 나왔어요.",
        ),
    ),
    "care": Topic(
        "welfare",
        3,
        (
            "기초연금 신청은 주민센터로 가면 되나요?",
            "혼자 지내시는 이웃 어르신 돌봄 서비스를 문의드립니다.",
            "{dong}에서 복지 상담을 예약하려면 어떻게 하나요?",
            "아이 돌봄 신청에 필요한 서류가 무엇인가요?",
            "복지 바우처 잔액은 어디서 확인하나요?",
        ),
    ),
    "event": Topic(
        "pr",
        3,
        (
            "이번 주말 {place} 축제는 몇 시에 시작하나요?",
            "비가 오면 야외 행사는 취소되나요?",
            "{place} 공연 시간표를 올려 주실 수 있나요?",
            "행사 때 유모차나 휠체어를 빌릴 수 있나요?",
        ),
    ),
    "praise": Topic(
        None,
        2,
        (
            "지난번 민원을 바로 처리해 주셔서 감사합니다.",
            "답변이 친절해서 칭찬 남깁니다!",
            "요즘 답이 정말 빨라졌네요. 고맙습니다.",
        ),
    ),
    "photo": Topic(None, 2, ("(사진)", "(사진 2장)")),
}

SNOW = Topic(
    "transport",
    0,
    (
        "{stop} 정류장인데 눈 때문에 버스가 안 와요. {bus}번 운행하나요?",
        "눈이 많이 오는데 {bus}번 버스는 우회하나요?",
        "{stop}에서 {n}0분째 버스를 기다립니다. 운행 중단인가요?",
        "{bus}번 버스가 {stop}에 못 올라온다는데 맞나요?",
    ),
)
"""What everybody writes at once on the day of the snow."""

FOLLOW_UPS = (
    "답변 감사합니다. 그럼 언제쯤 처리되나요?",
    "안내해 주신 번호로 전화했는데 연결이 안 돼요.",
    "방금 다시 가 봤는데 그대로입니다. 한 번 더 확인해 주세요.",
)
THANKS = ("네, 빠른 답변 감사합니다!", "확인했습니다. 감사합니다.", "아, 그렇군요. 고맙습니다.")

_NAMES = (
    "산책하는구름", "느린자전거", "갑천오리", "퇴근길라디오", "골목고양이", "두유한잔", "빨간우산", "새벽달리기",
    "동네한바퀴", "초록우체통", "낮잠고래", "봄날식빵", "수요일의커피", "걷는나무", "작은도서관", "귤까는저녁",
)  # fmt: skip
_HANDLES = (
    "walking_cloud", "slow_bike", "river_duck", "radio_home", "alley_cat", "soymilk_one", "red_umbrella", "dawn_run",
    "one_lap", "green_post", "nap_whale", "spring_bread", "wed_coffee", "walk_tree", "tiny_library", "eve_orange",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Citizen:
    """Somebody who writes to the city."""

    number: int

    @property
    def id(self) -> str:
        """Their id on either platform."""
        return f"9{self.number:011}"

    @property
    def handle(self) -> str:
        """Their handle on X, at most 15 signs."""
        name = _HANDLES[self.number % len(_HANDLES)]
        turn = self.number // len(_HANDLES)
        return f"{name}{turn}" if turn else name

    @property
    def name(self) -> str:
        """Their name on Facebook."""
        turn = self.number // len(_NAMES)
        return _NAMES[self.number % len(_NAMES)] + (str(turn) if turn else "")


POPULATION = 320
"""How many citizens there are on the small platforms."""


@dataclass(frozen=True, slots=True)
class Saying:
    """One citizen's words to one account; the handle that X wants in front is not part of them."""

    citizen: Citizen
    account: Account
    topic: str
    text: str
    on_wall: bool
    """On Facebook: a post of their own on the Page's wall rather than a comment under the Page's."""


class Citizens:
    """Draws who says what to which account."""

    def __init__(self, accounts: Sequence[Account], random: Random) -> None:
        self._accounts, self._random = accounts, random

    def pause(self) -> timedelta:
        """City time until somebody writes again."""
        return timedelta(seconds=self._random.expovariate(1 / PACE.total_seconds()))

    def says(self, topic: str | None = None, platform: str | None = None) -> Saying:
        """Somebody writes, of a topic that is given or drawn."""
        name = topic or self._random.choices(list(TOPICS), [each.weight for each in TOPICS.values()])[0]
        return self._saying(name, TOPICS[name], platform)

    def snow(self) -> Saying:
        """Another of many who write about the same at once, on X as far as there are accounts."""
        return self._saying("snow", SNOW, "twitter", astray=0.0)

    def again(self, before: Saying, texts: Sequence[str]) -> Saying:
        """The same citizen writes to the same account."""
        text = self._random.choice(texts)
        return Saying(before.citizen, before.account, "follow-up", text, on_wall=False)

    def _saying(self, name: str, topic: Topic, platform: str | None, astray: float = _ASTRAY) -> Saying:
        account = self._account(topic.department, platform, astray)
        citizen = Citizen(self._random.randrange(POPULATION))
        text = self._random.choice(topic.texts).format(
            dong=self._random.choice(_DONG), place=self._random.choice(_PLACE), stop=self._random.choice(_STOP),
            bus=self._random.choice(_BUS), n=self._random.randint(2, 6),
        )  # fmt: skip
        return Saying(citizen, account, name, text, on_wall=self._random.random() < _VISITOR_POSTS)

    def _account(self, department: str | None, platform: str | None, astray: float) -> Account:
        asked = [account for account in self._accounts if account.platform == platform] or self._accounts
        home = [account for account in asked if account.department == department]
        return self._random.choice(home if home and self._random.random() >= astray else asked)
