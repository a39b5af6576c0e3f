"""From a figure of a weekly report to its cases (SEMANTICS row 35)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from pydantic import Field

from monitor.case_words import department_name, staff_or_actor
from monitor.reports.behind import Found, behind, told
from monitor.reports.faces.words import Phrases
from monitor.store import cases, events
from monitor.store.engine import Transaction
from monitor.web.context import Site, site
from monitor.web.figures import Asked, Figure
from monitor.web.kept import NotBegun, NotSeen, begun, instant_of, own_department
from monitor.web.pages.queue import platform_name
from monitor.web.pages.reports import Reader, broken, named, no_week
from monitor.web.render import language_of, render, say
from monitor.web.viewer import Viewer
from sla.history import BrokenHistory, Outcome
from sla.tally import Fact
from sla.week import UnknownWeek, Week

router = APIRouter(prefix="/reports")

PAGE = 50
"""Cases on a page, as in the queue."""


class Page(Asked):
    """The figure, and which page of its cases."""

    page: Annotated[int, Field(ge=1, lt=2**31)] = 1


class Row(NamedTuple):
    """A case of a figure, as it stood when that was counted."""

    case: Outcome
    seconds: int | None
    """The time by which they are ordered."""
    ours: bool
    """Whether it was one of the viewer's departments' then; how another's stands is not told."""
    opens: bool
    """Whether its page is the viewer's to open now."""


@router.get("/{week}/cases")
def show(
    request: Request, week: str, of: Annotated[Site, Depends(site)], viewer: Reader, asked: Annotated[Page, Query()]
) -> Response:
    """The cases that a figure counts, as of the report's last event and instant."""
    try:
        chosen, figure = begun(of, week), asked.figure
        asked.department = own_department(viewer, asked.department)
        last_event, at = instant_of(of, chosen) if asked.at is None else (asked.upto, min(asked.at, of.app.clock()))
    except (UnknownWeek, NotBegun):
        return no_week(request, week)
    except (KeyError, NotSeen) as exc:
        raise HTTPException(404) from exc
    except BrokenHistory:
        return broken(request)
    wanted = _wanted(asked, figure, viewer)
    with of.app.store.read() as tx:
        events.freeze(tx)
        last_event = events.last(tx) if last_event is None else last_event
        found = behind(tx, of.app.rules, chosen, last_event, at, wanted)
        if (seconds := figure.seconds) is not None:
            found.sort(key=lambda one: -(seconds(one.fact) or 0))
        shown = found[(asked.page - 1) * PAGE : asked.page * PAGE]
        rows = _rows(tx, viewer, shown, figure, last_event)
    return _page(request, of, chosen, asked, at, last_event, rows, found, sum(wanted(one.fact) for one in found))


def _page(
    request: Request, of: Site, week: Week, asked: Page, at: datetime, last_event: int, rows: Sequence[Row],
    found: Sequence[Found], total: int,
) -> Response:  # fmt: skip
    rules, words = of.app.rules, Phrases(language_of(request))
    figure = asked.figure
    values = asked.model_dump(exclude_defaults=True, exclude={"page"}, mode="json")
    return render(
        request, "report/cases.html", week=week, named=named(week, language_of(request)), asked=asked, rows=rows,
        label=say(request)(figure.name), narrowed=_narrowed(request, of, asked), at=at, last_event=last_event,
        count=len(found), total=total, timed=figure.seconds is not None, platform=platform_name, words=words,
        address=lambda page: urlencode(values | {"page": page}), pages=-(-len(found) // PAGE),
        department=lambda id: department_name(rules, id),
        person=lambda id: staff_or_actor(words, rules, id), duration=lambda seconds: timedelta(seconds=seconds),
    )  # fmt: skip


def _wanted(asked: Asked, figure: Figure, viewer: Viewer) -> Callable[[Fact], int]:
    if figure.by_leg is not None or viewer.scope is None:
        return asked.weight
    return lambda fact: asked.weight(fact) if viewer.sees(fact.cell.unit.department) else 0


def _rows(
    tx: Transaction, viewer: Viewer, shown: Sequence[Found], figure: Figure, last_event: int
) -> list[Row]:  # fmt: skip
    ids = {one.case for one in shown}
    then, now = told(tx, ids, last_event), cases.by_ids(tx, ids)
    return [
        Row(
            then[one.case], figure.seconds(one.fact) if figure.seconds else None,
            viewer.sees(then[one.case].department), one.case in now and viewer.sees(now[one.case].department),
        )
        for one in shown
    ]  # fmt: skip


def _narrowed(request: Request, of: Site, asked: Asked) -> list[str]:
    """What the figure is narrowed to, in words."""
    words = Phrases(language_of(request))
    told = [department_name(of.app.rules, asked.department) if asked.department else ""]
    told.append(platform_name(asked.platform))
    told.append(words(f"weekday.{asked.weekday}") if asked.weekday is not None else "")
    told.append(f"{asked.hour:02}:00–{asked.hour:02}:59" if asked.hour is not None else "")
    told.append(words(f"hours.{asked.office}") if asked.office else "")
    told.append(asked.keyword)
    told.append((asked.reason or words("reason.none")) if asked.reason is not None else "")
    told.append(words.known(f"kind.{asked.alert}", asked.alert) if asked.alert else "")
    told.append(words("alerts.level.one", level=asked.level) if asked.level is not None else "")
    return [one for one in told if one]
