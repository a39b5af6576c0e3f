"""The simplest possible business time: every real minute is asked whether the wall clock shows an open one."""

from __future__ import annotations

from datetime import datetime, timedelta

from sla.calendar import Calendar

MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)


class Oracle:
    """Counts a calendar's business time minute by minute, in real minutes from `begin` to `end`."""

    def __init__(self, calendar: Calendar, begin: datetime, end: datetime) -> None:
        self.begin = begin
        self.open = [self.shows_open(calendar, begin + index * MINUTE) for index in range((end - begin) // MINUTE)]

    @staticmethod
    def shows_open(calendar: Calendar, at: datetime) -> bool:
        """Whether the wall clock then shows an open minute of this day or of last night's shift."""
        local = at.astimezone(calendar.zone)
        minute = local.hour * 60 + local.minute
        today = local.date()
        yesterday = today - timedelta(days=1)
        open_now = False
        for day, shown in ((today, minute), (yesterday, minute + 24 * 60)):
            own = [hours for hours in calendar.exceptional if hours.day == day]
            if own:
                open_now = open_now or any(hours.start <= shown < hours.end for hours in own)
                continue
            for pause in calendar.pauses:
                if pause.start <= shown < pause.end:
                    return False
            for interval in calendar.hours:
                if interval.weekday == day.weekday() and interval.start <= shown < interval.end:
                    open_now = open_now or not calendar.is_holiday(day)
        return open_now

    def due(self, start: datetime, amount: timedelta) -> datetime | None:
        """The end of `amount` from `start`; None where that is not before the end of the window."""
        first, gone = divmod(start - self.begin, MINUTE)
        left = (amount + gone if self.open[first] else amount) // MICROSECOND
        for index in range(first, len(self.open)):
            if self.open[index]:
                if left <= 60_000_000:
                    return self.begin + index * MINUTE + left * MICROSECOND
                left -= 60_000_000
        return None

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Business time from `start` to `end`."""
        first, gone = divmod(start - self.begin, MINUTE)
        last, more = divmod(end - self.begin, MINUTE)
        total = sum(self.open[first:last]) * MINUTE
        if self.open[first]:
            total -= gone
        if more and self.open[last]:
            total += more
        return total
