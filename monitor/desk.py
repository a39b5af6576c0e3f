"""What people may do to a case. The command line, the web and links all come through here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from monitor.alerts import outbox
from monitor.clock import Clock
from monitor.escalation.engine import start_round
from monitor.intake.reckon import last_answer, reckon
from monitor.links import Link, Refusal, Refused, judge
from monitor.rules import Rules
from monitor.store import cases, events, links, notes
from monitor.store.engine import Store, Transaction, lock_conversations
from sla import actions
from sla.actions import ANSWERED_ELSEWHERE, DISMISSALS, LONGEST_SNOOZE
from sla.case import Case, Change, Conflict, Event
from sla.escalation import begin_round, next_action
from sla.possible import possible


class UnknownCase(Exception):
    """There is no case of that id."""


class BadRequest(Exception):
    """What was asked for makes no sense; the message names the mend.

    `code` is the key of the sentence that tells people, `values` fill it; `field` is what to mend.
    """

    def __init__(self, message: str, code: str = "", field: str = "", **values: object) -> None:
        super().__init__(message)
        self.code, self.field, self.values = code, field, values


class Desk:
    """Each action is one transaction: the first of two people wins, the second is told what happened.

    Every method returns the case as it is afterwards, and raises `UnknownCase`, `BadRequest` or `sla.case.Conflict`.
    """

    def __init__(self, store: Store, rules: Rules, clock: Clock) -> None:
        self._store, self._rules, self._clock = store, rules, clock

    def acknowledge(self, id: str, by: str) -> Case:
        """Say "I have it": holds the steps for the policy's `ack_holds`; the clock runs on (SEMANTICS row 26)."""

        return self._act(id, by, lambda case, now: self._acknowledged(case, by, now))

    def acknowledge_by_link(self, link: Link) -> Case:
        """As `acknowledge`, by the person an alert's link was made for; its use goes on record with it, once for ever.

        Raises `links.Refused` too, for a link that does nothing now.
        """

        def store(tx: Transaction, case: Case, now: datetime) -> None:
            why = judge(link, case, links.used_at(tx, link.id), self._rules.knows(link.person), now)
            if why is not None:
                raise Refused(why)
            if not links.use(tx, link.id, link.person, now, link.expires_at):
                raise Refused(Refusal.USED)
            change = self._acknowledged(case, link.person, now)
            # No login stands behind it: the history says so.
            told = tuple(replace(event, data={**event.data, "by_link": True}) for event in change.events)
            self._save(tx, [Change(change.case, told)], now)

        return self._transact(link.case, link.person, store)

    def claim(self, id: str, by: str) -> Case:
        """It is theirs: the assignee's alerts go to them from now on."""

        return self._act(id, by, lambda case, now: actions.claimed(self._unheld_by_who_left(case), by, now))

    def release(self, id: str, by: str) -> Case:
        """Undo an acknowledgement and a claim: its alerts go to the duty again."""
        return self._act(id, by, lambda case, now: actions.released(case, by, now))

    def snooze(self, id: str, by: str, until: datetime, reason: str) -> Case:
        """Put the steps off until then; the clock runs on, and a follow-up of the citizen ends it (row 17)."""
        self._require(reason)

        def change(case: Case, now: datetime) -> Change:
            latest = now + LONGEST_SNOOZE[case.clock]
            if not now < until <= latest:
                why = f"it can be put off to a time after now and no later than {latest}"
                raise BadRequest(why, "request.until", "until", latest=latest)
            return actions.snoozed(case, by, until, reason, now)

        return self._act(id, by, change)

    def wake(self, id: str, by: str) -> Case:
        """Undo a snooze: the steps go on at the highest level due."""
        return self._act(id, by, lambda case, now: actions.woken(case, by, now))

    def dismiss(self, id: str, by: str, reason: str, outcome: str = "dismissed") -> Case:
        """No answer is owed, because of `reason`: no reply due, "spam" or "deleted" (SEMANTICS row 8)."""
        self._require(reason)
        if outcome not in DISMISSALS:
            known = ", ".join(DISMISSALS)
            raise BadRequest(f"outcome {outcome!r} is none of {known}", "request.choice", "outcome")
        return self._act(id, by, lambda case, now: actions.dismissed(case, by, reason, now, outcome))

    def answer(self, id: str, by: str, outcome: str, reference: str = "") -> Case:
        """Record that the answer owed, the first or the final one, was given elsewhere; posts nothing."""
        if outcome not in ANSWERED_ELSEWHERE:
            known = ", ".join(ANSWERED_ELSEWHERE)
            raise BadRequest(f"outcome {outcome!r} is none of {known}", "request.choice", "outcome")

        def store(tx: Transaction, case: Case, now: datetime) -> None:
            self._save(tx, [actions.answered_elsewhere(case, by, outcome, now, reference)], now)

        return self._transact(id, by, store)

    def ask_final(self, id: str, by: str, reason: str) -> Case:
        """More is owed than the first answer: a final one, in the policy's `final_target` (SEMANTICS row 7).

        Where that time has begun to run out already, its assignee is told at once.
        """
        self._require(reason)

        def store(tx: Transaction, case: Case, now: datetime) -> None:
            policy = self._rules.policy(case.policy)
            deadline = self._rules.final_deadline(policy, case.department, case.opened_at)
            change = actions.final_asked(case, by, reason, deadline, now, last_answer(tx, self._rules, case))
            is_running = change.case.clock is not case.clock or not case.is_open
            if is_running and begin_round(change.case, *self._rules.terms(change.case), now).level:
                start_round(tx, self._rules, change, now)
            else:
                self._save(tx, [change], now)

        return self._transact(id, by, store)

    def withdraw_final(self, id: str, by: str, reason: str) -> Case:
        """Undo `ask_final`: the first answer is all that is owed."""
        self._require(reason)
        return self._act(id, by, lambda case, now: actions.final_withdrawn(case, by, reason, now))

    def transfer(self, id: str, by: str, to: str, reason: str) -> Case:
        """Another department's from now on; its clock goes on, and its new assignee is told at once (rows 10, 20)."""
        self._require(reason)
        department = self._rules.departments.get(to)
        if department is None:
            known = ", ".join(sorted(self._rules.departments))
            raise BadRequest(
                f"there is no department {to!r}; there are {known}", "unknown_department", "to", id=to, known=known
            )

        def store(tx: Transaction, case: Case, now: datetime) -> None:
            # A crisis stays one wherever it goes.
            policy = self._rules.policy(case.policy if case.incident else department.policy)
            change = actions.transferred(
                case, department.id, policy.name, self._rules.deadline(policy, department.id, case.opened_at), by,
                reason, now, self._rules.final_deadline(policy, department.id, case.opened_at),
            )  # fmt: skip
            start_round(tx, self._rules, change, now)

        return self._transact(id, by, store)

    def merge(self, id: str, by: str, into: str, reason: str) -> Case:
        """The same matter as an older case, which goes on; whatever is said to either citizen counts for it."""
        self._require(reason)

        def store(tx: Transaction, case: Case, now: datetime) -> None:
            other = cases.get(tx, into, lock=True)
            if other is None:
                raise UnknownCase(f"there is no case {into!r}")
            earlier = cases.merged_into(tx, [case.id])
            moved = [Change(one._replace(merged_into=other.id), (Event("merged", now, by, {"into": other.id,
                     "reason": reason}),)) for one in earlier]  # fmt: skip
            self._save(tx, [actions.merged_into(case, other, by, reason, now), *moved], now)
            self._save(tx, reckon(tx, self._rules, other.platform, {other.conversation}, {}, now), now)

        return self._transact(id, by, store, beside=[into])

    def reopen(self, id: str, by: str, reason: str) -> Case:
        """Undo a dismissal, a merge or an answer given elsewhere; old steps fire no alert again (row 11).

        What came meanwhile counts: an answer on the platform closes it again at once, a follow-up joins it.
        """
        self._require(reason)

        def store(tx: Transaction, case: Case, now: datetime) -> None:
            self._save(tx, [actions.reopened(case, by, reason, now)], now)
            self._save(tx, reckon(tx, self._rules, case.platform, {case.conversation}, {}, now), now)
            again = cases.get(tx, id)
            if again is not None and again.is_open:
                start_round(tx, self._rules, Change(again, ()), now)

        return self._transact(id, by, store)

    def note(self, id: str, by: str, text: str) -> Case:
        """Write a note beside a case. It answers nobody and stops no clock (SEMANTICS row 6)."""
        if not text.strip():
            raise BadRequest("there is nothing in the note", "request.nothing", "text")

        def store(tx: Transaction, case: Case, now: datetime) -> None:
            number = notes.add(tx, case.id, by, text, now)
            events.append(tx, [(case.id, Event("noted", now, by, {"note": number}))])

        return self._transact(id, by, store)

    def strike(self, id: str, by: str, number: int) -> Case:
        """Undo a note: its words go, that it was there stays."""

        def store(tx: Transaction, case: Case, now: datetime) -> None:
            if not notes.strike(tx, case.id, number, now):
                raise BadRequest(
                    f"case {case.id} has no note {number} that still stands", "request.no_note", "number", number=number
                )
            events.append(tx, [(case.id, Event("note_struck", now, by, {"note": number}))])

        return self._transact(id, by, store)

    def possible(self, case: Case, by: str) -> frozenset[str]:
        """What they may do to a case as it is now, by the names of `sla.possible`."""
        return possible(self._unheld_by_who_left(case), by, self._clock())

    def _unheld_by_who_left(self, case: Case) -> Case:
        """A person who left holds nothing (row 37)."""
        gone = case.assignee is not None and not self._rules.knows(case.assignee)
        return case._replace(assignee=None) if gone else case

    def _acknowledged(self, case: Case, by: str, now: datetime) -> Change:
        return actions.acknowledged(case, by, now + self._rules.policy(case.policy).ack_holds, now)

    def _act(self, id: str, by: str, change: Callable[[Case, datetime], Change]) -> Case:
        return self._transact(id, by, lambda tx, case, now: self._save(tx, [change(case, now)], now))

    def _save(self, tx: Transaction, changes: Iterable[Change], now: datetime) -> None:
        """Store what happened, with the instant at which the clock has something to say again."""
        due_again = [
            Change(change.case._replace(next_action_at=next_action(change.case, *self._rules.terms(change.case))),
                   change.events)
            for change in changes
        ]  # fmt: skip
        cases.save(tx, due_again)
        outbox.answered(tx, self._rules, due_again, now)

    def _transact(
        self, id: str, by: str, store: Callable[[Transaction, Case, datetime], None], beside: Iterable[str] = ()
    ) -> Case:
        if not self._rules.knows(by):
            raise BadRequest(
                f"there is no staff {by!r} in the settings", "unknown_staff", "by", id=by,
                known=", ".join(person.id for person in self._rules.settings.staff),
            )  # fmt: skip
        with self._store.write() as tx:
            known = cases.by_ids(tx, [id, *beside])
            if id not in known:
                raise UnknownCase(f"there is no case {id!r}")
            # In the order of ingest: the conversations first, then their cases.
            lock_conversations(tx, {f"{one.platform}/{one.conversation}" for one in known.values()})
            case = cases.get(tx, id, lock=True)
            assert case is not None
            store(tx, case, self._clock())
            after = cases.get(tx, id)
        assert after is not None
        return after

    @staticmethod
    def _require(reason: str) -> None:
        if not reason.strip():
            raise BadRequest("say why: a reason is kept with the case", "request.reason", "reason")


__all__ = ["BadRequest", "Conflict", "Desk", "UnknownCase"]
