"""What staff do at the desk, what the desk must say to it, and what the model makes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from monitor.desk import BadRequest
from sla.case import Case, Conflict
from tests.proof.check import CLOSED, Checker, Row
from tests.proof.model import Word
from tests.proof.world import World


class Staff:
    """Acts on a case as it was when the checker last looked."""

    ACTS = (
        "acknowledge", "claim", "release", "snooze", "wake", "dismiss", "answer", "ask_final", "withdraw_final",
        "transfer", "reopen", "nothing",
    )  # fmt: skip

    def __init__(self, world: World, checker: Checker) -> None:
        self.world, self.checker = world, checker

    @property
    def now(self) -> datetime:
        """The machine's time."""
        return self.world.clock()

    def _tried(self, may: bool, act: Callable[[], Case]) -> bool:
        """Try; the desk must let it be done exactly where it may be."""
        try:
            act()
        except Conflict as exc:
            assert not may, f"refused: {exc}"
            return False
        assert may, "not refused"
        return True

    def _is_owed(self, case: Row) -> bool:
        return self.checker.owed(case) is not None

    def _is_put_off(self, case: Row) -> bool:
        return case.snoozed_until is not None and case.snoozed_until > self.now

    def acknowledge(self, case: Row, by: str, _: int) -> None:
        """I have it: once a level."""
        may = self._is_owed(case) and case.held_level != case.level
        if self._tried(may, lambda: self.world.city.desk.acknowledge(case.id, by)):
            self.checker.desks[case.id].acknowledged = True

    def claim(self, case: Row, by: str, _: int) -> None:
        """Two claim it: one has it, the other is told."""
        may = self._is_owed(case) and case.assignee is None
        if self._tried(may, lambda: self.world.city.desk.claim(case.id, by)):
            self.checker.desks[case.id].assignee = by
            self._tried(False, lambda: self.world.city.desk.claim(case.id, "lee"))

    def release(self, case: Row, by: str, _: int) -> None:
        """Nobody has it any more."""
        may = self._is_owed(case) and not (case.assignee is None and case.held_until is None)
        if self._tried(may, lambda: self.world.city.desk.release(case.id, by)):
            desk = self.checker.desks[case.id]
            desk.assignee, desk.acknowledged = None, False

    def snooze(self, case: Row, by: str, seconds: int) -> None:
        """Its steps are put off."""
        may = self._is_owed(case) and not self._is_put_off(case)
        until = self.now + timedelta(seconds=seconds)
        self._tried(may, lambda: self.world.city.desk.snooze(case.id, by, until, "현장 확인"))

    def wake(self, case: Row, by: str, _: int) -> None:
        """They go on."""
        self._tried(self._is_put_off(case), lambda: self.world.city.desk.wake(case.id, by))

    def dismiss(self, case: Row, by: str, number: int) -> None:
        """No answer is due."""
        outcome = ("dismissed", "spam", "deleted")[number % 3]
        if self._tried(case.state not in CLOSED, lambda: self.world.city.desk.dismiss(case.id, by, "감사", outcome)):
            self._word(case, "dismissed", outcome)

    def answer(self, case: Row, by: str, number: int) -> None:
        """The answer that is owed was given elsewhere."""
        outcome = ("phone", "dm", "referred")[number % 3]
        if self._tried(self._is_owed(case), lambda: self.world.city.desk.answer(case.id, by, outcome)):
            if case.clock == "final":
                self.checker.desks[case.id].final_elsewhere = self.now
            else:
                self._word(case, "answered", outcome)

    def ask_final(self, case: Row, by: str, _: int) -> None:
        """More is owed than the first answer."""
        owes = case.final_deadline is not None and case.final_answered_at is None
        may = (case.state not in CLOSED or case.state == "answered") and not owes
        if self._tried(may, lambda: self.world.city.desk.ask_final(case.id, by, "현장 조치 예정")):
            desk = self.checker.desks[case.id]
            if case.state == "answered":
                self._new_round(case, keeps=True)
            # By a platform's clock that runs ahead, what it had shown by then may have a time that is yet to come.
            (turn,) = (t for t in self.world.model.turns() if self.checker.case_of[t.mentions[0].post.id] == case.id)
            shown = [post.created_at for post in self.world.model.answers_to(turn)]
            desk.final_asked, desk.final_elsewhere = max([self.now, *shown]), None

    def withdraw_final(self, case: Row, by: str, _: int) -> None:
        """The first answer was all."""
        may = case.final_deadline is not None and case.final_answered_at is None
        if self._tried(may, lambda: self.world.city.desk.withdraw_final(case.id, by, "조치 끝남")):
            self.checker.desks[case.id].final_asked = None

    def transfer(self, case: Row, by: str, number: int) -> None:
        """Another department's."""
        to = ("transport", "facility", "water")[number % 3]
        may = case.state not in CLOSED and case.department != to
        if self._tried(may, lambda: self.world.city.desk.transfer(case.id, by, to, "소관")):
            self.checker.desks[case.id].department = to
            self._new_round(case)

    def reopen(self, case: Row, by: str, _: int) -> None:
        """What a person closed is open again, as far as nothing else has ended it meanwhile."""
        may = case.state in ("dismissed", "answered") and case.answer is None
        covered = {mention for mention, id in self.checker.case_of.items() if id == case.id}
        if self._tried(may, lambda: self.world.city.desk.reopen(case.id, by, "다시 봄")):
            for word in self.world.model.words:
                word.covers -= covered if word.by_person else set()
            self._new_round(case)
            self.world.model.settle()

    def nothing(self, case: Row, by: str, number: int) -> None:
        """A note stops no clock; what makes no sense is refused and changes nothing."""
        self.world.city.desk.note(case.id, by, "현장에 알림")
        try:
            self.world.city.desk.dismiss(case.id, "nobody" if number % 2 else by, "왜" if number % 2 else " ")
        except BadRequest:
            return
        raise AssertionError("it was not refused")

    def dismiss_if_open(self, case: Row) -> None:
        """Faster than a decision that is being made, perhaps."""
        try:
            self.world.city.desk.dismiss(case.id, "kim", "광고", "spam")
        except Conflict:
            return
        self._word(case, "dismissed", "spam")

    def _word(self, case: Row, state: str, outcome: str) -> None:
        covers = {mention for mention, id in self.checker.case_of.items() if id == case.id}
        self.world.model.words.append(Word(state, self.now, covers, outcome))
        self.world.model.settle()

    def _new_round(self, case: Row, keeps: bool = False) -> None:
        desk = self.checker.desks[case.id]
        desk.round, desk.acknowledged = desk.round + 1, False
        desk.assignee = desk.assignee if keeps else None
