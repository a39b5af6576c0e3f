"""Who is told: roles, deputies, levels without anyone, and that somebody always is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.duty import ROLES, Department, StandIn, Told, assignee, on_duty, recipients, resolve

TRANSPORT = Department("transport", "교통정책과", "standard", ("kim", "lee"), "park", "choi")
LADDER = (("assignee",), ("assignee", "manager"), ("head",))


def all_but(*absent: str, **deputies: str) -> StandIn:
    """Everybody is there but these, in whose place the deputies stand."""
    return lambda person: deputies.get(person) if person in absent else person


@pytest.mark.parametrize(
    ("absent", "expected"),
    [((), "kim"), (("kim",), "lee"), (("lee",), "kim"), (("kim", "lee"), None)],
)
def test_on_duty_is_the_first_available(absent: tuple[str, ...], expected: str | None) -> None:
    """The designated person, else the deputies in order, else nobody."""
    assert on_duty(TRANSPORT, all_but(*absent)) == expected


@pytest.mark.parametrize(
    ("claimed", "absent", "expected"),
    [
        (None, (), "kim"),
        ("yoon", (), "yoon"),
        ("lee", ("kim",), "lee"),
        ("yoon", ("yoon", "kim"), "lee"),
        ("yoon", ("yoon", "kim", "lee"), None),
    ],
)
def test_assignee(claimed: str | None, absent: tuple[str, ...], expected: str | None) -> None:
    """Who claimed the case, of this department or not, else who is on duty."""
    assert assignee(TRANSPORT, claimed, all_but(*absent)) == expected


def test_row_37_what_an_absent_person_claimed_returns_to_the_duty() -> None:
    """Nobody stands in for a person who left: the alert of their case goes to who is on duty."""
    told = recipients(LADDER, 1, (), TRANSPORT, "yoon", "ops", all_but("yoon"))
    assert told == Told(("kim",))


@pytest.mark.parametrize(
    ("roles", "absent", "expected"),
    [
        (("assignee",), (), ("yoon",)),
        (("duty",), (), ("kim",)),
        (("manager",), (), ("park",)),
        (("head",), (), ("choi",)),
        (("root",), (), ("ops",)),
        (("staff:han",), (), ("han",)),
        (("head", "manager", "assignee"), (), ("choi", "park", "yoon")),
        (("duty", "assignee", "staff:kim", "manager"), ("yoon",), ("kim", "park")),
        (("manager", "head", "staff:han"), ("park", "choi", "han"), ()),
        (("root", "staff:ops"), ("ops",), ("ops",)),
        (("staff:ops",), ("ops",), ()),
        ((), (), ()),
    ],
)
def test_resolve(roles: tuple[str, ...], absent: tuple[str, ...], expected: tuple[str, ...]) -> None:
    """Each role names its person, in order and once; the absent are left out, but never the root contact."""
    assert resolve(roles, TRANSPORT, "yoon", "ops", all_but(*absent)) == expected


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("assignee", "han"),
        ("duty", "lee"),
        ("manager", "han"),
        ("head", "park"),
        ("staff:yoon", "han"),
        ("root", "ops"),
    ],
)
def test_a_deputy_stands_in_in_every_role(role: str, expected: str) -> None:
    """Who claimed it, who is on duty, manager, head, a named person: a deputy takes the place; never the root's."""
    away = all_but("kim", "park", "choi", "yoon", "ops", yoon="han", kim="lee", park="han", choi="park", ops="han")
    assert resolve((role,), TRANSPORT, "yoon", "ops", away) == (expected,)


def test_the_first_persons_deputy_comes_before_the_second_person() -> None:
    """A leave with a deputy changes who has the duty, not its order."""
    assert on_duty(TRANSPORT, all_but("kim", kim="han")) == "han"


def test_a_deputy_who_is_told_already_is_told_once() -> None:
    """The head stands in for the manager and hears of it once."""
    assert resolve(("manager", "head"), TRANSPORT, None, "ops", all_but("park", park="choi")) == ("choi",)


def test_resolve_without_superiors() -> None:
    """A department may have neither manager nor head."""
    alone = Department("facility", "시설관리과", "standard", ("lee",))
    assert resolve(("manager", "head", "duty"), alone, None, "ops", all_but()) == ("lee",)


@pytest.mark.parametrize("role", ["boss", "", "Staff:kim"])
def test_unknown_role_is_an_error(role: str) -> None:
    """A role that nobody wrote a meaning for is not silently nobody."""
    with pytest.raises(ValueError, match="role"):
        resolve(("manager", role), TRANSPORT, None, "ops", all_but())


@pytest.mark.parametrize(
    ("level", "overtaken", "expected"),
    [
        (1, (), ("kim",)),
        (2, (), ("kim", "park")),
        (2, (1,), ("kim", "park")),
        (3, (), ("choi",)),
        (3, (1, 2), ("choi", "kim", "park")),
        (3, (2, 1), ("choi", "kim", "park")),
        (3, (1,), ("choi", "kim")),
    ],
)
def test_row_23_recipients_of_overtaken_levels_are_told_too(
    level: int, overtaken: tuple[int, ...], expected: tuple[str, ...]
) -> None:
    """The level's own people come first, then those of the levels between, each once."""
    assert recipients(LADDER, level, overtaken, TRANSPORT, None, "ops", all_but()) == Told(expected)


def test_row_23_overtaken_levels_follow_in_their_own_order() -> None:
    """The ladder's order counts, not that in which the levels were found."""
    ladder = (("manager",), ("duty",), ("head",))
    assert recipients(ladder, 3, (2, 1), TRANSPORT, None, "ops", all_but()) == Told(("choi", "park", "kim"))


@pytest.mark.parametrize(
    ("level", "overtaken", "absent", "expected"),
    [
        (1, (), ("kim", "lee"), Told(("park",), (1,))),
        (1, (), ("kim", "lee", "park"), Told(("choi",), (1, 2))),
        (1, (), ("kim", "lee", "park", "choi"), Told(("ops",), (1, 2, 3))),
        (3, (), ("choi",), Told(("ops",), (3,))),
        (3, (), ("choi", "ops"), Told(("ops",), (3,))),
        (2, (), ("park",), Told(("kim",))),
        (3, (1, 2), ("kim", "lee"), Told(("choi", "park"), (1,))),
        (3, (1, 2), ("kim", "lee", "park", "choi"), Told(("ops",), (1, 2, 3))),
    ],
)
def test_row_24_nobody_on_duty_hands_the_alert_to_the_next_step(
    level: int, overtaken: tuple[int, ...], absent: tuple[str, ...], expected: Told
) -> None:
    """A level without anyone is skipped at once, and after the last step the root contact is told."""
    assert recipients(LADDER, level, overtaken, TRANSPORT, None, "ops", all_but(*absent)) == expected


def test_row_24_after_the_last_step_the_root_contact_is_told() -> None:
    """The level above the ladder is the root contact's, and so is every level of an empty one."""
    assert recipients(LADDER, 4, (), TRANSPORT, None, "ops", all_but()) == Told(("ops",))
    assert recipients((), 1, (), TRANSPORT, None, "ops", all_but()) == Told(("ops",))


@pytest.mark.parametrize(("level", "overtaken"), [(0, ()), (-1, ()), (2, (0,))])
def test_level_below_one_is_an_error(level: int, overtaken: tuple[int, ...]) -> None:
    """No step fired is level 0: it tells nobody, and must not be taken for the last step."""
    with pytest.raises(ValueError, match="count from 1"):
        recipients(LADDER, level, overtaken, TRANSPORT, None, "ops", all_but())


PEOPLE = ["kim", "lee", "park", "choi", "yoon", "ops"]
SOMEBODY = st.none() | st.sampled_from(PEOPLE)
ANY_ROLE = st.sampled_from([*sorted(ROLES), *(f"staff:{person}" for person in PEOPLE)])
DEPARTMENTS = st.builds(
    Department,
    id=st.just("any"),
    name=st.just("any"),
    policy=st.just("standard"),
    duty=st.lists(st.sampled_from(PEOPLE), max_size=3).map(tuple),
    manager=SOMEBODY,
    head=SOMEBODY,
)


@settings(deadline=None)
@given(
    ladder=st.lists(st.lists(ANY_ROLE, max_size=3), max_size=4),
    level=st.integers(1, 5),
    overtaken=st.lists(st.integers(1, 4), max_size=3),
    department=DEPARTMENTS,
    claimed=SOMEBODY,
    absent=st.frozensets(st.sampled_from(PEOPLE)),
)
def test_somebody_is_always_told_once_and_in_the_same_order(
    ladder: list[list[str]],
    level: int,
    overtaken: list[int],
    department: Department,
    claimed: str | None,
    absent: frozenset[str],
) -> None:
    """Never silence, no duplicates, nobody absent but the root contact, and no order of the overtaken matters."""
    standing = all_but(*absent)
    told = recipients(ladder, level, overtaken, department, claimed, "ops", standing)
    assert told.people
    assert len(set(told.people)) == len(told.people)
    assert not absent.intersection(told.people) - {"ops"}
    assert told == recipients(ladder, level, sorted(overtaken, reverse=True), department, claimed, "ops", standing)
    assert all(not resolve(ladder[number - 1], department, claimed, "ops", standing) for number in told.skipped)
    own = recipients(ladder, level, (), department, claimed, "ops", standing).people
    assert told.people[: len(own)] == own
