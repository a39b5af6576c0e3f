"""The weekly reports: which there are, and each as a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from monitor.reports import faces
from monitor.reports.document import Document, Point, Share
from monitor.reports.faces import charts, numbers
from monitor.reports.faces.words import Phrases
from monitor.store import accounts, recount, snapshots
from monitor.store.engine import Transaction
from monitor.store.recount import Tallied
from monitor.store.snapshots import Kept
from monitor.web import guard
from monitor.web.context import Site, site
from monitor.web.figures import FIGURES
from monitor.web.kept import NotBegun, NotSeen, Told, several, tell, unchanged
from monitor.web.pages.queue import platform_name
from monitor.web.render import language_of, render, say
from monitor.web.roles import Right
from monitor.web.viewer import Viewer
from sla.compliance import percent
from sla.history import BrokenHistory
from sla.week import UnknownWeek, Week

router = APIRouter(prefix="/reports")

WEEKS = 13
"""Weeks on a page of the list: a quarter."""
BARS = 40
"""Up to how many departments a picture of them fits a page."""
_COMPARED = (
    "cases", "met", "answered_late", "unanswered", "pending", "dismissed", "deleted", "undetermined", "late_found",
    "transferred", "reopened", "in_crisis",
)  # fmt: skip
"""What is set side by side where a kept report is seen as of now: `figures` has their names."""

Reader = Annotated[Viewer, Depends(guard.needs(Right.REPORTS))]

_NO_WEEK = (
    "There is no week “%(week)s”. A week is written as 2026-W47: the ISO year and its week. Choose one from the list."
)
_BROKEN = "This week's record cannot be read. Let the operator run “report verify”."
_AHEAD = "The week %(week)s has not begun yet. Choose one from the list."


class Line(NamedTuple):
    """A week in the list."""

    week: Week
    of: Share
    pending: int
    kept: Kept | None
    runs: bool
    broken: bool = False
    """Whether what was kept is not what its SHA-256 was taken of."""


class Change(NamedTuple):
    """A figure that is another now than in the kept report."""

    department: str
    """"" for all together."""
    name: str
    """One of `figures.FIGURES`."""
    before: int
    after: int
    kept: Callable[..., str]
    """The address of the cases it counted then."""
    now: Callable[..., str]


@router.get("")
def show_all(request: Request, of: Annotated[Site, Depends(site)], viewer: Reader, until: str = "") -> Response:
    """The weeks there are, newest first, back to the first day on which an account was watched."""
    rules, now, language = of.app.rules, of.app.clock(), language_of(request)
    running = Week.of(now, rules.zone)
    try:
        week = min(Week.parse(until), running) if until else running
    except UnknownWeek:
        return no_week(request, until, _NO_WEEK)
    lines: list[Line] = []
    with of.app.store.read() as tx:
        watched = [one.watch_from for one in accounts.watched(tx).values() if viewer.sees(one.department)]
        first = Week.of(min(watched, default=now), rules.zone)
        while week >= first and len(lines) < WEEKS:
            lines.append(_line(tx, of, viewer, week, running))
            week = week.before()
    over = [Point(week=str(one.week), **one.of.model_dump()) for one in reversed(lines) if not one.runs]
    return render(
        request, "reports.html", lines=lines, older=week if week >= first else None, newest=running,
        small=numbers.SMALL, percent=percent, named=lambda week: named(week, language),
        trend=charts.trend(over, language) if len(over) > 1 else "", words=Phrases(language),
    )  # fmt: skip


@router.get("/{week}")
def show(
    request: Request, week: str, of: Annotated[Site, Depends(site)], viewer: Reader, department: str = "",
    now: str = "",
) -> Response:  # fmt: skip
    """A week's report, of the city or of one department: as it was kept, unless it is wanted as of `now`."""
    found = told(request, of, viewer, week, department, now=bool(now))
    return found if isinstance(found, Response) else page(request, of, viewer, found)


def told(
    request: Request, of: Site, viewer: Viewer, week: str, department: str, *, now: bool = False
) -> Told | Response:
    """A week's report as far as the viewer may see it; a page that says what to do where there is none."""
    try:
        return tell(of, viewer, week, department, now=now)
    except NotBegun as exc:
        return no_week(request, str(exc), _AHEAD)
    except UnknownWeek:
        return no_week(request, week, _NO_WEEK)
    except NotSeen as exc:
        raise HTTPException(404) from exc
    except BrokenHistory:
        return broken(request)


def broken(request: Request) -> Response:
    """The page of a week whose record was tampered with."""
    return render(request, "error.html", 500, message=say(request)(_BROKEN))


def page(
    request: Request, of: Site, viewer: Viewer, found: Told, status: int = 200, problem: str = "", reason: str = "",
    format: str = faces.FORMATS[0],
) -> Response:  # fmt: skip
    """A report as a page; `problem` says why what was asked for on it was not done."""
    document, language = found.document, language_of(request)
    words = Phrases(language)
    total = document.total if found.whole else None
    departments = document.departments
    pictures = {
        "bars": charts.bars(departments, language)
        if 2 <= len(departments) <= BARS and any(one.decided for one in departments) else "",
        "trend": charts.trend(total.trend, language) if total is not None and len(total.trend) > 1 else "",
        "heat": charts.heat(total.grid, language) if total is not None and total.cases and total.grid else "",
    }  # fmt: skip
    return render(
        request, "report.html", status, told=found, report=document, total=total, words=words,
        one=departments[0] if document.department is not None and departments else None,
        names={one.department: one.name for one in departments}, changed=_changed(of, viewer, found),
        pictures=pictures, problem=problem, reason=reason, formats=faces.FORMATS, format=format, figures=FIGURES,
        small=numbers.SMALL, percent=percent, numbers=numbers,
        named=named(Week.parse(document.week), language), platform=platform_name,
        duration=lambda seconds: timedelta(seconds=seconds), monday=lambda point: numbers.monday(point, language),
        sees_city=viewer.scope is None and document.department is None,
    )  # fmt: skip


def no_week(request: Request, week: str, msgid: str = _NO_WEEK) -> Response:
    """The page of a week that is none."""
    return render(request, "no_report.html", 404, message=say(request)(msgid) % {"week": week[:50]})


def _line(tx: Transaction, of: Site, viewer: Viewer, week: Week, running: Week) -> Line:
    snapshot = snapshots.get(tx, str(week))
    if snapshot is None:
        tallies = recount.tally(tx, *week.span(of.app.rules.zone), of.app.clock(), viewer.scope)
        sums = _sum(tallies.values())
        share = Share(cases=sums.received, met=sums.met, missed=sums.missed)
        return Line(week, share, sums.pending, None, week == running)
    try:
        document = unchanged(snapshot)
    except BrokenHistory:
        return Line(week, Share(), 0, snapshot, week == running, broken=True)
    parts = [document.total] if viewer.scope is None else several(document, viewer.scope).departments
    share = Share(**{name: sum(getattr(one, name) for one in parts) for name in Share.model_fields})
    return Line(week, share, sum(one.pending for one in parts), snapshot, week == running)


def _changed(of: Site, viewer: Viewer, now: Told) -> list[Change] | None:
    """What the week's kept report says otherwise than the week as it is shown; None where that is the kept one."""
    if now.kept is None or now.as_kept:
        return None
    try:
        kept = tell(of, viewer, now.document.week, now.document.department or "")
    except (BrokenHistory, NotSeen):
        return None
    before, after = (_parts(one.document, one.whole) for one in (kept, now))
    return [
        Change(id, name, was, getattr(part, name), kept.cases, now.cases)
        for id, part in after.items()
        for name in _COMPARED
        if (was := getattr(before[id], name) if id in before else 0) != getattr(part, name)
    ]


def _parts(document: Document, whole: bool) -> dict[str, Any]:
    parts: dict[str, Any] = {one.department: one for one in document.departments}
    return parts | ({"": document.total} if whole and document.department is None else {})


def _sum(of: Iterable[Tallied]) -> Tallied:
    return Tallied(*map(sum, zip(Tallied(0, 0, 0, 0, 0, 0, 0), *of, strict=True)))


def named(week: Week, language: str) -> str:
    """A week by its days, as the offices write it: "2026. 11. 16.(월) ~ 11. 22.(일)"."""
    first, last = week.monday, week.monday + timedelta(days=6)
    if language == "ko":
        until = _korean(last, first)
        return f"{first.year}. {first.month}. {first.day}.(월) ~ {until}(일)"
    return f"Mon {first} – Sun {last}"


def _korean(day: date, after: date) -> str:
    year = f"{day.year}. " if day.year != after.year else ""
    return f"{year}{day.month}. {day.day}."
