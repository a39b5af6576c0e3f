"""The demo's settings: the promise and polling run faster, all else is as the city wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from config import Settings, load
from connectors.contract import Source
from monitor.demo.speed import CityClock, faster, faster_sources

SHIPPED = Path(__file__).parents[2] / "monitor.toml"

QUICKENED = {"target", "final_target", "final_repeat", "ack_holds", "repeat", "at", "every", "overlap", "blind_after",
             "bundle", "fallback_after"}  # fmt: skip
"""Keys of durations that are about the promise, polling and alerts."""


@pytest.fixture
def settings() -> Settings:
    """The shipped settings, read as the demo reads them, with nothing in the environment."""
    return load(SHIPPED, environ={}, demo=True)


def leaves(value: Any, key: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every single value of a model, with where it stands."""
    if isinstance(value, BaseModel):
        value = {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from leaves(inner, (*key, str(name)))
    elif isinstance(value, tuple):
        for place, inner in enumerate(value):
            yield from leaves(inner, (*key, str(place)))
    else:
        yield key, value


def test_promise_and_polling_are_scaled_and_nothing_else(settings: Settings) -> None:
    """Every duration of these names is divided, every other value of the whole model is the same."""
    before, after = dict(leaves(settings)), dict(leaves(faster(settings, 60.0)))
    assert before.keys() == after.keys()
    scaled = set()
    for key, value in before.items():
        if isinstance(value, timedelta) and key[-1] in QUICKENED:
            assert after[key] == value / 60, key
            scaled.add(key[-1])
        else:
            assert after[key] == value, key
    assert scaled == QUICKENED
    kept = {key[-1] for key, value in before.items() if isinstance(value, timedelta)} - QUICKENED
    assert kept == {"text", "ends_after"}  # a law, and how long a crisis lasts


def test_faster_settings_are_settings(settings: Settings) -> None:
    """They still know their file, database and secrets, and that they decide otherwise than the slow ones."""
    quick = faster(settings, 7.0)
    assert (quick.path, quick.database) == (settings.path, settings.database)
    assert quick.secret_values() == settings.secret_values() != frozenset()
    assert quick.hash() != settings.hash()
    for policy in quick.policies.values():
        assert [step.at for step in policy.steps if step.kind == "breach"] == [policy.target]


def test_speed_one_changes_nothing(settings: Settings) -> None:
    """At the city's own pace the settings are the city's own."""
    assert faster(settings, 1.0).hash() == settings.hash()


def test_sources_are_scaled_where_the_platform_has_a_pace() -> None:
    """An index's lag and an own interval are; how far a sweep reaches back is not."""
    every, lag = timedelta(minutes=15), timedelta(seconds=30)
    slow = Source("s", "twitter", "search", ("1",), True, every, lag, timedelta(days=1))
    quick = faster_sources({"s": slow}, 60.0)["s"]
    assert (quick.every, quick.lag, quick.reach) == (timedelta(seconds=15), timedelta(seconds=0.5), slow.reach)
    assert faster_sources({"s": Source("s", "twitter", "search", ("1",), True)}, 60.0)["s"].every is None


def test_city_clock_there_and_back() -> None:
    """A real minute is an hour of the city at 60 times the pace."""
    started = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    city = CityClock(started, datetime(2026, 11, 24, 9, 0, tzinfo=UTC), 60.0)
    later = started + timedelta(minutes=1)
    assert city.shows(later) == datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    assert city.since_start(later) == timedelta(hours=1)
    assert city.at(timedelta(hours=1)) == later
