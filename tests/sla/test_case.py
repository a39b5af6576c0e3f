"""Turns: cases are a function of what is known, whatever the order it came in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla.actions import dismissed
from sla.case import Answer, Case, Closing, Conflict, Mention, State, Turn, followed, turns

START = datetime(2026, 11, 16, 3, 0, tzinfo=UTC)


def _at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def _mention(id: str, minutes: float, reply_to: str | None = None, gone: float | None = None) -> Mention:
    return Mention(id, _at(minutes), _at(minutes), reply_to, None if gone is None else _at(gone))


def _case(**values: object) -> Case:
    given_values = {
        "id": "c1", "platform": "twitter", "account": "1", "department": "d", "conversation": "v", "author": "a",
        "policy": "standard", "opened_at": _at(0), "found_at": _at(0), "deadline": _at(30), "next_action_at": _at(20),
        "version": 1,
    }  # fmt: skip
    return Case(**(given_values | values))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mentions", "answers", "expected"),
    [
        ([("m1", 0)], [], [("m1", None)]),
        ([("m1", 0), ("m2", 5)], [], [("m1 m2", None)]),
        ([("m1", 0), ("m2", 5)], [("a1", 6)], [("m1 m2", "a1")]),
        ([("m1", 0), ("m2", 5)], [("a1", 3)], [("m1", "a1"), ("m2", None)]),
        ([("m1", 0), ("m2", 5)], [("a1", 3), ("a2", 9), ("a3", 12)], [("m1", "a1"), ("m2", "a2")]),
        ([("m1", 5)], [("a1", 3)], [("m1", None)]),
        ([("m1", 5)], [("a1", 5)], [("m1", "a1")]),
    ],
)
def test_rows_2_and_3_turns(
    mentions: list[tuple[str, float]], answers: list[tuple[str, float]], expected: list[tuple[str, str | None]]
) -> None:
    """Follow-ups before an answer are one turn, after it the next; an answer in the same second counts."""
    found = turns([_mention(*m) for m in mentions], [Answer(id, _at(at)) for id, at in answers])
    assert [
        (" ".join(m.id for m in turn.mentions), turn.closer.id if isinstance(turn.closer, Answer) else None)
        for turn in found
    ] == expected


def test_a_reply_to_an_answer_in_the_same_second_comes_after_it() -> None:
    """Whole seconds: a "thanks, but…" that replies to the answer is not what the answer answered."""
    found = turns([_mention("m1", 0), _mention("m2", 3, reply_to="a1")], [Answer("a1", _at(3))])
    assert [len(turn.mentions) for turn in found] == [1, 1]
    assert found[1].closer is None


def test_row_17_a_closing_covers_only_what_the_person_had_before_them() -> None:
    """A mention that came later is a turn of its own, also when it was written earlier."""
    closing = Closing("c1", _at(10), frozenset({"m1"}))
    found = turns([_mention("m1", 0), _mention("m2", 5)], [], [closing])
    assert [(turn.mentions[0].id, turn.closer) for turn in found] == [("m1", closing), ("m2", None)]


def test_what_came_first_closes() -> None:
    """An answer found late but given before the dismissal wins; one given after it changes nothing."""
    closing = Closing("c1", _at(10), frozenset({"m1"}))
    early, late = Answer("a1", _at(9)), Answer("a2", _at(11))
    assert turns([_mention("m1", 0)], [early], [closing])[0].closer == early
    assert turns([_mention("m1", 0)], [late], [closing])[0].closer == closing


_posts = st.lists(st.tuples(st.sampled_from(["mention", "answer"]), st.integers(0, 12)), min_size=1, max_size=14).map(
    lambda rows: [(kind, f"{kind[0]}{n}", minute) for n, (kind, minute) in enumerate(rows)]
)


@given(_posts, st.randoms(use_true_random=False))
def test_any_order_gives_the_same_turns(posts: list[tuple[str, str, int]], random: object) -> None:
    """Newest first, late, answer before question: a pure function of the set."""
    shuffled = list(posts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    def work_out(rows: list[tuple[str, str, int]]) -> set[tuple[frozenset[str], str | None]]:
        found = turns(
            [_mention(id, at) for kind, id, at in rows if kind == "mention"],
            [Answer(id, _at(at)) for kind, id, at in rows if kind == "answer"],
        )
        return {
            (frozenset(m.id for m in turn.mentions), turn.closer.id if isinstance(turn.closer, Answer) else None)
            for turn in found
        }

    assert work_out(posts) == work_out(shuffled)


@given(_posts)
def test_turns_keep_every_mention_once(posts: list[tuple[str, str, int]]) -> None:
    """No mention is lost or counted twice, and no turn is closed by an answer older than its last mention."""
    mentions = [_mention(id, at) for kind, id, at in posts if kind == "mention"]
    found = turns(mentions, [Answer(id, _at(at)) for kind, id, at in posts if kind == "answer"])
    assert sorted(m.id for turn in found for m in turn.mentions) == sorted(m.id for m in mentions)
    for turn in found:
        if isinstance(turn.closer, Answer):
            assert turn.closer.created_at >= turn.mentions[-1].created_at
    assert sum(turn.closer is None for turn in found) <= 1


def test_following_twice_changes_nothing() -> None:
    """The same posts again are no news: no event, no new version."""
    turn = Turn((Mention("m1", _at(0), _at(0), case="c1"),), Answer("a1", _at(5)))
    once = followed(_case(), turn, _at(30), _at(6))
    assert [event.kind for event in once.events] == ["answered"]
    assert followed(once.case, turn, _at(30), _at(7)).events == ()


def test_row_16_deleted_then_seen_again_opens_again() -> None:
    """An index that lagged is no deletion for ever."""
    gone = Turn((Mention("m1", _at(0), _at(0), gone_at=_at(5), case="c1"),), None)
    deleted = followed(_case(), gone, _at(30), _at(5)).case
    assert deleted.state is State.DELETED
    back = Turn((Mention("m1", _at(0), _at(0), case="c1"),), None)
    assert followed(deleted, back, _at(30), _at(6)).case.state is State.OPEN


def test_a_closed_case_takes_no_action() -> None:
    """The second of two people is told what happened."""
    ended = dismissed(_case(), "kim", "spam", _at(3)).case
    with pytest.raises(Conflict, match="dismissed"):
        dismissed(ended, "lee", "spam", _at(4))
