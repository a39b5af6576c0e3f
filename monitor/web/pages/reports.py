"""The weekly reports: which there are, each as a page, and taken out as a file with a reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Annotated, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response

from monitor import privacy
from monitor.reports import faces
from monitor.reports.week import Report, UnknownDepartment, cases_of, weekly
from monitor.store import accounts, cases, recount
from monitor.store.recount import Tallied
from monitor.web import guard
from monitor.web.context import Site, site
from monitor.web.pages.overview import SMALL
from monitor.web.pages.queue import platform_name
from monitor.web.render import language_of, render, say
from monitor.web.roles import Right
from monitor.web.viewer import Viewer
from sla.compliance import percent
from sla.history import BrokenHistory, Outcome, Status
from sla.week import UnknownWeek, Week

router = APIRouter(prefix="/reports")

WEEKS = 13
"""Weeks on a page of the list: a quarter."""
MISSED = 100
"""How many of a department's missed cases a page names."""

Reader = Annotated[Viewer, Depends(guard.needs(Right.REPORTS))]
Exporter = Annotated[Viewer, Depends(guard.needs(Right.EXPORT))]


_NO_WEEK = (
    "There is no week “%(week)s”. A week is written as 2026-W47: the ISO year and its week. Choose one from the list."
)
_AHEAD = "The week %(week)s has not begun yet. Choose one from the list."


class Line(NamedTuple):
    """A week in the list."""

    week: Week
    tally: Tallied
    runs: bool


@router.get("")
def show_all(request: Request, of: Annotated[Site, Depends(site)], viewer: Reader, until: str = "") -> Response:
    """The weeks there are, newest first, back to the first day on which an account was watched."""
    rules, now = of.app.rules, of.app.clock()
    running = Week.of(now, rules.zone)
    try:
        week = min(Week.parse(until), running) if until else running
    except UnknownWeek:
        return _no_week(request, until, _NO_WEEK)
    lines: list[Line] = []
    with of.app.store.read() as tx:
        watched = [one.watch_from for one in accounts.watched(tx).values() if viewer.sees(one.department)]
        first = Week.of(min(watched, default=now), rules.zone)
        while week >= first and len(lines) < WEEKS:
            tallies = recount.tally(tx, *week.span(rules.zone), now, viewer.scope)
            lines.append(Line(week, _sum(tallies.values()), week == running))
            week = week.before()
    return render(
        request, "reports.html", lines=lines, older=week if week >= first else None, newest=running, small=SMALL,
        percent=percent, named=lambda week: named(week, language_of(request)),
    )  # fmt: skip


@router.get("/{week}")
def show(
    request: Request, week: str, of: Annotated[Site, Depends(site)], viewer: Reader, department: str = ""
) -> Response:
    """A week's report: of the city, or of one department."""
    return _page(request, of, viewer, week, department)


@router.post("/{week}/export", dependencies=[Depends(guard.same_origin)])
def export(
    request: Request, week: str, of: Annotated[Site, Depends(site)], viewer: Exporter,
    department: Annotated[str, Form()] = "", reason: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """The report as a file; who took it out, and why, is on record before it leaves."""
    _, found = say(request), _counted(request, of, viewer, week, department)
    if isinstance(found, Response):
        return found
    if not _may_leave(found, viewer):
        return _page(request, of, viewer, week, "", _("Choose one department: its report can be exported."), reason)
    name = faces.filename(found, "json")
    try:
        with of.app.store.write() as tx:
            privacy.exported(tx, viewer.id, name, reason, of.app.clock())
    except privacy.ReasonMissing:
        problem = _("Say what the export is for: the reason is kept on record.")
        return _page(request, of, viewer, week, department, problem, reason)
    content = faces.render(found, "json", language_of(request))
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(content, headers=headers, media_type="application/json")


def _page(
    request: Request, of: Site, viewer: Viewer, week: str, department: str, problem: str = "", reason: str = ""
) -> Response:
    found = _counted(request, of, viewer, week, department)
    if isinstance(found, Response):
        return found
    part = found.total if found.department is None else found.departments[0]
    hours = [(hour, numbers) for hour, numbers in enumerate(part.count.hours) if numbers.received]
    return render(
        request, "report.html", 400 if problem else 200, report=found, part=part, hours=hours,
        busiest=max((numbers.received for _, numbers in hours), default=0), whole=_may_leave(found, viewer),
        missed=_missed(of, found), most=MISSED, runs=found.generated_at < found.until, problem=problem, reason=reason,
        small=SMALL, percent=percent, named=named(found.week, language_of(request)), platform=platform_name,
        duration=lambda seconds: timedelta(seconds=seconds),
    )  # fmt: skip


def _counted(request: Request, of: Site, viewer: Viewer, week: str, department: str) -> Report | Response:
    """The report as far as the viewer may see it; a page that says what to do where there is none."""
    rules, now = of.app.rules, of.app.clock()
    if department and not viewer.sees(department):
        raise HTTPException(404)
    if not department and viewer.scope is not None and len(viewer.scope) == 1:
        (department,) = viewer.scope
    try:
        if Week.parse(week) > Week.of(now, rules.zone):
            return _no_week(request, week, _AHEAD)
        found = weekly(of.app.store, rules, week, now, department or None)
    except UnknownWeek:
        return _no_week(request, week, _NO_WEEK)
    except UnknownDepartment as exc:
        raise HTTPException(404) from exc
    except BrokenHistory:
        broken = say(request)("An event of this week's coverage cannot be read. Let the operator run “report verify”.")
        return render(request, "error.html", 500, message=broken)
    if viewer.scope is None:
        return found
    own = tuple(one for one in found.departments if one.id in viewer.scope)
    with of.app.store.read() as tx:
        held = cases.by_ids(tx, found.unexplained)
    broken_ids = tuple(id for id in found.unexplained if id in held and held[id].department in viewer.scope)
    return replace(found, departments=own, unexplained=broken_ids)


def _may_leave(found: Report, viewer: Viewer) -> bool:
    """Whether its total is of what the viewer sees: the whole city's, or of the one department it is of."""
    return viewer.scope is None or found.department is not None


def _missed(of: Site, found: Report) -> list[Outcome]:
    """The missed cases of the one department that a report is of, oldest first."""
    if found.department is None:
        return []
    outcomes = cases_of(of.app.store, of.app.rules, str(found.week), found.department, last_event=found.last_event)
    return [one for one in outcomes if one.status(found.generated_at) in (Status.LATE, Status.UNANSWERED)]


def _no_week(request: Request, week: str, msgid: str) -> Response:
    return render(request, "no_report.html", 404, message=say(request)(msgid) % {"week": week[:50]})


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
