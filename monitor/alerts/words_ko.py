"""The words of alerts in Korean: those of the offices (TRUST, "Words"), no particle depends on a name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.alerts.message import Kind
from monitor.alerts.scene import Scene, Tongue


def _dated(local: datetime) -> str:
    return f"{local.month}. {local.day}.({'월화수목금토일'[local.weekday()]}) {local:%H:%M}"


def _span(minutes: int) -> str:
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = ((days, "일"), (hours, "시간"), (minutes, "분"))
    return " ".join([f"{amount}{unit}" for amount, unit in units if amount][:2])


def _standing(overdue_seconds: int) -> str:
    minutes = abs(overdue_seconds) // 60
    if overdue_seconds >= 0:
        return f"{_span(minutes)} 초과" if minutes else "방금 초과"
    return f"{_span(minutes)} 남음" if minutes else "1분 미만 남음"


def _addressed(recipient: str, departments: str, level: int) -> str:
    parts = (f"받는 분: {recipient}" if recipient else "", departments, f"{level}단계" if level else "")
    return " · ".join(filter(None, parts))


def _count(scene: Scene, noun: str) -> str:
    if not scene.cases:
        return ""
    most = "최대 " if len(scene.cases) > 1 and scene.cases[0].overdue_seconds >= 60 else ""
    return f"{noun} {len(scene.cases)}건, {most}{scene.worst()}"


def _label(scene: Scene, step: str) -> str:
    """As "최종 답변 기한 임박" where it is the final answer that is owed, "위기 기한 초과" in a crisis."""
    of = ("위기" if scene.is_crisis else "", "최종 답변" if scene.is_final else "", step)
    return " ".join(filter(None, of))


def _asked(scene: Scene) -> tuple[str, str]:
    """What is to be done, and what the cases lack."""
    return ("최종 답변", "최종 답변 대기") if scene.is_final else ("답변", "미답변")


def _subject(kind: Kind, scene: Scene, head: str) -> str:
    count, account, until = len(scene.cases), scene.subject_account(), scene.complete_until()
    answer, lacking = _asked(scene)
    match kind:
        case Kind.WARNING:
            when = "지금" if scene.is_overdue() else f"{scene.first_deadline()}까지"
            parts = [
                f"[{_label(scene, '기한 임박')}] {when} {answer} 필요",
                f"{lacking} {count}건",
                scene.departments(),
            ]
        case Kind.BREACH:
            parts = [f"[{_label(scene, '기한 초과')}] 지금 {answer} 필요", f"{lacking} {count}건", scene.departments()]
        case Kind.ESCALATION:
            parts = [f"[{_label(scene, '상향 보고')}] " + _count(scene, lacking), scene.departments()]
        case Kind.CRISIS:
            parts = ["[위기] 지금 확인 필요", head, f"관련 글 {count}건" if count else "", scene.departments()]
        case Kind.ANSWERED:
            parts = [f"[{answer} 완료] 앞서 알린 글 {count}건", scene.departments()]
        case Kind.BLIND:
            parts = [f"[수집 장애] {account}", f"{until} 이후 직접 확인 필요" if until else "직접 확인 필요"]
        case Kind.RECOVERED:
            parts = [f"[수집 복구] {account}"]
        case Kind.FAULT:
            parts = ["[운영 장애] 점검 필요", head]
        case Kind.REPORT:
            parts = ["주간 SLA 준수율 보고서", head]
        case Kind.MAINTENANCE:
            parts = [f"[정비] {head}"]
        case Kind.TEST:
            parts = ["[시험 발송] 알림 연결 확인"]
    return " · ".join(filter(None, parts))


def _first_line(kind: Kind, scene: Scene, head: str) -> str:
    account, until = scene.subject_account(), scene.complete_until()
    answer, lacking = _asked(scene)
    first = "가장 급한 글은 " if len(scene.cases) > 1 else ""
    by = "" if scene.is_overdue() or not scene.cases else f"{first}{scene.first_deadline()}까지 "
    match kind:
        case Kind.WARNING:
            label = _label(scene, "기한 임박")
            return f"{label}: {by or '지금 바로 '}{answer}해 주세요. {_count(scene, lacking)}."
        case Kind.BREACH:
            return f"{_label(scene, '기한 초과')}: 지금 바로 {answer}해 주세요. {_count(scene, lacking)}."
        case Kind.ESCALATION:
            do = f"담당자에게 확인해 지금 바로 {answer}하도록 조치해 주세요."
            return f"{_label(scene, '상향 보고')}: {do} {_count(scene, lacking)}."
        case Kind.CRISIS:
            counted = _count(scene, "관련 글")
            return f"위기 감지: 지금 바로 확인하고 {by}답변해 주세요." + (f" {counted}." if counted else "")
        case Kind.ANSWERED:
            return (
                f"{answer} 완료: 앞서 알린 글 {len(scene.cases)}건에 {answer}이 등록되었습니다. 더 하실 일은 없습니다."
            )
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
        case Kind.MAINTENANCE:
            return f"정비 {head}"
        case Kind.TEST:
            return "시험 발송: 알림이 정상적으로 도착했습니다. 하실 일은 없습니다."


def _explanation(kind: Kind, scene: Scene, details: Sequence[str]) -> list[str]:
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
        case Kind.MAINTENANCE:
            return [*details[1:]]
        case Kind.WARNING | Kind.BREACH | Kind.ESCALATION if scene.is_final:
            return ["1차 답변은 등록되었고 최종 답변이 남아 있습니다. 최종 답변 기한은 업무일 기준입니다.", *details]
        case Kind.REPORT:
            return [*details[1:], "보고서 파일은 메일 첨부나 웹의 보고서 화면에서 보실 수 있습니다."]
        case _:
            return list(details)


def _caveats(scene: Scene) -> list[str]:
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


KOREAN = Tongue(
    platforms={"twitter": "트위터", "facebook": "페이스북", "instagram": "인스타그램"},
    received="접수 {}",
    due="기한 {}",
    final_due="최종 답변 기한 {}",
    unchecked="플랫폼 확인 실패",
    late="늦은 수집",
    crisis="위기",
    post="글 보기",
    page="처리 화면",
    acknowledge="확인 알리기(로그인 없이)",
    acknowledge_note="확인은 답변이 아니며 응답 기한은 바뀌지 않습니다. 확인 링크는 받는 분 전용이니 전달하지 마세요. "
    "24시간 안에 한 번 쓸 수 있습니다.",
    held_by={
        "quiet": "발송 보류 {count}건: 방해 금지 시간이어서 {until}까지 보류했습니다.",
        "duty": "발송 보류 {count}건: 업무 시간이 아니어서 {until}까지 보류했습니다.",
        "limit": "발송 보류 {count}건: 채널의 발송 한도를 넘어 {until}까지 보류했습니다.",
        "maintenance": "발송 보류 {count}건: 시스템 정비로 {until}까지 보류했습니다.",
    },
    dated=_dated,
    standing=_standing,
    further=lambda count: f"외 {count}건",
    and_more=lambda shown, count: f"{shown} 외 {count}개 부서",
    addressed=_addressed,
    subject=_subject,
    first_line=_first_line,
    explanation=_explanation,
    caveats=_caveats,
)
