"""`POST /api/cases/{id}/…`: what staff do, done by a program on a person's behalf."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from monitor.desk import BadRequest, Conflict, UnknownCase
from monitor.store import cases
from monitor.store.views import case_json, with_mentions
from monitor.web.api.caller import REFUSED, actor
from monitor.web.api.cases import UNKNOWN
from monitor.web.context import Site, site
from monitor.web.viewer import Viewer
from sla.case import Case

router = APIRouter(tags=["acts"])

Word = Annotated[str, Field(min_length=1, max_length=100)]
Text = Annotated[str, Field(min_length=1, max_length=5000, pattern=r"\S")]


class Act(BaseModel):
    """Something that somebody does."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    by: Annotated[Word, Field(description="The staff id of the settings on whose behalf it is done.")]


class WithReason(Act):
    """Something that needs a reason, which is kept."""

    reason: Text


class Snooze(WithReason):
    """Until when the steps are put off."""

    until: AwareDatetime


class Transfer(WithReason):
    """Which department it goes to."""

    to: Word


class Dismiss(WithReason):
    """Why no answer is owed."""

    outcome: Literal["dismissed", "spam", "deleted"] = "dismissed"


class Elsewhere(Act):
    """Where the answer was given."""

    outcome: Literal["phone", "dm", "referred"]
    reference: Annotated[str, Field(max_length=200)] = ""


class Merge(WithReason):
    """The case of the same matter that goes on."""

    into: Word


class Note(Act):
    """Words beside the case."""

    text: Text


RESPONSES: dict[int | str, dict[str, Any]] = REFUSED | UNKNOWN | {
    400: {"description": "It makes no sense; the sentence names the mend."},
    409: {"description": "Somebody was first; the sentence says what happened."},
}  # fmt: skip
Who = Annotated[Viewer, Depends(actor)]
Of = Annotated[Site, Depends(site)]


@router.post("/cases/{id}/ack", responses=RESPONSES)
def acknowledge(id: str, act: Act, of: Of, who: Who) -> dict[str, Any]:
    """I have it: holds the steps for a while, the clock runs on."""
    return _done(of, who, id, lambda: of.app.desk.acknowledge(id, act.by))


@router.post("/cases/{id}/claim", responses=RESPONSES)
def claim(id: str, act: Act, of: Of, who: Who) -> dict[str, Any]:
    """It is mine."""
    return _done(of, who, id, lambda: of.app.desk.claim(id, act.by))


@router.post("/cases/{id}/release", responses=RESPONSES)
def release(id: str, act: Act, of: Of, who: Who) -> dict[str, Any]:
    """Undo an acknowledgement and a claim."""
    return _done(of, who, id, lambda: of.app.desk.release(id, act.by))


@router.post("/cases/{id}/snooze", responses=RESPONSES)
def snooze(id: str, act: Snooze, of: Of, who: Who) -> dict[str, Any]:
    """Put the steps off; the clock runs on."""
    return _done(of, who, id, lambda: of.app.desk.snooze(id, act.by, act.until, act.reason))


@router.post("/cases/{id}/wake", responses=RESPONSES)
def wake(id: str, act: Act, of: Of, who: Who) -> dict[str, Any]:
    """Undo a snooze."""
    return _done(of, who, id, lambda: of.app.desk.wake(id, act.by))


@router.post("/cases/{id}/dismiss", responses=RESPONSES)
def dismiss(id: str, act: Dismiss, of: Of, who: Who) -> dict[str, Any]:
    """No answer is owed."""
    return _done(of, who, id, lambda: of.app.desk.dismiss(id, act.by, act.reason, act.outcome))


@router.post("/cases/{id}/answer", responses=RESPONSES)
def answer(id: str, act: Elsewhere, of: Of, who: Who) -> dict[str, Any]:
    """An answer was given elsewhere. It never posts."""
    return _done(of, who, id, lambda: of.app.desk.answer(id, act.by, act.outcome, act.reference))


@router.post("/cases/{id}/transfer", responses=RESPONSES)
def transfer(id: str, act: Transfer, of: Of, who: Who) -> dict[str, Any]:
    """Give it to another department; its clock runs on."""
    return _done(of, who, id, lambda: of.app.desk.transfer(id, act.by, act.to, act.reason))


@router.post("/cases/{id}/merge", responses=RESPONSES)
def merge(id: str, act: Merge, of: Of, who: Who) -> dict[str, Any]:
    """The same matter as another case, which goes on."""
    _check_scope(of, who, act.into)
    return _done(of, who, id, lambda: of.app.desk.merge(id, act.by, act.into, act.reason))


@router.post("/cases/{id}/reopen", responses=RESPONSES)
def reopen(id: str, act: WithReason, of: Of, who: Who) -> dict[str, Any]:
    """Undo a dismissal, a merge or an answer given elsewhere."""
    return _done(of, who, id, lambda: of.app.desk.reopen(id, act.by, act.reason))


@router.post("/cases/{id}/final", responses=RESPONSES)
def ask_final(id: str, act: WithReason, of: Of, who: Who) -> dict[str, Any]:
    """A final answer is owed as well."""
    return _done(of, who, id, lambda: of.app.desk.ask_final(id, act.by, act.reason))


@router.post("/cases/{id}/final/withdraw", responses=RESPONSES)
def withdraw_final(id: str, act: WithReason, of: Of, who: Who) -> dict[str, Any]:
    """No final answer is owed after all."""
    return _done(of, who, id, lambda: of.app.desk.withdraw_final(id, act.by, act.reason))


@router.post("/cases/{id}/note", responses=RESPONSES)
def note(id: str, act: Note, of: Of, who: Who) -> dict[str, Any]:
    """Words beside the case; it answers nobody."""
    return _done(of, who, id, lambda: of.app.desk.note(id, act.by, act.text))


def _done(of: Site, who: Viewer, id: str, act: Callable[[], Case]) -> dict[str, Any]:
    _check_scope(of, who, id)
    try:
        after = act()
    except UnknownCase as exc:
        raise HTTPException(404, str(exc)) from exc
    except BadRequest as exc:
        raise HTTPException(400, str(exc)) from exc
    except Conflict as exc:
        raise HTTPException(409, str(exc)) from exc
    with of.app.store.read() as tx:
        (queued,) = with_mentions(tx, [after])
        return case_json(queued, of.app.rules.zone)


def _check_scope(of: Site, who: Viewer, id: str) -> None:
    with of.app.store.read() as tx:
        case = cases.get(tx, id)
    if case is None or not who.sees(case.department):
        raise HTTPException(404, f"there is no case {id!r}, or it is not this token's to see")
