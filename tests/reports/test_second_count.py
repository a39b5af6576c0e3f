"""Whatever a city lives through, the report's every number is that of another counter (SEMANTICS row 35)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from monitor.reports.document import Document
from monitor.reports.outcomes import Outcomes
from monitor.reports.seal import Sealer
from monitor.reports.week import count_week, weekly
from monitor.rules import Rules
from monitor.store import events, migrate, outcomes
from monitor.store.engine import Store
from sla.week import Week
from tests.city import City, mention
from tests.proof.live import careless
from tests.proof.world import Faults
from tests.reports.courses import Course, rules_of
from tests.reports.second_count import second_count

NOT_OF_CASES = ("coverage", "blind_seconds", "trend", "department", "name", "accounts")
Promises = tuple[dict[str, Rules], dict[str, Rules]]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that the courses share, each emptying it first: SQLite, for there are many."""
    made = Store(f"sqlite:///{tmp_path_factory.mktemp('second') / 'monitor.db'}")
    careless(made)
    migrate.upgrade(made, datetime(2026, 10, 1, tzinfo=UTC))
    yield made
    made.close()


@pytest.fixture(scope="module")
def promises(tmp_path_factory: pytest.TempPathFactory) -> Promises:
    """The rules by zone, and others that the city may change to."""
    folder = tmp_path_factory.mktemp("rules")
    return rules_of(folder, "always", "30m"), rules_of(folder, "office", "45m")


@pytest.mark.parametrize("seed", [9, 13, 16, 21, 32, 45, 56, 214])
def test_any_course_is_counted_the_same_three_times(shared: Store, promises: Promises, seed: int) -> None:
    """By what is kept of the cases, by their histories, and by a counter that knows nothing of either."""
    lived_and_counted(Course(shared, *promises, seed))


def test_so_it_is_on_each_kind_of_database(store: Store, promises: Promises) -> None:
    """What is kept is added up by the database itself."""
    lived_and_counted(Course(store, *promises, 16))


def lived_and_counted(course: Course) -> None:
    """Count at several moments, whether or not what is kept is up to them."""
    with Faults() as faults:
        for _ in range(4):
            course.live(10)
            if course.chance.random() < 0.6:
                keep(course)
            agrees(course)
        course.clock.forward(hours=24 * 9)  # final answers are missed, and no event says so
        agrees(course)
    assert faults.found == []


def keep(course: Course) -> None:
    """What is kept of the cases goes on, not always to its end."""
    town, batch, batches = course.town, course.chance.choice([5, 500]), course.chance.choice([1, 3, 20])
    Sealer(town.store, course.clock).run()
    Outcomes(town.store, town.rules, course.clock, batch=batch).run(batches)


def agrees(course: Course) -> None:
    """All three counts are one, of every week that there was."""
    town, now = course.town, course.clock()
    for week in sorted(course.weeks):
        fast = weekly(town.store, town.rules, week, now)
        with town.store.read() as tx:
            events.freeze(tx)
            slow = count_week(tx, town.rules, Week.parse(week), now, recount=True)
            again = second_count(tx, town.rules, week, now)
        assert fast == slow
        assert list(differing(figures(slow), again)) == []


def figures(document: Document) -> dict[str, Any]:
    """What the second counter counts too, without departments that had nothing."""
    parts = {one.department: _plain(one) for one in document.departments}
    return {
        "total": _plain(document.total), "unchecked": document.unchecked,
        "departments": {
            id: of for id, of in parts.items() if of["cases"] or of["legs"]["received"] or of["legs"]["handed_over"]
        },
        "topics": [one.to_dict() for one in document.topics],
    }  # fmt: skip


def _plain(part: Any) -> dict[str, Any]:
    return {name: value for name, value in part.to_dict().items() if name not in NOT_OF_CASES}


def differing(told: Any, again: Any, where: str = "") -> Iterator[str]:
    """Each figure that is another one, by its name; the last digits of a floating point number apart."""
    if isinstance(told, dict) and isinstance(again, dict):
        for name in {*told, *again}:
            yield from differing(told.get(name, "not there"), again.get(name, "not there"), f"{where}.{name}")
    elif isinstance(told, list) and isinstance(again, list) and len(told) == len(again):
        for place, (one, other) in enumerate(zip(told, again, strict=True)):
            yield from differing(one, other, f"{where}[{place}]")
    elif told != (pytest.approx(again, abs=1e-9) if isinstance(again, float) else again):
        yield f"{where} is {told} in the report, and {again}"


def test_of_two_nodes_on_one_postgresql_the_second_waits_for_the_first(
    town: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else both would find the same place to go on from, and the second would stumble over the first one's rows."""
    town.say(mention("m1", town.clock()))
    Sealer(town.store, town.clock).run()
    put, free = outcomes.put, list[bool]()

    def look(tx: Any, *given: Any) -> None:
        if tx.dialect.name == "postgresql":
            with town.store.read() as other:
                query = "SELECT pg_try_advisory_xact_lock(hashtextextended('outcomes', 0))"
                free.append(other.exec_driver_sql(query).scalar_one())
        put(tx, *given)

    monkeypatch.setattr(outcomes, "put", look)
    Outcomes(town.store, town.rules, town.clock).run()
    assert free == ([] if town.store.is_sqlite else [False])
