"""The demo's citizens and the plan of a run: the same for the same seed, and what it is meant to be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import takewhile
from pathlib import Path
from random import Random

import pytest

from config import load
from monitor.demo.citizens import POPULATION, SNOW, TOPICS, Citizen, Citizens
from monitor.demo.story import Acknowledged, Act, Answered, Dismissed, Outage, Said, Story, TakenBack
from monitor.privacy import mask
from monitor.rules import Rules
from tests.support import city

SHIPPED = Path(__file__).parents[2] / "monitor.toml"


@pytest.fixture(scope="module")
def rules() -> Rules:
    """The shipped settings as the engine asks them."""
    return Rules(load(SHIPPED, environ={}, demo=True))


def hours(rules: Rules, seed: int, count: float) -> list[Act]:
    """The first acts of a story."""
    story = Story(rules, seed, "감사 인사")
    return list(takewhile(lambda act: act.after < timedelta(hours=count), story.acts()))


def every(acts: list[Act] | tuple[Act, ...]) -> Iterator[Act]:
    """Those and all that hang below them."""
    for act in acts:
        yield act
        yield from every(act.then)


def test_same_seed_same_story(rules: Rules) -> None:
    """A run can be had again; another seed is another day."""
    assert hours(rules, 7, 3) == hours(rules, 7, 3)
    assert hours(rules, 7, 1) != hours(rules, 8, 1)


def test_citizens_are_deterministic_by_seed(rules: Rules) -> None:
    """The same draws in the same order."""
    accounts = rules.settings.accounts

    def drawn(seed: int) -> list[object]:
        citizens = Citizens(accounts, Random(seed))
        return [(citizens.says(), citizens.pause()) for _ in range(50)]

    assert drawn(1) == drawn(1) != drawn(2)


@pytest.mark.parametrize("name", [*TOPICS, "snow"])
def test_every_text_goes_where_it_is_meant_to(rules: Rules, name: str) -> None:
    """By the shipped routes each sentence about a department's matter reaches it; the rest stays where it was put."""
    topic = SNOW if name == "snow" else TOPICS[name]
    for text in topic.texts:
        said = text.format(dong="둔산동", place="한밭도서관", stop="시청역", bus="201", n=3)
        assert said.strip()
        routed = rules.routed(said)
        assert (routed.department if routed else None) == topic.department, said


def test_drawn_texts_are_complete_and_harmless(rules: Rules) -> None:
    """Nothing is empty or left unfilled, and nothing reads like anybody's number."""
    citizens = Citizens(rules.settings.accounts, Random(3))
    for _ in range(500):
        text = citizens.says().text
        assert text.strip() and "{" not in text and mask(text) == text


def test_citizens_are_distinct_and_fit_x() -> None:
    """Ids and handles are unique, handles have X's 1 to 15 signs, ids are digits and no account's."""
    people = [Citizen(number) for number in range(POPULATION)]
    assert len({one.id for one in people}) == len({one.handle for one in people}) == POPULATION
    assert len({one.name for one in people}) == POPULATION
    assert all(1 <= len(one.handle) <= 15 and one.handle.replace("_", "").isalnum() for one in people)
    assert all(one.id.isdecimal() and len(one.id) <= 19 for one in people)


def test_acts_come_in_order(rules: Rules) -> None:
    """The plan is by time, across the hours too."""
    times = [act.after for act in hours(rules, 2010, 4)]
    assert times == sorted(times) and len(times) > 300


def test_an_hour_shows_everything(rules: Rules) -> None:
    """Answers in time, late and never; both desk acts, a deletion, a follow-up, an outage, a limit, a burst."""
    acts = hours(rules, 2010, 1)
    said = [act for act in acts if isinstance(act, Said)]
    target = rules.policies["standard"].target
    answers = [below.after for act in said for below in act.then if isinstance(below, Answered)]
    late = [after for after in answers if after > target]
    assert len(answers) > 100 and 3 <= len(late) <= len(answers) / 5
    assert any(not act.then for act in said)
    kinds = {type(act) for act in every(acts)}
    assert kinds == {Said, Answered, Acknowledged, Dismissed, TakenBack, Outage}
    assert {(act.platform, act.how) for act in acts if isinstance(act, Outage)} == {
        ("facebook", "down"), ("twitter", "limited"),
    }  # fmt: skip
    assert any(isinstance(below, Said) for act in every(acts) if isinstance(act, Answered) for below in act.then)
    starts = [act.after for act in said if act.saying.topic == "snow"]
    assert len(starts) == 100 and max(starts) - min(starts) <= timedelta(minutes=1)
    assert {act.saying.account.platform for act in said} == {"twitter", "facebook"}


def test_last_moment_answer_is_too_late_for_the_search(rules: Rules) -> None:
    """It comes before the deadline by less than X's search looks back: only the look can find it."""
    target = rules.policies["standard"].target
    acts = [act for act in hours(rules, 1, 1) if isinstance(act, Said)]
    left = [target - below.after for act in acts for below in act.then if isinstance(below, Answered)]
    assert timedelta(0) < min(one for one in left if one > timedelta(0)) < timedelta(seconds=30)


def test_any_city_has_a_story(tmp_path: Path) -> None:
    """A small city with other departments and accounts is told of, too."""
    small = Rules(city(tmp_path))
    said = [act for act in hours(small, 5, 1) if isinstance(act, Said)]
    assert {act.saying.account.department for act in said} == {"transport", "facility"}
