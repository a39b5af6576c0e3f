"""A week counted a second time, straight from the rows of the history: slow, plain, and sharing nothing with the first.

Each figure is written from SEMANTICS and from what the events themselves mean. Its names are the document's.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import NormalDist, median
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from monitor.rules import Rules
from monitor.store.columns import instant
from tests.oracle import Oracle

Plain = dict[str, Any]
ENDINGS = ("answered", "dismissed", "deleted", "merged", "split", "reopened", "restored")
CLOSED = ("answered", "dismissed", "deleted", "merged")


class Row(NamedTuple):
    """An event of a case."""

    kind: str
    at: datetime
    data: Plain


def second_count(tx: Connection, rules: Rules, week: str, at: datetime) -> Plain:
    """The week's `total`, `departments` by id, `topics` and `unchecked`, as they stand at the instant `at`."""
    histories: defaultdict[str, list[Row]] = defaultdict(list)
    for case, kind, when, data in tx.execute(text("SELECT case_id, kind, at, data FROM events ORDER BY id")):
        if case is not None:
            histories[case].append(Row(kind, instant(when), json.loads(data)))
    every = [Told(rules, rows, at) for rows in histories.values()]
    cases = [one for one in every if one.status != "merged" and one.week == week]
    ids = {one.department for one in cases} | {leg[0] for one in cases if one.transfers for leg in one.legs}
    topics: defaultdict[tuple[str, str], list[Told]] = defaultdict(list)
    for one in cases:
        if one.keyword:
            topics[one.department, one.keyword].append(one)
    return {
        "total": whole(cases),
        "departments": {
            id: {**whole([one for one in cases if one.department == id]), "legs": legs(cases, id)} for id in ids
        },
        "topics": [{"department": id, "keyword": word, **share(topics[id, word])} for id, word in sorted(topics)],
        "unchecked": sum(one.unchecked for one in cases),
    }  # fmt: skip


class Told:
    """What its events say of a case."""

    def __init__(self, rules: Rules, rows: list[Row], at: datetime) -> None:
        self.rows = rows
        opened = rows[0].data
        self.platform, self.keyword = opened["platform"], opened.get("keyword", "")
        self.department = (self.last("to", "transferred") or self.last("department", "opened"))["said"]
        self.opened_at = self.time("opened_at", "opened", "clock_moved")
        self.found_at = self.time("found_at", "opened", "clock_moved")
        moved = ("opened", "clock_moved", "rescheduled", "transferred", "alarmed")
        self.deadline, self.policy = self.time("deadline", *moved), self.last("policy", *moved)["said"]
        self._standing(at)
        local = self.opened_at.astimezone(rules.zone)
        self.week, self.weekday, self.hour = local.strftime("%G-W%V"), local.weekday(), local.hour
        policy = rules.policies.get(self.policy, rules.policies["standard"])
        office = rules.calendar(policy.final_calendar, self.department)
        self.in_office = Oracle.shows_open(office, self.opened_at)
        told = [row.data for row in rows if row.kind == "escalated"]
        self.alerts = Counter(data["kind"] for data in told)
        self.levels = Counter(
            str(data["level"]) for data in told if data["clock"] == "first" and data["reason"] == "step"
        )
        # A round begins at once, without a look: nobody failed to be asked.
        self.unchecked = sum(data["checked"] is False and data["reason"] != "round" for data in told)
        self.followups = sum(len(row.data["mentions"]) for row in rows if row.kind in ("opened", "mentioned")) - 1
        self.transfers = sum(row.kind == "transferred" for row in rows)
        self.reopened = any(row.kind == "reopened" for row in rows)
        self.in_crisis = any(row.kind == "alarmed" for row in rows)
        self.acknowledged = self._acknowledged()
        self.legs, self.paused = self._legs(), self._paused(at)
        self._final(at)

    def last(self, name: str, *kinds: str) -> Plain | None:
        """The last that an event of some kinds said by a name."""
        said = [row.data[name] for row in self.rows if row.kind in kinds and row.data.get(name)]
        return {"said": said[-1]} if said else None

    def time(self, name: str, *kinds: str) -> datetime:
        """The same, of an instant."""
        return datetime.fromisoformat(self.last(name, *kinds)["said"])

    def _standing(self, at: datetime) -> None:
        """Rows 4, 5, 8, 11 and 16: the last word counts."""
        end = next((row for row in reversed(self.rows) if row.kind in ENDINGS), None)
        kind = "" if end is None else end.data["state"] if end.kind in ("split", "restored") else end.kind
        self.answered_at: datetime | None = None
        self.reason = end.data.get("reason", "") if end and kind == "dismissed" else ""
        if kind == "answered":
            self.answered_at = datetime.fromisoformat(end.data["answered_at"])
            self.status = "met" if self.answered_at <= self.deadline else "answered_late"
        elif kind == "deleted":
            names = {"before_deadline": "deleted", "undetermined": "undetermined", "breached": "unanswered"}
            self.status = names[end.data["outcome"]]
        elif kind in ("dismissed", "merged"):
            self.status = kind
        else:
            self.status = "unanswered" if self.deadline <= at else "pending"

    def _closings(self) -> list[tuple[int, bool, datetime]]:
        """Where in its history, and when, it was closed (True) and opened again."""
        found = []
        for place, row in enumerate(self.rows):
            if row.kind in CLOSED or row.kind == "split":
                when = row.data.get("answered_at") if row.kind != "split" else None
                found.append(
                    (place, True, datetime.fromisoformat(when or row.data.get("gone_at") or row.at.isoformat()))
                )
            elif row.kind in ("reopened", "restored"):
                found.append((place, False, row.at))
        return found

    def _is_owed(self, place: int) -> bool:
        before = [closes for where, closes, _ in self._closings() if where < place]
        return not before or not before[-1]

    def _acknowledged(self) -> int | None:
        for place, row in enumerate(self.rows):
            if row.kind in ("acknowledged", "claimed") and self._is_owed(place):
                return seconds(row.at - self.opened_at)
        return None

    def _paused(self, at: datetime) -> int:
        """Row 17: from being put off until it goes on, is somebody else's, or is closed."""
        total, closings = timedelta(0), self._closings()
        for place, row in enumerate(self.rows):
            if row.kind == "snoozed" and self._is_owed(place):
                ends = [datetime.fromisoformat(row.data["until"]), at]
                for where, later in enumerate(self.rows[place + 1 :], place + 1):
                    if later.kind in ("woken", "transferred") or (later.kind == "alarmed" and "deadline" in later.data):
                        ends.append(later.at)
                    ends += [when for closed, closes, when in closings if closed == where and closes]
                total += max(min(ends) - row.at, timedelta(0))
        return seconds(total)

    def _legs(self) -> list[tuple[str, int | None]]:
        """Row 10: who held it, and for how long; a department that found it answered already held it for no time."""
        holder, spans = self.rows[0].data["department"], [[self.time("found_at", "opened"), None]]
        names, closings = [holder], {where: (closes, when) for where, closes, when in self._closings()}
        for place, row in enumerate(self.rows):
            if row.kind == "transferred":
                spans[-1][1] = spans[-1][1] or row.at
                names.append(row.data["to"])
                spans.append([row.at, None])
            elif place in closings and closings[place][0]:
                if spans[-1][1] is None or row.kind == "answered":
                    spans[-1][1] = closings[place][1]
            elif place in closings:
                names.append(names[-1])
                spans.append([row.at, None])
        return [
            (name, None if until is None else seconds(until - since))
            for name, (since, until) in zip(names, spans, strict=True)
        ]

    def _final(self, at: datetime) -> None:
        """Row 7: a clock of its own, which counts once the first answer is given."""
        self.final, self.final_seconds = "", None
        asked = [place for place, row in enumerate(self.rows) if row.kind in ("final_asked", "final_withdrawn")]
        if self.answered_at is None or not asked or self.rows[asked[-1]].kind == "final_withdrawn":
            return
        since = self.rows[asked[-1] :]
        deadline = since[0].data["deadline"]
        for row in since:
            deadline = row.data.get("final_deadline") or deadline
        given = [datetime.fromisoformat(row.data["answered_at"]) for row in since if row.kind == "final_answered"]
        if given:
            self.final = "met" if given[-1] <= datetime.fromisoformat(deadline) else "missed"
            self.final_seconds = seconds(given[-1] - self.opened_at)
        else:
            self.final = "missed" if datetime.fromisoformat(deadline) <= at else "pending"


def whole(of: list[Told]) -> Plain:
    """All figures of some cases."""
    grid = [[[one for one in of if (one.weekday, one.hour) == (day, hour)] for hour in range(24)] for day in range(7)]
    return {
        **figures(of),
        "platforms": [
            {"platform": name, **figures([one for one in of if one.platform == name])}
            for name in sorted({one.platform for one in of})
        ],
        "hours": [{"hour": hour, **share([one for one in of if one.hour == hour])} for hour in range(24)],
        "weekdays": [{"weekday": day, **share([one for one in of if one.weekday == day])} for day in range(7)],
        "grid": [[[len(cell), met(cell), missed(cell)] for cell in day] for day in grid],
        "on_hours": share([one for one in of if one.in_office], attainment=False),
        "off_hours": share([one for one in of if not one.in_office], attainment=False),
    }  # fmt: skip


def figures(of: list[Told]) -> Plain:
    """How some cases stand."""
    answered = [seconds(one.answered_at - one.opened_at) for one in of if one.status in ("met", "answered_late")]
    finals = Counter(one.final for one in of)
    first = times(answered)
    return {
        **share(of), "interval": interval(met(of), met(of) + missed(of)),
        **{name: sum(one.status == name for one in of) for name in
           ("dismissed", "pending", "deleted", "undetermined", "answered_late", "unanswered")},
        "late_found": sum(one.found_at >= one.deadline for one in of),
        "transferred": sum(one.transfers > 0 for one in of), "reopened": sum(one.reopened for one in of),
        "in_crisis": sum(one.in_crisis for one in of),
        "median_seconds": first["median_seconds"], "p90_seconds": first["p90_seconds"],
        "worst_seconds": first["worst_seconds"],
        "alerts": {kind: sum(one.alerts[kind] for one in of) for kind in ("warning", "breach", "escalation")},
        "levels": dict(sum((one.levels for one in of), Counter())),
        "dismissed_by_reason": dict(Counter(one.reason for one in of if one.status == "dismissed")),
        "acknowledged": times([one.acknowledged for one in of if one.acknowledged is not None]),
        "followups": sum(one.followups for one in of), "paused_seconds": sum(one.paused for one in of),
        "final": {
            "met": finals["met"], "missed": finals["missed"], "pending": finals["pending"],
            "attainment": part(finals["met"], finals["met"] + finals["missed"]),
            "times": times([one.final_seconds for one in of if one.final_seconds is not None]),
        },
    }  # fmt: skip


def legs(cases: list[Told], id: str) -> Plain:
    """What a department took over and handed over, and how long it held what was transferred."""
    held, received, handed = [], 0, 0
    for one in cases:
        names = [name for name, _ in one.legs]
        handed += sum(a == id != b for a, b in pairwise(names))
        received += sum(a != id == b for a, b in pairwise(names))
        held += [n for name, n in one.legs if name == id and n is not None and one.transfers]
    return {"received": received, "handed_over": handed, "held": times(held)}


def met(of: list[Told]) -> int:
    """Answered in time."""
    return sum(one.status == "met" for one in of)


def missed(of: list[Told]) -> int:
    """Answered late, or not."""
    return sum(one.status in ("answered_late", "unanswered") for one in of)


def share(of: list[Told], attainment: bool = True) -> Plain:
    """How many, and how many were met and missed."""
    found: Plain = {"cases": len(of), "met": met(of), "missed": missed(of)}
    return found | ({"attainment": part(met(of), met(of) + missed(of))} if attainment else {})


def part(some: int, of: int) -> float | None:
    """A share of what is decided."""
    return some / of if of else None


def times(found: list[int]) -> Plain:
    """A spread; the 90th of a hundred by nearest rank."""
    if not found:
        return {"count": 0, "median_seconds": None, "p90_seconds": None, "worst_seconds": None}
    rank = math.ceil(len(found) * 9 / 10)
    return {
        "count": len(found), "median_seconds": median(found), "p90_seconds": sorted(found)[rank - 1],
        "worst_seconds": max(found),
    }  # fmt: skip


def interval(met: int, decided: int) -> list[float] | None:
    """Wilson's, as the two roots of (p - met/n)² = z² p (1 - p) / n."""
    if not decided:
        return None
    z2, share = NormalDist().inv_cdf(0.975) ** 2, met / decided
    a, b, c = 1 + z2 / decided, -(2 * share + z2 / decided), share * share
    root = math.sqrt(max(b * b - 4 * a * c, 0))
    return [(-b - root) / (2 * a), (-b + root) / (2 * a)]


def seconds(span: timedelta) -> int:
    """Whole ones; what platforms' clocks make negative is none."""
    return max(math.floor(span.total_seconds()), 0)
