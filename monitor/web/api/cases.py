"""`/api/cases`: the queue and everything on record of a case."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query

from monitor import privacy
from monitor.store import cases
from monitor.store.views import case_file_json, cases_json
from monitor.web.api.caller import REFUSED, caller, caller_or_neighbour
from monitor.web.context import Site, site
from monitor.web.viewer import Viewer
from sla.case import Clock

router = APIRouter(tags=["cases"])

UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"description": "Not there, or not this token's to see."}}


@router.get("/cases", responses=REFUSED | UNKNOWN)
def queue(
    of: Annotated[Site, Depends(site)], who: Annotated[Viewer, Depends(caller_or_neighbour)],
    department: Annotated[str | None, Query(description="Only this department's.")] = None,
    clock: Annotated[Clock, Query(description="Which answer is owed.")] = Clock.FIRST,
    limit: Annotated[int | None, Query(ge=1, le=10_000)] = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Cases that owe an answer, earliest deadline first."""
    if department is not None and not (department in of.app.rules.departments and who.sees(department)):
        raise HTTPException(404, f"there is no department {department!r}, or it is not this token's to see")
    with of.app.store.read() as tx:
        return cases_json(tx, of.app.rules, who.scope if department is None else {department}, limit, clock)


@router.get("/cases/{id}", responses=REFUSED | UNKNOWN)
def one(id: str, of: Annotated[Site, Depends(site)], who: Annotated[Viewer, Depends(caller)]) -> dict[str, Any]:
    """Everything on record of a case: posts, events, notes, alerts with their tries. That it was read is an event."""
    now = of.app.clock()
    with of.app.store.read() as tx:
        case = cases.get(tx, id)
        if case is None or not who.sees(case.department):
            raise HTTPException(404, f"there is no case {id!r}, or it is not this token's to see")
        file = case_file_json(tx, case, of.app.rules.zone)
        known = privacy.has_viewed(tx, who.id, id, now)
    if not known:
        with of.app.store.write() as tx:
            privacy.viewed(tx, who.id, id, now, "api")
    return file
