"""What is kept from sight, and who looked all the same.

Numbers that identify a person are masked wherever citizens' words are shown without need (Personal Information
Protection Act, articles 24, 24-2 and 29); who opened, unmasked or exported what is on record, as the safety measures
under the Act ask. Such an event says whose case it was and how it was seen, never what was read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from monitor.store import events
from monitor.store.engine import Transaction
from sla.case import Event

VIEWED, UNMASKED, EXPORTED = "viewed", "unmasked", "exported"

LOOKS = frozenset({VIEWED, UNMASKED})
"""Kinds of events by which nothing happened to a case: somebody read it."""

ONCE_IN = timedelta(hours=1)
"""Who opens a case again within this is on record already."""


class ReasonMissing(ValueError):
    """An export needs a reason: say what it is for. It is kept on record."""


def viewed(tx: Transaction, actor: str, case_id: str, now: datetime, what: str) -> bool:
    """A person opened a case; `what` says where, as "page" or "api". False where that is on record already.

    Once a person, case and hour. Two looks at the very same moment, by two nodes, may both be kept: nothing is
    locked for a look.
    """
    if has_viewed(tx, actor, case_id, now):
        return False
    events.append(tx, [(case_id, Event(VIEWED, now, actor, {"what": what}))])
    return True


def has_viewed(tx: Transaction, actor: str, case_id: str, now: datetime) -> bool:
    """Whether `viewed` would have nothing to add: asked in the reading transaction, it spares the writing one."""
    return events.recorded_by(tx, case_id, VIEWED, actor, now - ONCE_IN, now)


def unmasked(tx: Transaction, actor: str, case_id: str, now: datetime, what: str) -> None:
    """A person had the masked parts of a case shown to them; each time is on record. `what`: a post's id, or "all"."""
    events.append(tx, [(case_id, Event(UNMASKED, now, actor, {"what": what}))])


def exported(tx: Transaction, actor: str, what: str, reason: str, now: datetime) -> None:
    """A person took data out; `what` says which, as "report 2026-W47 xlsx".

    Raises:
        ReasonMissing: `reason` is blank.
    """
    if not reason.strip():
        raise ReasonMissing(ReasonMissing.__doc__)
    events.append(tx, [(None, Event(EXPORTED, now, actor, {"what": what, "reason": reason.strip()}))])


def mask(text: str) -> str:
    """Citizens' words without the numbers that identify a person, in whatever digits and however they are grouped.

    Phone numbers, registration numbers of residents and foreigners (such as a date of birth may begin), card and
    account numbers of 14 to 16 digits, mail addresses. The rest stays sign for sign: dates, times, amounts, links.
    """
    if _MAYBE_MAIL.search(text) is None and sum(map(str.isdecimal, text)) < _FEWEST_DIGITS:
        return text
    plain, places = _plain(text)
    kept, done = [], 0
    for start, end, shown in _found(plain):
        kept += [text[done : places[start]], shown]
        done = places[end]
    return "".join([*kept, text[done:]])


def excerpt(text: str, signs: int) -> str:
    """The beginning of a text, masked, on one line and at most so many signs long; where it was cut stands "…"."""
    shown = " ".join(mask(text).split())
    return shown if len(shown) <= signs else shown[: signs - 1].rstrip() + "…"


#: Not the handle that a post begins with.
_MAYBE_MAIL = re.compile(r"\S[@＠]")
#: The shortest that is masked is a resident number half hidden already.
_FEWEST_DIGITS = 7
_SEPARATOR = r"[\s./()·\-‐-―−]"
_GAP = _SEPARATOR + "{0,3}"
_NOT_OF_A_DATE = r"(?<!(?<!\d)\d[./\-])(?<!(?<!\d)\d\d[./\-])"
#: In the order in which they are looked for at one place. A link is found so that it is left as it is.
_NUMBERS = re.compile(
    rf"""
      (?P<link> https?://(?:(?![,;<>"'()])[!-~])* )
    | (?P<mail> (?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{{2,}} )
    | (?P<resident> (?<!\d)\d{{6}}{_GAP}\d[\d*●○]{{6}}(?!\d) )
    | (?P<phone>
        (?<!\d)
        (?: (?:\+|00)82{_GAP}0?{_GAP} | 82{_GAP}0?{_GAP}(?=1) | 0(?!2) | {_NOT_OF_A_DATE}0(?=2) )
        (?:2|1[016-9]|[3-6]\d|70|80|50\d){_GAP}\d{{3,4}}{_GAP}\d{{4}}(?!\d) )
    | (?P<service> (?<!\d)1[568]\d\d{_SEPARATOR}{{1,2}}\d{{4}}(?![\d원년명만천%]) )
    | (?P<card>
        (?<!\d)(?<!\d[.\-])
        (?: [3-69]\d{{3}}{_GAP}\d{{4}}{_GAP}\d{{4}}{_GAP}\d{{4}} | 3[47]\d\d{_GAP}\d{{6}}{_GAP}\d{{5}} )
        (?![\d원]) )
    | (?P<account>
        (?<!\d)(?<!\d[.\-])
        (?: \d{{14,16}} | (?=(?:\d-?){{14,16}}(?!\d))\d{{2,6}}(?:-\d{{1,6}}){{1,4}} )(?![\d\-원]) )
    """,
    re.VERBOSE,
)
_MASKS = {
    "mail": "***@***",
    "resident": "******-*******",
    "phone": "***-****-****",
    "service": "****-****",
    "card": "****-****-****-****",
    "account": "****-****-****-****",
}


def _plain(text: str) -> tuple[str, Sequence[int]]:
    """A text in plain digits and without what nobody sees, and where each sign of it, and its end, stands."""
    if _ODD.search(text) is None:
        return text, range(len(text) + 1)
    signs, places = [], []
    for place, sign in enumerate(text):
        if not sign.isascii():
            if unicodedata.category(sign) in _UNSEEN:
                continue
            if sign.isdecimal():
                sign = str(unicodedata.decimal(sign))
            elif "！" <= sign <= "～":
                sign = chr(ord(sign) - _WIDER)
        elif not (sign.isprintable() or sign.isspace()):
            continue
        signs.append(sign)
        places.append(place)
    return "".join(signs), [*places, len(text)]


#: What may be a digit of another kind, or unseen: most texts hold nothing of it.
_ODD = re.compile(r"[^\s -~가-힣ㄱ-ㆎ·…‐-―‘-‟]")
#: Format signs and what is laid over the sign before it, as the frame of a keycap.
_UNSEEN = frozenset({"Cf", "Mn", "Me"})
_WIDER = ord("！") - ord("!")


def _found(plain: str) -> Iterator[tuple[int, int, str]]:
    """Where a number of a person begins and ends, and what is shown in its place."""
    place = 0
    while found := _NUMBERS.search(plain, place):
        kind, digits = str(found.lastgroup), re.sub(r"\D", "", found[0])
        place = found.end()
        if kind in _MASKS and _CAN_BE.get(kind, _always)(digits, found[0]):
            yield found.start(), found.end(), _MASKS[kind]
        elif kind != "link":
            place = found.start() + 1


def _always(digits: str, written: str) -> bool:
    return True


def _is_resident(digits: str, written: str) -> bool:
    """Whether the six digits are a day, in the century that the seventh tells."""
    century = {"9": 18, "0": 18, "3": 20, "4": 20, "7": 20, "8": 20}.get(digits[6], 19)
    return _is_day(f"{century}{digits[:6]}")


def _is_service(digits: str, written: str) -> bool:
    """A number of a company, and neither the years nor the times of day from one to the other."""
    first, second = digits[:4], digits[4:]
    if first not in _SERVICES or (_is_time(first) and _is_time(second)):
        return False
    return not "1500" <= second <= "2100"


def _is_card(digits: str, written: str) -> bool:
    """What is set apart otherwise than by dashes may be four bus lines: a card's digits check (ISO/IEC 7812, Luhn)."""
    if written.isdigit() or re.fullmatch(r"[\d-]+", written):
        return True
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _is_account(digits: str, written: str) -> bool:
    """No instant, as 20261124093000 or 2026-11-24-0930-1130."""
    rest = digits[12:]
    ends_so = _is_time(rest) if len(rest) == 4 else len(rest) == 2 and rest < "60"
    return not ("19" <= digits[:2] <= "20" and _is_day(digits[:8]) and _is_time(digits[8:12]) and ends_so)


_CAN_BE = {"resident": _is_resident, "service": _is_service, "card": _is_card, "account": _is_account}
#: Those that are given out.
_SERVICES = frozenset(map(str, (
    1522, 1533, 1544, 1555, 1566, 1577, 1588, 1599, 1600, 1644, 1646, 1660, 1661, 1666, 1668, 1670, 1688, 1800, 1811,
    1833, 1844, 1855, 1866, 1877, 1899,
)))  # fmt: skip


def _is_day(digits: str) -> bool:
    try:
        date.fromisoformat(digits)
    except ValueError:
        return False
    return True


def _is_time(digits: str) -> bool:
    return digits[:2] <= "24" and digits[2:] < "60"
