"""The weekly report as data: what its JSON holds, what its SHA-256 covers and what every other face is drawn from.

Times are seconds, shares are from 0 to 1 and null where nothing was decided, instants are ISO 8601 in the service's
zone. CONTRACT names `week`, `departments`, `cases`, `met`, `missed`, `dismissed`, `attainment`, `coverage` and `head`.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field


class Part(BaseModel):
    """What all parts have in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return self.model_dump(mode="json", by_alias=True)


class Share(Part):
    """Cases of some time or place, and how many were met of those that are decided."""

    cases: int = 0
    met: int = 0
    missed: int = 0

    @property
    def decided(self) -> int:
        """The denominator."""
        return self.met + self.missed


class Times(Part):
    """How long something took, where it happened at all."""

    count: int = 0
    median_seconds: float | None = None
    p90_seconds: float | None = None
    """By nearest rank."""
    worst_seconds: float | None = None


class Final(Part):
    """Final answers that were owed beside the first (SEMANTICS row 7)."""

    met: int = 0
    missed: int = 0
    pending: int = 0
    attainment: float | None = None
    times: Times = Times()


class Figures(Share):
    """How some cases stand; `cases` is the sum of met, missed, pending, dismissed, deleted and undetermined."""

    dismissed: int = 0
    attainment: float | None = None
    interval: tuple[float, float] | None = None
    """Between which shares the true one lies, 95 times in 100 (Wilson); null while nothing is decided."""
    pending: int = 0
    deleted: int = 0
    undetermined: int = 0
    answered_late: int = 0
    unanswered: int = 0
    late_found: int = 0
    """Found by collection only when the deadline had come."""
    transferred: int = 0
    reopened: int = 0
    median_seconds: float | None = None
    p90_seconds: float | None = None
    worst_seconds: float | None = None
    alerts: dict[str, int] = {}
    """By kind: warning, breach, escalation."""
    levels: dict[str, int] = {}
    """How many steps fired, by level: "1", "2", …"""
    dismissed_by_reason: dict[str, int] = {}
    acknowledged: Times = Times()
    """From the first mention to the first acknowledgement or claim."""
    followups: int = 0
    """Further mentions of the same citizens in the same conversations."""
    final: Final = Final()
    in_crisis: int = 0
    paused_seconds: float = 0

    @property
    def completed(self) -> int:
        """Opinions that are dealt with, as the city counts them: answered, however late, or no reply was due."""
        return self.met + self.answered_late + self.dismissed


class PlatformPart(Figures):
    """A platform's."""

    platform: str


class HourPart(Share):
    """An hour of the day, 0 to 23, in which the mention was written."""

    hour: int
    attainment: float | None = None


class WeekdayPart(Share):
    """A day of the week, 0 is Monday."""

    weekday: int
    attainment: float | None = None


class Legs(Part):
    """How long a department held cases that were transferred (SEMANTICS row 10)."""

    received: int = 0
    """Taken over from another department."""
    handed_over: int = 0
    held: Times = Times()


class AccountPart(Part):
    """An account, and how much of its time was seen."""

    platform: str
    id: str
    handle: str = ""
    coverage: float | None = None
    blind_seconds: float = 0
    last_post_at: datetime | None = None
    """When it last wrote anything itself, as far as is known."""
    dormant: bool = False
    """Whether that was so long ago that citizens may take it for abandoned."""


class Point(Share):
    """A week on the line of weeks."""

    week: str
    attainment: float | None = None


class Whole(Figures):
    """Everything about the city, or one department."""

    coverage: float | None = None
    blind_seconds: float = 0
    platforms: tuple[PlatformPart, ...] = ()
    hours: tuple[HourPart, ...] = ()
    """All 24."""
    weekdays: tuple[WeekdayPart, ...] = ()
    """All 7."""
    grid: tuple[tuple[tuple[int, int, int], ...], ...] = ()
    """The heat map: by weekday and hour, (cases, met, missed)."""
    on_hours: Share = Share()
    """Written in the department's office hours."""
    off_hours: Share = Share()
    trend: tuple[Point, ...] = ()
    """Up to twelve weeks, oldest first, this one last."""

    @property
    def before(self) -> Point | None:
        """The week before; None where there is none on record."""
        return self.trend[-2] if len(self.trend) > 1 else None


class DepartmentPart(Whole):
    """A department's week."""

    department: str
    name: str
    """As the settings had it; the id where they had the department no more."""
    accounts: tuple[AccountPart, ...] = ()
    legs: Legs = Legs()


class IncidentPart(Part):
    """A crisis that was open in the week."""

    id: str
    kind: str
    """keyword, surge or manual."""
    subject: str
    department: str
    opened_at: datetime
    ended_at: datetime | None = None
    cases: int = 0
    reason: str = ""
    """Why it was ended, by whoever ended it."""


class Topic(Share):
    """What a rule routed here by a keyword."""

    keyword: str
    department: str
    attainment: float | None = None


class Term(Part):
    """A word that many citizens used; never one that only a few did."""

    term: str
    people: int


class CorrectedCase(Part):
    """A case that an earlier report counted otherwise."""

    case: str
    department: str
    before: str
    """A status of `sla.history.Status`; "" where it was not known of."""
    after: str


class CorrectedDepartment(Part):
    """A department that has such cases."""

    department: str
    reported: Share = Share()
    now: Share = Share()


class Correction(Part):
    """What came to light about an earlier week since its report was made: that report stays as it is."""

    week: str
    sha256: str
    """Of the report that stays."""
    reported: Share
    now: Share
    departments: tuple[CorrectedDepartment, ...] = ()
    """Those that have such cases now."""
    cases: tuple[CorrectedCase, ...]
    """The first hundred."""
    count: int
    """How many cases it concerns in all."""


class Document(Part):
    """A week as it was known at `generated_at`."""

    week: str
    since: datetime = Field(validation_alias=AliasChoices("from", "since"), serialization_alias="from")
    until: datetime
    """The first instant after it."""
    generated_at: datetime
    service: str
    department: str | None = None
    """The one it is cut to; null: the whole city."""
    departments: tuple[DepartmentPart, ...]
    total: Whole
    incidents: tuple[IncidentPart, ...] = ()
    topics: tuple[Topic, ...] = ()
    terms: tuple[Term, ...] = ()
    corrections: tuple[Correction, ...] = ()
    unchecked: int = 0
    """Alerts that went out although the platform could not be asked just before."""
    unexplained: tuple[str, ...] = ()
    """Cases that are not counted, because their history is broken."""
    last_event: int = 0
    """The newest event that was counted: a recount up to it gives the same numbers."""
    sealed_to: int = 0
    """The newest event under the chain of seals; `head` vouches for nothing after it."""
    head: str = ""
    """The chain's end; "" when nothing is sealed."""

    @property
    def runs(self) -> bool:
        """Whether the week was not over yet."""
        return self.generated_at < self.until

    def of(self, department: str) -> Document:
        """The same report, cut to one department.

        Raises:
            KeyError: the report has no such department.
        """
        part = next((one for one in self.departments if one.department == department), None)
        if part is None:
            raise KeyError(department)
        whole = Whole(**{name: getattr(part, name) for name in Whole.model_fields})
        corrections = tuple(
            one.model_copy(
                update={
                    "cases": own, "count": len(own), "departments": (its,), "reported": its.reported, "now": its.now,
                }
            )
            for one in self.corrections
            for its in one.departments
            if its.department == department
            and (own := tuple(case for case in one.cases if case.department == department))
        )  # fmt: skip
        return self.model_copy(
            update={
                "department": department, "departments": (part,), "total": whole, "corrections": corrections,
                "incidents": tuple(one for one in self.incidents if one.department == department),
                "topics": tuple(one for one in self.topics if one.department == department), "terms": (),
                "unexplained": (), "unchecked": 0,
            }
        )  # fmt: skip

    def to_json(self) -> str:
        """What is kept, hashed and handed out: the same text for the same report, always."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"

    @property
    def sha256(self) -> str:
        """Of `to_json` in UTF-8, in hex: whoever has the JSON face can take it again."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


class CaseLine(Part):
    """A case as the spreadsheet lists it: no citizen's words, no names."""

    case: str
    department: str
    platform: str
    opened_at: datetime
    deadline: datetime
    answered_at: datetime | None
    status: str
    """Of `sla.history.Status`."""
    response_seconds: float | None
    reason: str = ""
    """Why no reply was due."""
    decided_by: str = ""
    transfers: int = 0
    levels: int = 0
    """How many steps fired."""
    calendar: str = ""
    """Name and version of the calendar by which its deadline was set."""
