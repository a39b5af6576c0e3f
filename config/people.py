"""Rosters, overrides and leave as they stand in the file: their calendar files, and what contradicts itself in them.

As in `config.checks`, all of it is read from the document and not from the models, so that no fault hides another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic_core import PydanticCustomError

from config.faults import KeyPath, Report, shown
from config.ics import Directory, Events, read
from config.raw import Raw, children, table, tables
from config.times import check_zone, parse_date, parse_hours, parse_instant

Moment = date | datetime
"""An instant, or a whole day of the service's zone."""

_LARGEST_FILE = 8_000_000
_LAST_YEAR = 9000


def parse_moment(value: object) -> Moment:
    """Take TOML's own date-time with its offset, in UTC, or a date, with or without quotes."""
    if isinstance(value, datetime):
        return parse_instant(value)
    found = parse_date(value)
    if found.year > _LAST_YEAR:
        raise PydanticCustomError("date", "not a date", {"value": shown(found.isoformat())})
    return found


def begins(moment: Moment, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which what is `from` this moment begins."""
    if isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time(), zone).astimezone(UTC)


def ends(moment: Moment, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which what is `until` this moment ends: a day counts to its end."""
    return moment if isinstance(moment, datetime) else begins(moment + timedelta(days=1), zone)


def check_events(value: object) -> Events | None:
    """Let pass what `read_calendars` has put in a file's place."""
    if value is None or isinstance(value, Events):
        return value
    raise PydanticCustomError("not_text", "no file name")


def read_calendars(document: Raw, folder: Path, report: Report, now: Callable[[], datetime]) -> None:
    """Put the events of calendar files in the place of their names; None for one that cannot be used."""
    directory = Directory(document)
    for section in ("rosters", "absences"):
        for index, entry in tables(document, section):
            name, person = entry.get("ics"), entry.get("person")
            if not isinstance(name, str):
                continue
            entry["ics"] = None
            key: KeyPath = (section, index, "ics")
            whose = person if section == "absences" and isinstance(person, str) else None
            content = _content(folder / name, name, key, report)
            if content is not None:
                entry["ics"] = read(
                    content, shown(name), directory, whose, _zone(document), now(),
                    lambda code, key=key, **values: report.add(key, code, **values),
                )  # fmt: skip


def check_people(document: Raw, report: Report) -> None:
    """Note what contradicts itself: two rosters for one hour, times that end before they begin, halves of entries."""
    zone = _zone(document)
    _check_forms(document, report)
    _check_rosters(document, report)
    for section in ("overrides", "absences"):
        for index, entry in tables(document, section):
            span = _span(entry, zone)
            if span is not None and span[1] <= span[0]:
                report.add((section, index, "until"), "until_order")
    _check_overrides(document, zone, report)
    for index, entry in tables(document, "absences"):
        if isinstance(entry.get("deputy"), str) and entry["deputy"] == entry.get("person"):
            report.add(("absences", index, "deputy"), "deputy_self")


def _content(path: Path, name: str, key: KeyPath, report: Report) -> bytes | None:
    reason = "not a file"
    try:
        if path.is_file():
            with path.open("rb") as file:
                content = file.read(_LARGEST_FILE + 1)
            if len(content) <= _LARGEST_FILE:
                return content
            reason = f"> {_LARGEST_FILE} bytes"
        elif not path.exists():
            reason = "no such file"
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else type(exc).__name__
    report.add(key, "ics_file", name=shown(name), reason=reason)
    return None


def _check_forms(document: Raw, report: Report) -> None:
    """An entry is written out or taken from a calendar file, and is not half of both."""
    for section, written in (("rosters", ("hours", "people")), ("absences", ("person", "from", "until"))):
        for index, entry in tables(document, section):
            for name in written:
                if "ics" not in entry and name not in entry:
                    report.add((section, index, name), "missing")
                elif "ics" in entry and name in entry and name != "person":
                    report.add((section, index, name), "ics_beside", name=name)


def _check_rosters(document: Raw, report: Report) -> None:
    first: dict[str, int] = {}
    filed: set[str] = set()
    taken: dict[tuple[str, int], int] = {}
    for index, entry in tables(document, "rosters"):
        department = entry.get("department")
        if not isinstance(department, str):
            continue
        before = first.setdefault(department, index)
        if before != index and ("ics" in entry or department in filed):
            report.add(("rosters", index), "roster_alone", line_of_first=report.line_of(("rosters", before)))
            continue
        if "ics" in entry:
            filed.add(department)
        for written, minutes in _hours(entry):
            other = next((taken[department, m] for m in minutes if taken.get((department, m), index) != index), None)
            if other is not None:
                line = report.line_of(("rosters", other, "hours"))
                report.add(("rosters", index, "hours"), "roster_overlap", value=shown(written), line_of_first=line)
                break
            taken.update(((department, minute), index) for minute in minutes)


def _check_overrides(document: Raw, zone: ZoneInfo, report: Report) -> None:
    seen: list[tuple[str, datetime, datetime, Any]] = []
    for index, entry in tables(document, "overrides"):
        department, span = entry.get("department"), _span(entry, zone)
        if not isinstance(department, str) or span is None:
            continue
        since, until = span
        for other, begin, end, first in seen:
            if other == department and since < end and begin < until:
                line = report.line_of(("overrides", first))
                report.add(("overrides", index, "from"), "override_overlap", line_of_first=line)
                break
        seen.append((department, since, until, index))


def _hours(entry: Raw) -> Iterator[tuple[str, list[int]]]:
    """The hours of a roster that can be read, and their minutes of the week."""
    for _, written in children(entry.get("hours")):
        try:
            yield written, list(parse_hours(written).week_minutes())
        except PydanticCustomError:
            continue  # told by itself


def _span(entry: Raw, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """From when to when an entry holds; None where that cannot be read, which is told by itself."""
    try:
        return begins(parse_moment(entry.get("from")), zone), ends(parse_moment(entry.get("until")), zone)
    except PydanticCustomError:
        return None


def _zone(document: Raw) -> ZoneInfo:
    """The service's zone; where it is none, which is told by itself, the usual one."""
    written = table(document, "service").get("timezone")
    try:
        return ZoneInfo(check_zone(written)) if isinstance(written, str) else ZoneInfo("Asia/Seoul")
    except PydanticCustomError:
        return ZoneInfo("Asia/Seoul")
