"""A week's report as a viewer may see it: the one that was kept, or the week as it stands now."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from monitor.reports.document import Document, Whole
from monitor.reports.snapshots import read
from monitor.reports.week import weekly
from monitor.store import cases, snapshots
from monitor.store.snapshots import Kept
from monitor.web.context import Site
from monitor.web.viewer import Viewer
from sla.history import BrokenHistory
from sla.week import Week


class NotBegun(ValueError):
    """The week is still to come; its text is the week."""


class NotSeen(LookupError):
    """There is no such department, or it is not the viewer's to see."""


@dataclass(frozen=True, slots=True)
class Told:
    """A week's report, with what it is."""

    document: Document
    """Cut to what the viewer may see."""
    kept: Kept | None
    """The report that was kept of this week; None where none was."""
    as_kept: bool
    """Whether `document` is that one, and not the week as it stands now."""
    whole: bool
    """Whether its total is of what is shown: the whole city's, or the one department's."""
    unexplained: tuple[str, ...]
    """The broken cases that are the viewer's to know of."""

    def cases(self, **asked: Any) -> str:
        """The address of the cases behind one of its figures."""
        of = self.document
        if not self.as_kept:
            asked |= {"upto": of.last_event, "at": of.generated_at.isoformat()}
        if of.department is not None:
            asked.setdefault("department", of.department)
        return f"/reports/{of.week}/cases?{urlencode({name: it for name, it in asked.items() if it is not None})}"


def tell(of: Site, viewer: Viewer, week: str, department: str = "", *, now: bool = False) -> Told:
    """The kept report of a week where there is one, unless it is wanted as of now; else what is counted now.

    Raises:
        UnknownWeek: there is no such week, or it is written otherwise.
        NotBegun: the week is still to come.
        NotSeen: the department is none, or not theirs.
        BrokenHistory: what was kept or recorded cannot be read.
    """
    chosen = begun(of, week)
    department = own_department(viewer, department)
    with of.app.store.read() as tx:
        snapshot = snapshots.get(tx, str(chosen))
    as_kept = snapshot is not None and not now
    if snapshot is not None and as_kept:
        found = unchanged(snapshot)
    else:
        found = weekly(of.app.store, of.app.rules, str(chosen), of.app.clock())
    shown = _cut(found, viewer, department)
    concerned = {department} if department else viewer.scope
    return Told(
        shown, snapshot, as_kept, shown.department is not None or viewer.scope is None,
        _of_departments(of, found.unexplained, concerned),
    )  # fmt: skip


def begun(of: Site, week: str) -> Week:
    """A week that is not still to come. Raises UnknownWeek, NotBegun."""
    chosen = Week.parse(week)
    if chosen > Week.of(of.app.clock(), of.app.rules.zone):
        raise NotBegun(str(chosen))
    return chosen


def own_department(viewer: Viewer, department: str) -> str:
    """The department that is asked for; who sees one alone asks for that. Raises NotSeen."""
    if department and not viewer.sees(department):
        raise NotSeen(department)
    if not department and viewer.scope is not None and len(viewer.scope) == 1:
        (department,) = viewer.scope
    return department


def unchanged(snapshot: snapshots.Snapshot) -> Document:
    """What was kept. Raises BrokenHistory where it is not what its SHA-256 was taken of."""
    if hashlib.sha256(snapshot.data.encode()).hexdigest() != snapshot.sha256:
        raise BrokenHistory(f"the report of {snapshot.week} is not what was kept")
    return read(snapshot)


def _cut(found: Document, viewer: Viewer, department: str) -> Document:
    if department:
        try:
            return found.of(department)
        except KeyError as exc:
            if viewer.scope is None or len(viewer.scope) != 1:
                raise NotSeen(department) from exc
    return found if viewer.scope is None else several(found, viewer.scope)


def several(found: Document, scope: Collection[str]) -> Document:
    """Some departments side by side: no sum of theirs is known, and the city's is not theirs to see."""
    corrections = tuple(
        one.model_copy(update={"cases": own, "count": len(own)})
        for one in found.corrections
        if (own := tuple(case for case in one.cases if case.department in scope))
    )
    return found.model_copy(
        update={
            "departments": tuple(one for one in found.departments if one.department in scope), "total": Whole(),
            "incidents": tuple(one for one in found.incidents if one.department in scope),
            "topics": tuple(one for one in found.topics if one.department in scope),
            "corrections": corrections, "terms": (), "unchecked": 0, "unexplained": (),
        }
    )  # fmt: skip


def _of_departments(of: Site, ids: tuple[str, ...], departments: Collection[str] | None) -> tuple[str, ...]:
    if departments is None or not ids:
        return ids
    with of.app.store.read() as tx:
        held = cases.by_ids(tx, ids)
    return tuple(id for id in ids if id in held and held[id].department in departments)


def instant_of(of: Site, week: Week) -> tuple[int | None, datetime]:
    """Up to which event and as of when a week's figures are counted: as its kept report was, else now."""
    with of.app.store.read() as tx:
        snapshot = snapshots.get(tx, str(week))
    if snapshot is None:
        return None, of.app.clock()
    document = unchanged(snapshot)
    return document.last_event, document.generated_at
