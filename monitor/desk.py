"""What people may do to a case. The command line, the web and links all come through here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from monitor.alerts import outbox
from monitor.clock import Clock
from monitor.escalation.engine import start_round
from monitor.intake.reckon import reckon
from monitor.rules import Rules
from monitor.store import cases
from monitor.store.engine import Store, Transaction, lock_conversations
from sla import case as rule
from sla.case import ANSWERED_ELSEWHERE, Case, Change, Conflict
from sla.escalation import next_action


class UnknownCase(Exception):
    """There is no case of that id."""


class BadRequest(Exception):
    """What was asked for makes no sense; the message names the mend."""


class Desk:
    """Each action is one transaction on one case: the first of two people wins, the second is told what happened.

    Every method returns the case as it is afterwards, and raises `UnknownCase`, `BadRequest` or `sla.case.Conflict`.
    """

    def __init__(self, store: Store, rules: Rules, clock: Clock) -> None:
        self._store, self._rules, self._clock = store, rules, clock

    def acknowledge(self, id: str, by: str) -> Case:
        """Say "I have it": holds the steps for the policy's `ack_holds`; the clock runs on (SEMANTICS row 26)."""

        def change(case: Case, now: datetime) -> Change:
            policy = self._rules.policy(case.policy)
            held = rule.acknowledged(case, by, now + policy.ack_holds, now)
            return self._due_again(held)

        return self._act(id, by, change)

    def claim(self, id: str, by: str) -> Case:
        """It is theirs: the assignee's alerts go to them from now on."""

        def change(case: Case, now: datetime) -> Change:
            if case.assignee is not None and not self._rules.knows(case.assignee):
                case = case._replace(assignee=None)  # a person who left holds nothing (row 37)
            return rule.claimed(case, by, now)

        return self._act(id, by, change)

    def dismiss(self, id: str, by: str, reason: str) -> Case:
        """No reply is due, because of `reason` (SEMANTICS row 8)."""
        self._require(reason)
        return self._act(id, by, lambda case, now: rule.dismissed(case, by, reason, now))

    def answer(self, id: str, by: str, outcome: str, reference: str = "") -> Case:
        """Record an answer given elsewhere: phone, dm or referred; posts nothing."""
        if outcome not in ANSWERED_ELSEWHERE:
            raise BadRequest(f"outcome {outcome!r} is none of {', '.join(ANSWERED_ELSEWHERE)}")

        def store(tx: Transaction, case: Case, now: datetime) -> None:
            change = rule.answered_elsewhere(case, by, outcome, now, reference)
            cases.save(tx, [change])
            outbox.answered(tx, self._rules, [change], now)

        return self._transact(id, by, store)

    def transfer(self, id: str, by: str, to: str, reason: str) -> Case:
        """Another department's from now on; its clock goes on, and its new assignee is told at once (rows 10, 20)."""
        self._require(reason)
        department = self._rules.departments.get(to)
        if department is None:
            raise BadRequest(f"there is no department {to!r}; there are {', '.join(sorted(self._rules.departments))}")

        def store(tx: Transaction, case: Case, now: datetime) -> None:
            policy = self._rules.policy(department.policy)
            deadline = self._rules.deadline(policy, department.id, case.opened_at)
            change = rule.transferred(case, department.id, policy.name, deadline, by, reason, now)
            start_round(tx, self._rules, change, now)

        return self._transact(id, by, store)

    def reopen(self, id: str, by: str, reason: str) -> Case:
        """Undo a dismissal or an answer given elsewhere; old steps fire no alert again (row 11).

        What came meanwhile counts: an answer on the platform closes it again at once, a follow-up joins it.
        """
        self._require(reason)

        def store(tx: Transaction, case: Case, now: datetime) -> None:
            cases.save(tx, [rule.reopened(case, by, reason, now)])
            changes = reckon(tx, self._rules, case.platform, {case.conversation}, {}, now)
            cases.save(tx, changes)
            outbox.answered(tx, self._rules, changes, now)
            again = cases.get(tx, id)
            if again is not None and again.is_open:
                start_round(tx, self._rules, Change(again, ()), now)

        return self._transact(id, by, store)

    def _act(self, id: str, by: str, change: Callable[[Case, datetime], Change]) -> Case:
        return self._transact(id, by, lambda tx, case, now: cases.save(tx, [change(case, now)]))

    def _transact(self, id: str, by: str, store: Callable[[Transaction, Case, datetime], None]) -> Case:
        if not self._rules.knows(by):
            raise BadRequest(f"there is no staff {by!r} in the settings")
        with self._store.write() as tx:
            known = cases.get(tx, id)
            if known is None:
                raise UnknownCase(f"there is no case {id!r}")
            # In the order of ingest: the conversation first, then its cases.
            lock_conversations(tx, {f"{known.platform}/{known.conversation}"})
            case = cases.get(tx, id, lock=True)
            assert case is not None
            store(tx, case, self._clock())
            after = cases.get(tx, id)
        assert after is not None
        return after

    def _due_again(self, change: Change) -> Change:
        due = next_action(change.case, *self._rules.terms(change.case))
        return Change(change.case._replace(next_action_at=due), change.events)

    @staticmethod
    def _require(reason: str) -> None:
        if not reason.strip():
            raise BadRequest("say why: a reason is kept with the case")


__all__ = ["BadRequest", "Conflict", "Desk", "UnknownCase"]
