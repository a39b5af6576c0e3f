"""A weekly report taken out as a file, with a reason."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, Response

from monitor import privacy
from monitor.reports import faces
from monitor.reports.week import case_lines
from monitor.web import guard
from monitor.web.context import Site, site
from monitor.web.pages.reports import page, told
from monitor.web.render import language_of, say
from monitor.web.roles import Right
from monitor.web.viewer import Viewer

router = APIRouter(prefix="/reports")

Exporter = Annotated[Viewer, Depends(guard.needs(Right.EXPORT))]


@router.post("/{week}/export", dependencies=[Depends(guard.same_origin)])
def export(
    request: Request, week: str, of: Annotated[Site, Depends(site)], viewer: Exporter,
    department: Annotated[str, Form()] = "", reason: Annotated[str, Form()] = "",
    format: Annotated[str, Form()] = "json", now: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """The report as a file; who took it out, and why, is on record before it leaves.

    Only the workbook lists cases.
    """
    found, _ = told(request, of, viewer, week, department, now=bool(now)), say(request)
    if isinstance(found, Response):
        return found
    if not found.whole:
        problem = _("Choose one department: its report can be exported.")
        return page(request, of, viewer, found, 400, problem, reason, format)
    if not reason.strip():
        problem = _("Say what the export is for: the reason is kept on record.")
        return page(request, of, viewer, found, 400, problem, reason, format)
    document = found.document
    try:
        name = faces.filename(document, format)
        # Drawn before anything is written: no transaction waits for it, and what cannot be drawn is no export.
        lines = case_lines(of.app.store, of.app.rules, document) if format == "xlsx" else ()
        content = faces.render(document, format, language_of(request), lines)
    except faces.UnknownFormat:
        return page(request, of, viewer, found, 400, _("Choose one of the forms that the report has."), reason)
    except faces.MissingExtra as exc:
        return page(request, of, viewer, found, 503, str(exc), reason, format)
    with of.app.store.write() as tx:
        privacy.exported(tx, viewer.id, name, reason, of.app.clock())
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(content, headers=headers, media_type=faces.MEDIA_TYPES[format])
