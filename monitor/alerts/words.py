"""The words of alerts in Korean and English, for somebody who reads them on a phone at 22:40.

The first line says what to do and by when; the rest is there for who wants to know more. The Korean words are
those of the offices (TRUST, "Words"), phrased so that no particle depends on a name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from monitor.alerts.message import AlertAccount, AlertCase, Kind, one_line

#: How many cases are listed; a bundle may hold 500, and nobody scrolls through them on a phone.
LISTED = 10
_EXCERPT_SIGNS = 80
_SUBJECT_SIGNS = 120
#: Kinds that ask for an answer, and so say how their cases were found.
_ASKING = frozenset({Kind.WARNING, Kind.BREACH, Kind.ESCALATION, Kind.CRISIS})

_GAP = r"[\s./()·\-‐-―−－]{0,3}"
_BIRTH = r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_RESIDENT = re.compile(rf"(?<!\d){_BIRTH}{_GAP}[0-9][\d*●○]{{6}}(?!\d)")
_PHONE = re.compile(
    rf"(?<!\d)(?:\+?82{_GAP}0?{_GAP}|0)(?:2|1[016-9]|[3-6]\d|70|80|50\d){_GAP}\d{{3,4}}{_GAP}\d{{4}}(?!\d)"
)
_WIDE_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")


@dataclass(frozen=True, slots=True)
class Words:
    """What a person reads."""

    subject: str
    """One line, for channels that have one."""
    text: str


def compose(
    kind: Kind,
    level: int,
    cases: Sequence[AlertCase] = (),
    account: AlertAccount | None = None,
    *,
    language: str,
    zone: tzinfo,
    recipient_name: str,
    department_names: Mapping[str, str],
    account_names: Mapping[str, str],
    detail: str = "",
    excerpts: Mapping[str, str] | None = None,
) -> Words:
    """Subject and text of one message.

    `language` is "ko" or "en" (KeyError for any other), times are shown in `zone`. `department_names` go by the
    department's id, `account_names` by "platform:id"; a missing name is shown as its id. `detail` is what a
    fault, a report, a crisis or a blindness adds: its first line is shown first. `excerpts` are citizens' words
    by case id, given only where the settings ask for them; phone and resident numbers in them are masked here.
    """
    tongue = _TONGUES[language]
    scene = _Scene(
        tongue, zone, sorted(cases, key=lambda case: case.deadline), account, department_names, account_names
    )
    details = [line for line in map(one_line, detail.splitlines()) if line]
    head = details[0] if details else ""
    blocks = [
        [
            tongue.first_line(kind, scene, head),
            tongue.addressed(one_line(recipient_name), scene.departments(), level if kind in _ASKING else 0),
        ],
        tongue.caveats(scene) if kind in _ASKING else [],
        _case_lines(kind, scene, excerpts or {}),
        tongue.explanation(kind, scene, details),
    ]
    text = "\n\n".join("\n".join(filter(None, block)) for block in blocks if any(block))
    return Words(one_line(tongue.subject(kind, scene, head))[:_SUBJECT_SIGNS].rstrip(), text)


def mask(text: str) -> str:
    """Citizens' text without phone and resident registration numbers, whatever stands between their digits' groups.

    Personal Information Protection Act, articles 24 and 24-2; the office phone numbers of a city go with them.
    """
    visible = "".join(sign for sign in text if unicodedata.category(sign) != "Cf")
    plain = visible.translate(_WIDE_DIGITS)
    return _PHONE.sub("***-****-****", _RESIDENT.sub("******-*******", plain))


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the sentences are made from: the cases, earliest deadline first, and how to name things."""

    tongue: _Tongue
    zone: tzinfo
    cases: Sequence[AlertCase]
    account: AlertAccount | None
    department_names: Mapping[str, str]
    account_names: Mapping[str, str]

    def departments(self) -> str:
        """Names of the departments concerned, two at most and how many more."""
        names = list(dict.fromkeys(self.department_names.get(case.department, case.department) for case in self.cases))
        shown = ", ".join(names[:2])
        more = len(names) - 2
        return one_line(shown if more <= 0 else self.tongue.and_more(shown, more))

    def account_name(self, platform: str, identity: str) -> str:
        """As "트위터 @dj_transport"."""
        name = self.account_names.get(f"{platform}:{identity}", identity)
        return one_line(f"{self.tongue.platforms.get(platform, platform)} {name}")

    def subject_account(self) -> str:
        """The account that a `blind` or `recovered` is about."""
        return "" if self.account is None else self.account_name(self.account.platform, self.account.id)

    def complete_until(self) -> str:
        """With its date, for nothing here says what today is; "" where nothing was ever complete."""
        if self.account is None or self.account.complete_until is None:
            return ""
        return self.tongue.dated(self.account.complete_until.astimezone(self.zone))

    def clock(self, instant: datetime, case: AlertCase) -> str:
        """Time of day, with the date where that is not the day on which the alert was made."""
        local = instant.astimezone(self.zone)
        made = (case.deadline + timedelta(seconds=case.overdue_seconds)).astimezone(self.zone)
        return f"{local:%H:%M}" if local.date() == made.date() else self.tongue.dated(local)

    def first_deadline(self) -> str:
        return self.clock(self.cases[0].deadline, self.cases[0])

    def worst(self) -> str:
        """How it stands with the case that is farthest along."""
        return self.tongue.standing(self.cases[0].overdue_seconds)

    def is_overdue(self) -> bool:
        return bool(self.cases) and self.cases[0].overdue_seconds >= 0


def _case_lines(kind: Kind, scene: _Scene, excerpts: Mapping[str, str]) -> list[str]:
    lines = []
    for number, case in enumerate(scene.cases[:LISTED], 1):
        asked = min((mention.created_at for mention in case.mentions), default=None)
        parts = [
            "" if asked is None else scene.tongue.received.format(scene.clock(asked, case)),
            scene.tongue.due.format(scene.clock(case.deadline, case)),
            scene.tongue.standing(case.overdue_seconds) if kind in _ASKING else "",
            scene.account_name(case.platform, case.account),
            scene.tongue.unchecked if kind in _ASKING and not case.checked else "",
            scene.tongue.late if kind in _ASKING and case.late else "",
            one_line(case.link),
        ]
        lines.append(f"{number}) " + " · ".join(filter(None, parts)))
        excerpt = one_line(mask(excerpts.get(case.id, "")))
        if excerpt:
            cut = excerpt if len(excerpt) <= _EXCERPT_SIGNS else excerpt[:_EXCERPT_SIGNS].rstrip() + "…"
            lines.append(f"   “{cut}”")
    if len(scene.cases) > LISTED:
        lines.append(scene.tongue.further(len(scene.cases) - LISTED))
    return lines


@dataclass(frozen=True, slots=True)
class _Tongue:
    """One language. The functions return "" or nothing where there is nothing to say."""

    platforms: Mapping[str, str]
    received: str
    due: str
    unchecked: str
    late: str
    dated: Callable[[datetime], str]
    standing: Callable[[int], str]
    further: Callable[[int], str]
    and_more: Callable[[str, int], str]
    addressed: Callable[[str, str, int], str]
    subject: Callable[[Kind, _Scene, str], str]
    first_line: Callable[[Kind, _Scene, str], str]
    explanation: Callable[[Kind, _Scene, Sequence[str]], list[str]]
    caveats: Callable[[_Scene], list[str]]


def _ko_dated(local: datetime) -> str:
    return f"{local.month}. {local.day}.({'월화수목금토일'[local.weekday()]}) {local:%H:%M}"


def _ko_span(minutes: int) -> str:
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = ((days, "일"), (hours, "시간"), (minutes, "분"))
    return " ".join([f"{amount}{unit}" for amount, unit in units if amount][:2])


def _ko_standing(overdue_seconds: int) -> str:
    minutes = abs(overdue_seconds) // 60
    if overdue_seconds >= 0:
        return f"{_ko_span(minutes)} 초과" if minutes else "방금 초과"
    return f"{_ko_span(minutes)} 남음" if minutes else "1분 미만 남음"


def _ko_addressed(recipient: str, departments: str, level: int) -> str:
    parts = (f"받는 분: {recipient}" if recipient else "", departments, f"{level}단계" if level else "")
    return " · ".join(filter(None, parts))


def _ko_count(scene: _Scene, noun: str) -> str:
    if not scene.cases:
        return ""
    most = "최대 " if len(scene.cases) > 1 and scene.cases[0].overdue_seconds >= 60 else ""
    return f"{noun} {len(scene.cases)}건, {most}{scene.worst()}"


def _ko_subject(kind: Kind, scene: _Scene, head: str) -> str:
    count, account, until = len(scene.cases), scene.subject_account(), scene.complete_until()
    match kind:
        case Kind.WARNING:
            when = "지금" if scene.is_overdue() else f"{scene.first_deadline()}까지"
            parts = ["[기한 임박] " + f"{when} 답변 필요", f"미답변 {count}건", scene.departments()]
        case Kind.BREACH:
            parts = ["[기한 초과] 지금 답변 필요", f"미답변 {count}건", scene.departments()]
        case Kind.ESCALATION:
            parts = ["[상향 보고] " + _ko_count(scene, "미답변"), scene.departments()]
        case Kind.CRISIS:
            parts = ["[위기] 지금 확인 필요", head, f"관련 글 {count}건" if count else "", scene.departments()]
        case Kind.ANSWERED:
            parts = [f"[답변 완료] 앞서 알린 글 {count}건", scene.departments()]
        case Kind.BLIND:
            parts = [f"[수집 장애] {account}", f"{until} 이후 직접 확인 필요" if until else "직접 확인 필요"]
        case Kind.RECOVERED:
            parts = [f"[수집 복구] {account}"]
        case Kind.FAULT:
            parts = ["[운영 장애] 점검 필요", head]
        case Kind.REPORT:
            parts = ["주간 SLA 준수율 보고서", head]
        case Kind.TEST:
            parts = ["[시험 발송] 알림 연결 확인"]
    return " · ".join(filter(None, parts))


def _ko_first_line(kind: Kind, scene: _Scene, head: str) -> str:
    account, until = scene.subject_account(), scene.complete_until()
    first = "가장 급한 글은 " if len(scene.cases) > 1 else ""
    by = "" if scene.is_overdue() or not scene.cases else f"{first}{scene.first_deadline()}까지 "
    match kind:
        case Kind.WARNING:
            return f"기한 임박: {by or '지금 바로 '}답변해 주세요. {_ko_count(scene, '미답변')}."
        case Kind.BREACH:
            return f"기한 초과: 지금 바로 답변해 주세요. {_ko_count(scene, '미답변')}."
        case Kind.ESCALATION:
            return f"상향 보고: 담당자에게 확인해 지금 바로 답변하도록 조치해 주세요. {_ko_count(scene, '미답변')}."
        case Kind.CRISIS:
            counted = _ko_count(scene, "관련 글")
            return f"위기 감지: 지금 바로 확인하고 {by}답변해 주세요." + (f" {counted}." if counted else "")
        case Kind.ANSWERED:
            return f"답변 완료: 앞서 알린 글 {len(scene.cases)}건에 답변이 등록되었습니다. 더 하실 일은 없습니다."
        case Kind.BLIND:
            since = f"{until} 이후에 올라온 글을" if until else "올라온 글을"
            return f"수집 장애: {account} 계정에 직접 접속해 {since} 확인하고 답변해 주세요."
        case Kind.RECOVERED:
            known = f"{until}까지 올라온 글을 모두 수집했습니다." if until else ""
            return f"수집 복구: {account} 글을 다시 정상 수집합니다. {known}".rstrip()
        case Kind.FAULT:
            return f"운영 장애: 점검해 주세요. {head}".rstrip()
        case Kind.REPORT:
            return f"주간 SLA 준수율 보고서: {head}" if head else "주간 SLA 준수율 보고서"
        case Kind.TEST:
            return "시험 발송: 알림이 정상적으로 도착했습니다. 하실 일은 없습니다."


def _ko_explanation(kind: Kind, scene: _Scene, details: Sequence[str]) -> list[str]:
    until = scene.complete_until()
    match kind:
        case Kind.BLIND:
            known = f"{until}까지 올라온 글은 모두 수집했습니다. " if until else ""
            return [
                f"{known}그 뒤의 글은 아직 수집하지 못해, 새 글이 와도 기한 알림이 가지 않습니다.",
                "운영 담당자는 계정 토큰과 네트워크를 점검해 주세요. 복구되면 다시 알려 드립니다.",
                f"원인: {' / '.join(details)}" if details else "",
            ]
        case Kind.RECOVERED:
            return [
                "장애 중에 올라온 글의 응답 기한은 수집 시각이 아니라 글이 올라온 시각부터 계산됩니다. "
                "미답변 목록을 확인해 주세요.",
                *details,
            ]
        case Kind.CRISIS:
            return [f"감지 사유: {' / '.join(details)}" if details else ""]
        case Kind.FAULT:
            return [*details[1:], "해결될 때까지 기한 알림이 늦거나 빠질 수 있습니다."]
        case Kind.REPORT:
            return [*details[1:], "보고서 파일은 메일 첨부나 웹의 보고서 화면에서 보실 수 있습니다."]
        case _:
            return list(details)


def _ko_caveats(scene: _Scene) -> list[str]:
    unchecked = sum(not case.checked for case in scene.cases)
    late = sum(case.late for case in scene.cases)
    return [
        f"플랫폼 확인 실패 {unchecked}건: 이 알림 직전에 답변 여부를 다시 확인하지 못했습니다. "
        "이미 답변하셨는지 먼저 확인해 주세요."
        if unchecked
        else "",
        f"늦은 수집 {late}건: 글을 늦게 수집해 알림이 늦었습니다. 늦은 시간은 수집 지연으로 따로 기록됩니다."
        if late
        else "",
    ]


_KOREAN = _Tongue(
    platforms={"twitter": "트위터", "facebook": "페이스북", "instagram": "인스타그램"},
    received="접수 {}",
    due="기한 {}",
    unchecked="플랫폼 확인 실패",
    late="늦은 수집",
    dated=_ko_dated,
    standing=_ko_standing,
    further=lambda count: f"외 {count}건",
    and_more=lambda shown, count: f"{shown} 외 {count}개 부서",
    addressed=_ko_addressed,
    subject=_ko_subject,
    first_line=_ko_first_line,
    explanation=_ko_explanation,
    caveats=_ko_caveats,
)

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _en_dated(local: datetime) -> str:
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local:%H:%M}"


def _en_span(minutes: int) -> str:
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = ((days, "day"), (hours, "hour"), (minutes, "minute"))
    return " ".join([_many(amount, unit) for amount, unit in units if amount][:2])


def _en_standing(overdue_seconds: int) -> str:
    minutes = abs(overdue_seconds) // 60
    if overdue_seconds >= 0:
        return f"{_en_span(minutes)} overdue" if minutes else "just overdue"
    return f"{_en_span(minutes)} left" if minutes else "under a minute left"


def _en_addressed(recipient: str, departments: str, level: int) -> str:
    parts = (f"For: {recipient}" if recipient else "", departments, f"step {level}" if level else "")
    return " · ".join(filter(None, parts))


def _en_count(scene: _Scene) -> str:
    if not scene.cases:
        return ""
    most = "up to " if len(scene.cases) > 1 and scene.cases[0].overdue_seconds >= 60 else ""
    return f"{_many(len(scene.cases), 'case')} unanswered, {most}{scene.worst()}"


def _en_subject(kind: Kind, scene: _Scene, head: str) -> str:
    cases = _many(len(scene.cases), "case")
    account, until = scene.subject_account(), scene.complete_until()
    match kind:
        case Kind.WARNING:
            when = "now" if scene.is_overdue() else f"by {scene.first_deadline()}"
            parts = [f"[Due soon] Answer {when}", f"{cases} unanswered", scene.departments()]
        case Kind.BREACH:
            parts = ["[Overdue] Answer now", f"{cases} unanswered", scene.departments()]
        case Kind.ESCALATION:
            parts = [f"[Escalation] {_en_count(scene)}", scene.departments()]
        case Kind.CRISIS:
            parts = ["[Crisis] Look now", head, cases if scene.cases else "", scene.departments()]
        case Kind.ANSWERED:
            parts = [f"[Answered] {cases} you were told of", scene.departments()]
        case Kind.BLIND:
            parts = [f"[Not collecting] {account}", f"look yourself for posts since {until}" if until else ""]
        case Kind.RECOVERED:
            parts = [f"[Collecting again] {account}"]
        case Kind.FAULT:
            parts = ["[Service fault] Please look", head]
        case Kind.REPORT:
            parts = ["Weekly SLA compliance report", head]
        case Kind.TEST:
            parts = ["[Test] Alerts reach you"]
    return " · ".join(filter(None, parts))


def _en_first_line(kind: Kind, scene: _Scene, head: str) -> str:
    account, until = scene.subject_account(), scene.complete_until()
    first = " the most urgent" if len(scene.cases) > 1 else ""
    by = "" if scene.is_overdue() or not scene.cases else f"{first} by {scene.first_deadline()}"
    match kind:
        case Kind.WARNING:
            return f"Due soon: please answer{by or ' now'}. {_en_count(scene)}."
        case Kind.BREACH:
            return f"Overdue: please answer now. {_en_count(scene)}."
        case Kind.ESCALATION:
            return f"Escalation: please see to it that an answer goes out now. {_en_count(scene)}."
        case Kind.CRISIS:
            counted = _en_count(scene)
            return f"Crisis: please look now and answer{by}." + (f" {counted}." if counted else "")
        case Kind.ANSWERED:
            have = "has" if len(scene.cases) == 1 else "have"
            cases = _many(len(scene.cases), "case")
            return f"Answered: {cases} you were told of {have} been answered. Nothing more to do."
        case Kind.BLIND:
            since = f"posts since {until}" if until else "new posts"
            return f"Not collecting: please open {account} yourself, look for {since} and answer them."
        case Kind.RECOVERED:
            known = f"Every post up to {until} is collected." if until else ""
            return f"Collecting again: {account} is back to normal. {known}".rstrip()
        case Kind.FAULT:
            return f"Service fault: please look into it. {head}".rstrip()
        case Kind.REPORT:
            return f"Weekly SLA compliance report: {head}" if head else "Weekly SLA compliance report"
        case Kind.TEST:
            return "Test: alerts reach you. Nothing to do."


def _en_explanation(kind: Kind, scene: _Scene, details: Sequence[str]) -> list[str]:
    until = scene.complete_until()
    match kind:
        case Kind.BLIND:
            known = f"Every post up to {until} is collected. " if until else ""
            return [
                f"{known}Later ones are not collected yet, so no alert will warn you of their deadlines.",
                "Operators: please check the account's token and the network. You will be told when it is back.",
                f"Cause: {' / '.join(details)}" if details else "",
            ]
        case Kind.RECOVERED:
            return [
                "Deadlines of posts written meanwhile count from when they were written, not from now. "
                "Please look through the queue.",
                *details,
            ]
        case Kind.CRISIS:
            return [f"Reason: {' / '.join(details)}" if details else ""]
        case Kind.FAULT:
            return [*details[1:], "Until it is mended, alerts may come late or not at all."]
        case Kind.REPORT:
            return [*details[1:], "The files are attached to the mail, and on the web under reports."]
        case _:
            return list(details)


def _en_caveats(scene: _Scene) -> list[str]:
    unchecked = sum(not case.checked for case in scene.cases)
    late = sum(case.late for case in scene.cases)
    return [
        f"Not checked ({_many(unchecked, 'case')}): the platform could not be asked again just before this "
        "alert. Please look first whether an answer is there already."
        if unchecked
        else "",
        f"Collected late ({_many(late, 'case')}): the post was found late, and so this alert is late. "
        "The delay is recorded as the collection's, not yours."
        if late
        else "",
    ]


_ENGLISH = _Tongue(
    platforms={"twitter": "Twitter", "facebook": "Facebook", "instagram": "Instagram"},
    received="received {}",
    due="due {}",
    unchecked="not checked",
    late="collected late",
    dated=_en_dated,
    standing=_en_standing,
    further=lambda count: f"and {count} more",
    and_more=lambda shown, count: f"{shown} and {_many(count, 'other department')}",
    addressed=_en_addressed,
    subject=_en_subject,
    first_line=_en_first_line,
    explanation=_en_explanation,
    caveats=_en_caveats,
)

_TONGUES: Mapping[str, _Tongue] = {"ko": _KOREAN, "en": _ENGLISH}
