"""A report's figures, each with the cases it counts (SEMANTICS row 35): asked of the facts it was added up from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field

from sla.history import Status
from sla.tally import SLOTS, Fact


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a report."""

    name: str
    """What a page calls it: an English msgid."""
    weight: Callable[[Fact], int]
    """How much a case adds to it."""
    seconds: Callable[[Fact], int | None] | None = None
    """The time by which its cases stand, longest first; None where they stand in the order they came."""
    by_leg: Callable[[Fact, str], int] | None = None
    """Instead of `weight`, where it is counted for a department that may hold the case no more (SEMANTICS row 10)."""


class Asked(BaseModel):
    """Which figure an address asks for; the names stand in it as they do here."""

    status: str = "cases"
    """One of `FIGURES`."""
    department: str = ""
    platform: str = ""
    weekday: Annotated[int | None, Field(ge=0, le=6)] = None
    """0 is Monday."""
    hour: Annotated[int | None, Field(ge=0, le=23)] = None
    office: Literal["", "on", "off"] = ""
    keyword: str = ""
    reason: str | None = None
    """Why no reply was due."""
    alert: str = ""
    """Only alerts of this kind."""
    level: int | None = None
    """Only steps of this level."""
    upto: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    """The last event that counts."""
    at: AwareDatetime | None = None
    """The instant as of which it is counted."""

    @property
    def figure(self) -> Figure:
        """What is asked for. Raises KeyError where there is no such figure."""
        return FIGURES[self.status]

    def weight(self, fact: Fact) -> int:
        """How much a case adds to the figure within what it is narrowed to."""
        cell, slot, figure = fact.cell, SLOTS[fact.slot], self.figure
        if figure.by_leg is not None:
            return figure.by_leg(fact, self.department)
        narrowed = (
            (self.department, cell.unit.department), (self.platform, cell.unit.platform), (self.keyword, cell.keyword),
        )  # fmt: skip
        if any(wanted and wanted != own for wanted, own in narrowed):
            return 0
        placed = ((self.weekday, slot.weekday), (self.hour, slot.hour), (self.reason, cell.reason))
        if any(wanted is not None and wanted != own for wanted, own in placed):
            return 0
        if self.office and (self.office == "on") is not slot.office:
            return 0
        if self.alert:
            return dict(cell.alerts).get(self.alert, 0) if figure.weight(fact) else 0
        if self.level is not None:
            return dict(cell.levels).get(self.level, 0) if figure.weight(fact) else 0
        return figure.weight(fact)


def _standing(*statuses: Status) -> Callable[[Fact], int]:
    return lambda fact: fact.cell.status in statuses


def _final(*statuses: Status) -> Callable[[Fact], int]:
    return lambda fact: fact.cell.final in statuses


def _received(fact: Fact, department: str) -> int:
    return sum(before != after == department for (before, _), (after, _) in pairwise(fact.legs))


def _handed_over(fact: Fact, department: str) -> int:
    return sum(department == before != after for (before, _), (after, _) in pairwise(fact.legs))


FIGURES: Mapping[str, Figure] = {
    "cases": Figure("Came in", lambda fact: 1),
    "met": Figure("In time", _standing(Status.MET)),
    "answered_late": Figure("Late", _standing(Status.LATE)),
    "unanswered": Figure("Unanswered", _standing(Status.UNANSWERED)),
    "missed": Figure("Missed", _standing(Status.LATE, Status.UNANSWERED)),
    "decided": Figure("Decided", _standing(Status.MET, Status.LATE, Status.UNANSWERED)),
    "pending": Figure("Pending", _standing(Status.PENDING)),
    "dismissed": Figure("No reply due", _standing(Status.DISMISSED)),
    "deleted": Figure("Deleted", _standing(Status.DELETED)),
    "undetermined": Figure("Undetermined", _standing(Status.UNDETERMINED)),
    "completed": Figure("Dealt with", _standing(Status.MET, Status.LATE, Status.DISMISSED)),
    "answered": Figure("Answered", _standing(Status.MET, Status.LATE), lambda fact: fact.response),
    "late_found": Figure("Found late", lambda fact: fact.cell.late_found),
    "transferred": Figure("Transferred", lambda fact: fact.cell.transferred),
    "reopened": Figure("Reopened", lambda fact: fact.cell.reopened),
    "in_crisis": Figure("In a crisis", lambda fact: fact.cell.in_crisis),
    "followups": Figure("Further mentions", lambda fact: fact.cell.followups),
    "acknowledged": Figure("Acknowledged", lambda fact: fact.acknowledged is not None, lambda fact: fact.acknowledged),
    "paused": Figure("Put off", lambda fact: fact.paused > 0, lambda fact: fact.paused),
    "alerts": Figure("Alerts", lambda fact: sum(count for _, count in fact.cell.alerts)),
    "levels": Figure("Steps fired", lambda fact: sum(count for _, count in fact.cell.levels)),
    "unchecked": Figure("Alerts sent unchecked", lambda fact: fact.cell.unchecked),
    "final_met": Figure("Final answers in time", _final(Status.MET)),
    "final_missed": Figure("Final answers missed", _final(Status.LATE, Status.UNANSWERED)),
    "final_pending": Figure("Final answers pending", _final(Status.PENDING)),
    "final_answered": Figure("Final answers given", _final(Status.MET, Status.LATE), lambda fact: fact.final),
    "received": Figure("Taken over", lambda fact: 0, by_leg=_received),
    "handed_over": Figure("Handed over", lambda fact: 0, by_leg=_handed_over),
}
