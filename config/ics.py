"""Calendar files (iCalendar, RFC 5545) of duty and leave: whose each event is, and when it takes place.

Whose an event is: the staff that its SUMMARY names by id or name, several with commas between; where it does not name
staff only, the ATTENDEEs by their CN or mail address, but for rooms and for those who declined. Cancelled events are
passed over. A whole-day event, or one with floating times, is meant in the service's zone.

The libraries are loaded when a file is read and not before: most cities have none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from config.faults import shown
from config.raw import Raw, children, tables
from sla.roster import Stretch

if TYPE_CHECKING:
    from icalendar import Calendar, Component, Event

_DAY = timedelta(days=1)
_TOO_FINE = {"SECONDLY", "MINUTELY"}
_MEANING = ("UID", "RECURRENCE-ID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "STATUS")
"""What decides when an event takes place."""
_NO_PERSON = {"ROOM", "RESOURCE"}
_NONSENSE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, AssertionError)
"""What the libraries raise of files and rules that make no sense; which of them and where is not to be foreseen."""

Note = Callable[..., None]
"""Takes a fault: its code in `config.messages.MESSAGES`, and its values."""


class Directory:
    """Which person a calendar means by an id, a name or a mail address; what two people share names neither."""

    def __init__(self, document: Raw) -> None:
        """`document` is the settings as they stand in the file."""
        addresses = {
            channel["id"]: channel.get("to")
            for _, channel in tables(document, "channels")
            if isinstance(channel.get("id"), str)
        }
        told: dict[str, set[str]] = {}
        self.ids: list[str] = []
        for _, person in tables(document, "staff"):
            id_, name = person.get("id"), person.get("name")
            if not isinstance(id_, str):
                continue
            self.ids.append(id_)
            channels = [channel for _, channel in children(person.get("channels")) if isinstance(channel, str)]
            for word in (id_, name, *map(addresses.get, channels)):
                if isinstance(word, str):
                    told.setdefault(word.strip().casefold(), set()).add(id_)
        self._found = {word: next(iter(ids)) for word, ids in told.items() if len(ids) == 1}
        # An id is a person's own, whoever else is called so.
        self._found |= {id_.casefold(): id_ for id_ in self.ids}

    def find(self, word: str) -> str | None:
        """The staff id behind a word; a mail address may also begin with it."""
        word = word.strip().casefold()
        found = self._found.get(word)
        return found if found is not None or "@" not in word else self._found.get(word.partition("@")[0])


class Events:
    """The events of one calendar file. Equal where they mean the same."""

    def __init__(
        self, calendar: Calendar, zone: ZoneInfo, people_of: Callable[[Event], tuple[str, ...]],
        meaning: tuple[Mapping[str, Any], ...],
    ) -> None:  # fmt: skip
        import recurring_ical_events

        self._query = recurring_ical_events.of(calendar)
        self._zone, self._people_of = zone, people_of
        self._gate = threading.Lock()
        self.meaning = meaning
        """All that decides who and when, in one order: what tells two files apart."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Events) and (self.meaning, self._zone) == (other.meaning, other._zone)

    def __hash__(self) -> int:
        return hash(repr(self.meaning))

    @property
    def people(self) -> frozenset[str]:
        """Everybody whom one of the events names; staff ids."""
        return frozenset(person for one in self.meaning for person in one.get("people", ()))

    def between(self, since: datetime, until: datetime) -> list[Stretch]:
        """Return what takes place in a time in UTC, each repetition by itself, in the order of their beginnings."""
        with self._gate:
            # A day more on both sides: the library does not know in which zone floating times are meant.
            events = self._query.between(since.astimezone(UTC) - _DAY, until.astimezone(UTC) + _DAY)
        stretches: list[Stretch] = []
        for event in events:
            begin, end = _instant(event.start, self._zone), _instant(event.end, self._zone)
            if _cancelled(event) or begin >= until or end <= since:
                continue
            with suppress(UnknownPerson):  # of the past, as `read` has seen to
                stretches.append(Stretch(begin, end, self._people_of(event)))
        return sorted(stretches, key=lambda one: (one.since, one.until, one.people))


def read(
    content: bytes, name: str, directory: Directory, person: str | None, zone: ZoneInfo, now: datetime, note: Note
) -> Events | None:
    """Read a calendar file; None, after at least one `note`, where it cannot be used.

    `name` is what faults call the file. With `person` every event is theirs, whatever it says. An event that was over
    by `now` may name people who have left since.
    """
    faults = _Faults(name, note)
    try:
        calendar = _calendar(content)
        meaning = _meaning(calendar, directory, _people_of(directory, person), zone, now, faults)
        if faults.any:
            return None
        events = Events(calendar, zone, _people_of(directory, person), meaning)
        for begin in {_instant(event.start, zone) for event in calendar.events}:
            events.between(begin, begin + _DAY)
    except _NONSENSE as exc:
        note("ics_format", name=name, reason=shown(str(exc) or type(exc).__name__))
        return None
    return events


def _calendar(content: bytes) -> Calendar:
    from icalendar import Calendar
    from icalendar.timezone import tzp

    # Forget the zones that other files defined: the library would know them in this one too.
    tzp.use_zoneinfo()
    # utf-8-sig: spreadsheets and mail programs put a mark before the first line.
    calendar = Calendar.from_ical(content.decode("utf-8-sig"))
    if not isinstance(calendar, Calendar):
        raise ValueError("no VCALENDAR")
    return calendar


def _meaning(
    calendar: Calendar, directory: Directory, people: Callable[[Event], tuple[str, ...]], zone: ZoneInfo,
    now: datetime, faults: _Faults,
) -> tuple[Mapping[str, Any], ...]:  # fmt: skip
    """All that decides who and when, in one order; notes what is wrong with single events."""
    meaning: list[Mapping[str, Any]] = []
    for event in calendar.events:
        if not _sound(event, zone, faults) or _cancelled(event):
            continue
        try:
            whose = people(event)
        except UnknownPerson as exc:
            if not _is_over(event, zone, now):
                faults.add("ics_person", event, value=shown(exc.word), wrong=exc.word, known=directory.ids)
            whose = ()
        meaning.append({"people": whose} | {key: _text(event, key) for key in _MEANING if key in event})
    meaning += [{"zone": _written(rules)} for rules in calendar.walk("VTIMEZONE")]
    if "X-WR-TIMEZONE" in calendar:
        meaning.append({"zone": str(calendar["X-WR-TIMEZONE"])})
    return tuple(sorted(meaning, key=repr))


class _Faults:
    """Notes what is wrong with single events, by what a reader knows them by."""

    def __init__(self, name: str, note: Note) -> None:
        self._name, self._note = name, note
        self.any = False

    def add(self, code: str, event: Event, **values: Any) -> None:
        self.any = True
        start = event.get("DTSTART")
        called = str(event.get("SUMMARY") or event.get("UID") or "")
        at = _written(start) if hasattr(start, "to_ical") else ""
        self._note(code, name=self._name, event=shown(f"{called} {at}".strip()), **values)


def _sound(event: Event, zone: ZoneInfo, faults: _Faults) -> bool:
    """Whether it can be said when an event takes place; notes the first thing that is wrong."""
    for property_, reason in event.errors:
        faults.add("ics_broken", event, property=shown(property_ or "VEVENT"), reason=shown(reason))
        return False
    if "DTSTART" not in event:
        faults.add("ics_broken", event, property="DTSTART", reason="-")
        return False
    for key in ("DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID"):
        for value in _listed(event.get(key)):
            written = value.params.get("TZID")
            if written is not None and _is_floating(value):
                faults.add("ics_zone", event, value=shown(written))
                return False
    for rule in _listed(event.get("RRULE")):
        frequency = [str(word) for word in rule.get("FREQ", ())]
        # Every none-th day has no end: the library would count for ever.
        steps = rule.get("INTERVAL", [1])
        if not frequency or _TOO_FINE.intersection(frequency) or any(step < 1 for step in steps):
            faults.add("ics_rule", event, value=shown(_written(rule)))
            return False
    try:
        has_length = _instant(event.end, zone) > _instant(event.start, zone)
    except (ValueError, OverflowError) as exc:  # both an end and a duration, an end after the year 9999
        faults.add("ics_broken", event, property="DTEND", reason=shown(exc))
        return False
    if not has_length:
        faults.add("ics_length", event)
    return has_length


class UnknownPerson(Exception):
    """An event names somebody who is not among the staff."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


def _people_of(directory: Directory, person: str | None) -> Callable[[Event], tuple[str, ...]]:
    """The rule of whose an event is; what it returns raises UnknownPerson."""

    def people(event: Event) -> tuple[str, ...]:
        if person is not None:
            return (person,)
        summary = str(event.get("SUMMARY", "")).strip()
        named = [directory.find(word) for word in summary.split(",")]
        if summary and None not in named:
            return tuple(dict.fromkeys(id_ for id_ in named if id_ is not None))
        if "ATTENDEE" not in event:
            raise UnknownPerson(summary)
        return tuple(dict.fromkeys(_attending(event, directory)))

    return people


def _attending(event: Event, directory: Directory) -> Iterator[str]:
    for attendee in _listed(event.get("ATTENDEE")):
        if attendee.params.get("CUTYPE", "").upper() in _NO_PERSON:
            continue
        if attendee.params.get("PARTSTAT", "").upper() == "DECLINED":
            continue
        address = str(attendee)
        mail = address[len("mailto:") :] if address.lower().startswith("mailto:") else address
        called = str(attendee.params.get("CN", ""))
        found = directory.find(called) or directory.find(mail)
        if found is None:
            raise UnknownPerson(called or mail)
        yield found


def _is_over(event: Event, zone: ZoneInfo, now: datetime) -> bool:
    repeats = "RRULE" in event or "RDATE" in event
    return not repeats and _instant(event.end, zone) <= now


def _cancelled(event: Event) -> bool:
    return str(event.get("STATUS", "")).upper() == "CANCELLED"


def _is_floating(value: Any) -> bool:
    times = [value.dt] if hasattr(value, "dt") else [entry.dt for entry in value.dts]
    return any(isinstance(at, datetime) and at.tzinfo is None for at in times)


def _instant(at: date, zone: ZoneInfo) -> datetime:
    """A calendar's date or time in UTC."""
    moment = at if isinstance(at, datetime) else datetime.combine(at, time())
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)


def _text(component: Component, key: str) -> str:
    """A property as the file would have it, whatever its order."""
    written = []
    for value in _listed(component[key]):
        zone = getattr(value, "params", {}).get("TZID", "")
        written.append(f"{zone}:{_written(value)}")
    return ",".join(sorted(written))


def _written(value: Any) -> str:
    return bytes(value.to_ical()).decode()


def _listed(value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list) else (value,)
