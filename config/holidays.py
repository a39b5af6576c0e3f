"""What the `holidays` library says of a country's holidays, and until when that is more than a guess.

The library works holidays out by rule for as long as its class goes (South Korea: 1948 to 2100, lunar dates out of a
table, elections by the Public Official Election Act, substitutes by the Public Holidays Act). Three things no rule
holds: a temporary holiday (임시공휴일), a special election, and an act that is changed. South Korea's calendar of a
year is official once it is published, by the end of June of the year before (월력요항, under the Astronomy Act).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache

import holidays

_PUBLISHED: Mapping[str, int] = {"KR": 2027}
"""The last year whose official calendar was out before the oldest release of the library that is allowed.

A later year is raised here together with the release that `pyproject.toml` asks for.
"""

_YEARS_AHEAD = 10
"""How far the library's own guesses are looked for: those who guess at all (the Islamic calendar) do so sooner."""


@lru_cache(maxsize=256)
def holidays_of(country: str, year: int, language: str = "") -> Mapping[date, str]:
    """A country's holidays of one year by date, with their names; in its own language where it has no other.

    Not the library's own lazy object: it marks a year as known before it has filled it, and threads share calendars.
    """
    return dict(_of(country, year, language))


@lru_cache(maxsize=64)
def known_until(country: str, since: date) -> date:
    """The last day up to which nothing about a country's holidays is a guess, looked at from `since` on.

    It is the earliest of: the last year the library has, the day before the first one that it calls an estimate
    itself, and the end of the last year whose official calendar it can have seen.
    """
    last = date(min(_of(country, since.year).end_year, _PUBLISHED.get(country, date.max.year)), 12, 31)
    guessed = min(_guessed(country, since, last.year), default=None)
    return last if guessed is None or guessed > last else date.fromordinal(guessed.toordinal() - 1)


def _guessed(country: str, since: date, last_year: int) -> Iterator[date]:
    for year in range(since.year, min(since.year + _YEARS_AHEAD, last_year) + 1):
        found = _of(country, year)
        labels = (getattr(found, name, None) for name in ("estimated_label", "observed_estimated_label"))
        marks = [found.tr(label).replace("%s", "").strip() for label in labels if label]
        estimates = [day for day, name in found.items() if day >= since and any(mark in name for mark in marks)]
        if estimates:
            yield min(estimates)
            return


def _of(country: str, year: int, language: str = "") -> holidays.HolidayBase:
    known = holidays.country_holidays(country)
    spoken = next((one for one in known.supported_languages if language and one.startswith(language)), None)
    # Never left to the library, which would ask the environment of whoever started us.
    return holidays.country_holidays(country, years=year, expand=False, language=spoken or known.default_language)
