"""What the sentences of an alert are made from, and what a language has to say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from monitor.alerts.message import AlertAccount, AlertCase, Kind, one_line


@dataclass(frozen=True, slots=True)
class Scene:
    """The cases, earliest deadline first, and how to name things."""

    tongue: Tongue
    zone: tzinfo
    cases: Sequence[AlertCase]
    account: AlertAccount | None
    department_names: Mapping[str, str]
    account_names: Mapping[str, str]

    @property
    def is_final(self) -> bool:
        """Whether it is final answers that are owed; a message speaks of one clock only."""
        return bool(self.cases) and self.cases[0].clock == "final"

    @property
    def is_crisis(self) -> bool:
        """Whether one of the cases is part of a crisis."""
        return any(case.crisis for case in self.cases)

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
        """When the most urgent case is due."""
        return self.clock(self.cases[0].deadline, self.cases[0])

    def worst(self) -> str:
        """How it stands with the case that is farthest along."""
        return self.tongue.standing(self.cases[0].overdue_seconds)

    def is_overdue(self) -> bool:
        """Whether the most urgent case is."""
        return bool(self.cases) and self.cases[0].overdue_seconds >= 0

    def held(self) -> list[tuple[str, int, str]]:
        """Why alerts waited, how many of them, and until when at the latest; a reason once."""
        found: dict[str, list[AlertCase]] = {}
        for case in self.cases:
            if case.held_until is not None and case.held_by in self.tongue.held_by:
                found.setdefault(case.held_by, []).append(case)
        return [
            (why, len(cases), self.clock(max(case.held_until for case in cases if case.held_until), cases[0]))
            for why, cases in found.items()
        ]


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language. The functions return "" or nothing where there is nothing to say."""

    platforms: Mapping[str, str]
    received: str
    due: str
    final_due: str
    unchecked: str
    late: str
    crisis: str
    post: str
    """What the address of a post, of a case's page, and of the page that acknowledges it are called."""
    page: str
    acknowledge: str
    acknowledge_note: str
    """What has to be known of the last one."""
    held_by: Mapping[str, str]
    """Why an alert waited, by the reason on record; a sentence with its number and its time to fill in."""
    dated: Callable[[datetime], str]
    standing: Callable[[int], str]
    further: Callable[[int], str]
    and_more: Callable[[str, int], str]
    addressed: Callable[[str, str, int], str]
    subject: Callable[[Kind, Scene, str], str]
    first_line: Callable[[Kind, Scene, str], str]
    explanation: Callable[[Kind, Scene, Sequence[str]], list[str]]
    caveats: Callable[[Scene], list[str]]
