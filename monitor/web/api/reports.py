"""`/api/reports`: a week's report as data."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Response

from monitor.web.api.caller import REFUSED, caller
from monitor.web.context import Site, site
from monitor.web.kept import NotBegun, NotSeen, tell
from monitor.web.viewer import Viewer
from sla.history import BrokenHistory
from sla.week import UnknownWeek

router = APIRouter(tags=["reports"])

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"schema": {"type": "object"}}}},
    404: {"description": "No such week or department, not this token's to see, or more departments than one."},
}


@router.get("/reports/{week}", responses=REFUSED | _ANSWERS, response_class=Response)
def weekly(
    week: str, of: Annotated[Site, Depends(site)], who: Annotated[Viewer, Depends(caller)],
    department: Annotated[str, Query(description="Only this department's.")] = "",
) -> Response:  # fmt: skip
    """The report that was kept of a week, byte for byte where it is the whole city's; else the week as it stands."""
    try:
        found = tell(of, who, week, department)
    except NotBegun as exc:
        raise HTTPException(404, f"the week {exc} has not begun yet") from exc
    except UnknownWeek as exc:
        raise HTTPException(404, str(exc)) from exc
    except NotSeen as exc:
        raise HTTPException(404, f"there is no department {department!r}, or it is not this token's to see") from exc
    except BrokenHistory as exc:
        raise HTTPException(500, f"{exc}: let the operator run `report verify`") from exc
    if not found.whole:
        raise HTTPException(404, "this token sees several departments: say which one by `department`")
    return Response(found.document.to_json(), media_type="application/json")
