"""The report's pictures as SVG, for pages and PDF alike.

Presentation attributes only: a page's Content-Security-Policy drops `style`. Every part has a class, by which a page
may recolour it. Nothing is told by colour alone: each mark has its number, each miss its corner.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from monitor.reports.document import DepartmentPart, Point
from monitor.reports.faces.numbers import monday, share
from monitor.reports.faces.words import Phrases

_INK, _SOFT, _LINE, _PAPER, _PART, _REST, _MISS = (
    "#16202b", "#51606f", "#cdd5dd", "#ffffff", "#0b57a4", "#dfe6ee", "#b3261e",
)  # fmt: skip
_FONTS = "Noto Sans KR, NanumGothic, Malgun Gothic, sans-serif"
_DEEPEST = 0.52
"""How far a field is filled: no darker than dark letters can be read on, 5 to 1 (KWCAG 2.2)."""
_WIDTH = 680
"""Of every picture, in its own units."""


def trend(points: Sequence[Point], language: str) -> str:
    """Attainment over the weeks as a line, with what came in as bars below it. A week without one breaks the line."""
    left, right, top, floor, foot = 44, _WIDTH - 12, 14, 130, 190
    step = (right - left) / max(len(points), 1)
    busiest = max((point.cases for point in points), default=0)
    parts = [_text(left - 6, _height(of, top, floor) + 3, f"{of}%", "end", "soft") for of in (0, 50, 100)]
    parts += [_line(left, right, _height(of, top, floor)) for of in (0, 50, 100)]
    stretch: list[str] = []
    for place, point in enumerate(points):
        x = left + step * (place + 0.5)
        tall = (foot - floor - 22) * point.cases / busiest if busiest else 0
        parts.append(_rect(x - step * 0.3, foot - tall, step * 0.6, tall, "rest", _REST))
        parts.append(_text(x, foot - tall - 3, f"{point.cases:,}", "middle", "soft"))
        parts.append(_text(x, foot + 14, monday(point, language), "middle", "ink" if point is points[-1] else "soft"))
        if not point.decided:
            parts += _path(stretch)
            stretch = []
            continue
        y = _height(100 * point.met / point.decided, top, floor)
        stretch.append(f"{x:.1f},{y:.1f}")
        parts.append(f'<circle class="part" cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{_PART}"/>')
        above = y - 7 if y > top + 12 else y + 15
        parts.append(_text(x, above, share(point), "middle", "ink", 9))
    parts += _path(stretch)
    return _svg(foot + 22, parts, Phrases(language)("chart.trend"))


def heat(grid: Sequence[Sequence[Sequence[int]]], language: str) -> str:
    """Cases by weekday and hour: the number in its field, the darker the more, a cut corner where any were missed."""
    words = Phrases(language)
    left, top, tall = 32, 18, 24
    wide = (_WIDTH - left - 4) / 24
    busiest = max((cell[0] for row in grid for cell in row), default=0)
    parts = [_text(left + wide * (hour + 0.5), top - 6, str(hour), "middle", "soft", 9) for hour in range(24)]
    for weekday, row in enumerate(grid):
        y = top + tall * weekday
        parts.append(_text(left - 8, y + 16, words(f"weekday.{weekday}"), "end", "ink"))
        for hour, (cases, _, missed) in enumerate(row):
            x = left + wide * hour
            deep = 0.08 + _DEEPEST * cases / busiest if cases else 0
            parts.append(
                f'<rect class="cell" x="{x:.1f}" y="{y}" width="{wide:.1f}" height="{tall}" fill="{_PART}" '
                f'fill-opacity="{deep:.2f}" stroke="{_LINE}" stroke-width="0.7"/>'
            )
            if cases:
                parts.append(_text(x + wide / 2, y + 16, f"{cases:,}", "middle", "ink"))
            if missed:
                corner = f"{x + wide - 8:.1f},{y} {x + wide:.1f},{y} {x + wide:.1f},{y + 8}"
                parts.append(f'<polygon class="miss" points="{corner}" fill="{_MISS}" stroke="{_PAPER}"/>')
    return _svg(top + tall * 7 + 4, parts, words("chart.heat"))


def bars(departments: Sequence[DepartmentPart], language: str) -> str:
    """Attainment by department as bars, in the order given, each with its number and what it is a share of."""
    left, tall, right = 190, 22, _WIDTH - 130
    parts: list[str] = []
    for place, one in enumerate(departments):
        y = 6 + tall * place
        parts.append(_text(left - 8, y + 13, _short(one.name), "end", "ink"))
        parts.append(_rect(left, y + 3, right - left, 13, "rest", _REST))
        if one.decided:
            parts.append(_rect(left, y + 3, (right - left) * one.met / one.decided, 13, "part", _PART))
        told = f"{share(one)} ({one.met:,}/{one.decided:,})" if one.decided else Phrases(language)("nothing_due")
        parts.append(_text(right + 8, y + 13, told, "start", "ink"))
    return _svg(tall * len(departments) + 12, parts, Phrases(language)("chart.bars"))


def _height(percent: float, top: float, floor: float) -> float:
    return floor - (floor - top) * percent / 100


def _path(stretch: Sequence[str]) -> list[str]:
    if len(stretch) < 2:
        return []
    return [f'<polyline class="line" points="{" ".join(stretch)}" fill="none" stroke="{_PART}" stroke-width="2"/>']


def _line(left: float, right: float, y: float) -> str:
    return f'<path class="grid" d="M{left} {y:.1f}H{right}" stroke="{_LINE}" stroke-width="0.7"/>'


def _rect(x: float, y: float, width: float, height: float, of: str, fill: str) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    return f'<rect class="{of}" {place} fill="{fill}"/>'


def _text(x: float, y: float, text: str, anchor: str, of: str, size: float = 10) -> str:
    fill = _SOFT if of == "soft" else _INK
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}"'
    return f'<text class="{of}" {place} fill="{fill}">{escape(text)}</text>'


def _short(name: str) -> str:
    """As much of a name as fits beside a bar; Korean letters are twice as wide as Latin ones."""
    room, kept = 28.0, ""
    for letter in name:
        room -= 1 if letter.isascii() else 2
        if room < 0:
            return f"{kept}…"
        kept += letter
    return kept


def _svg(height: float, parts: Iterable[str], words: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart" role="img" aria-label="{escape(words)}" '
        f'viewBox="0 0 {_WIDTH} {height:.0f}" font-family="{_FONTS}">'
        f'<rect class="paper" width="{_WIDTH}" height="{height:.0f}" fill="{_PAPER}"/>{"".join(parts)}</svg>'
    )
