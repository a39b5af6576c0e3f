"""Durations as the settings write them: "5s", "30m", "2h", "3d"."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from config.faults import shown

LONGEST_DAYS = 36_525
"""A hundred years: whatever is longer would leave the calendar's range sooner or later."""

_DURATION = re.compile(r"([0-9]{1,12})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(value: object) -> timedelta:
    """Read a duration; a timedelta passes. Raises PydanticCustomError (a ValueError) for anything else."""
    if isinstance(value, timedelta):
        return value
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise PydanticCustomError("duration", "not a duration", {"value": shown(value)})
    amount, unit = int(found[1]), _UNITS[found[2]]
    if amount > LONGEST_DAYS * timedelta(days=1) // timedelta(**{unit: 1}):
        raise PydanticCustomError("duration_long", "too long", {"value": shown(value), "days": LONGEST_DAYS})
    return timedelta(**{unit: amount})


def _more_than_nothing(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise PydanticCustomError("duration_zero", "must be more than nothing")
    return value


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
"""A duration that may be nothing."""

PositiveDuration = Annotated[Duration, AfterValidator(_more_than_nothing)]
"""A duration that makes no sense as nothing."""
