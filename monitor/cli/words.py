"""The command line's words in Korean and English. The Korean ones are those of the offices (TRUST, "Words")."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_WORDS: Mapping[str, tuple[str, str]] = {
    # states
    "open": ("미답변", "unanswered"),
    "acknowledged": ("확인", "acknowledged"),
    "claimed": ("처리 중", "claimed"),
    "answered": ("답변 완료", "answered"),
    "dismissed": ("답변 불필요", "no reply due"),
    "deleted": ("삭제됨", "deleted"),
    "merged": ("병합됨", "merged"),
    # outcomes
    "outcome.platform": ("플랫폼 답변", "on the platform"),
    "outcome.quoted": ("인용 답변", "by quoting"),
    "outcome.phone": ("전화 답변", "by phone"),
    "outcome.dm": ("DM 답변", "by direct message"),
    "outcome.referred": ("국민신문고 안내", "referred"),
    "outcome.spam": ("스팸", "spam"),
    "outcome.deleted": ("삭제됨", "taken back"),
    "outcome.dismissed": ("답변 불필요", "no reply due"),
    "outcome.before_deadline": ("기한 전 삭제", "deleted in time"),
    "outcome.undetermined": ("삭제 시점 불명", "deleted, nobody knows when"),
    "outcome.breached": ("기한 초과 후 삭제", "deleted after the breach"),
    # events
    "event.opened": ("접수", "opened"),
    "event.mentioned": ("추가 멘션", "mentioned again"),
    "event.clock_moved": ("접수 시각 변경", "clock moved"),
    "event.answered": ("답변", "answered"),
    "event.restored": ("글 복구", "post is back"),
    "event.deleted": ("글 삭제", "post deleted"),
    "event.merged": ("병합", "merged"),
    "event.split": ("분리", "split off"),
    "event.acknowledged": ("확인", "acknowledged"),
    "event.claimed": ("담당 지정", "claimed"),
    "event.transferred": ("이관", "transferred"),
    "event.dismissed": ("답변 불필요", "dismissed"),
    "event.released": ("담당 해제", "released"),
    "event.snoozed": ("알림 미룸", "put off"),
    "event.woken": ("미룸 해제", "no longer put off"),
    "event.final_asked": ("최종 답변 필요", "final answer owed"),
    "event.final_withdrawn": ("최종 답변 불필요", "no final answer owed"),
    "event.final_answered": ("최종 답변", "final answer"),
    "event.rescheduled": ("기한 재계산", "deadline recomputed"),
    "event.alarmed": ("위기 대응 편입", "part of a crisis"),
    "event.noted": ("메모", "noted"),
    "event.note_struck": ("메모 취소", "note struck"),
    "event.reopened": ("다시 열림", "reopened"),
    "event.breached": ("기한 초과", "deadline passed"),
    "event.escalated": ("알림 결정", "alert decided"),
    "actor.platform": ("플랫폼", "platform"),
    "actor.clock": ("자동", "clock"),
    # kinds of alert
    "kind.warning": ("기한 임박", "warning"),
    "kind.breach": ("기한 초과", "breach"),
    "kind.escalation": ("상향 보고", "escalation"),
    "kind.crisis": ("위기", "crisis"),
    "kind.answered": ("답변 완료", "answered"),
    "kind.blind": ("수집 장애", "blind"),
    "kind.recovered": ("수집 복구", "recovered"),
    "kind.fault": ("운영 장애", "fault"),
    "kind.report": ("보고서", "report"),
    # how alerts and messages stand
    "sent.waiting": ("묶음 대기", "waiting"),
    "sent.bundled": ("발송 대기", "queued"),
    "sent.queued": ("발송 대기", "queued"),
    "sent.held": ("복원 후 보류", "held after a restore"),
    "sent.delivered": ("발송 완료", "delivered"),
    "sent.dropped": ("취소(이미 종결)", "dropped, closed already"),
    "sent.dead": ("발송 실패", "dead"),
    "sent.fell_back": ("다른 채널로 발송", "sent another way"),
    "sent.shadow": ("시험 운영(발송 안 함)", "shadow, not sent"),
    "try.delivered": ("성공", "delivered"),
    "try.failed": ("실패", "failed"),
    "try.refused": ("거절", "refused"),
    "try.none": ("결과 없음", "no result"),
    # what a person did
    "did.ack": ("확인했습니다. 답변은 아직 필요합니다. {until}까지 알림을 보류합니다.",
            "Acknowledged. An answer is still due. No alerts until {until}."),
    "did.release": ("담당을 해제했습니다. 알림은 다시 당번에게 갑니다.", "Released. Its alerts go to the duty again."),
    "did.snooze": ("{until}까지 알림을 미룹니다. 기한은 그대로 흐릅니다.", "Put off until {until}. The clock runs on."),
    "did.wake": ("미룸을 해제했습니다. 응답 기한: {deadline}", "No longer put off. The deadline is {deadline}."),
    "did.merge": ("사건 {into}에 병합했습니다.", "Merged into {into}."),
    "did.final": ("최종 답변이 필요한 사건으로 표시했습니다. 최종 답변 기한: {final}",
            "A final answer is owed by {final}."),
    "did.not_final": ("최종 답변 필요 표시를 지웠습니다.", "No final answer is owed any more."),
    "did.note": ("메모를 남겼습니다.", "Noted."),
    "did.strike": ("메모를 지웠습니다.", "The note is struck."),
    "did.claim": ("담당자로 지정했습니다: {assignee}", "Claimed by {assignee}."),
    "did.transfer": ("이관했습니다. 새 부서: {department}, 응답 기한: {deadline}",
            "Transferred to {department}. The deadline is {deadline}."),
    "did.dismiss": ("답변 불필요로 처리했습니다.", "Dismissed: no reply is due."),
    "did.answer": ("답변 완료로 기록했습니다: {outcome}", "Recorded as answered ({outcome})."),
    "did.reopen": ("다시 열었습니다. 응답 기한: {deadline}", "Open again. The deadline is {deadline}."),
    # the answer is no
    "unknown_case": ("없는 사건 번호입니다: {id}", "There is no case {id}."),
    "unknown_staff": ("설정에 없는 직원입니다: {id}. 등록된 직원: {known}",
            "There is no staff {id} in the settings; there are {known}."),
    "unknown_department": ("설정에 없는 부서입니다: {id}. 등록된 부서: {known}",
            "There is no department {id} in the settings; there are {known}."),
    "conflict": ("처리하지 못했습니다. 사건 {id}\n현재 상태: {state}\n마지막 기록: {last}",
            "Not done: case {id}\nIt is now: {state}\nLast on record: {last}"),
    "bad_duration": ('기간이 아닙니다: {value}. "45m", "2h"처럼 쓰세요',
            '{value} is no duration: write it as "45m" or "2h"'),
    "note.one_of": ("--text와 --strike 가운데 하나만 쓰세요", "give one of --text and --strike"),
    "unknown_channel": ("설정에 없는 채널입니다: {ids}. 등록된 채널: {known}",
            "There is no channel {ids} in the settings; there are {known}."),
    "no_dead": ("발송 실패한 알림 가운데 없는 번호입니다: {id}", "There is no dead letter {id}."),
    "nothing_held": ("보류 중인 알림이 없습니다.", "No alerts are held."),
    # tables and lists
    "queue.none": ("답변을 기다리는 글이 없습니다.", "Nothing waits for an answer."),
    "queue.none_final": ("최종 답변을 기다리는 사건이 없습니다.", "No final answer is owed."),
    "queue.count_final": ("최종 답변 대기 {count}건 (기한 초과 {overdue}건)",
            "{count} final answers owed, {overdue} overdue"),
    "queue.count": ("미답변 {count}건 (기한 초과 {overdue}건)", "{count} unanswered, {overdue} of them overdue"),
    "queue.more": ("{shown}건만 표시했습니다. 전체 {count}건", "{shown} of {count} shown"),
    "column.remaining": ("남은 시간", "time left"),
    "column.state": ("상태", "state"),
    "column.department": ("부서", "department"),
    "column.case": ("사건 번호", "case"),
    "column.account": ("계정\n부서", "account\ndepartment"),
    "column.known": ("수집 완료 시각\n상태", "complete until\nstate"),
    "column.sent": ("시각\n종류", "time\nkind"),
    "column.recipient": ("받는 사람\n채널", "recipient\nchannel"),
    "column.message": ("상태\n알림 번호", "state\nmessage"),
    "ago": ("{span} 전", "{span} ago"),
    "nobody": ("알 수 없음", "unknown"),
    "level": ("{level}단계", "step {level}"),
    "tries": ("시도 {count}회", "{count} tries"),
    "cases": ("{count}건", "{count} cases"),
    "alerts.none": ("보낸 알림이 없습니다.", "No alerts."),
    "alerts.none_dead": ("발송 실패한 알림이 없습니다.", "No dead letters."),
    "alerts.waiting": ("묶음 대기 {count}건", "{count} alerts wait to be bundled"),
    "alerts.held": ("복원 후 알림이 보류되어 있습니다. 확인 후 `sns-monitor alerts release`를 실행하세요.",
            "Alerts are held after a restore. Look, then run `sns-monitor alerts release`."),
    "alerts.retry": ("다시 발송합니다: {id}", "Message {id} is sent again."),
    "alerts.release": ("보류를 해제했습니다. 알림 {count}건을 발송합니다.", "Released: {count} alerts go out."),
    "case.title": ("사건 {id}", "Case {id}"),
    "case.department": ("부서", "Department"),
    "case.account": ("계정", "Account"),
    "case.author": ("작성자", "Author"),
    "case.opened_at": ("접수 시각", "Received"),
    "case.found_at": ("수집 시각", "Collected"),
    "case.deadline": ("응답 기한", "Deadline"),
    "case.next_action_at": ("다음 조치", "Next action"),
    "case.held_until": ("알림 보류", "Held until"),
    "case.breached_at": ("기한 초과", "Breached"),
    "case.answered_at": ("답변 시각", "Answered"),
    "case.closed_at": ("종결 시각", "Closed"),
    "case.level": ("단계", "Step"),
    "case.of_steps": ("{level}/{steps}단계 ({round}회차)", "{level} of {steps}, round {round}"),
    "case.assignee": ("담당자", "Assignee"),
    "case.policy": ("정책", "Policy"),
    "case.watchers": ("참조 부서", "Watchers"),
    "case.final_deadline": ("최종 답변 기한", "Final deadline"),
    "case.final_answered_at": ("최종 답변 시각", "Finally answered"),
    "case.snoozed_until": ("알림 미룸", "Put off until"),
    "case.merged_into": ("병합된 사건", "Merged into"),
    "case.incident": ("위기 사건", "Crisis"),
    "case.legs": ("부서별 처리 시간", "With each department"),
    "case.notes": ("메모", "Notes"),
    "note.struck": ("취소됨", "struck"),
    "until_now": ("현재", "now"),
    "case.posts": ("글", "Posts"),
    "case.events": ("경과", "Events"),
    "case.alerts": ("알림", "Alerts"),
    "case.reason": ("사유: {reason}", "because: {reason}"),
    "case.told": ("통보: {people}", "told: {people}"),
    "reason.step": ("단계 도달", "step due"),
    "reason.repeat": ("반복 알림", "told again"),
    "reason.round": ("새 담당 알림", "new round"),
    "role.mention": ("시민", "citizen"),
    "role.official": ("답변", "answer"),
    "role.automatic": ("자동 응답", "automatic"),
    "role.context": ("참고", "context"),
    "post.gone": ("삭제됨", "gone"),
    "alert.unchecked": ("플랫폼 확인 실패", "not checked"),
    "alert.late": ("늦은 수집", "collected late"),
    "column.channel": ("채널\n종류", "channel\ntype"),
    "column.people": ("받는 사람", "reaches"),
    "channels.nobody": ("쓰는 사람 없음", "nobody"),
    "channels.proved": ("발송 확인: {at}", "delivered {at}"),
    "channels.unproved": ("발송 확인 안 됨", "never delivered"),
    "channels.moved": ("주소 변경 후 발송 확인 안 됨", "never delivered at its new address"),
    "channels.failed": ("최근 실패 {at}: {problem}", "failed {at}: {problem}"),
    "accounts.never": ("아직 없음", "never"),
    "accounts.well": ("정상", "well"),
    "accounts.starting": ("첫 수집 전", "not fetched yet"),
    "accounts.blind": ("수집 장애: {since}부터", "blind since {since}"),
    "accounts.removed": ("설정에 없음", "not in the settings"),
    "accounts.problem": ("수집 오류", "fetching"),
    "accounts.token_problem": ("토큰", "token"),
    "accounts.handle_problem": ("계정 이름", "handle"),
    "accounts.set_aside": ("해석하지 못한 글 {count}건 보관", "{count} posts set aside"),
    "accounts.source": ("연속 실패 {failures}회", "{failures} failures in a row"),
    "accounts.behind": ("밀린 수집 진행 중", "behind, catching up"),
    # check-config, db, report
    "config.ok": ("{file}: 이상 없음", "{file}: no faults"),
    "config.departments": ("부서", "departments"),
    "config.accounts": ("계정", "accounts"),
    "config.staff": ("직원", "staff"),
    "config.channels": ("알림 채널", "channels"),
    "config.policies": ("정책", "policies"),
    "config.calendars": ("달력", "calendars"),
    "config.target": ("{target} 이내", "within {target}"),
    "ok": ("정상", "ok"),
    "note": ("점검", "note"),
    "fault": ("이상", "FAULT"),
    "online.handle": ("토큰·계정", "token, handle"),
    "online.clock": ("시계", "clock"),
    "online.channel": ("시험 발송", "test alert"),
    "online.unknown": ("이 계정을 찾을 수 없습니다", "the platform does not know this account"),
    "online.differs": ("현재 이름은 @{found}, 설정은 @{written}", "it is @{found} now, the settings say @{written}"),
    "online.no_clock": ("플랫폼이 시각을 알려 주지 않음", "the platform tells no time"),
    "online.offset": ("차이 {seconds}초", "off by {seconds} s"),
    "db.current": ("이미 최신입니다({revision}).", "Already up to date ({revision})."),
    "db.upgraded": ("데이터베이스를 갱신했습니다: {was} → {revision}", "Brought from {was} to {revision}."),
    "db.copy": ("이전 데이터베이스: {path}", "The database as it was: {path}"),
    "db.backup": ("백업했습니다: {path}", "Backed up to {path}"),
    "db.restored": ("복원했습니다: {path}\n기한이 지난 알림은 `sns-monitor alerts release`를 실행할 때까지 보류됩니다.",
            "Restored from {path}.\nOverdue alerts wait for `sns-monitor alerts release`."),
    "week.title": ("주간 SLA 준수율 {week}  {since} ~ {until}", "Weekly SLA compliance {week}  {since} to {until}"),
    "week.department": ("부서", "department"),
    "week.cases": ("접수", "cases"),
    "week.met": ("기한 내", "met"),
    "week.missed": ("초과", "missed"),
    "week.pending": ("대기", "pending"),
    "week.dismissed": ("불필요", "dismissed"),
    "week.attainment": ("준수율", "attainment"),
    "week.coverage": ("수집률", "coverage"),
    "week.total": ("합계", "total"),
    "week.unexplained": ("기록이 손상되어 제외한 사건: {ids}", "Not counted, their history is broken: {ids}"),
    "week.head": ("봉인값: {head}", "Head: {head}"),
    "verify.ok": ("기록 {events}건 확인: 이상 없음", "{events} events checked: nothing differs"),
    "verify.differs": ("기록 {events}건 확인: 다른 점 {count}건", "{events} events checked: {count} findings"),
    "verify.unproved": ("확인할 수 없음: {what}", "cannot be proved: {what}"),
    "db.ok": ("데이터베이스 이상 없음({revision})", "The database is sound ({revision})."),
    "empty": ("없음", "none"),
    "unknown_calendar": ("설정에 없는 달력입니다: {name}. 등록된 달력: {known}",
            "There is no calendar {name} in the settings; there are {known}."),
    "unknown_policy": ("설정에 없는 정책입니다: {name}. 등록된 정책: {known}",
            "There is no policy {name} in the settings; there are {known}."),
    "simulate.nothing": ("무엇을 바꿀지 적으십시오: --target, --calendar, --policy 중 하나 이상",
            "say what to change: at least one of --target, --calendar, --policy"),
    "simulate.no_target": ('목표 시간이 아닙니다: {value}. "20m"처럼 0보다 크게 쓰십시오',
            '{value} is no target: write it as "20m", and more than nothing'),
    "simulate.progress": ("사건 다시 계산", "cases"),
    "simulate.title": ("가정 비교 {week}  {since} ~ {until}", "What if {week}  {since} to {until}"),
    "simulate.alerts": ("알림(사람·단계당 1건)", "alerts, one a person and step"),
    "simulate.count": ("건수", "count"),
    "simulate.breaches": ("기한 초과 사건", "cases past their deadline"),
    "simulate.prevented": ("발송 전 확인으로 막은 알림: {was}건, 가정에서는 {would}건",
            "Steps that the look before sending prevents: {was}, and {would} otherwise"),
    "simulate.refused": ("가정에서는 할 수 없어 제외한 직원 조치: {count}건",
            "What staff did that was not possible otherwise: {count}"),
    "simulate.as_recorded": ("지금 정책으로 다시 계산한 값이 실제 기록과 같습니다.",
            "Simulated under the present policy, the week is what was recorded."),
    "simulate.recorded": ("실제 기록: 준수율 {was}, 알림 {alerts}건. 다시 계산: 준수율 {again}, 알림 {simulated}건. 차이:",
            "Recorded: attainment {was}, {alerts} alerts. Simulated: {again}, {simulated} alerts. They differ:"),
    "simulate.settings": ("그 뒤 정책이나 달력이 바뀜 {count}건: {ids}",
            "{count} cases: the policy or the calendar was changed since ({ids})"),
    "simulate.unseen": ("답변이나 삭제를 플랫폼에서 확인하지 못하고 알림 {count}건: {ids}",
            "{count} cases: told though an answer or a deletion stood already, which the look did not see ({ids})"),
    "simulate.downtime": ("중단이나 지연으로 단계가 합쳐짐 {count}건: {ids}",
            "{count} cases: decided late, so that higher steps overtook lower ones ({ids})"),
    "simulate.people": ("받는 사람이 다름(직원·근무표 변경) {count}건: {ids}",
            "{count} cases: others are told now, as rosters, leave or staff were changed since ({ids})"),
    "simulate.unexplained": ("그 밖의 차이 {count}건: {ids}", "{count} cases differ otherwise ({ids})"),
    "simulate.first_only": ("1차 답변 기한만 계산했습니다. 최종 답변과 위기 정책은 그대로입니다.",
            "The first answer's clock alone is simulated; final answers and the crisis policy are left as they are."),
    "calendar.title": ("업무 시간 {month}  달력 {calendar}", "Business time {month}  calendar {calendar}"),
    "calendar.sum": ("합계: {amount}", "Sum: {amount}"),
    "calendar.pauses": ("쉬는 시간: {pauses}", "Pauses: {pauses}"),
    "calendar.known_until": ("공휴일 확정 기한: {until}까지. 그 뒤는 규칙으로 계산한 값이며, 임시공휴일은 공포되는 대로"
            " extra_holidays에 넣어야 합니다.",
            "Holidays are certain until {until}; later ones are worked out by rule, and a temporary holiday is only"
            " known once it is in extra_holidays."),
    "calendar.version": ("달력 판: {version} ({zone})", "Version: {version} ({zone})"),
    "calendar.local_holiday": ("지방공휴일", "local holiday"),
    "calendar.extra_holiday": ("추가 공휴일", "extra holiday"),
    "calendar.own_hours": ("별도 근무 시간", "hours of its own"),
    "calendar.not_holiday": ("공휴일이지만 근무", "a holiday that is worked"),
    "calendar.weekday": ("휴무 요일", "no hours on this weekday"),
    # crises
    "unknown_incident": ("없는 위기 번호입니다: {id}", "There is no incident {id}."),
    "crisis.none": ("위기 상황이 없습니다.", "No incidents."),
    "crisis.conflict": ("처리하지 못했습니다. 위기 {id}: {what}", "Not done: {what} (incident {id})"),
    "crisis.open": ("진행 중", "going on"),
    "crisis.ended": ("종료", "over"),
    "crisis.keyword": ("키워드", "keyword"),
    "crisis.surge": ("급증", "surge"),
    "crisis.title": ("위기 {id}", "Incident {id}"),
    "crisis.subject": ("내용", "Subject"),
    "crisis.kind": ("감지", "Detected by"),
    "crisis.owner": ("총괄 담당", "Owner"),
    "crisis.first_post_at": ("첫 글", "First post"),
    "crisis.opened_at": ("감지 시각", "Opened"),
    "crisis.last_post_at": ("최근 글", "Last post"),
    "crisis.ended_at": ("종료 시각", "Ended"),
    "crisis.reason": ("종료 사유", "Because"),
    "crisis.told": ("통보", "Told"),
    "crisis.counted": ("글 {posts}건 · {people}명 · 사건 {cases}건(답변 {answered}, 기한 초과 {late}, 미답변 {open})",
            "{posts} posts by {people} people, {cases} cases ({answered} answered, {late} late, {open} unanswered)"),
    "did.crisis_claim": ("총괄 담당으로 지정했습니다: {owner}", "Owned by {owner}."),
    "did.crisis_end": ("위기 상황을 종료했습니다.", "It is over."),
    # errors
    "already_running": ("이미 실행 중입니다: {what}", "{what}"),
    "not_migrated": ("데이터베이스가 준비되지 않았습니다: {what}. `sns-monitor run`을 시작하거나"
            " `sns-monitor db upgrade`를 실행하세요.",
            "{what}; start `sns-monitor run`, or run `sns-monitor db upgrade`"),
    "later": ("지금은 할 수 없습니다. 잠시 후 다시 하세요: {what}", "try later: {what}"),
    "unusable": ("데이터베이스를 쓸 수 없습니다: {what}", "the database cannot be used: {what}"),
    "ours": ("프로그램 오류: {what} (자세히: --debug)", "an error of the program: {what} (more: --debug)"),
}  # fmt: skip

_UNITS = ((86_400, "일", "d"), (3_600, "시간", "h"), (60, "분", "min"), (1, "초", "s"))


class Words:
    """One language, "ko" or "en". Calling it gives a sentence by its key; KeyError for one that is not there."""

    def __init__(self, language: str) -> None:
        self._place = 0 if language == "ko" else 1

    def __call__(self, key: str, **values: object) -> str:
        return _WORDS[key][self._place].format(**values)

    def known(self, key: str, otherwise: str) -> str:
        """A sentence without values; `otherwise` for a key of a newer or an outside part."""
        found = _WORDS.get(key)
        return otherwise if found is None else found[self._place]

    def span(self, amount: timedelta) -> str:
        """A length of time in its two largest units, rounded down: "1시간 5분"."""
        left = int(abs(amount).total_seconds())
        parts: list[str] = []
        for size, *names in _UNITS:
            count, left = divmod(left, size)
            if count and len(parts) < 2:
                parts.append(f"{count}{names[0]}" if self._place == 0 else f"{count} {names[1]}")
            elif parts:
                break
        return " ".join(parts) or ("0초", "0 s")[self._place]

    def remaining(self, deadline: datetime, now: datetime) -> str:
        """How long is left until a deadline, or since when it is over; at the deadline itself it is not over yet."""
        over = now > deadline
        return f"{self.span(deadline - now)} {(('남음', 'left'), ('초과', 'over'))[over][self._place]}"

    def day(self, of: date) -> str:
        """A date with its day of the week."""
        return f"{of:%Y-%m-%d}({('월화수목금토일'[of.weekday()], of.strftime('%a'))[self._place]})"

    def hours(self, amount: timedelta) -> str:
        """A sum of business time in hours and minutes, never in days: "152시간 30분"."""
        hours, minutes = divmod(int(amount.total_seconds()) // 60, 60)
        parts = [f"{count}{name}" for count, name in
                 ((hours, ("시간", " h")[self._place]), (minutes, ("분", " min")[self._place])) if count]  # fmt: skip
        return " ".join(parts) or ("0시간", "0 h")[self._place]

    def when(self, instant: datetime | None, zone: ZoneInfo) -> str:
        """An instant on the service's wall clock, with its day of the week; "-" for none."""
        if instant is None:
            return "-"
        local = instant.astimezone(zone)
        day = ("월화수목금토일"[local.weekday()], local.strftime("%a"))[self._place]
        return f"{local:%Y-%m-%d}({day}) {local:%H:%M:%S}"
