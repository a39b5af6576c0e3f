"""The tables of `monitor.toml`: one frozen model each, every default as CONTRACT shows it.

Only what can be told from one table alone is checked here; `config.checks` looks at how tables fit together.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    SecretStr,
    StrictBool,
    StrictInt,
    field_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from config import addresses, people, times
from config.builtin import CRISIS, STANDARD
from config.durations import Duration, PositiveDuration
from config.ics import Events
from config.origin import check_ca_file
from sla import watchwords

Text = Annotated[str, AfterValidator(addresses.check_filled)]
Id = Annotated[str, AfterValidator(addresses.check_id)]
Listen = Annotated[str, AfterValidator(addresses.check_listen)]
WebAddress = Annotated[str, AfterValidator(addresses.check_web_address)]
PublicUrl = Annotated[WebAddress, AfterValidator(lambda value: value.rstrip("/"))]
OptionalWebAddress = Annotated[str, AfterValidator(addresses.check_optional_web_address)]
Day = Annotated[date, BeforeValidator(times.parse_date)]
AllHours = Annotated[
    tuple[Annotated[times.Hours, BeforeValidator(times.parse_hours)], ...],
    AfterValidator(addresses.check_some),
    AfterValidator(times.check_hours_apart),
]
AllPauses = Annotated[
    tuple[Annotated[times.Pause, BeforeValidator(times.parse_pause)], ...],
    AfterValidator(times.check_pauses_apart),
]
AllQuiet = Annotated[
    tuple[Annotated[times.Pause, BeforeValidator(times.parse_quiet)], ...],
    AfterValidator(times.check_some_loud),
]

People = Annotated[tuple[str, ...], AfterValidator(addresses.check_some)]
Moment = Annotated[
    people.Moment, PlainValidator(people.parse_moment), PlainSerializer(lambda moment: moment.isoformat())
]
CalendarFile = Annotated[
    Events | None,
    PlainValidator(people.check_events),
    PlainSerializer(lambda events: None if events is None else events.meaning),
]


AllDays = Annotated[
    tuple[Annotated[times.DayHours, BeforeValidator(times.parse_day_hours)], ...],
    AfterValidator(times.check_days_apart),
]


class Table(BaseModel):
    """What all tables have in common: they cannot be changed and know no other keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Service(Table):
    """`[service]`: the city, where it keeps its data, and who hears of faults."""

    name: Text
    timezone: Annotated[str, AfterValidator(times.check_zone)] = "Asia/Seoul"
    language: Literal["ko", "en"] = "ko"
    database: Annotated[str, Field(repr=False), AfterValidator(addresses.check_database)] = "sqlite:///data/monitor.db"
    """As written; `Settings.database` does not depend on where the program was started."""
    public_url: PublicUrl = "http://127.0.0.1:8080"
    """Without a slash at its end."""
    root_contact: str
    """Staff id."""
    heartbeat_url: Annotated[OptionalWebAddress, Field(repr=False)] = ""
    allow_inline_secrets: StrictBool = False
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def zone(self) -> ZoneInfo:
        """The zone of calendars and reports."""
        return ZoneInfo(self.timezone)


class Web(Table):
    """`[web]`: where pages and metrics listen; "" for nowhere."""

    listen: Listen = "127.0.0.1:8080"
    metrics_listen: Listen = "127.0.0.1:9108"
    link_key: Annotated[SecretStr | None, AfterValidator(addresses.check_link_key)] = None
    """What links of alerts are signed with; None: a random key that the database keeps."""


class Oidc(Table):
    """`[oidc]`: the city's own sign-on (OpenID Connect); needs the extra `oidc`."""

    issuer: Annotated[
        WebAddress, AfterValidator(lambda value: value.rstrip("/")), AfterValidator(addresses.check_issuer)
    ]
    """Its address, whose discovery document is asked; https, but on this machine."""
    client_id: Text
    client_secret: SecretStr
    claim: Text = "preferred_username"
    """Which claim of the id token is the staff id."""
    name: Text = "통합 로그인"
    """What the button says."""


class Polling(Table):
    """`[polling]`: how often platforms are asked, how far back, and when an account is blind."""

    every: PositiveDuration = timedelta(seconds=60)
    overlap: Duration = timedelta(minutes=15)
    blind_after: PositiveDuration = timedelta(minutes=5)


class Calendar(Table):
    """`[calendars.<name>]`: when time counts, on the wall clock of the service's zone."""

    hours: AllHours
    pauses: AllPauses = ()
    holidays: Annotated[str, AfterValidator(times.check_country)] = ""
    """A country of the holidays library, or ""."""
    extra_holidays: tuple[Day, ...] = ()
    not_holidays: tuple[Day, ...] = ()
    """Taken away from both the country's and the extra holidays."""
    days: AllDays = ()
    """Dates with hours of their own, as half days: no weekly hours, pauses or holidays count on them."""
    confirmed_until: Day | None = None
    """Up to here somebody compared the holidays with the official calendar; None: `config.holidays` says how far."""

    @model_validator(mode="after")
    def _some_open(self) -> Calendar:
        if not times.some_open(self.hours, self.pauses):
            raise PydanticCustomError("never_open", "never open")
        both = {hours.day for hours in self.days} & set(self.extra_holidays)
        if both:
            raise PydanticCustomError("day_holiday", "both", {"value": str(min(both))})
        return self

    @field_serializer("hours")
    def _sorted_hours(self, hours: AllHours) -> list[tuple[int, int, int]]:
        return sorted((day, entry.start, entry.end) for entry in hours for day in entry.days)


class Step(Table):
    """`[[policies.<name>.steps]]`: one rung of the ladder."""

    at: PositiveDuration
    kind: Literal["warning", "breach", "escalation"]
    notify: Annotated[tuple[str, ...], AfterValidator(addresses.check_some)]


class Policy(Table):
    """`[policies.<name>]`: a promise and what happens when it is not kept."""

    calendar: str = "always"
    target: PositiveDuration = timedelta(minutes=30)
    final_target: PositiveDuration = timedelta(days=3)
    """In whole days it and its steps count working days of eight hours, on a calendar that closes."""
    final_calendar: str = "office"
    final_repeat: PositiveDuration = timedelta(days=1)
    ack_holds: Duration = timedelta(minutes=15)
    repeat: PositiveDuration = timedelta(minutes=60)
    steps: tuple[Step, ...]
    final_steps: tuple[Step, ...]
    """Both: where the file names none, `config.builtin` has filled them in."""


class Department(Table):
    """`[[departments]]`: who answers for it; people are staff ids."""

    id: Id
    name: Text
    policy: str = STANDARD
    duty: tuple[str, ...] = ()
    """The designated person, then deputies."""
    manager: str | None = None
    head: str | None = None
    second_eyes: StrictBool = False
    """Whether an answer written here waits for another person before it is posted."""
    local_holidays: tuple[Day, ...] = ()
    """Dates on which every calendar is shut for this department, but one that never closes (SEMANTICS row 12)."""


class Roster(Table):
    """`[[rosters]]`: who has a department's duty when; weekly hours and people, or a calendar file with both."""

    department: str
    hours: AllHours = ()
    people: People = ()
    """The first person, then deputies."""
    ics: CalendarFile = None
    """The file's events, in place of its name."""

    @field_serializer("hours")
    def _sorted_hours(self, hours: AllHours) -> list[tuple[int, int, int]]:
        return sorted((day, entry.start, entry.end) for entry in hours for day in entry.days)


class Override(Table):
    """`[[overrides]]`: who has a department's duty for a while, whatever its roster says."""

    department: str
    from_: Annotated[datetime, BeforeValidator(times.parse_instant), Field(alias="from")]
    until: Annotated[datetime, BeforeValidator(times.parse_instant)]
    people: People


class Absence(Table):
    """`[[absences]]`: a person's leave; written out, or a calendar file of one person's or of many people's."""

    person: str | None = None
    """None where the events of the file name who is away."""
    from_: Annotated[Moment | None, Field(alias="from")] = None
    until: Moment | None = None
    """A date is a whole day of the service's zone and counts to its end."""
    deputy: str | None = None
    """Stands in for whoever is away, in every role."""
    ics: CalendarFile = None


class Account(Table):
    """`[[accounts]]`: a department's account on a platform."""

    department: str
    platform: str
    id: Text
    """The platform's own id of the account or Page."""
    handle: Annotated[str, AfterValidator(lambda value: value.removeprefix("@"))] = ""
    """Without the @."""
    token: SecretStr | None = None
    access_token: SecretStr | None = None
    """With its secret the account's own leave to post, where the platform wants one (X)."""
    access_token_secret: SecretStr | None = None
    watch_from: Annotated[datetime, BeforeValidator(times.parse_instant)] | None = None
    """In UTC; None: the instant the account was first stored."""


class Person(Table):
    """`[[staff]]`: someone who is told, and through which channels, in order."""

    id: Id
    name: Text
    channels: tuple[str, ...] = ()
    quiet: AllQuiet = ()
    """Hours of every day, on the service's wall clock, in which reminders wait; what is urgent comes all the same."""


PLACEHOLDER = "{department}"
"""What a saved reply may hold in the place of its department's name."""
_NO_ADDRESS = {"id", "secret", "allow_private", "ca_file", "most"}
"""What of a channel says how it is used, and not where it leads."""


class Channel(Table):
    """`[[channels]]`: where alerts go out."""

    id: Id
    type: str
    to: Annotated[str, AfterValidator(addresses.check_mail)] | None = None
    """The mail address; there for every channel of type email."""
    url: WebAddress | None = Field(default=None, repr=False)
    """There for every channel of type webhook."""
    secret: SecretStr | None = None
    """"whsec_" and base64, or any other string as its bytes; None: unsigned."""
    allow_private: StrictBool = False
    ca_file: Annotated[Path, AfterValidator(check_ca_file)] | None = None
    """Certificates to trust beside the system's; absolute once loaded."""
    most: Annotated[times.Rate, BeforeValidator(times.parse_rate)] | None = None
    """How many messages it may have in a while; later ones wait and are bundled. None: as many as there are."""

    @property
    def address_hash(self) -> str:
        """SHA-256 of where it leads, secret addresses too: another one is another contact, to be proved again."""
        address = {
            name: value.get_secret_value() if isinstance(value, SecretStr) else str(value)
            for name in sorted(type(self).model_fields)
            if name not in _NO_ADDRESS and (value := getattr(self, name)) is not None
        }
        return hashlib.sha256(json.dumps(address).encode()).hexdigest()


class Email(Table):
    """`[email]`: the server that mail leaves through."""

    host: Text = "127.0.0.1"
    port: Annotated[StrictInt, Field(ge=1, le=65_535)] = 25
    from_: Annotated[str, Field(alias="from"), AfterValidator(addresses.check_sender)] = "sns@example.go.kr"
    """The key `from`, which Python keeps for itself."""
    username: str | None = None
    password: SecretStr | None = None
    security: Literal["none", "starttls", "tls"] = "none"


class Route(Table):
    """`[[routes]]`: words that send a mention to a department; the first match wins."""

    department: str
    any: tuple[Text, ...] = ()
    all: tuple[Text, ...] = ()
    none: tuple[Text, ...] = ()


class Crisis(Table):
    """`[crisis]`: what opens an incident (SEMANTICS row 34)."""

    enabled: StrictBool = True
    """False: nothing opens one; those that go on take their course."""
    keywords: tuple[Text, ...] = watchwords.KEYWORDS
    """One of them in one mention opens an incident, unless one of `keywords_none` stands there too."""
    keywords_none: tuple[Text, ...] = watchwords.KEYWORDS_NONE
    trouble: tuple[Text, ...] = watchwords.TROUBLE
    """Words by which a surge is one of people in trouble."""
    calm: tuple[Text, ...] = watchwords.CALM
    """Words by which it is praise, tickets or a campaign."""
    surge_false_alarms: Annotated[times.Rate, BeforeValidator(times.parse_rate)] = times.Rate(1, "month")
    """Of the statistical test, in an ordinary while over all accounts together."""
    policy: str = CRISIS
    notify: Annotated[tuple[str, ...], AfterValidator(addresses.check_some)] = ("head", "root")
    """Roles, each of them in every department, beside the incident's owner: who hears of its beginning and end."""
    department: str | None = None
    """Whose person on duty owns it; None: the department of its first case."""
    ends_after: PositiveDuration = timedelta(hours=2)
    """Without a new post for so long, and with every case of it closed, it is over."""


class Alerts(Table):
    """`[alerts]`: whether and how people are told."""

    mode: Literal["live", "shadow"] = "live"
    bundle: Duration = timedelta(seconds=60)
    fallback_after: Duration = timedelta(seconds=60)
    include_text: StrictBool = False


class Answers(Table):
    """`[answers]`: what counts as one."""

    automatic: tuple[Annotated[str, AfterValidator(addresses.check_pattern)], ...] = ()
    """Regular expressions of automatic replies, which are no answers (SEMANTICS row 6)."""


class Reply(Table):
    """`[[replies]]`: a saved reply, to be taken and changed by whoever writes an answer."""

    id: Id
    title: Text
    """What it is found by."""
    text: Text
    """`{department}` stands for the name of the department that answers; there is no other placeholder."""
    departments: tuple[str, ...] = ()
    """Whose it is; empty: everybody's."""

    def words(self, department: str) -> str:
        """The text as that department, by its name, says it."""
        return self.text.replace(PLACEHOLDER, department)


class Ignore(Table):
    """`[ignore]`: whose posts are never mentions, as "twitter:12345"."""

    authors: tuple[Annotated[str, AfterValidator(addresses.check_author)], ...] = ()


class Reports(Table):
    """`[reports]`: when the week's report is made, for whom and in which forms."""

    weekly: Annotated[times.Weekly, BeforeValidator(times.parse_weekly)] = times.Weekly(0, time(9))
    recipients: tuple[str, ...] = ()
    formats: tuple[Literal["html", "pdf", "xlsx", "csv", "json"], ...] = ("html", "pdf", "xlsx", "csv")


class Retention(Table):
    """`[retention]`: how long posts' text is kept."""

    text: PositiveDuration = timedelta(days=90)
