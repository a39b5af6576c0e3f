"""Tampering of every kind is found, and what cannot be proved is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from monitor.reports.seal import Sealer
from monitor.reports.verify import Verdict, verify
from monitor.store import migrate, seals
from monitor.store.engine import Store
from sla.week import UnknownWeek
from tests.city import MINUTE, City, answer, build, mention
from tests.histories import START
from tests.support import Clock


@pytest.fixture
def sealed(town: City) -> City:
    """A city with some history under three seals: 11 events in blocks of 5, and nothing unsealed."""
    return with_history(town)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> City:
    """The same on SQLite, made once, to be copied."""
    folder = tmp_path_factory.mktemp("original")
    store = Store(f"sqlite:///{folder / 'monitor.db'}")
    migrate.upgrade(store, START)
    return with_history(build(folder, store, Clock(START)))


def with_history(town: City) -> City:
    """Let something happen, and seal it."""
    start = town.clock()
    for number in range(5):
        asked = mention(f"m{number}", start + number * MINUTE, author=f"p{number}")
        town.say(asked, *([answer(f"a{number}", asked, start + 25 * MINUTE)] if number % 2 else []))
    town.tick(minutes=31)
    seal(town)
    return town


def seal(town: City) -> None:
    """Seal all there is."""
    sealer = Sealer(town.store, town.clock, block=5)
    while sealer.run():
        pass


def checked(town: City, head: str | None = None, week: str | None = None) -> Verdict:
    """What `verify` finds."""
    return verify(town.store, town.rules, town.clock(), week, head)


def change(store: Store, *statements: str) -> None:
    """Change the database behind the program's back."""
    with store.write() as tx:
        for statement in statements:
            tx.execute(text(statement))


def heads(store: Store) -> list[str]:
    """Every head of the chain."""
    with store.read() as tx:
        return [seal.head for seal in seals.walk(tx)]


def test_an_honest_history_is_well(sealed: City) -> None:
    """Against the head that was printed nothing is left unproved; without one the end is."""
    head = heads(sealed.store)[-1]
    found = checked(sealed, head)
    assert (found.ok, found.findings, found.unproved, found.head) == (True, (), (), head)
    assert found.events == len(sealed.events())
    (unproved,) = checked(sealed).unproved
    assert "cut off" in unproved


def test_both_counts_agree_at_the_deadlines_own_instant(town: City) -> None:
    """The deadline has come for both, decided or not."""
    town.say(mention("m1", town.clock()))
    town.clock.forward(minutes=30)
    assert checked(town).findings == ()


def test_what_is_not_sealed_yet_is_said(sealed: City) -> None:
    """And what came after the head that is known elsewhere."""
    head = heads(sealed.store)[-1]
    sealed.say(mention("m9", sealed.clock(), author="p9"))
    assert [line for line in checked(sealed, head).unproved if "1 events after" in line]
    seal(sealed)
    (unproved,) = checked(sealed, head).unproved
    assert "vouches for events up to" in unproved


def test_nothing_at_all_is_well(town: City) -> None:
    """An empty history has no head."""
    found = checked(town)
    assert (found.ok, found.head, found.events) == (True, "", 0)


MOVE = "UPDATE events SET id = {to} WHERE id = {id}"
SQLS: dict[str, tuple[list[str], str]] = {
    "edit of the data": (["UPDATE events SET data = replace(data, '1001', '1002') WHERE id = 7"], "block 2 .*edited"),
    "edit by white space": (["UPDATE events SET data = data || ' ' WHERE id = 1"], "block 1 .*edited"),
    "edit of the instant": (["UPDATE events SET at = at - 1 WHERE id = 7"], "block 2 .*edited"),
    "edit of the actor": (["UPDATE events SET actor = 'kim' WHERE id = 3"], "block 1 .*edited"),
    "edit of the kind": (["UPDATE events SET kind = 'noted' WHERE id = 3"], "block 1 .*edited"),
    "edit of the case": (["UPDATE events SET case_id = 'c0' WHERE id = 3"], "block 1 .*edited"),
    "no JSON any more": (["UPDATE events SET data = 'gone' WHERE id = 1"], "no JSON"),
    "delete": (["DELETE FROM events WHERE id = 7"], "block 2 .*deleted"),
    "delete of the first": (["DELETE FROM events WHERE id = 1"], "block 1 .*deleted"),
    "delete of a whole block": (["DELETE FROM events WHERE id BETWEEN 6 AND 10"], "block 2 .*deleted"),
    "insert before all": (
        ["INSERT INTO events (id, case_id, kind, at, actor, data) VALUES (-1, NULL, 'gap', 0, 'clock', '{}')"],
        "block 1 .*inserted",
    ),
    "insert in place of another": (
        ["DELETE FROM events WHERE id = 7",
         "INSERT INTO events (id, case_id, kind, at, actor, data) VALUES (7, NULL, 'noted', 0, 'clock', '{}')"],
        "block 2 .*edited",
    ),
    "reorder within a block": (
        [MOVE.format(id=7, to=-7), MOVE.format(id=8, to=7), MOVE.format(id=-7, to=8)], "block 2 .*reordered",
    ),
    "reorder across blocks": (
        [MOVE.format(id=5, to=-5), MOVE.format(id=6, to=5), MOVE.format(id=-5, to=6)], "block 1 .*reordered",
    ),
    "a seal's head": (["UPDATE seals SET head = 'ab' WHERE number = 2"], "block 2 .*or a seal was"),
    "a seal's first event": (["UPDATE seals SET first_event = 5 WHERE number = 2"], "block 2 .*other events"),
    "a seal's last event": (["UPDATE seals SET last_event = 9 WHERE number = 2"], "block 2 .*deleted"),
    "a seal's count": (["UPDATE seals SET count = 4 WHERE number = 2"], "block 2 .*inserted"),
    "a seal taken out": (["DELETE FROM seals WHERE number = 2"], "seals 2 to 2 are gone"),
    "everything, and a seal over nothing": (
        ["DELETE FROM events", "DELETE FROM seals WHERE number > 1",
         f"UPDATE seals SET count = 0, head = '{seals.digest('', [])}'"],
        "block 1 .*0 events were sealed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SQLS)
def test_tampering_is_found(original: City, tmp_path: Path, kind: str) -> None:
    """Whatever was done to what is sealed, and where. On SQLite: test_seal shows that heads are the same on both."""
    statements, finding = SQLS[kind]
    assert original.store.path is not None
    migrate.backup(original.store.path, tmp_path / "copy.db")
    copy = Store(f"sqlite:///{tmp_path / 'copy.db'}")
    assert verify(copy, original.rules, original.clock()).ok
    change(copy, *statements)
    found = verify(copy, original.rules, original.clock())
    copy.close()
    assert not found.ok
    assert any(re.search(finding, line) for line in found.findings), found.findings


def cut(store: Store) -> None:
    """Take away the last block and its seal, as if they had never been."""
    change(store, "DELETE FROM events WHERE id > 10", "DELETE FROM seals WHERE number > 2")


def rewrite(store: Store) -> None:
    """Edit an event and seal everything anew."""
    change(store, "UPDATE events SET actor = 'kim' WHERE id = 3", "DELETE FROM seals")


@pytest.mark.parametrize("forge", [cut, rewrite])
def test_what_the_chain_cannot_show_a_head_known_elsewhere_does(sealed: City, forge: Callable[[Store], None]) -> None:
    """The chain is whole by itself; against the head that was printed it is not."""
    head = heads(sealed.store)[-1]
    forge(sealed.store)
    seal(sealed)
    assert not [line for line in checked(sealed).findings if "block" in line or "seal" in line]
    assert "whether the end was cut off" in checked(sealed).unproved[-1]
    assert [line for line in checked(sealed, head).findings if head in line]


def test_rows_that_differ_from_their_history_are_named(sealed: City) -> None:
    """A case made to look answered: named with what differs, and the week's numbers with both counts."""
    unanswered = sealed.cases()[0]
    change(sealed.store, "UPDATE cases SET state = 'answered', answered_at = opened_at, outcome = 'platform'"
                         f" WHERE id = '{unanswered.id}'")  # fmt: skip
    found = checked(sealed)
    assert f"case {unanswered.id}: state is open by its events and answered in its row" in found.findings
    assert "2026-W47, transport: met is 2 by the events and 3 by the cases" in found.findings
    assert "2026-W47, transport: missed is 1 by the events and 0 by the cases" in found.findings
    other = checked(sealed, week="2026-W20")
    assert [line for line in other.findings if unanswered.id in line]
    assert not [line for line in other.findings if "W47" in line]


def test_a_row_that_is_gone_and_a_history_that_is_gone_are_named(sealed: City) -> None:
    """Events without a case, and a case without events."""
    first, second = sealed.cases()[:2]
    change(
        sealed.store,
        f"DELETE FROM cases WHERE id = '{first.id}'",
        f"DELETE FROM events WHERE case_id = '{second.id}'",
    )
    found = checked(sealed).findings
    assert f"case {first.id}: events tell of it, and it has no row" in found
    assert f"case {second.id}: its history lacks its beginning, or cannot be read" in found


def test_a_flood_of_findings_is_cut(sealed: City) -> None:
    """The first are named, the rest are counted."""
    change(sealed.store, "UPDATE cases SET deadline = deadline + 1, found_at = 0, opened_at = opened_at + 1,"
                         " department = 'water', outcome = 'odd'")  # fmt: skip
    assert [line for line in checked(sealed).findings if line == "… and 5 more like these"]


def test_a_week_there_is_not_is_refused(town: City) -> None:
    """As for the report."""
    with pytest.raises(UnknownWeek):
        checked(town, week="2026-W60")
