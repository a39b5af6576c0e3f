"""How the promise stands right now: for the press office, and for a screen on the wall."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from monitor.case_words import staff_name
from monitor.store.overview import DepartmentNow, Overview
from monitor.web import guard
from monitor.web.context import Site, site
from monitor.web.glances import Glances
from monitor.web.pages.queue import platform_name
from monitor.web.render import render
from monitor.web.viewer import Viewer
from sla.compliance import percent

router = APIRouter(prefix="/overview")

SMALL = 20
"""With fewer decided cases one of them moves an attainment by more than five points."""
ON_THE_WALL = 8
"""Departments that a screen shows in letters to be read from four metres."""


@router.get("")
def show(
    request: Request, of: Annotated[Site, Depends(site)], viewer: Annotated[Viewer, Depends(guard.viewer)]
) -> Response:
    """The overview of the viewer's departments."""
    return _page(request, of, viewer, "overview.html")


@router.get("/wall")
def wall(
    request: Request, of: Annotated[Site, Depends(site)], viewer: Annotated[Viewer, Depends(guard.viewer)],
    paused: str = "",
) -> Response:  # fmt: skip
    """The same in big numbers; `paused` keeps a browser without scripts from loading it again by itself."""
    return _page(request, of, viewer, "wall.html", paused=bool(paused), most=ON_THE_WALL)


def _page(request: Request, of: Site, viewer: Viewer, template: str, **more: Any) -> Response:
    glances: Glances = request.app.state.glances
    seen: Overview = glances.of(viewer.scope)
    return render(
        request, template, seen=seen, departments=most_urgent_first(seen.departments), small=SMALL,
        percent=whole_percent, platform=platform_name, person=lambda id: staff_name(of.app.rules, id or ""), **more,
    )  # fmt: skip


def most_urgent_first(departments: Iterable[DepartmentNow]) -> list[DepartmentNow]:
    """Those with most overdue, then most at risk, then in the order of the settings."""
    return sorted(departments, key=lambda one: (-one.queue.overdue, -one.queue.at_risk))


def whole_percent(part: int, whole: int) -> str:
    """A share in whole percent, cut as the report's is: 100 is shown only where nothing was missed."""
    return percent(part, whole).partition(".")[0]
