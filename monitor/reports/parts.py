"""From numbers to the parts of the report's document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from monitor.reports.document import (
    AccountPart,
    CaseLine,
    DepartmentPart,
    Final,
    HourPart,
    Legs,
    PlatformPart,
    Point,
    Share,
    Times,
    WeekdayPart,
    Whole,
)
from monitor.reports.watched import Key, Seen
from sla import compliance
from sla.compliance import Count, Numbers, Spread
from sla.coverage import Coverage
from sla.history import Outcome


def department(
    id: str, name: str, of: Count, watched: Mapping[Key, Seen], trend: tuple[Point, ...], zone: ZoneInfo
) -> DepartmentPart:
    """A department's part."""
    return DepartmentPart(
        department=id, name=name, trend=trend, legs=Legs(
            received=of.held.received, handed_over=of.held.handed_over, held=_times(of.held.times)
        ),
        accounts=tuple(
            AccountPart(
                platform=platform, id=account, handle=one.handle, dormant=one.dormant,
                last_post_at=one.last_post_at and one.last_post_at.astimezone(zone), **_coverage(one.coverage),
            )
            for (platform, account), one in sorted(watched.items())
        ),
        **_count(of), **_coverage(sum((one.coverage for one in watched.values()), Coverage())),
    )  # fmt: skip


def whole(of: Count, covered: Iterable[Coverage], trend: tuple[Point, ...]) -> Whole:
    """The city's part."""
    return Whole(trend=trend, **_count(of), **_coverage(sum(covered, Coverage())))


def share(of: compliance.Share) -> Share:
    """A share as the document has it."""
    return Share(cases=of.received, met=of.met, missed=of.missed)


def line(outcome: Outcome, at: datetime, zone: ZoneInfo) -> CaseLine:
    """A case as the spreadsheet lists it, as it stood at the instant `at`."""
    response = outcome.response
    return CaseLine(
        case=outcome.case, department=outcome.department, platform=outcome.platform,
        opened_at=outcome.opened_at.astimezone(zone), deadline=outcome.deadline.astimezone(zone),
        answered_at=outcome.answered_at and outcome.answered_at.astimezone(zone), status=outcome.status(at).value,
        response_seconds=None if response is None else response.total_seconds(), reason=outcome.reason,
        decided_by=outcome.decided_by, transfers=outcome.transfers, levels=len(outcome.levels),
        calendar=outcome.calendar,
    )  # fmt: skip


def _count(of: Count) -> dict[str, Any]:
    return {
        **_figures(of.whole),
        "platforms": tuple(PlatformPart(platform=name, **_figures(numbers)) for name, numbers in of.platforms.items()),
        "hours": tuple(HourPart(hour=hour, **_share(one)) for hour, one in enumerate(of.hours)),
        "weekdays": tuple(WeekdayPart(weekday=day, **_share(one)) for day, one in enumerate(of.weekdays)),
        "grid": tuple(tuple((one.received, one.met, one.missed) for one in day) for day in of.grid),
        "on_hours": share(of.on_hours), "off_hours": share(of.off_hours),
    }  # fmt: skip


def _share(of: compliance.Share) -> dict[str, Any]:
    return {"cases": of.received, "met": of.met, "missed": of.missed, "attainment": of.attainment}


def _figures(of: Numbers) -> dict[str, Any]:
    return {
        "cases": of.received, "met": of.met, "missed": of.missed, "dismissed": of.dismissed,
        "attainment": of.attainment, "interval": compliance.interval(of.met, of.decided), "pending": of.pending,
        "deleted": of.deleted, "undetermined": of.undetermined, "answered_late": of.answered_late,
        "unanswered": of.unanswered, "late_found": of.late_found, "transferred": of.transferred,
        "reopened": of.reopened, "median_seconds": of.response.median_seconds,
        "p90_seconds": of.response.p90_seconds, "worst_seconds": of.response.worst_seconds,
        "alerts": dict(of.alerts), "levels": {str(level): n for level, n in of.levels.items()},
        "dismissed_by_reason": dict(of.dismissed_by_reason), "acknowledged": _times(of.acknowledged),
        "followups": of.followups, "in_crisis": of.in_crisis, "paused_seconds": of.paused_seconds,
        "final": Final(
            met=of.final.met, missed=of.final.missed, pending=of.final.pending, attainment=of.final.attainment,
            times=_times(of.final.times),
        ),
    }  # fmt: skip


def _times(of: Spread) -> Times:
    return Times(**asdict(of))


def _coverage(of: Coverage) -> dict[str, Any]:
    return {"coverage": of.share, "blind_seconds": of.blind.total_seconds()}
