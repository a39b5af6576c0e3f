"""Rosters, overrides and leave in the settings: by hand and from calendar files, and what is wrong with them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config import Fault, Settings, rules
from config.ics import Directory, read
from sla.roster import Absence, Override, Rosters

SEOUL = ZoneInfo("Asia/Seoul")
Loaded = Callable[..., Settings]
Faults = Callable[..., tuple[Fault, ...]]

STAFF = """
[[staff]]
id = "lee"
name = "이부담당"
channels = ["lee-mail"]
[[channels]]
id = "lee-mail"
type = "email"
to = "Lee.Duty@example.go.kr"
[[staff]]
id = "park"
name = "박팀장"
channels = ["hook"]
"""
BY_HOURS = """
[[rosters]]
department = "transport"
hours = ["mon-fri 09:00-18:00"]
people = ["kim", "lee"]
[[rosters]]
department = "transport"
hours = ["mon-sun 22:00-06:00"]
people = ["park"]
"""
BY_FILE = '\n[[rosters]]\ndepartment = "transport"\nics = "duty.ics"\n'
LEAVE_BY_FILE = '\n[[absences]]\nics = "duty.ics"\n'


def seoul(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A time of November 2026 in Seoul; the 16th is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=SEOUL)


def event(*lines: str) -> str:
    """One event; what it needs besides is filled in."""
    more = [] if any(line.startswith("UID") for line in lines) else [f"UID:{abs(hash(lines))}@test"]
    return "\r\n".join(["BEGIN:VEVENT", "DTSTAMP:20261101T000000Z", *more, *lines, "END:VEVENT"]) + "\r\n"


@pytest.fixture
def ics(tmp_path: Path) -> Callable[..., Path]:
    """Write a calendar file of these events beside the settings."""

    def written(*events: str, name: str = "duty.ics", head: str = "") -> Path:
        path = tmp_path / name
        text = "".join(("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//\r\n", head, *events, "END:VCALENDAR\r\n"))
        path.write_bytes(text.encode())
        return path

    return written


@pytest.fixture
def rosters(loaded: Loaded) -> Callable[[str], Rosters]:
    """The rosters that an addition to small settings makes."""
    return lambda extra: rules.rosters(loaded(STAFF + extra))


def test_nothing_is_the_default(loaded: Loaded) -> None:
    """Without the three tables nobody has a roster and nobody is ever away."""
    assert rules.rosters(loaded()).is_empty


def test_by_hours(rosters: Callable[[str], Rosters]) -> None:
    """Weekly hours in the service's zone, several entries of a department beside each other."""
    found = rosters(BY_HOURS)
    for at, people in [
        (seoul(16, 9), ("kim", "lee")), (seoul(16, 18), ()), (seoul(16, 22), ("park",)), (seoul(17, 5, 59), ("park",)),
    ]:  # fmt: skip
        assert found.on_roster("transport", at) == people


def test_overrides_and_absences(rosters: Callable[[str], Rosters]) -> None:
    """Instants with their offset; of an absence also dates, whose last day counts whole, in the service's zone."""
    found = rosters(
        '[[overrides]]\ndepartment = "transport"\nfrom = 2026-11-16T09:00:00+09:00\nuntil = 2026-11-16T03:00:00Z\n'
        'people = ["park"]\n'
        '[[absences]]\nperson = "kim"\nfrom = 2026-11-17\nuntil = "2026-11-18"\ndeputy = "lee"\n'
        '[[absences]]\nperson = "lee"\nfrom = 2026-11-18T13:00:00+09:00\nuntil = 2026-11-18\n'
    )
    assert found.overrides == (Override("transport", seoul(16, 9), seoul(16, 12), ("park",)),)
    assert found.absences == (
        Absence("kim", seoul(17), seoul(19), "lee"),
        Absence("lee", seoul(18, 13), seoul(19)),
    )


def test_a_roster_from_a_calendar_file(rosters: Callable[[str], Rosters], ics: Callable[..., Path]) -> None:
    """Repetition, exceptions, a moved repetition, zones, whole days, floating times, cancelled events, who is named."""
    ics(
        event("UID:day@test", "SUMMARY:kim, 이부담당", "DTSTART;TZID=Asia/Seoul:20261102T090000",
              "DTEND;TZID=Asia/Seoul:20261102T180000", "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
              "EXDATE;TZID=Asia/Seoul:20261118T090000"),
        event("UID:day@test", "RECURRENCE-ID;TZID=Asia/Seoul:20261117T090000", "SUMMARY:park",
              "DTSTART;TZID=Asia/Seoul:20261117T130000", "DTEND;TZID=Asia/Seoul:20261117T150000"),
        event("SUMMARY:야간 당직", "ATTENDEE;CN=박팀장:mailto:team@example.com",
              "ATTENDEE;CUTYPE=ROOM;CN=당직실:mailto:room@example.com",
              "ATTENDEE;PARTSTAT=DECLINED;CN=Kim:mailto:kim@x.kr", "DTSTART:20261120T130000Z", "DURATION:PT8H"),
        event("SUMMARY:주말", "ATTENDEE:MAILTO:lee.duty@example.go.kr", "DTSTART;VALUE=DATE:20261121"),
        event("SUMMARY:Saturday too", "ATTENDEE:mailto:kim@elsewhere.example", "DTSTART:20261121T120000",
              "DTEND:20261121T130000"),
        event("SUMMARY:park", "STATUS:CANCELLED", "DTSTART;VALUE=DATE:20261122", "DTEND;VALUE=DATE:20261123"),
        event("SUMMARY:park", "DTSTART;TZID=America/New_York:20261026T080000", "DURATION:PT1H",
              "RRULE:FREQ=WEEKLY;COUNT=5;BYDAY=SU"),
    )  # fmt: skip
    found = rosters(BY_FILE)
    assert found.has_roster("transport")
    for at, people in [
        (seoul(16, 8, 59), ()),
        (seoul(16, 9), ("kim", "lee")),
        (seoul(16, 18), ()),
        (seoul(17, 9), ()),  # this one was moved to the afternoon, and to somebody else
        (seoul(17, 13), ("park",)),
        (seoul(17, 15), ()),
        (seoul(18, 12), ()),  # taken out
        (seoul(19, 12), ("kim", "lee")),
        (seoul(20, 22), ("park",)),
        (seoul(20, 21, 59), ()),
        (seoul(21, 0), ("park", "lee")),  # the night goes on under the whole day
        (seoul(21, 6), ("lee",)),
        (seoul(21, 12), ("lee", "kim")),
        (seoul(21, 23, 59), ("lee",)),
        (seoul(22, 12), ()),
        (seoul(22, 22), ("park",)),  # 08:00 in New York without daylight saving
        (seoul(23, 9), ("kim", "lee")),
    ]:
        assert found.on_roster("transport", at) == people, at
    assert found.on_roster("transport", datetime(2031, 3, 3, 1, tzinfo=UTC)) == ("kim", "lee")


OFFICE_TIME = (
    "BEGIN:VTIMEZONE\r\nTZID:Office Time\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:{0}\r\n"
    "TZOFFSETTO:{0}\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
)


def test_a_file_with_zones_of_its_own(loaded: Loaded, faults: Faults, ics: Callable[..., Path]) -> None:
    """A zone that the file defines is not known in the next file; a calendar's own is that of floating times."""
    nine = event("SUMMARY:kim", "DTSTART;TZID=Office Time:20261116T090000", "DURATION:PT1H")
    ics(nine, head=OFFICE_TIME.format("+0800"))
    assert rules.rosters(loaded(STAFF + BY_FILE)).on_roster("transport", seoul(16, 10)) == ("kim",)
    ics(nine, head=OFFICE_TIME.format("+0900"))
    assert rules.rosters(loaded(STAFF + BY_FILE)).on_roster("transport", seoul(16, 9)) == ("kim",)
    ics(nine)
    assert ["Office Time" in fault.problem for fault in faults(STAFF + BY_FILE)] == [True]
    ics(nine.replace(";TZID=Office Time", ""), head="X-WR-TIMEZONE:Asia/Tashkent\r\n")
    assert rules.rosters(loaded(STAFF + BY_FILE)).on_roster("transport", seoul(16, 13)) == ("kim",)


def test_leave_from_calendar_files(rosters: Callable[[str], Rosters], ics: Callable[..., Path]) -> None:
    """One file of many people's leave with a deputy for all, and a person's own calendar, whose events name nobody."""
    ics(event("SUMMARY:kim", "DTSTART;VALUE=DATE:20261116", "DTEND;VALUE=DATE:20261118"),
        event("SUMMARY:park", "DTSTART;VALUE=DATE:20261116"))  # fmt: skip
    ics(event("SUMMARY:연가", "DTSTART:20261117T030000Z", "DTEND:20261117T090000Z"), name="lee.ics")
    more = 'deputy = "park"\n[[absences]]\nperson = "lee"\nics = "lee.ics"\n'
    found = rosters(LEAVE_BY_FILE + more)
    assert [found.is_away("kim", seoul(day)) for day in (15, 16, 17, 18)] == [False, True, True, False]
    assert (found.deputy_of("kim", seoul(16)), found.deputy_of("park", seoul(16))) == ("park", None)
    assert found.stand_in("kim", seoul(16)) is None and found.stand_in("kim", seoul(17)) == "park"
    assert [found.is_away("lee", seoul(17, hour)) for hour in (11, 12, 18)] == [False, True, False]


def test_floating_times_at_the_end_of_a_month(rosters: Callable[[str], Rosters], ics: Callable[..., Path]) -> None:
    """In UTC they belong to another month than on the wall: none is lost between the two."""
    ics(event("SUMMARY:kim", "DTSTART;VALUE=DATE:20261101"), event("SUMMARY:lee", "DTSTART:20261201T003000",
              "DURATION:PT1H"))  # fmt: skip
    found = rosters(BY_FILE)
    assert [found.on_roster("transport", seoul(1, hour)) for hour in (0, 8, 9, 23)] == [("kim",)] * 4
    assert found.on_roster("transport", seoul(30, 23) + timedelta(hours=2)) == ("lee",)


def test_whose_an_event_is_when_people_share(
    rosters: Callable[[str], Rosters], faults: Faults, ics: Callable[..., Path]
) -> None:
    """A name that two people have names neither; an id is its owner's, whoever else is called so."""
    twin = '[[staff]]\nid = "kim2"\nname = "lee"\nchannels = ["hook"]\n'
    ics(event("SUMMARY:lee", "DTSTART;VALUE=DATE:20261116"))
    assert rosters(BY_FILE + twin).on_roster("transport", seoul(16)) == ("lee",)
    ics(event("SUMMARY:박팀장", "DTSTART;VALUE=DATE:20261116"))
    assert rosters(BY_FILE + twin).on_roster("transport", seoul(16)) == ("park",)
    ics(event("SUMMARY:박팀장", "DTSTART;VALUE=DATE:20991116"))
    assert [fault.key for fault in faults(STAFF + BY_FILE + twin.replace('"lee"', '"박팀장"'))] == ["rosters[0].ics"]


def test_who_has_left_may_stand_in_the_past(faults: Faults, ics: Callable[..., Path]) -> None:
    """An event that is over names people who are gone, and is no fault; one to come is, and so is one that repeats."""
    ics(event("SUMMARY:gone", "DTSTART;VALUE=DATE:20191116"))
    assert faults(STAFF + BY_FILE) == ()
    ics(event("SUMMARY:gone", "DTSTART;VALUE=DATE:20191116", "RRULE:FREQ=YEARLY"))
    assert [fault.key for fault in faults(STAFF + BY_FILE)] == ["rosters[0].ics"]


OK = ("SUMMARY:kim", "DTSTART:20991102T090000Z")


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ((event("SUMMARY:kimm", *OK[1:], "DURATION:PT1H"),), ('"kimm 20991102T090000Z"', 'did you mean "kim"')),
        ((event("SUMMARY:kim, kimm", *OK[1:], "DURATION:PT1H"),), ("kim, kimm",)),
        ((event("SUMMARY:duty", "ATTENDEE:mailto:who@x.kr", *OK[1:], "DURATION:PT1H"),), ('"who@x.kr" is not among',)),
        ((event(*OK),), ("does not end",)),
        ((event(*OK, "DTEND:20991102T080000Z"),), ("does not end",)),
        ((event("SUMMARY:kim", "DURATION:PT1H"),), ("DTSTART",)),
        ((event("SUMMARY:kim", "DTSTART:2099-11-02", "DURATION:PT1H"),), ("DTSTART", "2099-11-02")),
        ((event("SUMMARY:kim", "DTSTART;TZID=Seoul/Asia:20991102T090000", "DURATION:PT1H"),), ("Seoul/Asia", "zone")),
        ((event(*OK, "DURATION:PT1H", "RRULE:FREQ=SOMETIMES"),), ("RRULE", "SOMETIMES")),
        ((event(*OK, "DURATION:PT1H", "RRULE:BYDAY=MO"),), ("repetition", "BYDAY")),
        ((event(*OK, "DURATION:PT1S", "RRULE:FREQ=SECONDLY"),), ("repetition", "hours")),
        ((event(*OK, "DURATION:PT1H", "RRULE:FREQ=DAILY;INTERVAL=0"),), ("repetition", "INTERVAL=0")),
        ((event(*OK, "DURATION:PT1H", "DTEND:20991102T100000Z"),), ("DTEND",)),
        ((event("SUMMARY:kim", "DTSTART:99991231T000000Z", "DURATION:P2D"),), ("DTEND", "range")),
        ((event("SUMMARY:kim", "DTSTART:99991231T000000Z", "DURATION:PT1H"),), ("iCalendar", "range")),
        (("BEGIN:VEVENT\r\n",), ("iCalendar",)),
        (("hello\r\n",), ("iCalendar", "hello")),
    ],
)
def test_a_bad_calendar_file(
    faults: Faults, ics: Callable[..., Path], events: tuple[str, ...], words: tuple[str, ...]
) -> None:
    """One fault that names the file, the event and what is wrong with it, on the line of its key."""
    ics(event(*OK, "DURATION:PT1H", "UID:sound"), *events)
    for section in (BY_FILE, LEAVE_BY_FILE):
        (fault,) = faults(STAFF + section)
        assert fault.key.endswith("[0].ics") and '"duty.ics"' in fault.problem
        assert all(word in f"{fault.problem} {fault.mend}" for word in words), str(fault)
        assert fault.line > 20


def test_a_calendar_file_that_cannot_be_read(faults: Faults, tmp_path: Path) -> None:
    """Missing, a folder, not text: told with what the system says."""
    for make in (lambda: None, lambda: (tmp_path / "duty.ics").mkdir()):
        make()
        (fault,) = faults(STAFF + BY_FILE)
        assert fault.key == "rosters[0].ics" and "file" in fault.problem
    (tmp_path / "duty.ics").rmdir()
    (tmp_path / "duty.ics").write_bytes(b"BEGIN:VCALENDAR\r\nX:\xff\r\n")
    (fault,) = faults(STAFF + BY_FILE)
    assert "iCalendar" in fault.problem


OVERRIDE = '[[overrides]]\ndepartment = "transport"\nfrom = {}\nuntil = {}\npeople = ["kim"]\n'
ABSENCE = '[[absences]]\nperson = "kim"\nfrom = {}\nuntil = {}\n'
NOON, ONE, TWO = (f"2026-11-16T{hour}:00:00+09:00" for hour in (12, 13, 14))


@pytest.mark.parametrize(
    ("extra", "key", "words"),
    [
        (BY_HOURS.replace('"kim"', '"kimm"'), "rosters[0].people[0]", 'did you mean "kim"'),
        (BY_HOURS.replace('"transport"', '"transprot"', 1), "rosters[0].department", 'did you mean "transport"'),
        (BY_HOURS.replace("22:00-06:00", "17:59-06:00"), "rosters[1].hours", "17:59"),
        (BY_HOURS.replace("22:00-06:00", "22:00-21:00"), "rosters[1].hours", "overlap"),
        (BY_HOURS.replace('people = ["park"]', "people = []"), "rosters[1].people", "empty"),
        (BY_HOURS.replace('people = ["park"]', ""), "rosters[1].people", "required"),
        (BY_HOURS.replace('hours = ["mon-sun 22:00-06:00"]', ""), "rosters[1].hours", "required"),
        (BY_HOURS + BY_FILE, "rosters[2]", "ics file"),
        (BY_FILE + BY_HOURS[: BY_HOURS.rindex("[[")], "rosters[1]", "ics"),
        (BY_FILE + 'people = ["kim"]\n', "rosters[0].people", "cannot stand together"),
        (BY_FILE.replace('"duty.ics"', "5"), "rosters[0].ics", "not text"),
        (OVERRIDE.format(ONE, ONE), "overrides[0].until", "not after"),
        (OVERRIDE.format(ONE, NOON), "overrides[0].until", "not after"),
        (OVERRIDE.format("2026-11-16", TWO), "overrides[0].from", "offset"),
        (OVERRIDE.format(NOON, TWO) + OVERRIDE.format(ONE, TWO), "overrides[1].from", "line"),
        (OVERRIDE.format(ONE, TWO).replace('"kim"', '"kimm"'), "overrides[0].people[0]", "staff"),
        (ABSENCE.format("2026-11-17", "2026-11-16"), "absences[0].until", "not after"),
        (ABSENCE.format("2026-11-16T12:00:00", TWO), "absences[0].from", "offset"),
        (ABSENCE.format('"tomorrow"', TWO), "absences[0].from", "date"),
        (ABSENCE.format("9999-12-30", "9999-12-31"), "absences[0].from", "date"),
        (ABSENCE.format(ONE, TWO) + 'deputy = "kim"\n', "absences[0].deputy", "own deputy"),
        (ABSENCE.format(ONE, TWO) + 'deputy = "kimm"\n', "absences[0].deputy", "staff"),
        (ABSENCE.format(ONE, TWO).replace('person = "kim"\n', ""), "absences[0].person", "required"),
        (ABSENCE.format(ONE, TWO) + 'ics = "duty.ics"\n', "absences[0].from", "cannot stand together"),
    ],
)  # fmt: skip
def test_one_fault(faults: Faults, ics: Callable[..., Path], extra: str, key: str, words: str) -> None:
    """Each of these is a fault on its own key that says what is wrong."""
    ics(event(*OK, "DURATION:PT1H"))
    found = {fault.key: f"{fault.problem} — {fault.mend}" for fault in faults(STAFF + extra)}
    assert words in found.pop(key)
    assert set(found) <= {"absences[0].until"}


def test_neighbours_are_no_contradiction(loaded: Loaded) -> None:
    """Overrides that touch, or are two departments'; a day of leave from its morning to its evening."""
    other = '[[departments]]\nid = "b"\nname = "B"\n'
    two = OVERRIDE.format(NOON, ONE) + OVERRIDE.format(ONE, TWO)
    third = OVERRIDE.format(NOON, TWO).replace("transport", "b")
    found = loaded(STAFF + other + two + third + ABSENCE.format("2026-11-16", "2026-11-16"))
    assert len(found.overrides) == 3


def test_every_fault_in_korean(faults: Faults, ics: Callable[..., Path]) -> None:
    """The reader's language decides; no brace of a message stays unfilled."""
    ics(event("SUMMARY:kimm", "DTSTART:20991102T090000Z", "DURATION:PT1H"),
        event("SUMMARY:kim", "DTSTART:20991102T090000Z"),
        event(*OK, "DURATION:PT1H", "RRULE:FREQ=MINUTELY"),
        event("SUMMARY:kim", "DTSTART;TZID=X:20991102T090000", "DURATION:PT1H"))  # fmt: skip
    service = '[service]\nname = "시"\nlanguage = "ko"\nroot_contact = "ops"\n'
    found = faults(
        STAFF + BY_FILE + BY_FILE + OVERRIDE.format(TWO, ONE) + ABSENCE.format(ONE, TWO) + 'deputy = "kim"\n',
        service=service,
    )
    assert len(found) == 4 + 4 + 1 + 1 + 1
    assert all("{" not in str(fault) and any("가" <= sign <= "힣" for sign in fault.mend) for fault in found)


def test_the_hash_is_of_what_they_mean(loaded: Loaded, ics: Callable[..., Path]) -> None:
    """A calendar file counts by who is on duty when: not by its name, its order or when it was exported."""
    one = event("UID:1", "SUMMARY:kim", "DTSTART;TZID=Asia/Seoul:20261102T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY")
    two = event("UID:2", "SUMMARY:park", "DTSTART;VALUE=DATE:20261102")

    def hash_of(*events: str, name: str = "duty.ics", extra: str = BY_FILE) -> str:
        ics(*events, name=name)
        return loaded(STAFF + extra.replace("duty.ics", name)).hash()

    first = hash_of(one, two)
    assert hash_of(two, one) == first
    assert hash_of(one, two, name="other.ics") == first
    assert hash_of(one.replace("DTSTAMP:20261101", "DTSTAMP:20261231"), two) == first
    assert hash_of(one.replace("SUMMARY:kim", "SUMMARY:Kim"), two) == first
    others = [
        hash_of(one),
        hash_of(one.replace("090000", "100000"), two),
        hash_of(one.replace("Asia/Seoul", "Asia/Tokyo"), two),
        hash_of(one.replace("SUMMARY:kim", "SUMMARY:lee"), two),
        hash_of(one.replace("DAILY", "WEEKLY"), two),
        hash_of(one.replace("DURATION", "EXDATE;TZID=Asia/Seoul:20261103T090000\r\nDURATION"), two),
        hash_of(one, two, extra=LEAVE_BY_FILE),
        loaded(STAFF).hash(),
        loaded(STAFF + BY_HOURS).hash(),
        loaded(STAFF + BY_HOURS.replace("18:00", "17:00")).hash(),
        loaded(STAFF + OVERRIDE.format(ONE, TWO)).hash(),
        loaded(STAFF + ABSENCE.format(ONE, TWO)).hash(),
        loaded(STAFF + ABSENCE.format(ONE, TWO) + 'deputy = "lee"\n').hash(),
    ]
    assert len({first, *others}) == 1 + len(others)


LINES = ("".join((OFFICE_TIME.format("+0800"), event(
    "UID:1", "SUMMARY:kim", "ATTENDEE;CN=kim;PARTSTAT=ACCEPTED:mailto:kim@example.go.kr",
    "DTSTART;TZID=Office Time:20261102T090000", "DTEND;TZID=Asia/Seoul:20261102T130000",
    "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU;UNTIL=20281231T000000Z",
    "RDATE;TZID=Asia/Seoul:20261104T090000,20261105T090000", "EXDATE;TZID=Asia/Seoul:20261105T090000",
), event("UID:1", "RECURRENCE-ID;TZID=Asia/Seoul:20261104T090000", "SUMMARY:kim", "DTSTART;VALUE=DATE:20261104",
         "DURATION:P1D")))).split("\r\n")  # fmt: skip
SNIPPETS = st.sampled_from([
    "", "0", "-1", "99999999", "DAILY", "FREQ", "=", ";", ":", ",", "20261102", "T000000Z", "VALUE=DATE:", "\x00", "é",
    "VALUE=PERIOD:", "BYSETPOS=1;", "COUNT=3;", "BYHOUR=99;", "P1W", "-P1D", "BEGIN:", "END:", "\\n", " ", '"',
    "RANGE=THISANDFUTURE:", "BYDAY=99MO", "INTERVAL=0",
])  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.integers(0, len(LINES) - 1), st.integers(0, 60), st.integers(0, 8), SNIPPETS), max_size=3))
def test_no_calendar_file_is_worse_than_a_fault(changes: list[tuple[int, int, int, str]]) -> None:
    """Whatever is changed in a file, it is read and can be asked, or its faults are noted; nothing is raised."""
    lines = list(LINES)
    for line, at, length, snippet in changes:
        lines[line] = lines[line][:at] + snippet + lines[line][at + length :]
    text = "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", *lines[:-1], "END:VCALENDAR", ""))
    noted: list[str] = []
    staff = Directory({"staff": [{"id": "kim"}]})
    read_at = seoul(1)
    events = read(text.encode(), "duty", staff, None, SEOUL, read_at, lambda code, **_: noted.append(code))
    assert (events is None) == bool(noted)
    if events is not None:
        assert all(one.people in ((), ("kim",)) for one in events.between(seoul(1), seoul(30)))


def test_the_libraries_are_loaded_for_a_calendar_file_only() -> None:
    """Settings without one load neither of them."""
    code = "import sys, config, config.rules; assert not {'icalendar', 'recurring_ical_events'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=True, timeout=60)
