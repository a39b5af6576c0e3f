"""What people read: the facts that each alert must hold, in both languages."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.message import AlertAccount, AlertCase, AlertMention, Kind
from monitor.alerts.words import compose, listed

SEOUL = ZoneInfo("Asia/Seoul")
DUE = datetime(2026, 11, 24, 13, 50, tzinfo=UTC)  # 22:50 in Seoul
ASKING = (Kind.WARNING, Kind.BREACH, Kind.ESCALATION, Kind.CRISIS)
ACCOUNT = AlertAccount("twitter", "1001", datetime(2026, 11, 24, 13, 10, tzinfo=UTC))
ANY_TEXT = st.text(st.characters(exclude_categories=()))


def case(overdue=-600, *, due=DUE, number=1, **changes):
    asked = AlertMention("77", due - timedelta(minutes=30), "https://x.com/i/77")
    values = {
        "id": f"c{number}", "platform": "twitter", "account": "1001", "department": "transport", "deadline": due,
        "overdue_seconds": overdue, "checked": True, "late": False, "link": f"https://sns.example/c{number}",
        "mentions": (asked,),
    }  # fmt: skip
    return AlertCase(**{**values, **changes})


def words(kind, language, cases=(), account=None, level=1, **more):
    names = {
        "ko": {"transport": "교통정책과", "facility": "시설관리과", "water": "수도과"},
        "en": {"transport": "Transport", "facility": "Facilities", "water": "Water"},
    }
    values = {
        "language": language,
        "zone": SEOUL,
        "recipient_name": "김담당",
        "department_names": names[language],
        "account_names": {"twitter:1001": "@dj_transport"},
    }
    return compose(kind, level, cases, account, **{**values, **more})


FIRST_LINES = [
    (Kind.WARNING, "ko", [case()], "기한 임박: 22:50까지 답변해 주세요. 미답변 1건, 10분 남음."),
    (Kind.WARNING, "en", [case()], "Due soon: please answer by 22:50. 1 case unanswered, 10 minutes left."),
    (
        Kind.WARNING,
        "ko",
        [case(), case(-660, due=DUE + timedelta(minutes=1), number=2)],
        "기한 임박: 가장 급한 글은 22:50까지 답변해 주세요. 미답변 2건, 10분 남음.",
    ),
    (
        Kind.WARNING,
        "en",
        [case(), case(-660, due=DUE + timedelta(minutes=1), number=2)],
        "Due soon: please answer the most urgent by 22:50. 2 cases unanswered, 10 minutes left.",
    ),
    (Kind.BREACH, "ko", [case(5)], "기한 초과: 지금 바로 답변해 주세요. 미답변 1건, 방금 초과."),
    (Kind.BREACH, "en", [case(5)], "Overdue: please answer now. 1 case unanswered, just overdue."),
    (Kind.BREACH, "ko", [case(720)] * 2, "기한 초과: 지금 바로 답변해 주세요. 미답변 2건, 최대 12분 초과."),
    (
        Kind.BREACH,
        "en",
        [case(720)] * 2,
        "Overdue: please answer now. 2 cases unanswered, up to 12 minutes overdue.",
    ),
    (
        Kind.ESCALATION,
        "ko",
        [case(1860)],
        "상향 보고: 담당자에게 확인해 지금 바로 답변하도록 조치해 주세요. 미답변 1건, 31분 초과.",
    ),
    (
        Kind.ESCALATION,
        "en",
        [case(1860)],
        "Escalation: please see to it that an answer goes out now. 1 case unanswered, 31 minutes overdue.",
    ),
    (
        Kind.CRISIS,
        "ko",
        [case()],
        "위기 감지: 지금 바로 확인하고 22:50까지 답변해 주세요. 관련 글 1건, 10분 남음.",
    ),
    (
        Kind.CRISIS,
        "en",
        [case()],
        "Crisis: please look now and answer by 22:50. 1 case unanswered, 10 minutes left.",
    ),
    (Kind.CRISIS, "ko", [], "위기 감지: 지금 바로 확인하고 답변해 주세요."),
    (Kind.CRISIS, "en", [], "Crisis: please look now and answer."),
    (
        Kind.ANSWERED,
        "ko",
        [case()],
        "답변 완료: 앞서 알린 글 1건에 답변이 등록되었습니다. 더 하실 일은 없습니다.",
    ),
    (
        Kind.ANSWERED,
        "en",
        [case()],
        "Answered: 1 case you were told of has been answered. Nothing more to do.",
    ),
    (Kind.TEST, "ko", [], "시험 발송: 알림이 정상적으로 도착했습니다. 하실 일은 없습니다."),
    (Kind.TEST, "en", [], "Test: alerts reach you. Nothing to do."),
]


@pytest.mark.parametrize(("kind", "language", "cases", "expected"), FIRST_LINES)
def test_the_first_line_says_what_to_do_and_by_when(kind, language, cases, expected):
    """It is all that a phone shows before it is unlocked."""
    assert words(kind, language, cases).text.splitlines()[0] == expected


ACCOUNT_LINES = {
    (Kind.BLIND, "ko"): (
        "수집 장애: 트위터 @dj_transport 계정에 직접 접속해 11. 24.(화) 22:10 이후에 올라온 글을 확인하고 답변해",
        "11. 24.(화) 22:10까지 올라온 글은 모두 수집했습니다.",
        "원인: 토큰 거절",
    ),
    (Kind.BLIND, "en"): (
        "Not collecting: please open Twitter @dj_transport yourself, look for posts since Tue 24 Nov 22:10",
        "Every post up to Tue 24 Nov 22:10 is collected.",
        "Cause: 토큰 거절",
    ),
    (Kind.RECOVERED, "ko"): ("수집 복구: 트위터 @dj_transport", "11. 24.(화) 22:10까지 올라온 글을 모두 수집했습니다."),
    (Kind.RECOVERED, "en"): ("Collecting again: Twitter @dj_transport", "Every post up to Tue 24 Nov 22:10"),
}


@pytest.mark.parametrize(("kind", "language"), ACCOUNT_LINES)
def test_blindness_says_until_when_all_is_known(kind, language):
    """And whose account, what it means, what to do and why (SEMANTICS row 31)."""
    told = words(kind, language, account=ACCOUNT, detail="토큰 거절")
    first, *others = ACCOUNT_LINES[kind, language]
    assert told.text.startswith(first)
    for other in others:
        assert other in told.text
    assert "@dj_transport" in told.subject


@pytest.mark.parametrize("language", ["ko", "en"])
def test_an_account_that_never_was_complete(language):
    """No instant is made up."""
    told = words(Kind.BLIND, language, account=AlertAccount("facebook", "55", None))
    assert "None" not in told.text + told.subject
    assert "55" in told.text.splitlines()[0]


@pytest.mark.parametrize(("language", "warning"), [("ko", "알림이 늦거나"), ("en", "alerts may come late")])
def test_a_fault_is_told_in_its_own_words(language, warning):
    """The first line of the detail stands in the first line, the others below, each once."""
    told = words(Kind.FAULT, language, detail="desk-hook: answered 401\n알림 3건")
    assert "desk-hook: answered 401" in told.text.splitlines()[0]
    assert told.text.count("desk-hook") == told.text.count("알림 3건") == 1
    assert "desk-hook" in told.subject
    assert warning in told.text


@pytest.mark.parametrize(
    ("language", "name"), [("ko", "주간 SLA 준수율 보고서"), ("en", "Weekly SLA compliance report")]
)
def test_a_report_names_its_week(language, name):
    """As the office writes it."""
    week = "2026. 11. 16.(월) ~ 11. 22.(일)"
    told = words(Kind.REPORT, language, detail=f"{week}\n96.4 %")
    assert told.text.splitlines()[0] == f"{name}: {week}"
    assert told.subject == f"{name} · {week}"
    assert "96.4 %" in told.text


@pytest.mark.parametrize(("language", "reason"), [("ko", "감지 사유: 붕괴"), ("en", "Reason: 붕괴")])
def test_a_crisis_says_why(language, reason):
    """The word or the surge that raised it."""
    assert reason in words(Kind.CRISIS, language, [case()], detail="붕괴").text


LINES = {
    "ko": "1) 접수 22:20 · 기한 22:50 · 10분 남음 · 트위터 @dj_transport",
    "en": "1) received 22:20 · due 22:50 · 10 minutes left · Twitter @dj_transport",
}
ADDRESSES = {
    "ko": [
        "   글 보기: https://x.com/i/77",
        "   처리 화면: https://sns.example/c1",
        "   확인 알리기(로그인 없이): https://sns.example/a/t1",
    ],
    "en": [
        "   The post: https://x.com/i/77",
        "   The case: https://sns.example/c1",
        "   I have it (no login): https://sns.example/a/t1",
    ],
}


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("kind", ASKING)
def test_a_case_is_one_line_and_one_for_each_address(kind, language):
    """When it came, when it is due, how it stands, whose account; then where to go, each wide enough for a thumb."""
    lines = words(kind, language, [case(acknowledge="https://sns.example/a/t1")]).text.splitlines()
    at = lines.index(LINES[language])
    assert lines[at + 1 : at + 4] == ADDRESSES[language]


def test_without_a_web_the_post_is_the_only_address():
    """Its page would be the same address again, and there is nothing to acknowledge it with."""
    alone = words(Kind.BREACH, "ko", [case(5, link="https://x.com/i/77")]).text
    assert alone.count("https://") == 1
    assert "   글 보기: https://x.com/i/77" in alone.splitlines()


@pytest.mark.parametrize(("language", "says"), [("ko", "전달하지 마세요"), ("en", "do not forward")])
def test_what_has_to_be_known_of_the_link_is_said_once(language, says):
    """That it is no answer, for one person, and works once; nothing where there is no such link."""
    both = [case(5, number=number, acknowledge=f"https://sns.example/a/t{number}") for number in (1, 2)]
    assert words(Kind.BREACH, language, both).text.count(says) == 1
    assert says not in words(Kind.BREACH, language, [case(5)]).text


@pytest.mark.parametrize(("language", "further"), [("ko", "외 490건"), ("en", "and 490 more")])
def test_ten_cases_are_listed_the_most_urgent_first(language, further):
    """A full bundle stays readable and says how many more there are."""
    cases = [case(60 * number, due=DUE - timedelta(minutes=number), number=number) for number in range(500)]
    told = words(Kind.BREACH, language, cases)
    lines = told.text.splitlines()
    pages = [line.rpartition("/")[2] for line in lines if "https://sns.example/" in line]
    assert pages == [f"c{number}" for number in range(499, 489, -1)] == [one.id for one in listed(cases)]
    assert lines[-1] == further
    assert "500" in lines[0]
    (first,) = (line for line in lines if line.startswith("1) "))
    assert "8시간 19분" in first or "8 hours 19 minutes" in first
    assert further not in words(Kind.BREACH, language, cases[:10]).text


STANDINGS = [
    (-86400 * 2 - 3600, "2일 1시간 남음", "2 days 1 hour left"),
    (-3660, "1시간 1분 남음", "1 hour 1 minute left"),
    (-3600, "1시간 남음", "1 hour left"),
    (-119, "1분 남음", "1 minute left"),
    (-59, "1분 미만 남음", "under a minute left"),
    (0, "방금 초과", "just overdue"),
    (60, "1분 초과", "1 minute overdue"),
    (7200 + 120, "2시간 2분 초과", "2 hours 2 minutes overdue"),
    (86400, "1일 초과", "1 day overdue"),
]


@pytest.mark.parametrize(("seconds", "korean", "english"), STANDINGS)
def test_how_a_case_stands(seconds, korean, english):
    """Whole minutes, never more than are left; one is one minute."""
    assert f" · {korean} · " in words(Kind.BREACH, "ko", [case(seconds)]).text
    assert f" · {english} · " in words(Kind.BREACH, "en", [case(seconds)]).text


def test_another_day_is_named():
    """A post of yesterday evening is not taken for one of tonight; the zone is the one given."""
    late = case(60, due=datetime(2026, 11, 24, 15, 10, tzinfo=UTC))  # 00:10 of the 25th in Seoul
    assert "접수 11. 24.(화) 23:40 · 기한 00:10" in words(Kind.BREACH, "ko", [late]).text
    assert "received Tue 24 Nov 23:40 · due 00:10" in words(Kind.BREACH, "en", [late]).text
    assert "접수 14:40 · 기한 15:10" in words(Kind.BREACH, "ko", [late], zone=UTC).text


@pytest.mark.parametrize(
    ("language", "unchecked", "late"),
    [
        ("ko", "플랫폼 확인 실패 1건: ", "늦은 수집 2건: "),
        ("en", "Not checked (1 case): ", "Collected late (2 cases): "),
    ],
)
def test_what_is_not_sure_is_said(language, unchecked, late):
    """Could not look again (SEMANTICS row 21), found late: counted above the list and marked in it."""
    cases = [case(5, checked=False, late=True), case(5, late=True, number=2), case(5, number=3)]
    for kind in ASKING:
        lines = words(kind, language, cases).text.splitlines()
        begins = next(index for index, line in enumerate(lines) if line.startswith("1)"))
        assert any(line.startswith(unchecked) for line in lines[:begins])
        assert any(line.startswith(late) for line in lines[:begins])
        marks = {"ko": ("플랫폼 확인 실패", "늦은 수집"), "en": ("not checked", "collected late")}[language]
        numbered = [line for line in lines[begins:] if line[0].isdigit()]
        assert [[mark in line for mark in marks] for line in numbered] == [
            [True, True],
            [False, True],
            [False, False],
        ]
    sure = words(Kind.BREACH, language, [case(5)]).text
    assert unchecked[:5] not in sure
    assert late[:5] not in sure
    assert unchecked[:5] not in words(Kind.ANSWERED, language, cases).text


def test_who_is_meant_and_at_which_step():
    """Several people read one room; departments are named, two at most."""
    departments = [case(department=name) for name in ("transport", "facility", "water", "x")]
    assert "받는 분: 김담당 · 교통정책과 · 2단계" in words(Kind.BREACH, "ko", departments[:1], level=2).text
    assert "교통정책과, 시설관리과 외 2개 부서" in words(Kind.BREACH, "ko", departments).text
    assert "For: 김담당 · Transport · step 2" in words(Kind.BREACH, "en", departments[:1], level=2).text
    assert "Transport, Facilities and 1 other department ·" in words(Kind.BREACH, "en", departments[:3]).text
    assert "단계" not in words(Kind.ANSWERED, "ko", departments, level=2).text


def test_unknown_names_are_shown_as_ids():
    """A department or account that left the settings still has a name in the alert."""
    told = words(Kind.BREACH, "ko", [case(5, department="gone", platform="naver", account="9")])
    assert "gone" in told.text
    assert "naver 9" in told.text


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_its_own_subject(kind, language):
    """One line, not too long, in the language, and like no other kind's."""
    subjects = {other: words(other, language, [case()], ACCOUNT, detail="detail " * 50).subject for other in Kind}
    assert len(set(subjects.values())) == len(Kind)
    assert 0 < len(subjects[kind]) <= 120
    assert "\n" not in subjects[kind]
    hangul = any("가" <= sign <= "힣" for sign in subjects[kind].replace("김담당", ""))
    assert hangul is (language == "ko")


def test_an_unknown_language_is_refused():
    """The settings allow two."""
    with pytest.raises(KeyError):
        words(Kind.TEST, "fr")


def test_no_citizen_text_unless_given():
    """And then on its own line, cut, on one line, without numbers of persons."""
    long = "가로등이 꺼졌어요\n전화 010-1234-5678, 주민번호 900101-1234567 " + "너무 어두워요 " * 20
    assert "가로등" not in words(Kind.BREACH, "ko", [case(5)]).text
    told = words(Kind.BREACH, "ko", [case(5)], excerpts={"c1": long, "other": "다른 글"}).text
    (line,) = [line for line in told.splitlines() if "가로등" in line]
    assert line.startswith("   “가로등이 꺼졌어요 전화 ***-****-****, 주민번호 ******-******* 너무")
    assert line.endswith("…”")
    assert len(line) <= 3 + 83
    assert "다른 글" not in told


@given(st.sampled_from(list(Kind)), st.sampled_from(["ko", "en"]), ANY_TEXT, ANY_TEXT, st.integers(-(10**8), 10**8))
def test_any_names_and_text_compose(kind, language, one, other, overdue):
    """Nothing in a name, link, detail or excerpt breaks the message or adds a line that looks like ours."""
    odd = case(overdue, link=one, account=other, department=one)
    told = words(
        kind, language, [odd], ACCOUNT, recipient_name=other, detail=one, excerpts={"c1": other},
        department_names={one: other}, account_names={f"twitter:{other}": one},
    )  # fmt: skip
    assert len(told.subject.splitlines()) == 1
    assert sum(line.startswith(("1)", "2)")) for line in told.text.split("\n")) <= 1 + one.count("1)") + one.count("2)")
    (told.subject + told.text).encode()
