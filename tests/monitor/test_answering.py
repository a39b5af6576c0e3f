"""Answers written here: posted once or said to be unknown, seen by a second pair of eyes, overtaken by others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from connectors.contract import Account, Asked, AuthFailed, Look, Post, RateLimited, Rejected, Unavailable, Unknown
from monitor.answering import posting
from monitor.answering.answering import Answering, Room, Saved, UnknownDraft
from monitor.case_words import to_mend
from monitor.conflicts import why_not
from monitor.desk import BadRequest, UnknownCase
from monitor.reports.verify import verify
from monitor.rules import Rules
from monitor.store import cases, drafts, events
from monitor.store.drafts import DraftState
from monitor.store.engine import Store
from monitor.words import Words
from sla.case import Conflict, State
from tests.city import MINUTE, City, PlayedConnector, answer, mention, put_together
from tests.support import Clock, city

TEXT = "오늘 안에 현장을 확인하겠습니다."


class Wire(PlayedConnector):
    """A platform that takes answers, or does not, the way the test wants it."""

    answer_limit = 40

    def __init__(self, accounts: Sequence[Account], now: Clock) -> None:
        super().__init__(accounts, now)
        self.posted: list[tuple[str, str, str]] = []
        self.fails: Exception | None = None
        self.meets: Callable[[], object] = lambda: None
        """What happens while a look is under way."""
        self.holds: Callable[[], object] = lambda: None
        """What happens while an answer is under way."""

    def can_answer(self, account: Account) -> bool:
        return account.id != "1002"

    def look(self, account: Account, asked: Sequence[Asked]) -> Look:
        self.meets()
        return super().look(account, asked)

    def answer(self, account: Account, to: Asked, text: str) -> Post:
        self.posted.append((account.id, to.id, text))
        self.holds()
        if self.fails is not None:
            raise self.fails
        of = mention(to.id, to.created_at, conversation=to.conversation, author=to.author)
        return answer(f"a{len(self.posted)}", of, self.now(), text)


class Desk:
    """A city whose people answer from here."""

    def __init__(self, folder: Path, store: Store, clock: Clock, *, eyes: bool, more: str = "") -> None:
        settings = city(folder, more=more)
        departments = tuple(d.model_copy(update={"second_eyes": eyes}) for d in settings.departments)
        self.city: City = put_together(
            store, Rules(settings.model_copy(update={"departments": departments})), clock, Wire
        )
        wire = self.city.connector
        assert isinstance(wire, Wire)
        self.wire, self.clock, self.store = wire, clock, store
        self.answering = Answering(store, self.city.rules, {"twitter": wire}, clock)

    def asked(self, id: str = "m1", **more: Any) -> str:
        """A mention of this minute; returns its case's id."""
        self.city.say(mention(id, self.clock(), **more))
        return next(case.id for case in self.city.cases() if id in self.city.mentions(case))

    def history(self, case: str) -> Sequence[events.Recorded]:
        """A case's whole history."""
        with self.store.read() as tx:
            return events.of_case(tx, case)

    def told(self, case: str) -> list[tuple[str, str]]:
        """What it says of the case's answers: kinds and actors."""
        return [(event.kind, event.actor) for event in self.history(case) if "draft" in event.data]

    def drafts(self, case: str) -> list[drafts.Draft]:
        """A case's drafts."""
        with self.store.read() as tx:
            return self.answering.of_case(tx, case)

    def case(self, id: str) -> cases.Case:
        """A case as it stands."""
        with self.store.read() as tx:
            found = cases.get(tx, id)
        assert found is not None
        return found

    def together(self, *acts: Callable[[], object]) -> list[object]:
        """Let people act at one moment: each has looked before any goes on, and while one's answer is on its way the
        others are told. What each got, or was raised.
        """
        meeting, told = threading.Barrier(len(acts), timeout=60), threading.Event()
        self.wire.meets, self.wire.holds = meeting.wait, lambda: told.wait(10)
        got: list[object] = [None] * len(acts)

        def act(place: int) -> None:
            try:
                got[place] = acts[place]()
            except (BadRequest, Conflict) as error:
                got[place] = error
                told.set()

        threads = [threading.Thread(target=act, args=(place,)) for place in range(len(acts))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return got

    def sound(self) -> None:
        """The history tells what the rows say, and holds no word of any answer."""
        assert verify(self.store, self.city.rules, self.clock()).findings == ()
        with self.store.read() as tx:
            assert not [event for event in events.walk(tx) if TEXT in str(event.data)]


@pytest.fixture
def desk(tmp_path: Path, store: Store, clock: Clock) -> Iterator[Desk]:
    """Departments that post at once."""
    made = Desk(tmp_path, store, clock, eyes=False, more='[answers]\nautomatic = ["^\\\\[자동"]\n')
    yield made
    made.city.polling.drain()


@pytest.fixture
def careful(tmp_path: Path, store: Store, clock: Clock) -> Iterator[Desk]:
    """Departments that want a second pair of eyes."""
    made = Desk(tmp_path, store, clock, eyes=True)
    yield made
    made.city.polling.drain()


def test_an_answer_is_posted_and_the_clock_stops_at_once(desk: Desk) -> None:
    """To the newest mention, in the name of the account that was spoken to; the post is stored as if it were polled."""
    case = desk.asked()
    desk.clock.forward(minutes=5)
    desk.city.say(mention("m2", desk.clock(), conversation="m1", text="@dj_transport 아직도요?"))
    desk.clock.forward(minutes=5)
    draft = desk.answering.write(case, "kim", f"  {TEXT}\r\n끝 ")
    assert desk.wire.posted == [("1001", "m2", f"{TEXT}\n끝")]
    assert (draft.state, draft.posted_id, draft.to_post) == (DraftState.POSTED, "a1", "m2")
    after = desk.case(case)
    assert (after.state, after.answer, after.answered_at) == (State.ANSWERED, "a1", desk.clock())
    assert after.next_action_at is None
    assert desk.told(case) == [("draft_written", "kim"), ("answer_posted", "kim")]
    desk.sound()


def test_what_polling_brings_of_it_changes_nothing(desk: Desk) -> None:
    """The same post again is the same answer."""
    case = desk.asked()
    desk.answering.write(case, "kim", TEXT)
    before = desk.case(case)
    desk.city.say(answer("a1", mention("m1", desk.clock()), desk.clock(), TEXT))
    assert desk.case(case) == before


def test_a_final_answer_is_posted_too(desk: Desk) -> None:
    """What is owed after the first answer is a final one."""
    case = desk.asked()
    desk.city.say(answer("a0", mention("m1", desk.clock()), desk.clock()))
    desk.city.desk.ask_final(case, "kim", "사진은 나중에")
    desk.clock.forward(hours=2)
    desk.answering.write(case, "kim", TEXT)
    assert desk.case(case).final_answer == "a1"
    with pytest.raises(Conflict):
        desk.answering.write(case, "kim", "하나 더")
    desk.sound()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" \n ", "nothing"),
        ("가" * 41, "answer_long"),
        ("널\0", "control"),
        ("홀로 \ud800", "control"),
        ("[자동 응답] 접수되었습니다", "automatic"),
    ],
)
def test_what_cannot_be_posted_is_refused_before_anything_is_sent(desk: Desk, text: str, code: str) -> None:
    """The refusal says what to do in both languages; nothing is stored and nobody is asked."""
    case = desk.asked()
    with pytest.raises(BadRequest) as refused:
        desk.answering.write(case, "kim", text)
    assert (refused.value.code, refused.value.field) == (f"request.{code}", "text")
    said = {to_mend(Words(language), desk.city.rules, refused.value) for language in ("ko", "en")}
    assert len(said) == 2 and not said & {str(refused.value), ""}
    assert (desk.drafts(case), desk.wire.posted, desk.wire.looks) == ([], [], 0)


def test_who_and_where_are_checked(desk: Desk) -> None:
    """A stranger, an account without the leave to post, a case that is not there."""
    case = desk.asked()
    elsewhere = desk.asked("m9", addressed=("1002",))
    for id, by, code in ((case, "nobody", "unknown_staff"), (elsewhere, "kim", "request.no_way")):
        with pytest.raises(BadRequest) as refused:
            desk.answering.write(id, by, TEXT)
        assert refused.value.code == code
    with pytest.raises(UnknownCase):
        desk.answering.write("c0", "kim", TEXT)
    with pytest.raises(UnknownDraft):
        desk.answering.approve("d0", "kim")
    assert desk.answering.room(desk.case(case)) == Room(40, second_eyes=False)
    assert desk.answering.room(desk.case(elsewhere)) is None


# A second pair of eyes


def test_a_draft_waits_and_another_person_lets_it_go(careful: Desk) -> None:
    """Nothing is sent before; its author cannot be the second pair of eyes."""
    case = careful.asked()
    draft = careful.answering.write(case, "kim", TEXT)
    assert (draft.state, careful.wire.posted) == (DraftState.WAITING, [])
    assert careful.case(case).is_open
    with pytest.raises(BadRequest) as refused:
        careful.answering.approve(draft.id, "kim")
    assert refused.value.code == "request.draft_own" and careful.wire.posted == []
    careful.clock.forward(minutes=1)
    after = careful.answering.approve(draft.id, "park")
    assert (after.state, after.decided_by, after.posted_id) == (DraftState.POSTED, "park", "a1")
    assert careful.case(case).answered_at == careful.clock()
    told = [("draft_written", "kim"), ("draft_approved", "park"), ("answer_posted", "park")]
    assert careful.told(case) == told
    careful.sound()


def test_two_people_approve_at_once_and_one_answer_leaves(careful: Desk) -> None:
    """The first wins, the second is told what happened."""
    draft = careful.answering.write(careful.asked(), "kim", TEXT)
    got = careful.together(*(lambda by=by: careful.answering.approve(draft.id, by) for by in ("park", "choi")))
    assert len(careful.wire.posted) == 1
    (lost,) = [one for one in got if isinstance(one, Exception)]
    assert isinstance(lost, Conflict)
    with pytest.raises(Conflict) as late:
        careful.answering.reject(draft.id, "choi", "늦었나요?")
    history = careful.history(draft.case_id)
    first = {"park": "박팀장", "choi": "최과장"}[history[2].actor]
    said = why_not(Words("ko"), careful.city.rules, late.value, history, careful.clock())
    assert said == f"이미 처리된 답변입니다. {first} 님이 09:00에 승인했습니다."


def test_two_people_write_at_once_and_one_answer_leaves(desk: Desk) -> None:
    """Who comes second is told of the first, with their own words still before them."""
    case = desk.asked()
    got = desk.together(*(lambda by=by: desk.answering.write(case, by, f"{by}: {TEXT}") for by in ("kim", "lee")))
    assert len(desk.wire.posted) == 1
    assert [one.code for one in got if isinstance(one, Conflict)] == ["draft_first"]
    desk.sound()


def test_a_second_draft_comes_after_the_first(careful: Desk) -> None:
    """While one waits nobody writes another; rejected or taken back, the next may come."""
    case = careful.asked()
    first = careful.answering.write(case, "kim", TEXT)
    with pytest.raises(Conflict) as taken:
        careful.answering.write(case, "lee", TEXT)
    assert (taken.value.code, "kim" in str(taken.value)) == ("draft_first", True)
    with pytest.raises(BadRequest) as refused:
        careful.answering.reject(first.id, "park", " ")
    assert refused.value.code == "request.reason"
    rejected = careful.answering.reject(first.id, "park", "날짜가 틀렸습니다")
    assert (rejected.state, rejected.problem) == (DraftState.REJECTED, "날짜가 틀렸습니다")
    second = careful.answering.write(case, "lee", TEXT)
    with pytest.raises(BadRequest) as other:
        careful.answering.withdraw(second.id, "kim")
    assert other.value.code == "request.draft_others"
    assert careful.answering.withdraw(second.id, "lee").state is DraftState.WITHDRAWN
    with pytest.raises(Conflict):
        careful.answering.approve(second.id, "park")
    assert careful.told(case) == [
        ("draft_written", "kim"), ("draft_rejected", "park"), ("draft_written", "lee"), ("draft_withdrawn", "lee"),
    ]  # fmt: skip
    assert [one.text for one in careful.drafts(case)] == [TEXT, TEXT] and careful.wire.posted == []
    careful.sound()


def test_waiting_drafts_are_the_departments_own(careful: Desk) -> None:
    """They go with their case when it is transferred."""
    case = careful.asked()
    draft = careful.answering.write(case, "kim", TEXT)

    def waiting(*departments: str) -> list[str]:
        with careful.store.read() as tx:
            return [one.id for one in careful.answering.waiting(tx, departments or None)]

    assert waiting() == waiting("transport") == waiting("facility", "transport") == [draft.id]
    assert waiting("facility") == []
    careful.city.desk.transfer(case, "kim", "facility", "시설 소관")
    assert (waiting("transport"), waiting("facility")) == ([], [draft.id])
    careful.answering.withdraw(draft.id, "kim")
    assert waiting() == []


# What happened meanwhile


def test_a_colleague_answered_on_the_platform(desk: Desk) -> None:
    """The look before posting finds it: nothing is sent."""
    case = desk.asked()
    desk.wire.answers = [answer("a7", mention("m1", desk.clock()), desk.clock())]
    with pytest.raises(Conflict) as taken:
        desk.answering.write(case, "kim", TEXT)
    assert (taken.value.code, desk.wire.posted, desk.case(case).answer) == ("closed", [], "a7")


def test_a_draft_whose_case_was_closed_stays_with_its_words(careful: Desk) -> None:
    """Answered natively, or taken back by the citizen: the approval is refused, and nothing typed is lost."""
    for place, ends in enumerate(("answered", "deleted")):
        asked = f"m{place}"
        case = careful.asked(asked, author=f"citizen-{place}")
        draft = careful.answering.write(case, "kim", TEXT)
        careful.wire.answers, careful.wire.gone = [], set()
        if ends == "answered":
            of = mention(asked, careful.clock(), author=f"citizen-{place}")
            careful.wire.answers = [answer("a7", of, careful.clock())]
        else:
            careful.wire.gone = {asked}
        with pytest.raises(Conflict):
            careful.answering.approve(draft.id, "park")
        assert careful.case(case).state == ends
        assert [(one.state, one.text) for one in careful.drafts(case)] == [(DraftState.WAITING, TEXT)]
        with pytest.raises(Conflict):
            careful.answering.write(case, "lee", TEXT)
    assert careful.wire.posted == []
    careful.sound()


def test_an_answer_goes_to_a_mention_that_stands(careful: Desk) -> None:
    """The one it was written to, also when a newer one came; another where that is gone."""
    case = careful.asked()
    draft = careful.answering.write(case, "kim", TEXT)
    careful.clock.forward(minutes=1)
    careful.city.say(mention("m2", careful.clock(), conversation="m1"))
    careful.wire.gone = {"m1"}
    assert careful.answering.approve(draft.id, "park").to_post == "m2"
    assert careful.wire.posted == [("1001", "m2", TEXT)]
    again = careful.asked("m3", author="other")
    second = careful.answering.write(again, "kim", TEXT)
    careful.clock.forward(minutes=1)
    careful.city.say(mention("m4", careful.clock(), conversation="m3", author="other"))
    careful.answering.approve(second.id, "park")
    assert careful.wire.posted[-1] == ("1001", "m3", TEXT)


def test_a_platform_that_cannot_be_looked_at_is_answered_on_all_the_same(desk: Desk) -> None:
    """Whatever keeps us from looking, the answer leaves."""
    case = desk.asked()
    desk.wire.trouble = Unavailable("down")
    assert desk.answering.write(case, "kim", TEXT).state is DraftState.POSTED


# What goes wrong


@pytest.mark.parametrize("error", [Rejected, AuthFailed, RateLimited, Unavailable])
def test_a_refusal_is_told_with_its_reason(desk: Desk, error: type[Exception]) -> None:
    """Nothing stands there: the words are kept, the clock runs, and it may be written again."""
    case = desk.asked()
    desk.wire.fails = error("403 Forbidden duplicate content")
    draft = desk.answering.write(case, "kim", TEXT)
    assert (draft.state, draft.problem, draft.text) == (DraftState.FAILED, "403 Forbidden duplicate content", TEXT)
    assert desk.case(case).is_open
    desk.wire.fails = None
    assert desk.answering.write(case, "kim", f"{TEXT}.").state is DraftState.POSTED
    kinds = [kind for kind, _ in desk.told(case)]
    assert kinds == ["draft_written", "answer_failed", "draft_written", "answer_posted"]
    desk.sound()


@pytest.mark.parametrize("error", [Unknown("no whole answer in time"), KeyError("an error of ours")])
def test_a_lost_answer_is_unknown_and_never_sent_again(desk: Desk, error: Exception) -> None:
    """It is told on the case, and where it stands after all, polling stops the clock."""
    case = desk.asked()
    desk.wire.fails = error
    draft = desk.answering.write(case, "kim", TEXT)
    assert (draft.state, len(desk.wire.posted)) == (DraftState.UNKNOWN, 1)
    assert desk.told(case)[-1] == ("answer_unknown", "kim") and desk.case(case).is_open
    desk.clock.forward(minutes=10)
    desk.answering.give_up()
    with pytest.raises(Conflict):
        desk.answering.approve(draft.id, "park")
    assert len(desk.wire.posted) == 1 and [kind for kind, _ in desk.told(case)].count("answer_unknown") == 1
    desk.city.say(answer("a1", mention("m1", desk.clock()), desk.clock() - 9 * MINUTE, TEXT))
    assert desk.case(case).answer == "a1"
    desk.sound()


def test_a_process_that_slept_sends_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the commit and the request: by then others may have answered."""
    case = desk.asked()
    slept = posting.LATEST + timedelta(seconds=1)
    monkeypatch.setattr(posting, "failpoint", lambda _: desk.clock.forward(seconds=slept.total_seconds()))
    draft = desk.answering.write(case, "kim", TEXT)
    assert (draft.state, desk.wire.posted) == (DraftState.FAILED, [])
    assert "nothing was sent" in draft.problem


def test_what_a_dead_process_left_is_given_up_in_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not while its request may still be under way; who was only slow may still tell the truth."""
    case = desk.asked()

    def meanwhile(_: str) -> None:
        desk.clock.forward(seconds=20)
        desk.answering.give_up()
        assert desk.drafts(case)[0].state is DraftState.POSTING
        if desk.wire.posted:
            desk.clock.forward(minutes=3)
            desk.answering.give_up()
            assert desk.drafts(case)[0].state is DraftState.UNKNOWN

    monkeypatch.setattr(posting, "failpoint", meanwhile)
    assert desk.answering.write(case, "kim", TEXT).state is DraftState.POSTED
    told = [("draft_written", "kim"), ("answer_unknown", "clock"), ("answer_posted", "kim")]
    assert desk.told(case) == told
    assert desk.case(case).state is State.ANSWERED
    desk.sound()


def test_while_one_is_being_posted_no_other_is(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after its process died, until it is given up."""
    case = desk.asked()

    def dies(_: str) -> None:
        raise SystemExit

    with monkeypatch.context() as dying, pytest.raises(SystemExit):
        dying.setattr(posting, "failpoint", dies)
        desk.answering.write(case, "kim", TEXT)
    with pytest.raises(Conflict) as taken:
        desk.answering.write(case, "lee", TEXT)
    assert taken.value.code == "draft_first"
    desk.clock.forward(minutes=3)
    desk.answering.give_up()
    assert desk.answering.write(case, "lee", TEXT).state is DraftState.POSTED


def test_a_database_that_is_away_for_a_moment_forgets_no_answer(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came of it is known here alone."""
    case = desk.asked()
    away = iter([OperationalError("x", {}, Exception("away"))] * 2)
    plain = drafts.move

    def flaky(*given: Any, **more: Any) -> bool:
        for error in away:
            raise error
        return plain(*given, **more)

    monkeypatch.setattr(drafts, "move", flaky)
    assert desk.answering.write(case, "kim", TEXT).state is DraftState.POSTED
    assert len(desk.wire.posted) == 1 and desk.case(case).answer == "a1"


def test_an_answer_that_cannot_be_stored_was_posted_all_the_same(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The draft says so; the post comes by polling."""
    case = desk.asked()

    def broken(*_: Any, **__: Any) -> None:
        if desk.wire.posted:
            raise ValueError("no such post")

    monkeypatch.setattr(posting, "ingest", broken)
    draft = desk.answering.write(case, "kim", TEXT)
    assert (draft.state, draft.posted_id) == (DraftState.POSTED, "a1")
    assert desk.case(case).is_open


# Words


def test_words_are_purged_and_a_purged_draft_is_not_posted(careful: Desk) -> None:
    """Ids, times and decisions stay."""
    case = careful.asked()
    draft = careful.answering.write(case, "kim", TEXT)
    careful.clock.forward(days=1)
    with careful.store.write() as tx:
        assert drafts.purge(tx, draft.written_at) == 0
        assert drafts.purge(tx, careful.clock()) == 1
        assert drafts.purge(tx, careful.clock()) == 0
    assert careful.drafts(case) == [draft._replace(text="")]
    with pytest.raises(BadRequest) as refused:
        careful.answering.approve(draft.id, "park")
    assert refused.value.code == "request.nothing"


def test_saved_replies_speak_for_their_department(tmp_path: Path, store: Store, clock: Clock) -> None:
    """Everybody's and their own, in the order of the settings, each in the department's name."""
    replies = """
[[replies]]
id = "received"
title = "접수"
text = "{department}입니다. 확인하겠습니다."
[[replies]]
id = "lamp"
title = "가로등"
text = "수리반이 출동합니다."
departments = ["facility"]
"""
    desk = Desk(tmp_path, store, clock, eyes=False, more=replies)
    received = Saved("received", "접수", "교통정책과입니다. 확인하겠습니다.")
    assert desk.answering.replies("transport") == [received]
    assert [reply.text for reply in desk.answering.replies("facility")] == [
        "시설관리과입니다. 확인하겠습니다.", "수리반이 출동합니다.",
    ]  # fmt: skip
    desk.city.polling.drain()
