"""What people do with answers written here: write, approve, reject, take back. The web and programs come through it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple
from unicodedata import category

from connectors.contract import Asked, Connector, Post
from monitor.answering.posting import Means, Posting, standing
from monitor.clock import Clock
from monitor.desk import BadRequest, UnknownCase
from monitor.rules import Rules
from monitor.store import cases, drafts, events
from monitor.store.drafts import Draft, DraftState
from monitor.store.engine import Store, Transaction, lock_conversations, new_id
from sla.case import Case, Conflict, Event


class UnknownDraft(Exception):
    """There is no draft of that id."""


class Room(NamedTuple):
    """How an answer to a case may be written from here."""

    limit: int
    """How long, as `Answering.length` counts."""
    second_eyes: bool
    """Whether another person must approve it."""


class Saved(NamedTuple):
    """A saved reply as its department says it."""

    id: str
    title: str
    text: str


class Answering:
    """Each action is a transaction of its own: the first of two people wins, the second is told what happened.

    Every action returns the draft as it is afterwards, and raises `UnknownCase`, `UnknownDraft`, `BadRequest` or
    `Conflict`; where it raises, nothing was sent, and a draft that was stored stays as it is.
    """

    def __init__(self, store: Store, rules: Rules, connectors: Mapping[str, Connector], clock: Clock) -> None:
        self._store, self._rules, self._clock = store, rules, clock
        self._posting = Posting(store, rules, connectors, clock)
        self._second_eyes = frozenset(d.id for d in rules.settings.departments if d.second_eyes)

    def room(self, case: Case) -> Room | None:
        """How a case can be answered from here; None where that takes the platform itself."""
        means = self._posting.means(case)
        return None if means is None else Room(means.connector.answer_limit, case.department in self._second_eyes)

    def length(self, case: Case, text: str) -> int:
        """How long the case's platform counts a text."""
        means = self._posting.means(case)
        return len(text) if means is None else means.connector.answer_length(_tidy(text))

    def replies(self, department: str) -> list[Saved]:
        """The saved replies of a department, in the order of the settings."""
        name = self._rules.department(department).name
        return [
            Saved(reply.id, reply.title, reply.words(name))
            for reply in self._rules.settings.replies
            if not reply.departments or department in reply.departments
        ]

    def of_case(self, tx: Transaction, case_id: str) -> list[Draft]:
        """A case's drafts, oldest first."""
        return drafts.of_case(tx, case_id)

    def waiting(self, tx: Transaction, departments: Collection[str] | None = None) -> list[Draft]:
        """Drafts of these departments that wait for a second pair of eyes, oldest first; None: of all."""
        return drafts.waiting(tx, departments)

    def write(self, case_id: str, by: str, text: str) -> Draft:
        """Answer the newest mention of a case: at once, or `waiting` where the department wants second eyes on it."""
        text = _tidy(text)
        with self._store.read() as tx:
            case = _case(tx, case_id)
        means = self._fit(case, by, text)
        if case.department not in self._second_eyes:
            self._posting.look(case, means)
        with self._store.write() as tx:
            case = _locked(tx, case_id)
            to = _answerable(tx, case)
            now, waits = self._clock(), case.department in self._second_eyes
            draft = Draft(new_id("d"), case.id, to.id, by, text, DraftState.WAITING, now)
            if not waits:
                draft = draft._replace(state=DraftState.POSTING, decided_by=by, decided_at=now)
            drafts.add(tx, draft)
            data = {"draft": draft.id, "to": to.id, "second_eyes": waits}
            events.append(tx, [(case.id, Event("draft_written", now, by, data))])
        return draft if waits else self._posting.send(draft, means, to)

    def approve(self, draft_id: str, by: str) -> Draft:
        """A second pair of eyes has seen it: post it. Where nothing is owed any more it stays `waiting`, unsent."""
        with self._store.read() as tx:
            draft = _draft(tx, draft_id)
            case = _case(tx, draft.case_id)
        if draft.state is not DraftState.WAITING:
            raise _decided(draft)
        if by == draft.author:
            raise BadRequest("whoever wrote it cannot approve it: another person must", "request.draft_own")
        means = self._fit(case, by, draft.text)
        self._posting.look(case, means)
        with self._store.write() as tx:
            case = _locked(tx, draft.case_id)
            draft = _undecided(tx, draft_id)
            to, now = _answerable(tx, case, draft), self._clock()
            draft = draft._replace(state=DraftState.POSTING, decided_by=by, decided_at=now, to_post=to.id)
            _decide(tx, draft, "draft_approved", to=to.id)
        return self._posting.send(draft, means, to)

    def reject(self, draft_id: str, by: str, reason: str) -> Draft:
        """A second pair of eyes says no, and why; its author writes again."""
        self._known(by)
        if not reason.strip():
            raise BadRequest("say why: its author reads it", "request.reason", "reason")
        return self._drop(draft_id, by, DraftState.REJECTED, reason)

    def withdraw(self, draft_id: str, by: str) -> Draft:
        """Its author takes it back before anyone decided."""
        self._known(by)
        return self._drop(draft_id, by, DraftState.WITHDRAWN)

    def give_up(self) -> None:
        """End what a dead process left in `posting`; see `Posting.give_up`."""
        self._posting.give_up()

    def _drop(self, draft_id: str, by: str, state: DraftState, reason: str = "") -> Draft:
        with self._store.read() as tx:
            found = _draft(tx, draft_id)
        if state is DraftState.WITHDRAWN and by != found.author:
            raise BadRequest("only its author takes it back; others reject it, with a reason", "request.draft_others")
        with self._store.write() as tx:
            _locked(tx, found.case_id)
            draft = _undecided(tx, draft_id)
            draft = draft._replace(state=state, decided_by=by, decided_at=self._clock(), problem=reason)
            _decide(tx, draft, f"draft_{state}", **({"reason": reason} if reason else {}))
        return draft

    def _known(self, by: str) -> None:
        if not self._rules.knows(by):
            known = ", ".join(person.id for person in self._rules.settings.staff)
            raise BadRequest(f"there is no staff {by!r} in the settings", "unknown_staff", "by", id=by, known=known)

    def _fit(self, case: Case, by: str, text: str) -> Means:
        """What the answer is posted by. Raises BadRequest where it cannot be, or would answer nobody."""
        self._known(by)
        means = self._posting.means(case)
        if means is None:
            said = f"nothing can be posted from here for {case.platform} {case.account}: answer on the platform itself"
            raise BadRequest(said, "request.no_way", platform=case.platform, account=case.account)
        if not text:
            raise BadRequest("there is nothing in the answer", "request.nothing", "text")
        if any(category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in text):
            raise BadRequest("the answer holds control characters: take them out", "request.control", "text")
        connector = means.connector
        if (length := connector.answer_length(text)) > connector.answer_limit:
            said = f"the answer is {length} long as {case.platform} counts; shorten it to {connector.answer_limit}"
            raise BadRequest(said, "request.answer_long", "text", length=length, most=connector.answer_limit)
        own = Post(case.platform, "", case.conversation, self._clock(), author=case.account, text=text)
        if self._rules.role(own, None) != "official":
            said = "this would pass for an automatic reply, which answers nobody: word it otherwise"
            raise BadRequest(said, "request.automatic", "text")
        return means


def _tidy(text: str) -> str:
    """As it will be posted: without the line ends of a browser's form, and nothing before or behind."""
    return text.replace("\r\n", "\n").strip()


def _case(tx: Transaction, id: str) -> Case:
    case = cases.get(tx, id)
    if case is None:
        raise UnknownCase(f"there is no case {id!r}")
    return case


def _draft(tx: Transaction, id: str) -> Draft:
    draft = drafts.get(tx, id)
    if draft is None:
        raise UnknownDraft(f"there is no draft {id!r}")
    return draft


def _locked(tx: Transaction, id: str) -> Case:
    """A case and its drafts, held until the transaction ends: in the order of ingest, the conversation first."""
    case = _case(tx, id)
    lock_conversations(tx, {f"{case.platform}/{case.conversation}"})
    locked = cases.get(tx, id, lock=True)
    assert locked is not None
    return locked


def _undecided(tx: Transaction, id: str) -> Draft:
    draft = _draft(tx, id)
    if draft.state is not DraftState.WAITING:
        raise _decided(draft)
    return draft


def _decided(draft: Draft) -> Conflict:
    return Conflict(f"draft {draft.id} is {draft.state} already, by {draft.decided_by}", "draft_decided")


def _answerable(tx: Transaction, case: Case, draft: Draft | None = None) -> Asked:
    """The mention to answer: the draft's own, else the newest that stands. Raises Conflict where none is to be."""
    if case.owed_by is None:
        code = "closed" if case.final_answered_at is None else "final_answered"
        raise Conflict(f"case {case.id} owes no answer any more", code)
    for other in drafts.of_case(tx, case.id):
        if other.state in (DraftState.WAITING, DraftState.POSTING) and (draft is None or other.id != draft.id):
            raise Conflict(f"an answer by {other.author} is {other.state}: see to that one", "draft_first")
    there = standing(tx, case)
    if not there:
        raise Conflict("the posts to be answered are gone", "posts_gone")
    own = [one for one in there if draft is not None and one.id == draft.to_post]
    return (own or there)[-1]


def _decide(tx: Transaction, draft: Draft, kind: str, **data: str) -> None:
    """Store what a person decided of a draft that was waiting, and the event that tells of it."""
    assert draft.decided_at is not None and draft.decided_by is not None
    drafts.move(
        tx, draft.id, [DraftState.WAITING], draft.state, decided_by=draft.decided_by, decided_at=draft.decided_at,
        problem=draft.problem, to_post=draft.to_post,
    )  # fmt: skip
    told = Event(kind, draft.decided_at, draft.decided_by, {"draft": draft.id, **data})
    events.append(tx, [(draft.case_id, told)])
