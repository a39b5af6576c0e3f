"""ISO weeks in a zone: "2026-W47" is Monday 16 to Sunday 22 November 2026, midnight to midnight on the wall clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

_GRAMMAR = re.compile(r"([0-9]{4})-W([0-9]{2})")
_YEARS = range(1970, 9999)


class UnknownWeek(ValueError):
    """There is no such week; the message says how weeks are written, or which the year's last one is."""


@dataclass(frozen=True, order=True, slots=True)
class Week:
    """A week by ISO 8601: it belongs to the year that its Thursday is in, so 2027-01-01 is in 2026-W53."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Week:
        """Read "2026-W47".

        Raises:
            UnknownWeek: it is written otherwise, or the year has no such week.
        """
        found = _GRAMMAR.fullmatch(text)
        if found is None:
            raise UnknownWeek(f"{text!r} is no week: write the ISO year and week, as 2026-W47")
        year, number = int(found[1]), int(found[2])
        if year not in _YEARS:
            raise UnknownWeek(f"{text!r} is out of reach: the year must be {_YEARS[0]} to {_YEARS[-1]}")
        last = date(year, 12, 28).isocalendar().week
        if not 1 <= number <= last:
            raise UnknownWeek(f"there is no week {text!r}: {year} has the weeks {year}-W01 to {year}-W{last}")
        return cls(year, number)

    @classmethod
    def of(cls, at: datetime, zone: ZoneInfo) -> Week:
        """The week an aware instant falls in on the wall clock of `zone`."""
        year, number, _ = at.astimezone(zone).isocalendar()
        return cls(year, number)

    @property
    def monday(self) -> date:
        """Its first day."""
        return date.fromisocalendar(self.year, self.number, 1)

    def before(self) -> Week:
        """The week before this one, across a year's end too."""
        year, number, _ = (self.monday - timedelta(days=7)).isocalendar()
        return Week(year, number)

    def span(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Its first instant and the first one after it, in UTC: 167 or 169 hours apart where the clock is changed."""
        return _midnight(self.monday, zone), _midnight(self.monday + timedelta(days=7), zone)

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02}"


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
