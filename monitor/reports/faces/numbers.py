"""Numbers as people read them: shares are cut and never rounded up, lengths in two units, weeks by their days."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from monitor.reports.document import Document, Point, Share
from sla.compliance import percent
from sla.week import Week

NONE = "-"
"""Where there is no number."""
SMALL = 20
"""Fewer decided cases than these make a share that says little: its interval stands beside it."""

_DAYS = "월화수목금토일"


def share(of: Share) -> str:
    """Attainment: "97.50%", "-" while nothing is decided."""
    return f"{percent(of.met, of.decided)}%" if of.decided else NONE


def fraction(of: Share) -> str:
    """What a share is of: "39/40"."""
    return f"{of.met:,}/{of.decided:,}" if of.decided else NONE


def seen(coverage: float | None) -> str:
    """Coverage: any blind time at all keeps it below 100% (SEMANTICS row 33)."""
    return NONE if coverage is None else f"{hundredths(coverage)}%"


def hundredths(share: float) -> str:
    """A share from 0 to 1 in percent, cut after two decimals."""
    return percent(round(share * 1_000_000), 1_000_000)


def cut(share: float) -> float:
    """A share that a spreadsheet shows in percent with two decimals: the same cut, or it would round up."""
    return round(share * 1_000_000) // 100 / 10_000


def interval(of: tuple[float, float]) -> str:
    """Between which shares, in whole percents and wide enough: "76~99%"."""
    low, high = math.floor(of[0] * 100), math.ceil(round(of[1] * 100, 9))
    return f"{low}~{high}%"


def change(now: int, before: int) -> str:
    """A number against the one of the week before: "▲12", "▼3", "0"."""
    return _signed(now - before, f"{abs(now - before):,}")


def share_change(now: Share, before: Share) -> str:
    """A share against the one of the week before, in points of percent: "▲1.20%p"; "-" where one is missing."""
    if not now.decided or not before.decided:
        return NONE
    points = now.met * 10_000 // now.decided - before.met * 10_000 // before.decided
    return _signed(points, f"{abs(points) // 100}.{abs(points) % 100:02}%p")


def _signed(difference: int, size: str) -> str:
    return ("▲" if difference > 0 else "▼" if difference < 0 else "") + size


def days(document: Document, language: str) -> str:
    """A week by its days: "2026. 11. 16.(월) ~ 11. 22.(일)", with the year again where it is another."""
    first, last = document.since, document.until - timedelta(days=1)
    if language == "ko":
        year = f"{last.year}. " if last.year != first.year else ""
        return (
            f"{first.year}. {first.month}. {first.day}.({_DAYS[first.weekday()]}) ~ "
            f"{year}{last.month}. {last.day}.({_DAYS[last.weekday()]})"
        )
    return f"{first:%a %-d %b %Y} to {last:%a %-d %b %Y}"


def week(of: Point, language: str) -> str:
    """A week on the line of weeks, with its Monday: "2026-W47 (11. 16.~)"."""
    return f"{of.week} ({monday(of, language)}~)" if language == "ko" else f"{of.week} ({monday(of, language)})"


def monday(of: Point, language: str) -> str:
    """A week's first day, short: "11. 16.", "16 Nov"."""
    day = Week.parse(of.week).monday
    return f"{day.month}. {day.day}." if language == "ko" else f"{day:%-d %b}"


def moment(at: datetime | None, language: str) -> str:
    """An instant as its own zone has it, which in a document is the service's: "2026. 11. 23.(월) 09:00"."""
    if at is None:
        return NONE
    if language == "ko":
        return f"{at.year}. {at.month}. {at.day}.({_DAYS[at.weekday()]}) {at:%H:%M}"
    return f"{at:%a %-d %b %Y %H:%M}"
