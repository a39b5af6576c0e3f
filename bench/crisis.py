"""`python -m bench.crisis`: does the crisis detection keep its aim on made weeks it has not seen?

The aim: every incident within five minutes of its first post, and no more than one false incident a week. The
parameters were chosen with `--dev` (phrases and seeds of their own) and then fixed; the hundred unseen seeds are run
whole. Posts become visible at the next poll, once a minute, and are looked at in the daemon's own order by the
daemon's own rules (`sla.alarm`); only the store is left out.

`--dev-words` asks what the list of trouble words is worth where it foresaw nothing: of it only those words count that
some phrase of the "dev" incidents holds.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from multiprocessing import Pool
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.made_weeks import MONDAY, ZONE, Said, Week, week
from bench.made_words import SCENES
from sla.alarm import KEEP, Alarm, Alertness, Sighting, alarm, belongs
from sla.routing import fold
from sla.similar import Matter, Ordinary, has_any, ready
from sla.surge import HOURS_OF_WEEK, learn
from sla.watchwords import CALM, KEYWORDS, KEYWORDS_NONE, TROUBLE, Watchwords

POLL = timedelta(minutes=1)
ENDS_AFTER = timedelta(hours=2)
IN_TIME = timedelta(minutes=5)
SEEDS = range(1, 101)
MOST_RECENT = 1000


@dataclass
class Opened:
    """An incident that the detection opened."""

    alarm: Alarm
    at: datetime
    last: datetime
    matter: Matter
    said: list[Said]


@dataclass
class Result:
    """What came of one week."""

    seed: int
    delays: dict[str, float | None] = field(default_factory=dict)
    """Seconds from the first post to the alarm, by scene; None for one never detected."""
    by: Counter[str] = field(default_factory=Counter)
    """Incidents by what detected them."""
    false: list[str] = field(default_factory=list)
    """What each false incident was made of."""
    doubles: int = 0
    """Second incidents about the same."""
    posts: int = 0

    @property
    def missed(self) -> list[str]:
        """Incidents not detected in time, with how long it took."""
        late = IN_TIME.total_seconds()
        return [
            f"{name} ({'never' if delay is None else f'{delay:.0f} s'})"
            for name, delay in self.delays.items()
            if delay is None or delay > late
        ]


def run(made: Week, trouble: Sequence[str] = TROUBLE) -> Result:
    """Let the detection see a week go by; `trouble` are the words that tell of something broken or dangerous."""
    ordinary = Ordinary()
    for account, text in made.before:
        ordinary.add(ready(text), (account,))
    baselines = {
        account: learn((hour % HOURS_OF_WEEK, people) for hour, people in enumerate(hours))
        for account, hours in made.history.items()
    }
    by = Alertness(Watchwords(KEYWORDS, KEYWORDS_NONE, tuple(trouble), CALM), baselines, ordinary, ZONE, 1.0)
    recent: deque[tuple[Sighting, Said]] = deque(maxlen=MOST_RECENT)
    opened: list[Opened] = []
    for poll, batch in groupby(made.said, key=lambda one: (one.at - MONDAY) // POLL):
        now = MONDAY + (poll + 1) * POLL
        while recent and now - recent[0][0].at > KEEP:
            aged = recent.popleft()[0]
            ordinary.add(aged.text, aged.accounts)
        for said in batch:
            new = Sighting(f"{said.at}{said.person}", (said.account,), said.person, said.at, ready(said.text), "")
            going_on = [one for one in opened if now - one.last < ENDS_AFTER]
            joined = next((o for o in going_on if belongs(new.text, o.alarm.keyword, o.matter, ordinary)), None)
            if joined is not None:
                joined.matter.add(new.text)
                joined.said.append(said)
                joined.last = said.at
                continue
            found = alarm(new, [one for one, _ in recent], by)
            if found is None:
                recent.append((new, said))
                continue
            group = [one.text for one in found.sightings]
            same = next((o for o in going_on if Matter(group).is_that_of(o.matter, ordinary)), None)
            keys = {one.key for one in found.sightings}
            members = [one for sighting, one in recent if sighting.key in keys] + [said]
            recent = deque(((s, o) for s, o in recent if s.key not in keys), MOST_RECENT)
            if same is not None:
                for text in group:
                    same.matter.add(text)
                same.said += members
                same.last = said.at
                continue
            opened.append(Opened(found, now, said.at, Matter(group), members))
    return _judged(made, opened)


def _judged(made: Week, opened: Iterable[Opened]) -> Result:
    """An incident is true when most of the posts it was opened for are of one; the first such counts for it."""
    result = Result(made.seed, {scene.name: None for scene in made.incidents.values()}, posts=len(made.said))
    for one in opened:
        first = [said for said in one.said if said.at <= one.at]
        kinds = Counter(said.incident for said in first)
        number, most = kinds.most_common(1)[0]
        if number is None or most * 2 < len(first):
            what = Counter(said.burst or "ordinary posts" for said in first).most_common(1)[0][0]
            result.false.append(f"{one.alarm.kind}: {what}")
            continue
        name = made.incidents[number].name
        if result.delays[name] is None:
            result.delays[name] = (one.at - made.onset(number)).total_seconds()
            result.by[one.alarm.kind] += 1
        else:
            result.doubles += 1
    return result


def dev_words() -> tuple[str, ...]:
    """The trouble words that a list written from the "dev" incidents alone would hold."""
    phrases = [ready(phrase) for scene in SCENES["dev"] for phrase in scene.phrases]
    return tuple(word for word in TROUBLE if any(has_any(phrase, [fold(word)]) for phrase in phrases))


def _one(arguments: tuple[int, str, Sequence[str]]) -> Result:
    seed, scenes, trouble = arguments
    return run(week(seed, scenes), trouble)


def figures(results: Sequence[Result]) -> dict[str, Any]:
    """All that is to be said of some weeks together."""
    delays = [delay for one in results for delay in one.delays.values()]
    known = sorted(delay for delay in delays if delay is not None)
    in_time = sum(delay <= IN_TIME.total_seconds() for delay in known)
    false = Counter(what for one in results for what in one.false)
    return {
        "weeks": len(results), "posts": sum(one.posts for one in results), "incidents": len(delays),
        "detected": len(known), "within_5_minutes": in_time,
        "median_seconds": median(known) if known else None, "slowest_seconds": known[-1] if known else None,
        "by": dict(sum((one.by for one in results), Counter())), "doubles": sum(one.doubles for one in results),
        "false": sum(false.values()), "false_a_week": sum(false.values()) / len(results),
        "weeks_with_more_than_one_false": sum(len(one.false) > 1 for one in results),
        "false_by_what": dict(false.most_common()),
        "misses": [f"seed {one.seed}: {what}" for one in results for what in one.missed],
    }  # fmt: skip


def main(arguments: Sequence[str]) -> None:
    """Run the weeks, print the table, write it to `build/crisis-….json`."""
    scenes = "dev" if "--dev" in arguments else "unseen"
    trouble, title = (dev_words(), f"{scenes}-dev-words") if "--dev-words" in arguments else (TROUBLE, scenes)
    with Pool() as pool:
        results = pool.map(_one, [(seed, scenes, trouble) for seed in SEEDS], chunksize=2)
    said = figures(results)
    table = Table("figure", "value", title=f"{title} weeks")
    for name, value in said.items():
        shown = "\n".join(map(str, value)) if isinstance(value, list) else str(value)
        table.add_row(name, shown)
    Console().print(table)
    build = Path("build")
    build.mkdir(exist_ok=True)
    (build / f"crisis-{title}.json").write_text(json.dumps(said, ensure_ascii=False, indent=2), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
