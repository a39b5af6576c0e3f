"""Incidents as their viewers see them: those of their departments, and of what they share only the own part."""

from __future__ import annotations

import pytest

from monitor.store import incidents
from monitor.store.engine import Store
from sla.case import Event
from sla.incident import Incident, Moved
from tests.store.made import START, case, keep, post


@pytest.mark.parametrize(("departments", "seen"), [
    (None, ["i2", "i1"]), (frozenset({"transport"}), ["i2", "i1"]), (frozenset({"facility"}), ["i2"]),
    (frozenset({"env"}), []), (frozenset(), []),
])  # fmt: skip
def test_who_sees_which(store: Store, departments: frozenset[str] | None, seen: list[str]) -> None:
    """Who answers for one sees it, and who has cases in it; of the cases and posts, their own."""
    made = [
        case("c1", incident="i1"), case("c2", incident="i2"), case("c3", incident="i2", department="facility"),
        case("c4", department="env"),
    ]  # fmt: skip
    keep(store, made, [post(f"p{one.id}", one.id) for one in made])
    with store.write() as tx:
        for id in ("i1", "i2"):
            incident = Incident(id, "keyword", "화재", "transport", "kim", START, START)
            incidents.save(tx, Moved(incident, Event("incident_opened", START, "clock", {"incident": id})))
    of = {"c2": "transport", "c3": "facility"}
    own = [id for id, department in of.items() if departments is None or department in departments]
    with store.read() as tx:
        assert [one.id for one in incidents.latest(tx, 10, departments)] == seen
        assert [id for id in ("i2", "i1") if incidents.get(tx, id, departments)] == seen
        assert incidents.case_ids(tx, "i2", departments) == own
        assert sorted(one.case_id for one in incidents.posts_of(tx, "i2", 10, departments)) == own
