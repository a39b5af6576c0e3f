"""The words that the command line and the pages share, in Korean and English.

The Korean ones are those of the offices (TRUST, "Words").
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.words.cases import CASES
from monitor.words.commands import COMMANDS
from monitor.words.reports import REPORTS

_WORDS = {**CASES, **COMMANDS, **REPORTS}

_UNITS = ((86_400, "일", "d"), (3_600, "시간", "h"), (60, "분", "min"), (1, "초", "s"))


class Words:
    """One language, "ko" or "en". Calling it gives a sentence by its key; KeyError for one that is not there."""

    def __init__(self, language: str) -> None:
        self._place = 0 if language == "ko" else 1

    def __call__(self, key: str, **values: object) -> str:
        return _WORDS[key][self._place].format(**values)

    def known(self, key: str, otherwise: str) -> str:
        """A sentence without values; `otherwise` for a key of a newer or an outside part."""
        found = _WORDS.get(key)
        return otherwise if found is None else found[self._place]

    def span(self, amount: timedelta) -> str:
        """A length of time in its two largest units, rounded down: "1시간 5분"."""
        left = int(abs(amount).total_seconds())
        parts: list[str] = []
        for size, *names in _UNITS:
            count, left = divmod(left, size)
            if count and len(parts) < 2:
                parts.append(f"{count}{names[0]}" if self._place == 0 else f"{count} {names[1]}")
            elif parts:
                break
        return " ".join(parts) or ("0초", "0 s")[self._place]

    def remaining(self, deadline: datetime, now: datetime) -> str:
        """How long is left until a deadline, or since when it is over; at the deadline itself it is not over yet."""
        over = now > deadline
        return f"{self.span(deadline - now)} {(('남음', 'left'), ('초과', 'over'))[over][self._place]}"

    def day(self, of: date) -> str:
        """A date with its day of the week."""
        return f"{of:%Y-%m-%d}({('월화수목금토일'[of.weekday()], of.strftime('%a'))[self._place]})"

    def hours(self, amount: timedelta) -> str:
        """A sum of business time in hours and minutes, never in days: "152시간 30분"."""
        hours, minutes = divmod(int(amount.total_seconds()) // 60, 60)
        parts = [f"{count}{name}" for count, name in
                 ((hours, ("시간", " h")[self._place]), (minutes, ("분", " min")[self._place])) if count]  # fmt: skip
        return " ".join(parts) or ("0시간", "0 h")[self._place]

    def when(self, instant: datetime | None, zone: ZoneInfo) -> str:
        """An instant on the service's wall clock, with its day of the week; "-" for none."""
        if instant is None:
            return "-"
        local = instant.astimezone(zone)
        day = ("월화수목금토일"[local.weekday()], local.strftime("%a"))[self._place]
        return f"{local:%Y-%m-%d}({day}) {local:%H:%M:%S}"

    def moment(self, instant: datetime, zone: ZoneInfo, now: datetime) -> str:
        """An instant as people say it among others of these days: the time alone where it is today's."""
        local = instant.astimezone(zone)
        if local.date() == now.astimezone(zone).date():
            return f"{local:%H:%M}"
        day = ("월화수목금토일"[local.weekday()], local.strftime("%a"))[self._place]
        return f"{local:%Y-%m-%d}({day}) {local:%H:%M}"
