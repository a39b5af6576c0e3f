"""What a run of the demo came to: counted from the store's events and from what the desk received, nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from monitor.demo.receiver import Receiver
from monitor.demo.speed import CityClock
from monitor.demo.words import DemoWords
from monitor.reports.watched import coverages
from monitor.reports.week import cases_of
from monitor.rules import Rules
from monitor.store import alerts, events
from monitor.store.engine import Store, Transaction
from monitor.store.events import Recorded
from sla.compliance import Numbers, count, percent
from sla.coverage import Coverage
from sla.history import instant
from sla.week import Week

_EVERY_MESSAGE = 1_000_000


@dataclass(slots=True)
class _Course:
    """A case on its way up the ladder."""

    policy: str
    department: str
    opened_at: datetime
    found_at: datetime
    level: int = 0
    held_until: datetime | None = None


class FalseAlarms:
    """Counts the cases whose step was due when the answer was found, so that nobody was told (SEMANTICS row 21).

    From the events alone, as they come: an answer that was recorded no earlier than the case's next step fell due, of
    a case that was known by then.
    """

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._open: dict[str, _Course] = {}
        self._last = 0
        self.prevented = 0

    def read(self, tx: Transaction) -> int:
        """Take in what was recorded since the last time; returns the count so far."""
        for event in events.walk(tx, after=self._last):
            self._last = event.id
            if event.case_id is not None:
                self._take(event.case_id, event)
        return self.prevented

    def _take(self, id: str, event: Recorded) -> None:
        data = event.data
        if event.kind == "opened":
            self._open[id] = _Course(data["policy"], data["department"], instant(data["opened_at"]), event.at)
            return
        course = self._open.get(id)
        if course is None:
            return
        match event.kind:
            case "clock_moved":
                course.opened_at = instant(data["opened_at"])
            case "transferred":
                course.policy, course.department = data["policy"], data["to"]
                course.level, course.held_until = 0, None
            case "rescheduled":
                course.policy = data["policy"]
            case "alarmed" if "policy" in data:
                course.policy, course.level, course.held_until = data["policy"], 0, None
            case "acknowledged":
                course.held_until = instant(data["until"])
            case "escalated":
                course.level = max(course.level, data["level"])
            case "answered":
                due = self._due(course)
                self.prevented += due is not None and course.found_at < due <= event.at
                del self._open[id]
            case "dismissed" | "deleted" | "merged":
                del self._open[id]

    def _due(self, course: _Course) -> datetime | None:
        """When the next step falls due; None after the last one."""
        policy = self._rules.policy(course.policy)
        if course.level >= len(policy.steps):
            return None
        calendar = self._rules.calendar(policy.calendar, course.department)
        due = calendar.add(course.opened_at, policy.steps[course.level].at)
        return due if course.held_until is None else max(due, course.held_until)


@dataclass(frozen=True, slots=True)
class Summary:
    """A run, counted."""

    since: datetime
    until: datetime
    numbers: Numbers
    """Times in them are real seconds."""
    coverage: Coverage
    blind_episodes: int
    prevented: int
    outbox: Counter[str] = field(default_factory=Counter)
    """Messages by the state they ended in."""
    messages: Counter[str] = field(default_factory=Counter)
    """Messages that arrived, by kind."""
    cases: Counter[str] = field(default_factory=Counter)
    """Cases they spoke of, by kind, a case in several messages as often."""
    arrived: int = 0
    repeated: int = 0
    refused: int = 0


def summarize(store: Store, rules: Rules, receiver: Receiver, since: datetime, until: datetime) -> Summary:
    """Count what happened from `since` to `until`, by the reports' own rules."""
    weeks = _weeks(since, until, rules)
    outcomes = [outcome for week in weeks for outcome in cases_of(store, rules, week)]
    with store.read() as tx:
        seen = [coverages(tx, rules, *Week.parse(week).span(rules.zone), until) for week in weeks]
        episodes = sum(1 for _ in events.of_service(tx, ("blind",)))
        prevented = FalseAlarms(rules).read(tx)
        outbox = Counter(message.state for message in alerts.messages(tx, limit=_EVERY_MESSAGE))
    messages, cases = Counter[str](), Counter[str]()
    for one in receiver.arrived():
        messages[one.kind] += 1
        cases[one.kind] += len(one.cases)
    arrived, repeated, refused = receiver.counted()
    return Summary(
        since=since, until=until, numbers=count(outcomes, until, rules.zone).total.whole,
        coverage=sum((one for week in seen for of in week.values() for one in of.values()), Coverage()),
        blind_episodes=episodes,
        prevented=prevented, outbox=outbox, messages=messages, cases=cases, arrived=arrived, repeated=repeated,
        refused=refused,
    )  # fmt: skip


def _weeks(since: datetime, until: datetime, rules: Rules) -> list[str]:
    """The weeks that a run touched; one that began at a Sunday's midnight touches two."""
    found = [Week.of(until, rules.zone)]
    first = Week.of(since - timedelta(seconds=1), rules.zone)
    while found[-1] > first:
        found.append(found[-1].before())
    return [str(week) for week in reversed(found)]


def show(
    console: Console, summary: Summary, words: DemoWords, city: CityClock, file: str, errors: Sequence[str]
) -> None:
    """Print it."""
    span = city.span(summary.until - summary.since)
    console.print()
    console.print(Text(words("summary"), style="bold"))
    console.print(
        words(
            "summary.span", since=f"{city.shows(summary.since):%H:%M}", until=f"{city.shows(summary.until):%H:%M}",
            span=words.span(span), speed=f"{city.speed:g}",
        ),
        style="dim", highlight=False,
    )  # fmt: skip
    console.print()
    rows = [*_numbers(summary, words, city), *_alerts(summary, words), *_errors(words, errors)]
    widest = max(cell_len(name) for name, _, _ in rows)
    for name, value, style in rows:
        label = Text(set_cell_size(name, widest + 2), style="" if name.startswith(" ") else "bold")
        console.print(label.append(value, style or "none"), soft_wrap=True)
    console.print()
    console.print(Text(words("summary.next", file=file)), soft_wrap=True)


def _numbers(summary: Summary, words: DemoWords, city: CityClock) -> list[tuple[str, str, str]]:
    of = summary.numbers
    rows = [(words("summary.received"), str(of.received), "bold")]
    for name, value, style in (
        ("met", of.met, "green"), ("late", of.answered_late, "red"), ("unanswered", of.unanswered, "red"),
        ("pending", of.pending, ""), ("dismissed", of.dismissed, ""), ("deleted", of.deleted, ""),
        ("undetermined", of.undetermined, ""),
    ):  # fmt: skip
        if value or name in ("met", "late", "unanswered", "dismissed"):
            rows.append((f"  {words(f'summary.{name}')}", str(value), style if value else "dim"))
    attainment = words("summary.none_decided")
    if of.decided:
        attainment = words("summary.of", attainment=percent(of.met, of.decided), met=of.met, decided=of.decided)
    rows.append((words("summary.attainment"), attainment, "bold"))
    blind = words.span(city.span(summary.coverage.blind))
    seen = words("summary.seen", coverage=summary.coverage.percent or "-", episodes=summary.blind_episodes, blind=blind)
    rows.append((words("summary.coverage"), seen, ""))
    if of.response.median_seconds is not None:
        median = words.span(city.span(timedelta(seconds=of.response.median_seconds)))
        grain = words.span(city.span(timedelta(seconds=1)))
        rows.append((words("summary.median"), words("summary.median_note", median=median, grain=grain), ""))
    prevented = words("summary.prevented_note", count=summary.prevented)
    rows.append((words("summary.prevented"), prevented, "green" if summary.prevented else "dim"))
    return rows


def _alerts(summary: Summary, words: DemoWords) -> list[tuple[str, str, str]]:
    count = words(
        "summary.alerts_note", count=summary.arrived, repeated=summary.repeated, refused=summary.refused
    )  # fmt: skip
    rows = [(words("summary.alerts"), count, "")]
    for kind, messages in summary.messages.most_common():
        cases = summary.cases[kind]
        value = words("summary.kind" if cases else "summary.kind_only", messages=messages, cases=cases)
        rows.append((f"  {words.kind(kind)}", value, ""))
    ended = summary.outbox
    known = ("delivered", "dropped", "dead")
    waiting = sum(number for state, number in ended.items() if state not in known)
    rows.append(
        (
            words("summary.outbox"),
            words("summary.outbox_note", **{state: ended[state] for state in known}, waiting=waiting),
            "red" if ended["dead"] else "dim",
        )
    )
    return rows


def _errors(words: DemoWords, errors: Sequence[str]) -> list[tuple[str, str, str]]:
    return [(words("summary.errors"), line, "red") for line in errors]
