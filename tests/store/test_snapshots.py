"""Reports that were kept: one a week, in order, and not even by hand to be changed."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from monitor.store import snapshots
from monitor.store.engine import Store
from monitor.store.snapshots import Kept, Snapshot
from tests.conftest import START

WEEKS = ("2026-W52", "2026-W53", "2027-W01")


def _snapshot(week: str, made_by: str = "clock") -> Snapshot:
    return Snapshot(week, START, made_by, 7, "f" * 64, "a" * 64, '{"week": "교통"}\n')


@pytest.fixture
def kept(store: Store) -> Store:
    """A store with three reports, kept in no order."""
    with store.write() as tx:
        for week in (WEEKS[1], WEEKS[2], WEEKS[0]):
            assert snapshots.add(tx, _snapshot(week))
    return store


def test_what_was_kept_is_found_again(kept: Store) -> None:
    """Whole by its week; the list, newest first, without what they say; those before a week across a year's end."""
    with kept.read() as tx:
        assert snapshots.get(tx, "2026-W53") == _snapshot("2026-W53")
        assert snapshots.get(tx, "2026-W51") is None
        found = snapshots.latest(tx, 2)
        assert [type(one) for one in found] == [Kept, Kept]
        assert [one.week for one in found] == ["2027-W01", "2026-W53"]
        assert [one.week for one in snapshots.latest(tx)] == [*reversed(WEEKS)]
        assert snapshots.before(tx, "2027-W01") == [_snapshot("2026-W53"), _snapshot("2026-W52")]
        assert [one.week for one in snapshots.before(tx, "2027-W01", 1)] == ["2026-W53"]


def test_the_first_one_stays(kept: Store) -> None:
    """A second of the same week is not kept."""
    with kept.write() as tx:
        assert not snapshots.add(tx, _snapshot("2026-W53", "kim"))
        assert snapshots.get(tx, "2026-W53") == _snapshot("2026-W53")


def test_of_two_nodes_at_once_one_wins(store: Store, database: str) -> None:
    """The later one waits for the earlier one's commit and then keeps nothing."""
    won: list[bool] = []
    with closing(Store(database)) as second:

        def rival() -> None:
            with second.write() as tx:
                won.append(snapshots.add(tx, _snapshot("2026-W47", "second")))

        thread = threading.Thread(target=rival)
        with store.write() as tx:
            assert snapshots.add(tx, _snapshot("2026-W47", "first"))
            thread.start()
        thread.join()
    assert won == [False]
    with store.read() as tx:
        assert [one.made_by for one in snapshots.latest(tx)] == ["first"]


@pytest.mark.parametrize("change", ["UPDATE snapshots SET sha256 = 'b'", "DELETE FROM snapshots WHERE week < '2027'"])
def test_the_database_refuses_every_change(kept: Store, change: str) -> None:
    """Whoever asks, and by whatever program."""
    with pytest.raises(DatabaseError, match="never changed"), kept.write() as tx:
        tx.execute(text(change))
    with kept.read() as tx:
        assert snapshots.get(tx, "2026-W52") == _snapshot("2026-W52")
        assert len(snapshots.latest(tx)) == len(WEEKS)
