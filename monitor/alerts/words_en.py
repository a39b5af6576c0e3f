"""The words of alerts in English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.alerts.message import Kind
from monitor.alerts.scene import Scene, Tongue

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _dated(local: datetime) -> str:
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local:%H:%M}"


def _span(minutes: int) -> str:
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = ((days, "day"), (hours, "hour"), (minutes, "minute"))
    return " ".join([_many(amount, unit) for amount, unit in units if amount][:2])


def _standing(overdue_seconds: int) -> str:
    minutes = abs(overdue_seconds) // 60
    if overdue_seconds >= 0:
        return f"{_span(minutes)} overdue" if minutes else "just overdue"
    return f"{_span(minutes)} left" if minutes else "under a minute left"


def _addressed(recipient: str, departments: str, level: int) -> str:
    parts = (f"For: {recipient}" if recipient else "", departments, f"step {level}" if level else "")
    return " · ".join(filter(None, parts))


def _count(scene: Scene) -> str:
    if not scene.cases:
        return ""
    most = "up to " if len(scene.cases) > 1 and scene.cases[0].overdue_seconds >= 60 else ""
    return f"{_lacking(scene)}, {most}{scene.worst()}"


def _label(scene: Scene, step: str) -> str:
    """As "Final answer due soon" where that is what is owed, "Crisis, overdue" in a crisis."""
    said = f"Final answer {step.lower()}" if scene.is_final else step
    return f"Crisis, {said[0].lower()}{said[1:]}" if scene.is_crisis else said


def _answer(scene: Scene) -> str:
    return "give the final answer" if scene.is_final else "answer"


def _lacking(scene: Scene) -> str:
    count = len(scene.cases)
    return f"{_many(count, 'final answer')} owed" if scene.is_final else f"{_many(count, 'case')} unanswered"


def _subject(kind: Kind, scene: Scene, head: str) -> str:
    cases = _many(len(scene.cases), "case")
    answer = _answer(scene).capitalize()
    account, until = scene.subject_account(), scene.complete_until()
    match kind:
        case Kind.WARNING:
            when = "now" if scene.is_overdue() else f"by {scene.first_deadline()}"
            parts = [f"[{_label(scene, 'Due soon')}] {answer} {when}", _lacking(scene), scene.departments()]
        case Kind.BREACH:
            parts = [f"[{_label(scene, 'Overdue')}] {answer} now", _lacking(scene), scene.departments()]
        case Kind.ESCALATION:
            parts = [f"[{_label(scene, 'Escalation')}] {_count(scene)}", scene.departments()]
        case Kind.CRISIS:
            parts = ["[Crisis] Look now", head, cases if scene.cases else "", scene.departments()]
        case Kind.ANSWERED:
            parts = [
                f"[{'Final answer given' if scene.is_final else 'Answered'}] {cases} you were told of",
                scene.departments(),
            ]
        case Kind.BLIND:
            parts = [f"[Not collecting] {account}", f"look yourself for posts since {until}" if until else ""]
        case Kind.RECOVERED:
            parts = [f"[Collecting again] {account}"]
        case Kind.FAULT:
            parts = ["[Service fault] Please look", head]
        case Kind.REPORT:
            parts = ["Weekly SLA compliance report", head]
        case Kind.MAINTENANCE:
            parts = [f"[Maintenance] {head}"]
        case Kind.TEST:
            parts = ["[Test] Alerts reach you"]
    return " · ".join(filter(None, parts))


def _first_line(kind: Kind, scene: Scene, head: str) -> str:
    account, until = scene.subject_account(), scene.complete_until()
    most = " to the most urgent" if scene.is_final else " the most urgent"
    first = most if len(scene.cases) > 1 else ""
    by = "" if scene.is_overdue() or not scene.cases else f"{first} by {scene.first_deadline()}"
    match kind:
        case Kind.WARNING:
            return f"{_label(scene, 'Due soon')}: please {_answer(scene)}{by or ' now'}. {_count(scene)}."
        case Kind.BREACH:
            return f"{_label(scene, 'Overdue')}: please {_answer(scene)} now. {_count(scene)}."
        case Kind.ESCALATION:
            what = "the final answer" if scene.is_final else "an answer"
            return f"{_label(scene, 'Escalation')}: please see to it that {what} goes out now. {_count(scene)}."
        case Kind.CRISIS:
            counted = _count(scene)
            return f"Crisis: please look now and answer{by}." + (f" {counted}." if counted else "")
        case Kind.ANSWERED:
            have = "has" if len(scene.cases) == 1 else "have"
            cases = _many(len(scene.cases), "case")
            if scene.is_final:
                return f"Final answer given: {cases} you were told of {have} it now. Nothing more to do."
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
        case Kind.MAINTENANCE:
            return f"Maintenance {head}"
        case Kind.TEST:
            return "Test: alerts reach you. Nothing to do."


def _explanation(kind: Kind, scene: Scene, details: Sequence[str]) -> list[str]:
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
        case Kind.MAINTENANCE:
            return [*details[1:]]
        case Kind.WARNING | Kind.BREACH | Kind.ESCALATION if scene.is_final:
            return ["The first answer is there, the final one is owed. It is due in business days.", *details]
        case Kind.REPORT:
            return [*details[1:], "The files are attached to the mail, and on the web under reports."]
        case _:
            return list(details)


def _caveats(scene: Scene) -> list[str]:
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


ENGLISH = Tongue(
    platforms={"twitter": "Twitter", "facebook": "Facebook", "instagram": "Instagram"},
    received="received {}",
    due="due {}",
    final_due="final answer due {}",
    unchecked="not checked",
    late="collected late",
    crisis="crisis",
    post="The post",
    page="The case",
    acknowledge="I have it (no login)",
    acknowledge_note="“I have it” is no answer, and the deadline stays. The link is yours alone, please do not forward "
    "it. It works once, within 24 hours.",
    held_by={
        "quiet": "Held back ({count}): these were your quiet hours, until {until}.",
        "duty": "Held back ({count}): it was outside duty hours, until {until}.",
        "limit": "Held back ({count}): the channel's limit was reached, until {until}.",
        "maintenance": "Held back ({count}): the service was in maintenance, until {until}.",
    },
    dated=_dated,
    standing=_standing,
    further=lambda count: f"and {count} more",
    and_more=lambda shown, count: f"{shown} and {_many(count, 'other department')}",
    addressed=_addressed,
    subject=_subject,
    first_line=_first_line,
    explanation=_explanation,
    caveats=_caveats,
)
