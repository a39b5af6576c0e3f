"""What must hold after every step, whatever the course: the engine's rows beside the model."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text

from monitor.reports.verify import verify
from monitor.store import recount
from monitor.store.columns import instant, micros
from tests.proof.model import FINAL, MINUTE, PROMISES, Case, Promise, Turn, after
from tests.proof.world import World

CLOSED = ("answered", "dismissed", "deleted", "merged")
ROLES = {"transport": ("kim", "park", "choi"), "facility": ("lee", "park", "choi"), "water": ("yoon", "park", "choi")}
LONG_AGO, FAR_OFF = timedelta(days=400), timedelta(days=4000)
_INSTANTS = frozenset(
    {"opened_at", "found_at", "deadline", "next_action_at", "held_until", "breached_at", "closed_at", "answered_at",
     "snoozed_until", "final_asked_at", "final_deadline", "final_breached_at", "final_answered_at", "lease_until",
     "due_at", "created_at", "first_attempt_at", "at"}
)  # fmt: skip


class Row(dict[str, Any]):
    """A row of the database, its columns by name."""

    __getattr__ = dict.__getitem__


@dataclass
class Desk:
    """What the desk's words made of a case, by the case's id."""

    department: str
    round: int = 1
    assignee: str | None = None
    acknowledged: bool = False
    final_asked: datetime | None = None
    final_elsewhere: datetime | None = None


class Event(NamedTuple):
    """An event, as far as it is looked at."""

    kind: str
    at: datetime
    data: dict[str, Any]


@dataclass
class Checker:
    """Reads what there is now and compares."""

    world: World
    desks: dict[str, Desk] = field(default_factory=dict)
    history: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))
    blind: dict[str, bool] = field(default_factory=dict)
    cases: dict[str, Row] = field(default_factory=dict)
    case_of: dict[str, str] = field(default_factory=dict)
    """The case of each mention."""
    alerts: dict[str, list[Row]] = field(default_factory=dict)
    _last: int = 0

    # Reading.

    def _rows(self, tx: Any, query: str, **values: Any) -> list[Row]:
        found = tx.execute(text(query), values)
        names = list(found.keys())
        return [
            Row({n: instant(v) if v is not None and n in _INSTANTS else v for n, v in zip(names, row, strict=True)})
            for row in found
        ]

    def read(self) -> None:
        """Look at the whole database."""
        with self.world.store.read() as tx:
            self.cases = {row.id: row for row in self._rows(tx, "SELECT * FROM cases ORDER BY id")}
            posts = self._rows(tx, "SELECT id, role, case_id FROM posts")
            rows = self._rows(
                tx,
                "SELECT a.*, m.first_attempt_at, m.state AS message_state FROM alerts a"
                " LEFT JOIN messages m ON m.id = a.message_id WHERE a.case_id IS NOT NULL ORDER BY a.id",
            )
            events = self._rows(
                tx, "SELECT id, case_id, kind, at, data FROM events WHERE id > :last ORDER BY id", last=self._last
            )
        self.roles = {row.id: row.role for row in posts}
        self.case_of = {row.id: row.case_id for row in posts if row.role == "mention"}
        self.alerts = defaultdict(list)
        for row in rows:
            self.alerts[row.case_id].append(row)
        for row in events:
            self._last = row.id
            event = Event(row.kind, row.at, json.loads(row.data))
            if row.case_id is None:
                self._of_service(event)
            else:
                self.history[row.case_id].append(event)

    def _of_service(self, event: Event) -> None:
        """Row 31: blind once an episode, and its end once."""
        if event.kind in ("blind", "recovered"):
            account = event.data["account"]
            assert self.blind.get(account, False) is (event.kind == "recovered"), f"{account} is {event.kind} twice"
            self.blind[account] = event.kind == "blind"

    # Comparing.

    def check(self) -> None:
        """Everything that must hold at any time."""
        assert not self.world.wrong, self.world.wrong
        self.read()
        by_case = self._by_case()
        self._posts(by_case)
        for turn in self.world.model.turns():
            self._turn(turn, self.cases[self.case_of[turn.mentions[0].post.id]])
        for id, case in self.cases.items():
            assert (id in by_case) != (case.state == "merged"), f"{id} is {case.state} with {by_case.get(id)}"
            self._next_action(case)
            self._told(id, case)
        self._numbers()
        self._sent_once()

    def _by_case(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = defaultdict(set)
        for mention, case in self.case_of.items():
            found[case].add(mention)
        return found

    def _posts(self, by_case: dict[str, set[str]]) -> None:
        """Truth 1: every post is stored, every mention is in exactly the case of its turn."""
        model = self.world.model
        assert self.roles == {id: said.role for id, said in model.said.items()}
        turns = model.turns()
        assert {frozenset(ids) for ids in by_case.values()} == {turn.ids for turn in turns}
        for turn in turns:
            self._owner(turn, self.case_of[turn.mentions[0].post.id])
        model.noted = [
            Case(case, frozenset(ids), self.desks[case].department, self._is_untouched(self.cases[case]))
            for case, ids in by_case.items()
        ]
        for id, case in self.case_of.items():
            row, said = self.cases[case], model.said[id]
            said.breached = row.breached_at is not None and said.written_at == row.opened_at

    def _owner(self, turn: Turn, case: str) -> None:
        """Row 19: its first mention says whose a case is, in whatever order they came; people's work stays theirs."""
        model = self.world.model
        routed = model.routed(turn.first.post)
        if case in self.desks:
            assert not model.is_anew(turn) or self.desks[case].department == routed, (turn, self.desks[case])
            return
        for before in model.held(turn):
            assert before.is_untouched or self.cases[before.id].state != "merged", (turn, before)
        self.desks[case] = Desk(routed)

    @staticmethod
    def _is_untouched(case: Row) -> bool:
        said = (case.assignee, case.held_level, case.snoozed_until, case.final_deadline)
        waits = case.state == "open" and case.breached_at is None
        return (waits or case.answer is not None) and (case.round, case.level) == (1, 0) and said == (None,) * 4

    def _turn(self, turn: Turn, case: Row) -> None:
        """A case's clock, deadline, state and answer are those of its turn (truth 4)."""
        desk = self.desks[case.id]
        assert case.department == desk.department, (case, desk)
        assert case.policy == PROMISES[desk.department].name
        assert case.round == desk.round, (case.round, desk.round)
        assert case.deadline == self.world.model.deadline(case.opened_at, desk.department), case
        written = {said.written_at for said in turn.mentions}
        if case.opened_at != turn.first.written_at:
            # A breach stood, until an answer was found that had come in time: the next look at it moves its clock.
            assert "breached" in self._kinds(case.id) and case.opened_at < turn.first.written_at, (case, turn)
        elif case.opened_at in written:
            found = {said.stored_at for said in turn.mentions if said.written_at == case.opened_at}
            assert case.found_at in found
        if turn.answer is not None:
            assert (case.state, case.answer) == ("answered", turn.answer.id), (case, turn)
            assert case.answered_at == turn.answer.created_at
            assert (case.breached_at is None) == (case.answered_at <= case.deadline), case
        elif turn.word is not None:
            assert (case.state, case.outcome) == (turn.word.state, turn.word.outcome), (case, turn)
            desk.acknowledged = False
        else:
            self._open(case, desk)
        self._final(turn, case, desk)

    def _final(self, turn: Turn, case: Row, desk: Desk) -> None:
        """Row 7: the final answer, where one is owed, has a clock of its own; the next official post is it."""
        withdrawn = [e for e in self.history[case.id] if e.kind == "final_withdrawn" and e.data["reason"] == "deleted"]
        if withdrawn and desk.final_asked and case.final_deadline is None:
            assert withdrawn[-1].at >= desk.final_asked and all(said.gone_at for said in turn.mentions)
            desk.final_asked = None
        assert case.final_asked_at == desk.final_asked
        assert (case.clock == "final") == (case.state == "answered" and desk.final_asked is not None), case
        if desk.final_asked is None:
            assert case.final_deadline is None and case.final_answered_at is None
            return
        assert case.final_deadline == after(case.opened_at, FINAL.target, FINAL.office)
        if case.clock == "first":
            return
        given = self._finals(turn, case, desk)
        if desk.final_elsewhere is not None and case.final_answer is None:
            assert case.final_answered_at == desk.final_elsewhere
        elif case.final_answered_at is not None:
            assert (case.final_answer, case.final_answered_at) in given, (case, given)
        else:
            assert not given, (case, given)

    def _finals(self, turn: Turn, case: Row, desk: Desk) -> set[tuple[str, datetime]]:
        since = max(desk.final_asked or case.answered_at, case.answered_at)
        return {(p.id, p.created_at) for p in self.world.model.answers_to(turn) if p.created_at > since}

    def _kinds(self, id: str) -> set[str]:
        return {event.kind for event in self.history[id]}

    @staticmethod
    def _open(case: Row, desk: Desk) -> None:
        assert case.closed_at is None and case.answered_at is None and case.outcome is None, case
        assert case.assignee == desk.assignee
        assert case.state == ("claimed" if desk.assignee else "acknowledged" if desk.acknowledged else "open")

    def owed(self, case: Row) -> datetime | None:
        """The deadline of the answer that is owed."""
        if case.clock == "final":
            return case.final_deadline if case.final_answered_at is None else None
        return None if case.state in CLOSED else case.deadline

    def ladder(self, case: Row) -> Promise:
        """The ladder of the clock that runs."""
        return FINAL if case.clock == "final" else PROMISES[case.department]

    def held_until(self, case: Row) -> datetime | None:
        """Until when people hold its steps."""
        return max((at for at in (case.held_until, case.snoozed_until) if at is not None), default=None)

    def due(self, case: Row, level: int, repeats: int) -> datetime:
        """When what comes after a level, or after some repeats, falls due: anchored to the case's clock (row 20)."""
        of = self.ladder(case)
        minutes = of.steps[level] if level < 3 else of.steps[2] + of.repeat * (repeats + 1)
        return after(case.opened_at, minutes, of.office)

    def _next_action(self, case: Row) -> None:
        """What is owed always has a next instant, and it is the right one."""
        owed = self.owed(case)
        if owed is None:
            assert case.next_action_at is None, case
            return
        due = self.due(case, case.level, case.repeats)
        held = self.held_until(case)
        due = due if held is None else max(due, held)
        on_record = case.final_breached_at if case.clock == "final" else case.breached_at
        assert case.next_action_at == (due if on_record is not None else min(due, owed)), (case, due, owed)

    def _told(self, id: str, case: Row) -> None:
        """Truth 2 and rows 20, 23, 24: each decision told somebody, each step once a round, no step before its time."""
        rows = self.alerts[id]
        fired: dict[Any, Counter[Any]] = defaultdict(Counter)
        expected: Counter[Any] = Counter()
        for event in self.history[id]:
            if event.kind != "escalated":
                continue
            data = event.data
            assert data["told"], f"{id}: a decision told nobody"
            assert datetime.fromisoformat(data["due_at"]) <= event.at, f"{id}: told before its time: {event}"
            fired[data["round"], data["clock"]][data["reason"], data["level"], data["repeat"]] += 1
            for person in data["told"]:
                expected[person, data["kind"], data["level"], event.at, data["clock"]] += 1
        for (round, clock), found in fired.items():
            assert max(found.values()) == 1, f"{id}: twice in round {round} of the {clock} clock: {found}"
            levels = [level for reason, level, _ in found if reason == "step"]
            assert levels == sorted(set(levels))
        urgent = [row for row in rows if row.kind != "answered"]
        assert Counter((r.recipient, r.kind, r.level, r.created_at, r.clock) for r in urgent) == expected
        if case.state == "answered" and case.clock == "first":
            self._relieved(id, case, rows)

    def _relieved(self, id: str, case: Row, rows: list[Row]) -> None:
        """Row 4: whoever was told of a breach or an escalation hears that the answer has come."""
        told = {r.recipient for r in rows if r.kind in ("breach", "escalation") and r.first_attempt_at is not None}
        heard = {row.recipient for row in rows if row.kind == "answered"}
        assert told <= heard, f"{id}: {told - heard} were told of it and not of its answer"

    def _numbers(self) -> None:
        """Truth 8, the short way: the database's own count is the model's."""
        now = self.world.clock()
        counted: dict[str, Counter[str]] = defaultdict(Counter)
        for turn in self.world.model.turns():
            case = self.cases[self.case_of[turn.mentions[0].post.id]]
            counted[self.desks[case.id].department][self._counts_as(turn, case, now)] += 1
        with self.world.store.read() as tx:
            tallied = recount.tally(tx, now - LONG_AGO, now + FAR_OFF, now)
        assert {id: sum(found.values()) for id, found in counted.items()} == {
            id: t.received for id, t in tallied.items()
        }
        for id, found in counted.items():
            for name in ("met", "missed", "pending", "dismissed", "deleted", "undetermined"):
                assert getattr(tallied[id], name) == found[name], (id, name, found, tallied[id])

    @staticmethod
    def _counts_as(turn: Turn, case: Row, now: datetime) -> str:
        if turn.answer is not None:
            return "met" if turn.answer.created_at <= case.deadline else "missed"
        if turn.word is None:
            return "missed" if case.deadline <= now else "pending"
        match turn.word.state:
            case "dismissed":
                return "dismissed"
            case "answered":
                return "met" if turn.word.at <= case.deadline else "missed"
        return {"before_deadline": "deleted", "breached": "missed"}.get(turn.word.outcome, turn.word.outcome)

    def _sent_once(self) -> None:
        """Truth 2: duplicates never exceed what was in flight at a crash."""
        twice = sum(count - 1 for count in self.world.delivered.values())
        assert twice <= self.world.unsure, (twice, self.world.unsure)

    # After a whole cycle.

    def after_tick(self) -> None:
        """What must hold once everything that was due has been decided and what may be sent is sent."""
        now = self.world.clock()
        for case in self.cases.values():
            if case.lease_until is not None and case.lease_until > now:
                continue
            owed = self.owed(case)
            if owed is not None:
                self._caught_up(case, owed, now)
        self._delivered(now)

    def _caught_up(self, case: Row, owed: datetime, now: datetime) -> None:
        assert case.next_action_at > now, ("still due", case)
        on_record = case.final_breached_at if case.clock == "final" else case.breached_at
        assert owed > now or on_record is not None, ("breach is not on record", case)
        held = self.held_until(case)
        if held is not None and held > now:
            return
        level = sum(self.due(case, level, 0) <= now for level in range(3))
        assert case.level >= level, ("a step was passed over", case)
        assert level < 3 or self.due(case, 3, case.repeats) > now, ("a repeat was passed over", case)
        spoken = [
            number
            for event in self.history[case.id]
            if event.kind == "escalated" and (event.data["round"], event.data["clock"]) == (case.round, case.clock)
            for number in (event.data["level"], *event.data["overtaken"])
        ]
        assert set(range(1, level + 1)) <= set(spoken), ("a step left no reason", case, spoken)
        # Row 24: never silence.
        assert owed > now or self.alerts[case.id], ("overdue, and nobody was told", case)

    def _delivered(self, now: datetime) -> None:
        """Nothing waits longer than the bundling window; nothing that may be tried now is left."""
        with self.world.store.read() as tx:
            waiting = self._rows(
                tx,
                "SELECT a.recipient, a.kind, a.level, a.due_at, MAX(m.created_at) AS created_at FROM alerts a"
                " LEFT JOIN messages m ON m.recipient = a.recipient AND m.kind = a.kind AND m.level = a.level"
                " WHERE a.state = 'waiting' AND (a.held_until IS NULL OR a.held_until <= :now)"
                " GROUP BY a.recipient, a.kind, a.level, a.due_at",
                now=micros(now),
            )
            queued = self._rows(
                tx,
                "SELECT id, lease_until FROM messages WHERE state = 'queued' AND next_attempt_at <= :now",
                now=micros(now),
            )
        for row in waiting:
            assert row.created_at is not None and now < row.created_at + MINUTE, ("an alert waits", row)
        assert [row for row in queued if row.lease_until is None or row.lease_until <= now] == []

    def verified(self) -> None:
        """Truth 8, the long way: the history proves every case and both weeks' numbers."""
        found = verify(self.world.store, self.world.rules, self.world.clock())
        assert found.ok, found.findings

    def known(self) -> list[Row]:
        """Every case in the order they were opened: their ids are another each time."""
        return [self.cases[id] for id in self.history]


__all__ = ["CLOSED", "Checker", "Desk", "Row"]
