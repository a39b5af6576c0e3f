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
CLOSING = ("answered", "dismissed", "deleted", "merged", "split")
OPENING = ("reopened", "restored")
MOVING = ("opened", "clock_moved", "rescheduled", "transferred", "alarmed")
FIRST = ("opened", "clock_moved")


class Row(NamedTuple):
    """An event of a case."""

    kind: str
    at: datetime
    data: Plain

    @property
    def closes(self) -> datetime:
        """When it closed the case: an answer and a deletion say so themselves."""
        told = self.data.get("answered_at") or self.data.get("gone_at")
        return datetime.fromisoformat(told) if told and self.kind != "split" else self.at


def second_count(tx: Connection, rules: Rules, week: str, at: datetime) -> Plain:
    """The week's `total`, `departments` by id, `topics` and `unchecked`, as they stand at the instant `at`."""
    histories: defaultdict[str, list[Row]] = defaultdict(list)
    for case, kind, when, data in tx.execute(text("SELECT case_id, kind, at, data FROM events ORDER BY id")):
        histories[case].append(Row(kind, instant(when), json.loads(data)))
    every = [Told(rules, rows, at) for case, rows in histories.items() if case is not None]
    of = [one for one in every if one.status != "merged" and one.week == week]
    ids = {one.department for one in of} | {name for one in of if one.transfers for name, _ in one.legs}
    topics = sorted({(one.department, one.keyword) for one in of if one.keyword})
    return {
        "total": whole(of),
        "departments": {id: whole([one for one in of if one.department == id]) | {"legs": legs(of, id)} for id in ids},
        "topics": [
            {"department": id, "keyword": word, **share([o for o in of if (o.department, o.keyword) == (id, word)])}
            for id, word in topics
        ],
        "unchecked": sum(one.unchecked for one in of),
    }  # fmt: skip


class Told:
    """What its events say of a case."""

    def __init__(self, rules: Rules, rows: list[Row], at: datetime) -> None:
        self.rows, opened = rows, rows[0].data
        self.platform, self.keyword = opened["platform"], opened.get("keyword", "")
        self.department = self.last("to", ("transferred",)) or opened["department"]
        self.opened_at, self.found_at = self.time("opened_at", FIRST), self.time("found_at", FIRST)
        self.deadline = self.time("deadline", MOVING)
        self.answered_at, self.reason = None, ""
        self.status = self._status(at)
        local = self.opened_at.astimezone(rules.zone)
        self.week, self.weekday, self.hour = local.strftime("%G-W%V"), local.weekday(), local.hour
        policy = rules.policies.get(self.last("policy", MOVING), rules.policies["standard"])
        self.in_office = Oracle.shows_open(rules.calendar(policy.final_calendar, self.department), self.opened_at)
        told = [row.data for row in rows if row.kind == "escalated"]
        steps = [data for data in told if (data["clock"], data["reason"]) == ("first", "step")]
        self.alerts, self.levels = Counter(d["kind"] for d in told), Counter(str(d["level"]) for d in steps)
        # A round begins at once, without a look: nobody failed to be asked.
        self.unchecked = sum(data["checked"] is False and data["reason"] != "round" for data in told)
        self.followups = sum(len(row.data["mentions"]) for row in rows if row.kind in ("opened", "mentioned")) - 1
        self.transfers = sum(row.kind == "transferred" for row in rows)
        self.reopened = any(row.kind == "reopened" for row in rows)
        self.in_crisis = any(row.kind == "alarmed" for row in rows)
        taken = [row.at for i, row in enumerate(rows) if row.kind in ("acknowledged", "claimed") and self.owed(i)]
        self.acknowledged = seconds(taken[0] - self.opened_at) if taken else None
        self.legs, self.paused = self._legs(), seconds(sum((self._pause(i, at) for i in range(len(rows))), timedelta()))
        self.final, self.final_seconds = self._final(at)

    def last(self, name: str, kinds: tuple[str, ...]) -> Any:
        """The last that an event of some kinds said by a name."""
        return next((row.data[name] for row in self.rows[::-1] if row.kind in kinds and row.data.get(name)), None)

    def time(self, name: str, kinds: tuple[str, ...]) -> datetime:
        """The same, of an instant."""
        return datetime.fromisoformat(self.last(name, kinds))

    def owed(self, place: int) -> bool:
        """Whether the first answer was owed at this place of its history."""
        before = [row.kind for row in self.rows[:place] if row.kind in CLOSING + OPENING]
        return not before or before[-1] in OPENING

    def _status(self, at: datetime) -> str:
        """Rows 4, 5, 8, 11 and 16: the last word counts."""
        if self.owed(len(self.rows)):
            return "unanswered" if self.deadline <= at else "pending"
        end = next(row for row in self.rows[::-1] if row.kind in CLOSING)
        kind = end.data["state"] if end.kind == "split" else end.kind
        self.reason = end.data.get("reason", "") if kind == "dismissed" else ""
        if kind == "answered":
            self.answered_at = datetime.fromisoformat(end.data["answered_at"])
            return "met" if self.answered_at <= self.deadline else "answered_late"
        names = {"before_deadline": "deleted", "undetermined": "undetermined", "breached": "unanswered"}
        return names[end.data["outcome"]] if kind == "deleted" else kind

    def _pause(self, place: int, at: datetime) -> timedelta:
        """Row 17: from being put off until it goes on, is somebody else's, becomes a crisis, or is closed."""
        row = self.rows[place]
        if row.kind != "snoozed" or not self.owed(place):
            return timedelta()
        ends = [datetime.fromisoformat(row.data["until"]), at]
        for later in self.rows[place:]:
            if later.kind in ("woken", "transferred", *CLOSING) or (
                later.kind == "alarmed" and "deadline" in later.data
            ):
                ends.append(later.closes)
        return max(min(ends) - row.at, timedelta())

    def _legs(self) -> list[tuple[str, int | None]]:
        """Row 10: who held it, for how long; who took over what turns out to be answered already, for no time."""
        spans: list[list[Any]] = [[self.rows[0].data["department"], self.time("found_at", ("opened",)), None]]
        for row in self.rows:
            if row.kind in CLOSING and (spans[-1][2] is None or row.kind == "answered"):
                spans[-1][2] = row.closes
            elif row.kind == "transferred":
                spans[-1][2] = row.at
                spans.append([row.data["to"], row.at, None])
            elif row.kind in OPENING:
                spans.append([spans[-1][0], row.at, None])
        return [(name, None if until is None else seconds(until - since)) for name, since, until in spans]

    def _final(self, at: datetime) -> tuple[str, int | None]:
        """Row 7: a clock of its own, which counts once the first answer is given."""
        asked = [i for i, row in enumerate(self.rows) if row.kind in ("final_asked", "final_withdrawn")]
        if self.answered_at is None or not asked or self.rows[asked[-1]].kind == "final_withdrawn":
            return "", None
        since = self.rows[asked[-1] :]
        moved = [row.data["final_deadline"] for row in since if row.data.get("final_deadline")]
        deadline = datetime.fromisoformat([since[0].data["deadline"], *moved][-1])
        given = [datetime.fromisoformat(row.data["answered_at"]) for row in since if row.kind == "final_answered"]
        if given:
            return "met" if given[-1] <= deadline else "missed", seconds(given[-1] - self.opened_at)
        return "missed" if deadline <= at else "pending", None


def whole(of: list[Told]) -> Plain:
    """All figures of some cases."""
    grid = [[[one for one in of if (one.weekday, one.hour) == (day, hour)] for hour in range(24)] for day in range(7)]
    names = sorted({one.platform for one in of})
    return figures(of) | {
        "platforms": [{"platform": n, **figures([one for one in of if one.platform == n])} for n in names],
        "hours": [{"hour": hour, **share([one for one in of if one.hour == hour])} for hour in range(24)],
        "weekdays": [{"weekday": day, **share([one for one in of if one.weekday == day])} for day in range(7)],
        "grid": [[list(counted(cell).values()) for cell in day] for day in grid],
        "on_hours": counted([one for one in of if one.in_office]),
        "off_hours": counted([one for one in of if not one.in_office]),
    }  # fmt: skip


def figures(of: list[Told]) -> Plain:
    """How some cases stand."""
    held, finals, base = Counter(one.status for one in of), Counter(one.final for one in of), share(of)
    names = ("dismissed", "pending", "deleted", "undetermined", "answered_late", "unanswered")
    first = times([seconds(one.answered_at - one.opened_at) for one in of if one.answered_at is not None])
    return base | {name: held[name] for name in names} | {
        "interval": interval(base["met"], base["met"] + base["missed"]),
        "late_found": sum(one.found_at >= one.deadline for one in of), "in_crisis": sum(one.in_crisis for one in of),
        "transferred": sum(one.transfers > 0 for one in of), "reopened": sum(one.reopened for one in of),
        **{name: value for name, value in first.items() if name != "count"},
        "alerts": {kind: sum(one.alerts[kind] for one in of) for kind in ("warning", "breach", "escalation")},
        "levels": dict(sum((one.levels for one in of), Counter[str]())),
        "dismissed_by_reason": dict(Counter(one.reason for one in of if one.status == "dismissed")),
        "acknowledged": times([one.acknowledged for one in of if one.acknowledged is not None]),
        "followups": sum(one.followups for one in of), "paused_seconds": sum(one.paused for one in of),
        "final": {
            **{name: finals[name] for name in ("met", "missed", "pending")},
            "attainment": part(finals["met"], finals["met"] + finals["missed"]),
            "times": times([one.final_seconds for one in of if one.final_seconds is not None]),
        },
    }  # fmt: skip


def legs(of: list[Told], id: str) -> Plain:
    """What a department took over and handed over, and how long it held what was transferred."""
    moves = [pair for one in of for pair in pairwise(name for name, _ in one.legs)]
    held = [n for one in of if one.transfers for name, n in one.legs if name == id and n is not None]
    out, into = (sum(pair[at] == id != pair[1 - at] for pair in moves) for at in (0, 1))
    return {"received": into, "handed_over": out, "held": times(held)}


def counted(of: list[Told]) -> Plain:
    """How many there were, and how many of those decided were met."""
    met, missed = (sum(one.status in of_these for one in of) for of_these in (["met"], ["answered_late", "unanswered"]))
    return {"cases": len(of), "met": met, "missed": missed}


def share(of: list[Told]) -> Plain:
    """The same, and the part of it."""
    found = counted(of)
    return found | {"attainment": part(found["met"], found["met"] + found["missed"])}


def part(some: int, of: int) -> float | None:
    """A share of what is decided."""
    return some / of if of else None


def times(found: list[int]) -> Plain:
    """A spread; nine of ten by nearest rank."""
    middle, rank = (median(found), math.ceil(len(found) * 9 / 10)) if found else (None, 0)
    nine, worst = (sorted(found)[rank - 1], max(found)) if found else (None, None)
    return {"count": len(found), "median_seconds": middle, "p90_seconds": nine, "worst_seconds": worst}


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
