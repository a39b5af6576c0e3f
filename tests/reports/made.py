"""Weekly reports of any size, for tests and pictures: numbers from a seeded random, that add up as real ones do."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from monitor.reports.document import (
    AccountPart,
    CaseLine,
    CorrectedCase,
    CorrectedDepartment,
    Correction,
    DepartmentPart,
    Document,
    Final,
    HourPart,
    IncidentPart,
    Legs,
    PlatformPart,
    Point,
    Share,
    Term,
    Times,
    Topic,
    WeekdayPart,
    Whole,
)  # fmt: skip
from sla.week import Week

SEOUL = ZoneInfo("Asia/Seoul")
WEEK = Week(2026, 47)
NAMES = (
    "대중교통과", "도로관리과", "공원녹지과", "상수도사업본부", "자원순환과", "시민안전실", "문화예술과", "복지정책과",
    "기후환경정책과", "주차행정과",
)  # fmt: skip
LONG = "도시재생 및 원도심 균형발전 지원단 생활기반시설 정비 담당 추진기획과(한시 기구)"

_SUMMED = (
    "cases", "met", "missed", "dismissed", "pending", "deleted", "undetermined", "answered_late", "unanswered",
    "late_found", "transferred", "reopened", "followups", "in_crisis", "paused_seconds",
)  # fmt: skip


def document(count: int = 3, *, seed: int = 7, week: Week = WEEK, most: int = 60, **changed: Any) -> Document:
    """A report of `count` departments, with something in each section."""
    random_ = random.Random(seed)
    since, until = (at.astimezone(SEOUL) for at in week.span(SEOUL))
    parts = tuple(_department(random_, place, week, most) for place in range(count))
    first = parts[0].department if parts else ""
    made: dict[str, Any] = {
        "week": str(week), "since": since, "until": until, "generated_at": until + timedelta(hours=9),
        "service": "대전광역시", "departments": parts, "total": _total(random_, parts, week),
        "incidents": (
            IncidentPart(
                id="i1", kind="keyword", subject="화재", department=first, opened_at=since + timedelta(days=2, hours=3),
                ended_at=since + timedelta(days=2, hours=5), cases=14, reason="진화 완료",
            ),
            IncidentPart(
                id="i2", kind="surge", subject="단수", department=first, opened_at=since + timedelta(days=6), cases=8,
            ),
        ),
        "topics": tuple(
            Topic(keyword=word, department=first, cases=9, met=8, missed=1, attainment=8 / 9)
            for word in ("버스", "포트홀")
        ),
        "terms": (Term(term="정류장", people=21), Term(term="막차", people=12)),
        "corrections": (
            Correction(
                week=str(week.before()), sha256="cd" * 32, reported=Share(cases=50, met=49, missed=1),
                now=Share(cases=50, met=48, missed=2), count=12,
                departments=(CorrectedDepartment(
                    department=first, reported=Share(cases=20, met=19, missed=1), now=Share(cases=20, met=18, missed=2)
                ),),
                cases=tuple(
                    CorrectedCase(case=f"c{place}", department=first, before="met", after="unanswered")
                    for place in range(12)
                ),
            ),
        ),
        "unchecked": 2, "last_event": 4321, "sealed_to": 4300, "head": "ab" * 32,
    }  # fmt: skip
    return Document(**(made | changed))


def nothing(count: int = 2, **changed: Any) -> Document:
    """A week in which nobody wrote, and all of which was seen."""
    parts = tuple(
        DepartmentPart(
            department=f"d{place}", name=NAMES[place], coverage=1.0, grid=_grid([]), hours=_hours(_grid([])),
            weekdays=_weekdays(_grid([])),
            accounts=(AccountPart(platform="twitter", id=str(place), handle=f"dj_{place}", coverage=1.0),),
        )
        for place in range(count)
    )  # fmt: skip
    total = Whole(
        coverage=1.0 if parts else None, grid=_grid([]), hours=_hours(_grid([])), weekdays=_weekdays(_grid([]))
    )
    none: dict[str, Any] = {
        "departments": parts, "total": total, "incidents": (), "topics": (), "terms": (), "corrections": (),
        "unchecked": 0,
    }  # fmt: skip
    return document(0, **(none | changed))


def cases(of: Document, count: int) -> tuple[CaseLine, ...]:
    """Some of its cases as the workbook lists them."""
    random_ = random.Random(count)
    made = []
    for place in range(count):
        at = of.since + timedelta(seconds=random_.randrange(7 * 86_400))
        seconds = random_.randrange(30, 4_000)
        made.append(CaseLine(
            case=f"01J{place:022}", department=random_.choice(of.departments).department, platform="twitter",
            opened_at=at, deadline=at + timedelta(minutes=30), answered_at=at + timedelta(seconds=seconds),
            status="met" if seconds <= 1800 else "answered_late", response_seconds=seconds, calendar="always 1",
        ))  # fmt: skip
    return tuple(made)


def _department(random_: random.Random, place: int, week: Week, most: int) -> DepartmentPart:
    written = [(random_.randrange(7), min(23, int(random_.gauss(13, 4)) % 24)) for _ in range(random_.randrange(most))]
    missed = {at for at in range(len(written)) if random_.random() < 0.08}
    grid = _grid([(day, hour, at not in missed) for at, (day, hour) in enumerate(written)])
    blind = random_.choice((0, 0, 0, 5_400))
    name = (
        LONG
        if place == 1
        else NAMES[place % len(NAMES)] + (f" {place // len(NAMES) + 1}팀" if place >= len(NAMES) else "")
    )
    platforms = _platforms(random_, len(written), len(missed))
    return DepartmentPart(
        department=f"d{place}", name=name, coverage=(604_800 * 2 - blind) * 1_000_000 // (604_800 * 2) / 1_000_000,
        blind_seconds=blind, grid=grid, hours=_hours(grid), weekdays=_weekdays(grid), platforms=platforms,
        trend=_trend(random_, week, len(written), len(written) - len(missed), len(missed)),
        on_hours=_share(len(written) * 3 // 4, len(missed) // 2),
        off_hours=_share(len(written) - len(written) * 3 // 4, 0),
        legs=Legs(received=place % 3, handed_over=place % 2, held=_times(random_, 3) if place % 3 else Times()),
        accounts=(
            AccountPart(
                platform="twitter", id=f"10{place:02}", handle=f"dj_{place}", blind_seconds=blind,
                coverage=(604_800 - blind) / 604_800, last_post_at=datetime(2026, 11, 20, 9, tzinfo=SEOUL),
            ),
            AccountPart(
                platform="facebook", id=f"77{place:02}", coverage=1.0, dormant=place == 0,
                last_post_at=datetime(2026, 3, 2, 9, tzinfo=SEOUL),
            ),
        ),
        **_figures(random_, len(written), len(missed)),
    )  # fmt: skip


def _figures(random_: random.Random, decided: int, missed: int) -> dict[str, Any]:
    late, others = missed // 2, [random_.randrange(3) for _ in range(4)]
    met = decided - missed
    lasted = _times(random_, met + late)
    return {
        "cases": decided + sum(others), "met": met, "missed": missed, "answered_late": late,
        "unanswered": missed - late, "pending": others[0], "dismissed": others[1],
        "deleted": others[2], "undetermined": others[3],
        "attainment": met / decided if decided else None, "interval": _wilson(met, decided),
        "median_seconds": lasted.median_seconds, "p90_seconds": lasted.p90_seconds,
        "worst_seconds": lasted.worst_seconds,
        "alerts": {"warning": missed * 2, "breach": missed, "escalation": late}, "levels": {"1": missed, "2": late},
        "dismissed_by_reason": {"감사 인사": others[1]} if others[1] else {}, "acknowledged": _times(random_, met),
        "followups": random_.randrange(9), "transferred": random_.randrange(3), "reopened": random_.randrange(2),
        "late_found": missed // 3, "in_crisis": random_.randrange(4), "paused_seconds": float(random_.randrange(4_000)),
        "final": Final(met=4, missed=1, pending=1, attainment=0.8, times=_times(random_, 5)),
    }  # fmt: skip


def _platforms(random_: random.Random, decided: int, missed: int) -> tuple[PlatformPart, ...]:
    half, lost = decided // 2, missed // 2
    both = (("twitter", half, min(lost, half)), ("facebook", decided - half, missed - min(lost, half)))
    return tuple(PlatformPart(platform=name, **_figures(random_, count, lost)) for name, count, lost in both)


def _total(random_: random.Random, parts: tuple[DepartmentPart, ...], week: Week) -> Whole:
    sums: dict[str, Any] = {name: sum(getattr(one, name) for one in parts) for name in _SUMMED}
    decided = sums["met"] + sums["missed"]
    grid = tuple(
        tuple(_added(one.grid[day][hour] for one in parts) for hour in range(24)) for day in range(7)
    )  # fmt: skip
    blind, watched = sum(one.blind_seconds for one in parts), 604_800 * 2 * len(parts)
    lasted = _times(random_, decided)
    return Whole(
        **sums, attainment=sums["met"] / decided if decided else None, interval=_wilson(sums["met"], decided),
        median_seconds=lasted.median_seconds, p90_seconds=lasted.p90_seconds, worst_seconds=lasted.worst_seconds,
        acknowledged=_times(random_, decided), alerts=_counted(one.alerts for one in parts),
        levels=_counted(one.levels for one in parts),
        dismissed_by_reason=_counted(one.dismissed_by_reason for one in parts),
        final=Final(
            met=4 * len(parts), missed=len(parts), pending=len(parts), attainment=0.8 if parts else None,
            times=_times(random_, len(parts)),
        ),
        coverage=(watched - blind) * 1_000_000 // watched / 1_000_000 if watched else None, blind_seconds=blind,
        platforms=_platforms(random_, decided, sums["missed"]), grid=grid, hours=_hours(grid), weekdays=_weekdays(grid),
        on_hours=Share(**_added_shares(one.on_hours for one in parts)),
        off_hours=Share(**_added_shares(one.off_hours for one in parts)),
        trend=_trend(random_, week, sums["cases"], sums["met"], sums["missed"]),
    )  # fmt: skip


def _trend(random_: random.Random, week: Week, cases: int, met: int, missed: int) -> tuple[Point, ...]:
    points = [
        Point(week=str(week), cases=cases, met=met, missed=missed, attainment=met / (met + missed) if met else None)
    ]
    for _ in range(11):
        week = week.before()
        past = random_.randrange(cases + 1)
        lost = past // 9
        share = (past - lost) / past if past else None
        points.insert(0, Point(week=str(week), cases=past, met=past - lost, missed=lost, attainment=share))
    return tuple(points)


def _times(random_: random.Random, count: int) -> Times:
    if not count:
        return Times()
    median, p90, worst = sorted(float(random_.randrange(20, 9_000)) for _ in range(3))
    return Times(count=count, median_seconds=median, p90_seconds=p90, worst_seconds=worst)


def _grid(written: Iterable[tuple[int, int, bool]]) -> tuple[tuple[tuple[int, int, int], ...], ...]:
    cells = [[[0, 0, 0] for _ in range(24)] for _ in range(7)]
    for day, hour, met in written:
        cells[day][hour][0] += 1
        cells[day][hour][1 if met else 2] += 1
    return tuple(tuple((cell[0], cell[1], cell[2]) for cell in row) for row in cells)


def _hours(grid: tuple[tuple[tuple[int, int, int], ...], ...]) -> tuple[HourPart, ...]:
    sums = [_added(row[hour] for row in grid) for hour in range(24)]
    return tuple(HourPart(hour=hour, cases=of[0], met=of[1], missed=of[2]) for hour, of in enumerate(sums))


def _weekdays(grid: tuple[tuple[tuple[int, int, int], ...], ...]) -> tuple[WeekdayPart, ...]:
    sums = [_added(row) for row in grid]
    return tuple(WeekdayPart(weekday=day, cases=of[0], met=of[1], missed=of[2]) for day, of in enumerate(sums))


def _added(cells: Iterable[tuple[int, int, int]]) -> tuple[int, int, int]:
    kept = list(cells)
    return sum(cell[0] for cell in kept), sum(cell[1] for cell in kept), sum(cell[2] for cell in kept)


def _added_shares(of: Iterable[Share]) -> dict[str, int]:
    kept = list(of)
    return {name: sum(getattr(one, name) for one in kept) for name in ("cases", "met", "missed")}


def _counted(of: Iterable[dict[str, int]]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for one in of:
        for name, count in one.items():
            sums[name] = sums.get(name, 0) + count
    return sums


def _share(decided: int, missed: int) -> Share:
    return Share(cases=decided, met=decided - missed, missed=missed)


def _wilson(met: int, decided: int) -> tuple[float, float] | None:
    if not decided:
        return None
    share, spread = met / decided, 1.96**2
    middle = share + spread / (2 * decided)
    half = 1.96 * ((share * (1 - share) + spread / (4 * decided)) / decided) ** 0.5
    return (middle - half) / (1 + spread / decided), (middle + half) / (1 + spread / decided)
