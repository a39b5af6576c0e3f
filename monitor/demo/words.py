"""The demo's words in Korean and English; kinds of alerts and the like are said as the command line says them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from monitor.words import Words

_WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("시연", "demo"),
    "clock": ("도시 시각 {time} · {speed}배속", "city time {time} · {speed}×"),
    "left": ("남은 시연 {left}", "{left} left"),
    "endless": ("Ctrl-C로 종료", "Ctrl-C ends it"),
    "received": ("접수", "received"),
    "met": ("기한 내", "in time"),
    "missed": ("기한 넘김", "missed"),
    "pending": ("대기", "pending"),
    "dismissed": ("답변 불필요", "dismissed"),
    "deleted": ("삭제", "deleted"),
    "prevented": ("막은 오경보", "false alarms kept back"),
    "queue": ("미답변 {count}건 · 급한 순", "{count} unanswered, most urgent first"),
    "queue.overdue": ("기한 초과 {count}건", "{count} overdue"),
    "queue.none": ("답변을 기다리는 글이 없습니다.", "Nothing waits for an answer."),
    "alerts": ("알림 수신 {count}통", "{count} alerts received"),
    "alerts.none": ("아직 알림이 없습니다.", "No alerts yet."),
    "departments": ("부서별 준수율", "attainment by department"),
    "cases": ("{count}건", "{count}"),
    "level": ("{level}단계", "step {level}"),
    "unchecked": ("확인 못 함", "unchecked"),
    "urgency.overdue": ("초과", "overdue"),
    "urgency.risk": ("임박", "at risk"),
    "urgency.held": ("확인", "has it"),
    "urgency.open": ("대기", "waiting"),
    "until": ("{until}까지 수집 완료: {accounts}", "complete until {until}: {accounts}"),
    "starting": ("첫 수집 중: {accounts}", "first fetch under way: {accounts}"),
    "blind": ("수집 장애({since}부터): {accounts}", "blind since {since}: {accounts}"),
    "failing": ("응답 없음, {until}까지 수집 완료: {accounts}", "not answering, complete until {until}: {accounts}"),
    "web": ("화면 {pages} · 아이디 {user} · 비밀번호 {password}   지표 {metrics}",
            "pages {pages} · id {user} · password {password}   metrics {metrics}"),
    "begins": ("{service} 시연: {speed}배속", "{service}: demo at {speed}× speed"),
    "ends": ("시연을 마치는 중입니다…", "The demo is ending …"),
    "status": (
        "접수 {received} · 기한 내 {met} · 기한 넘김 {missed} · 대기 {pending} · 답변 불필요 {dismissed} ·"
        " 삭제 {deleted}",
        "{received} received · {met} in time · {missed} missed · {pending} pending · {dismissed} dismissed ·"
        " {deleted} deleted",
    ),
    "thanks": ("감사 인사", "a thank-you"),
    # the summary
    "summary": ("시연 요약", "What happened"),
    "summary.span": ("도시 시각 {since} ~ {until} ({span}, {speed}배속)",
                     "city time {since} to {until} ({span}, {speed}×)"),
    "summary.received": ("접수한 사건", "cases received"),
    "summary.met": ("기한 내 답변", "answered in time"),
    "summary.late": ("기한 후 답변", "answered late"),
    "summary.unanswered": ("기한 넘긴 미답변", "unanswered past the deadline"),
    "summary.pending": ("아직 기한 전", "not yet due"),
    "summary.dismissed": ("답변 불필요", "no reply due"),
    "summary.deleted": ("작성자 삭제", "deleted by the author"),
    "summary.undetermined": ("삭제 시점 불명", "deleted, nobody knows when"),
    "summary.attainment": ("준수율", "attainment"),
    "summary.of": ("{attainment}%  (기한 내 {met} / 판정 {decided})",
                   "{attainment}%  ({met} in time of {decided} decided)"),
    "summary.none_decided": ("판정할 사건이 없습니다", "nothing was decided yet"),
    "summary.coverage": ("수집률", "coverage"),
    "summary.seen": ("{coverage}%  (수집 장애 {episodes}회, 계정별 합계 {blind})",
                     "{coverage}%  ({episodes} blind episodes, {blind} in all)"),
    "summary.median": ("1차 답변 중앙값", "median first response"),
    "summary.median_note": ("{median}  (도시 시간으로 환산, 오차 ±{grain})", "{median}  (in city time, ±{grain})"),
    "summary.prevented": ("막은 오경보", "false alarms kept back"),
    "summary.prevented_note": (
        "{count}건  (알림 시점에 답변이 확인되어 보내지 않음)",
        "{count}  (answer found as the alert fell due)",
    ),
    "summary.alerts": ("수신한 알림", "alerts received"),
    "summary.alerts_note": (
        "{count}통  (서명 확인 완료, 중복 {repeated}, 거부 {refused})",
        "{count}  (signatures verified; {repeated} repeated, {refused} refused)",
    ),
    "summary.kind": ("{messages}통 · 사건 {cases}건", "{messages} for {cases} cases"),
    "summary.kind_only": ("{messages}통", "{messages}"),
    "summary.outbox": ("발송 기록", "outbox"),
    "summary.outbox_note": ("발송 완료 {delivered} · 답변되어 취소 {dropped} · 실패 {dead} · 발송 중 {waiting}",
                            "{delivered} delivered · {dropped} dropped as answered · {dead} dead · {waiting} queued"),
    "summary.errors": ("오류 기록", "errors logged"),
    "summary.next": (
        "다음: {file}에 부서·계정·직원·알림 채널을 적고 `sns-monitor check-config --online`, 이어서 `sns-monitor run`",
        "Next: put your departments, accounts, staff and channels into {file}, then `sns-monitor check-config --online`"
        " and `sns-monitor run`",
    ),
}  # fmt: skip

PLATFORM_SIGNS = {"twitter": "X", "facebook": "FB"}


class DemoWords:
    """One language, "ko" or "en". Calling it gives a sentence by its key; KeyError for one that is not there."""

    def __init__(self, language: str) -> None:
        self._place = 0 if language == "ko" else 1
        self._shared = Words(language)

    def __call__(self, key: str, **values: object) -> str:
        return _WORDS[key][self._place].format(**values)

    def kind(self, kind: str) -> str:
        """A kind of alert."""
        return self._shared.known(f"kind.{kind}", kind)

    def span(self, amount: timedelta) -> str:
        """A length of time in its two largest units."""
        return self._shared.span(amount)
