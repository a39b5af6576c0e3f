"""What is told of an incident, in Korean and English: no citizen's text, only the words that several share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from monitor.rules import Rules
from sla.incident import Incident, Summary
from sla.surge import Surge

_WORDS: Mapping[str, tuple[str, str]] = {
    "opened": ("“{subject}” 관련 글 {posts}건({people}명), {department}",
        "“{subject}”: {posts} posts by {people} people, {department}"),
    "owner": ("총괄 담당: {owner}", "Owner: {owner}"),
    "keyword": ("위기 키워드 “{keyword}”", "crisis keyword “{keyword}”"),
    "surge": ("평소보다 급증: 최근 {minutes}분 {people}명(평소 {expected}명), 우연일 확률 {chance}",
        "more than usual: {people} people in {minutes} minutes (usually {expected}), by chance {chance}"),
    "link": ("글: {link}", "Post: {link}"),
    "show": ("자세히: sns-monitor crisis show {id}", "More: sns-monitor crisis show {id}"),
    "ended": ("상황 종료: “{subject}”, 사유: {reason}", "Over: “{subject}”, because: {reason}"),
    "over": ("{span} 동안 새 글 없음, 모든 글 처리 완료", "no new post for {span}, every case closed"),
    "counted": ("글 {posts}건, {people}명, 부서 {departments}",
        "{posts} posts, {people} people, departments {departments}"),
    "cases": ("사건 {cases}건: 답변 {answered}건(기한 초과 {late}건), 미답변 {open}건",
        "{cases} cases: {answered} answered ({late} of them late), {open} unanswered"),
    "times": ("첫 글부터 감지까지 {detected}, 지속 {lasted}", "detected after {detected}, lasted {lasted}"),
}  # fmt: skip
_UNITS = ((3600, "시간", " h"), (60, "분", " min"), (1, "초", " s"))


class Tellings:
    """The sentences, in the service's language."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._place = 0 if rules.settings.service.language == "ko" else 1

    def opened(self, incident: Incident, posts: int, people: int, surge: Surge | None, links: Sequence[str]) -> str:
        """Why everybody is told; the first line says what it is about."""
        lines = [
            self._say("opened", subject=incident.subject, posts=posts, people=people,
                      department=self._department(incident.department)),
            self._why(incident, surge),
            self._say("owner", owner=self._person(incident.owner)),
            *(self._say("link", link=link) for link in links),
            self._say("show", id=incident.id),
        ]  # fmt: skip
        return "\n".join(lines)

    def ended(self, incident: Incident, summary: Summary) -> str:
        """What it came to."""
        lines = [
            self._say("ended", subject=incident.subject, reason=incident.reason),
            self._say("counted", posts=summary.posts, people=summary.people,
                      departments=", ".join(map(self._department, summary.departments)) or "-"),
            self._say("cases", cases=summary.cases, answered=summary.answered, late=summary.late, open=summary.open),
            self._say("times", detected=self.span(summary.detected_after), lasted=self.span(summary.lasted)),
        ]  # fmt: skip
        return "\n".join(lines)

    def over(self, ends_after: timedelta) -> str:
        """The reason of an incident that ends by itself."""
        return self._say("over", span=self.span(ends_after))

    def span(self, amount: timedelta) -> str:
        """A duration in its two largest units."""
        left = int(amount.total_seconds())
        parts = []
        for seconds, *names in _UNITS:
            count, left = divmod(left, seconds)
            if count:
                parts.append(f"{count}{names[self._place]}")
        return " ".join(parts[:2]) or f"0{_UNITS[-1][1 + self._place]}"

    def _why(self, incident: Incident, surge: Surge | None) -> str:
        if surge is None:
            return self._say("keyword", keyword=incident.keyword)
        return self._say("surge", minutes=int(surge.window / timedelta(minutes=1)), people=surge.people,
                         expected=f"{surge.expected:.2g}", chance=f"{surge.chance:.1g}")  # fmt: skip

    def _say(self, word: str, **with_: object) -> str:
        return _WORDS[word][self._place].format(**with_)

    def _department(self, id: str) -> str:
        return self._rules.department(id).name

    def _person(self, id: str | None) -> str:
        return next((person.name for person in self._rules.settings.staff if person.id == id), id or "-")
