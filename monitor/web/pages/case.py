"""A case: its conversation, its clock and why it reads so, what happened and who was told, and what may be done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from monitor import case_words, privacy
from monitor.case_words import Line
from monitor.store import casefile, cases, conversation, events, views
from monitor.store.drafts import Draft, DraftState
from monitor.store.engine import Transaction
from monitor.web import guard
from monitor.web.context import Site, site
from monitor.web.pages.queue import at_risk_from, platform_name
from monitor.web.prose import prose, readable
from monitor.web.render import render
from monitor.web.roles import Right
from monitor.web.sentences import PageWords
from monitor.web.viewer import Viewer
from monitor.words import Words
from sla.actions import ANSWERED_ELSEWHERE, DISMISSALS, LONGEST_SNOOZE
from sla.case import Case

router = APIRouter(prefix="/cases")

ALL = "all"
"""What is unmasked where it is not one post alone."""

DONE: Mapping[str, str] = {
    "acknowledged": "ack", "claimed": "claim", "released": "release", "snoozed": "snooze", "woken": "wake",
    "transferred": "transfer", "dismissed": "dismiss", "answered": "answer", "final_answered": "answer",
    "final_asked": "final", "final_withdrawn": "not_final", "noted": "note", "note_struck": "strike",
    "merged": "merge", "reopened": "reopen", "draft_written": "draft", "draft_rejected": "draft_rejected",
    "draft_withdrawn": "draft_withdrawn", "answer_posted": "posted",
}  # fmt: skip
"""Kinds of events that a person sees confirmed, and the sentences `did.*` that say so."""


@dataclass(frozen=True, slots=True)
class Tried:
    """Something that was asked for and did not come to be, so that its form is there again with all that was typed."""

    act: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    """Sentences by the field that is to be mended."""
    problem: str = ""
    """A sentence about the whole."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the timeline."""

    line: Line
    kind: str
    tries: Sequence[Line] = ()


@router.get("/{id}")
def show(
    request: Request, id: str, of: Annotated[Site, Depends(site)], viewer: Annotated[Viewer, Depends(guard.viewer)],
    done: str = "",
) -> Response:  # fmt: skip
    """A case of the viewer's scope; that they looked is on record. `done` is a kind of event, see `DONE`."""
    return page(request, of, viewer, id, done=done)


@router.post("/{id}/unmask", dependencies=[Depends(guard.same_origin)])
def unmask(
    request: Request, id: str, of: Annotated[Site, Depends(site)],
    viewer: Annotated[Viewer, Depends(guard.needs(Right.ACT))], what: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Show the numbers of one post, or of all that is on the page, this once; that it was done is on record."""
    found = find(of, viewer, id)
    with of.app.store.write() as tx:
        shown = {post.id for post in conversation.around(tx, found, viewer.scope).posts if not post.hidden}
        if what != ALL and what not in shown:
            raise HTTPException(404)
        privacy.unmasked(tx, viewer.id, found.id, of.app.clock(), what)
    return page(request, of, viewer, id, unmasked=what)


@router.get("/{id}/{act}")
def back(id: str) -> Response:
    """Where a form's answer was loaded again: the case."""
    return RedirectResponse(f"/cases/{id}", 303)


def find(of: Site, viewer: Viewer, id: str) -> Case:
    """A case that the viewer sees. Raises 404 for any other: that there is one is not theirs to know."""
    with of.app.store.read() as tx:
        return _visible(tx, viewer, id)


def _visible(tx: Transaction, viewer: Viewer, id: str) -> Case:
    case = cases.get(tx, id) if id.isalnum() else None
    if case is None or not viewer.sees(case.department):
        raise HTTPException(404)
    return case


def page(
    request: Request, of: Site, viewer: Viewer, id: str, status: int = 200, *, tried: Tried | None = None,
    unmasked: str = "", done: str = "", text: str = "",
) -> Response:  # fmt: skip
    """The page of a case; `text` is what the answer begins with."""
    rules, now, words = of.app.rules, of.app.clock(), PageWords(request, of.app.clock())
    with of.app.store.read() as tx:
        case = _visible(tx, viewer, id)
        history = events.of_case(tx, id)
        on_record = views.case_file_json(tx, case, rules.zone)
        talk = conversation.around(tx, case, viewer.scope)
        beside = conversation.beside(tx, case, viewer.scope)
        drafts = of.app.answering.of_case(tx, id)
        seen = privacy.has_viewed(tx, viewer.id, id, now)
    if not seen:
        with of.app.store.write() as tx:
            privacy.viewed(tx, viewer.id, id, now, "page")

    masked: list[str] = []

    def shown(text: str, post: str = ALL) -> str:
        if unmasked in (ALL, post):
            return readable(text)
        kept = privacy.mask(text)
        masked.extend([post] if kept != text else [])
        return readable(kept)

    may_do = _may_do(of, viewer, case, tried)
    looks, happened = _timeline(words, of, on_record)
    policy, _ = rules.terms(case)
    mentions = [post for post in talk.posts if post.own and post.role == "mention"]
    return render(
        request, "case.html", status, case=case, tried=tried or Tried(),
        done=_done(words, of, viewer, case, history, done), has_typed=bool(tried and _WRITTEN & tried.typed.keys()),
        answer=text, talk=talk, beside=beside, drafts=drafts,
        reading=casefile.explain(rules, case, history), timeline=happened, looks=looks, notes=on_record["notes"],
        shown=shown, masked=masked, unmasked=unmasked, prose=prose, platform=platform_name, account=_handle(of, case),
        author=readable(privacy.mask(next((p.author_name for p in reversed(mentions) if p.author_name), ""))),
        post_url=next((p.permalink for p in reversed(mentions) if p.gone_at is None and p.permalink), ""),
        at_risk_from=at_risk_from(rules, case), steps=len(policy.on(case.clock).steps),
        person=lambda id: case_words.staff_or_actor(words, rules, id),
        department=lambda id: case_words.department_name(rules, id), instant=datetime.fromisoformat,
        **_forms(of, words, case, may_do, beside, drafts),
    )  # fmt: skip


def _forms(
    of: Site, words: Words, case: Case, may_do: frozenset[str], beside: Sequence[conversation.Beside],
    drafts: Sequence[Draft],
) -> dict[str, Any]:  # fmt: skip
    """What the forms offer."""
    now, zone = of.app.clock(), of.app.rules.zone
    return {
        "may_do": may_do, "has_forms": not _IN_FORMS.isdisjoint(may_do), "room": of.app.answering.room(case),
        "replies": of.app.answering.replies(case.department),
        "open_draft": any(draft.state in _UNDECIDED for draft in drafts),
        "others": [(d.id, d.name) for d in of.app.rules.departments.values() if d.id != case.department],
        "older": [one for one in beside if one.is_same_author and one.closed_at is None and _is_older(one, case)],
        "elsewhere": [(key, words(f"outcome.{key}")) for key in ANSWERED_ELSEWHERE],
        "dismissals": [(key, words(f"outcome.{key}")) for key in DISMISSALS],
        "in_an_hour": now + timedelta(hours=1), "latest": now + LONGEST_SNOOZE[case.clock],
        "local": lambda at: f"{at.astimezone(zone):%Y-%m-%dT%H:%M}",
    }  # fmt: skip


_IN_FORMS = frozenset({"elsewhere", "transfer", "snooze", "final", "not_final", "dismiss", "merge", "reopen"})
"""Acts that need more than a button."""
_WRITTEN = frozenset({"reason", "text", "reference", "until", "to", "into", "outcome"})
_UNDECIDED = (DraftState.WAITING, DraftState.POSTING)


def _may_do(of: Site, viewer: Viewer, case: Case, tried: Tried | None) -> frozenset[str]:
    """What the state allows; and what was tried in vain, so that what was typed for it is not lost."""
    if not viewer.may(Right.ACT):
        return frozenset()
    return of.app.desk.possible(case, viewer.id) | ({tried.act} if tried is not None else set())


def _done(words: Words, of: Site, viewer: Viewer, case: Case, history: Sequence[Any], kind: str) -> str:
    """What the viewer has just done: only where it is the last that they did, whatever an address says."""
    own = [event for event in history if event.actor == viewer.id and event.kind not in privacy.LOOKS]
    if kind not in DONE or not own or own[-1].kind != kind:
        return ""
    return case_words.done(words, of.app.rules, DONE[kind], case, viewer.id)


def _timeline(words: Words, of: Site, on_record: Mapping[str, Any]) -> tuple[list[Entry], list[Entry]]:
    """Who looked; and what happened with the alerts it led to, oldest first."""
    rules = of.app.rules
    looks: list[Entry] = []
    happened: list[Entry] = []
    for event in on_record["events"]:
        entry = Entry(case_words.event_line(words, rules, event), event["kind"])
        (looks if event["kind"] in privacy.LOOKS else happened).append(entry)
    happened += [
        Entry(case_words.alert_line(words, rules, alert), "alert", case_words.try_lines(words, alert["attempts"]))
        for alert in on_record["alerts"]
    ]
    return looks, sorted(happened, key=lambda entry: entry.line.at)


def _is_older(one: conversation.Beside, case: Case) -> bool:
    return (one.opened_at, one.id) < (case.opened_at, case.id)


def _handle(of: Site, case: Case) -> str:
    found = (a.handle for a in of.app.settings.accounts if (a.platform, a.id) == (case.platform, case.account))
    return next(found, "") or case.account
