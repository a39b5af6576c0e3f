"""What people do to a case from its page. Everything goes through the desk; here it is only typed and told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from monitor import case_words, conflicts, privacy
from monitor.desk import BadRequest, Conflict, UnknownCase
from monitor.store import cases, drafts, events
from monitor.store.drafts import Draft, DraftState
from monitor.web import guard
from monitor.web.context import Site, site
from monitor.web.pages.case import DONE, Tried, find, page
from monitor.web.render import render
from monitor.web.roles import Right
from monitor.web.sentences import PageWords
from monitor.web.viewer import Viewer
from sla.case import Case

router = APIRouter(prefix="/cases")

LONGEST = {"reason": 1000, "reference": 200, "text": 10_000}
"""Signs of a field; an answer's own limit is its platform's. Others are short by nature."""
SHORT = 100

Typed = dict[str, str]


async def typed(request: Request) -> Typed:
    """A dependency: the form's fields, without what no database keeps."""
    form = await request.form()
    return {name: _storable(value) for name, value in form.items() if isinstance(value, str)}


def _storable(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode().replace("\r\n", "\n")


@dataclass(frozen=True, slots=True)
class Doing:
    """One person about to do something to one case."""

    of: Site
    viewer: Viewer
    case: Case
    typed: Typed

    def __getitem__(self, name: str) -> str:
        return self.typed.get(name, "").strip()

    @property
    def who(self) -> tuple[str, str]:
        """The case and the person, as every method of the desk begins."""
        return self.case.id, self.viewer.id

    def until(self) -> datetime:
        """The instant that was typed, on the city's wall clock. Raises BadRequest."""
        try:
            at = datetime.fromisoformat(self["until"])
        except ValueError as exc:
            raise BadRequest("no instant", "request.no_time", "until") from exc
        return at if at.tzinfo else at.replace(tzinfo=self.of.app.rules.zone)

    def into(self) -> str:
        """The case that was named, of those that the person sees. Raises UnknownCase."""
        try:
            return find(self.of, self.viewer, self["into"]).id
        except HTTPException as exc:
            raise UnknownCase(self["into"]) from exc

    def draft(self) -> str:
        """The draft whose button was pressed: one of this case. Raises 404."""
        with self.of.app.store.read() as tx:
            found = drafts.get(tx, self["draft"])
        if found is None or found.case_id != self.case.id:
            raise HTTPException(404)
        return found.id

    def number(self) -> int:
        """The number of a note; 0, which none has, for anything else."""
        text = self["number"]
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


_Act = Callable[[Doing], Case | Draft]

ACTS: Mapping[str, _Act] = {
    "acknowledge": lambda on: on.of.app.desk.acknowledge(*on.who),
    "claim": lambda on: on.of.app.desk.claim(*on.who),
    "release": lambda on: on.of.app.desk.release(*on.who),
    "snooze": lambda on: on.of.app.desk.snooze(*on.who, on.until(), on["reason"]),
    "wake": lambda on: on.of.app.desk.wake(*on.who),
    "transfer": lambda on: on.of.app.desk.transfer(*on.who, on["to"], on["reason"]),
    "dismiss": lambda on: on.of.app.desk.dismiss(*on.who, on["reason"], on["outcome"]),
    "elsewhere": lambda on: on.of.app.desk.answer(*on.who, on["outcome"], on["reference"]),
    "final": lambda on: on.of.app.desk.ask_final(*on.who, on["reason"]),
    "not_final": lambda on: on.of.app.desk.withdraw_final(*on.who, on["reason"]),
    "note": lambda on: on.of.app.desk.note(*on.who, on["text"]),
    "strike": lambda on: on.of.app.desk.strike(*on.who, on.number()),
    "merge": lambda on: on.of.app.desk.merge(*on.who, on.into(), on["reason"]),
    "reopen": lambda on: on.of.app.desk.reopen(*on.who, on["reason"]),
    "answer": lambda on: on.of.app.answering.write(*on.who, on["text"]),
    "approve": lambda on: on.of.app.answering.approve(on.draft(), on.viewer.id),
    "reject": lambda on: on.of.app.answering.reject(on.draft(), on.viewer.id, on["reason"]),
    "withdraw": lambda on: on.of.app.answering.withdraw(on.draft(), on.viewer.id),
}
"""Every act by the name that its form's address ends with."""

_HIDDEN = frozenset({"number", "draft"})
"""Fields that nobody sees: what is wrong with them is said above all."""
_APPROVING = frozenset({"approve", "reject"})

_checked = [Depends(guard.same_origin)]
Actor = Annotated[Viewer, Depends(guard.needs(Right.ACT))]


@router.post("/{id}/length", dependencies=_checked)
def length(
    id: str, of: Annotated[Site, Depends(site)], viewer: Actor, form: Annotated[Typed, Depends(typed)]
) -> Response:  # fmt: skip
    """How long the platform counts what is typed so far."""
    case = find(of, viewer, id)
    return JSONResponse({"length": of.app.answering.length(case, form.get("text", ""))})


@router.post("/{id}/reply", dependencies=_checked)
def reply(
    request: Request, id: str, of: Annotated[Site, Depends(site)], viewer: Actor,
    form: Annotated[Typed, Depends(typed)],
) -> Response:  # fmt: skip
    """A saved reply below what is typed already, to be changed and sent."""
    case = find(of, viewer, id)
    chosen = next((r.text for r in of.app.answering.replies(case.department) if r.id == form.get("reply")), "")
    return page(request, of, viewer, id, text="\n".join(filter(None, (form.get("text", "").strip(), chosen))))


@router.post("/{id}/{act}", dependencies=_checked)
def act(
    request: Request, id: str, act: str, of: Annotated[Site, Depends(site)], viewer: Actor,
    form: Annotated[Typed, Depends(typed)],
) -> Response:  # fmt: skip
    """Do one of `ACTS`; where it cannot be, the page comes back with all that was typed, and why."""
    case = find(of, viewer, id)
    if act not in ACTS:
        raise HTTPException(404)
    if act in _APPROVING and not viewer.may(Right.APPROVE):
        raise guard.Forbidden("Your role may not do this.")
    words, rules = PageWords(request, of.app.clock()), of.app.rules
    try:
        _check_lengths(form)
        made = ACTS[act](Doing(of, viewer, case, form))
    except UnknownCase as exc:
        if act != "merge":
            raise HTTPException(404) from exc
        wrong = {"into": words("unknown_case", id=form.get("into", ""))}
        return page(request, of, viewer, id, 400, tried=Tried(act, form, wrong))
    except BadRequest as exc:
        why = case_words.to_mend(words, rules, exc)
        at_field = exc.field in form and exc.field not in _HIDDEN
        tried = Tried(act, form, {exc.field: why}) if at_field else Tried(act, form, problem=why)
        return page(request, of, viewer, id, 400, tried=tried)
    except Conflict as exc:
        return page(request, of, viewer, id, 409, tried=_overtaken(request, of, id, act, form, exc))
    if isinstance(made, Draft) and made.state in (DraftState.FAILED, DraftState.UNKNOWN):
        typed = form if made.state is DraftState.FAILED else {}
        why = words(f"draft.{made.state}.why", problem=made.problem)
        return page(request, of, viewer, id, 502, tried=Tried(act, typed, problem=why))
    return _told(request, of, viewer, id)


def _check_lengths(form: Typed) -> None:
    for name, value in form.items():
        most = LONGEST.get(name, SHORT)
        if len(value) > most:
            raise BadRequest(f"{name} is too long", "request.long", name, most=most)


def _overtaken(request: Request, of: Site, id: str, act: str, form: Typed, conflict: Conflict) -> Tried:
    """Somebody was first: who, with what, and when."""
    with of.app.store.read() as tx:
        history = events.of_case(tx, id)
    words = PageWords(request, of.app.clock())
    why = conflicts.why_not(words, of.app.rules, conflict, history, of.app.clock())
    return Tried(act, form, {"into": why}) if conflict.code.startswith("merge_") else Tried(act, form, problem=why)


def _told(request: Request, of: Site, viewer: Viewer, id: str) -> Response:
    """Back to the case, which says what was done; where it is no longer the viewer's to see, that is said here."""
    with of.app.store.read() as tx:
        after = cases.get(tx, id)
        own = [e.kind for e in events.of_case(tx, id) if e.actor == viewer.id and e.kind not in privacy.LOOKS]
    done = own[-1] if own else ""
    if after is not None and viewer.sees(after.department):
        return RedirectResponse(f"/cases/{id}?done={done}", 303)
    assert after is not None
    said = case_words.done(PageWords(request, of.app.clock()), of.app.rules, DONE[done], after, viewer.id)
    return render(request, "case/left.html", said=said)
