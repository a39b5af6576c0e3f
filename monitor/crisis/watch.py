"""The crisis job: reads what was mentioned since the last time, and asks whether it is a crisis.

Its cost grows with what is new: an idle round is one look into the history's key and one into the open incidents.
What it remembers of citizens is the last hour's mentions, in memory, to count how many people they are of.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from monitor.clock import Clock
from monitor.crisis.room import CrisisRoom
from monitor.rules import Rules
from monitor.store import accounts, flags, incidents
from monitor.store.engine import Store, Transaction, lock_conversations
from sla.alarm import KEEP, Alarm, Alertness, Sighting, alarm, belongs
from sla.incident import Incident
from sla.similar import Matter, Ordinary, ready
from sla.surge import MONTH, Baseline, hour_of_week, learn
from sla.watchwords import Watchwords

log = structlog.get_logger(__name__)

MARK = "crisis_mark"
"""The flag that says up to which event of the history everything was looked at, some moments ago."""
AT_ONCE = 1000
"""Lines of history a round reads."""
SETTLED = timedelta(seconds=30)
"""On PostgreSQL an event may become visible after one with a higher number: the last moments are read again."""
MARK_EVERY = timedelta(seconds=60)
TOO_OLD = timedelta(hours=24)
"""A mention that is found this late opens nothing any more."""
HISTORY = timedelta(weeks=8)
ORDINARY_POSTS = 3000
MOST_RECENT = 1000
"""More mentions than this in an hour are a storm that needs no finer counting."""
_HOUR = timedelta(hours=1)


class CrisisWatch:
    """Watches for crises. One of them runs in each node; `CrisisRoom` sees to it that they agree."""

    def __init__(self, store: Store, rules: Rules, room: CrisisRoom, clock: Clock) -> None:
        self._store, self._rules, self._room, self._clock = store, rules, room, clock
        crisis = rules.settings.crisis
        self._words = Watchwords(crisis.keywords, crisis.keywords_none, crisis.trouble, crisis.calm)
        rate = crisis.surge_false_alarms
        self._monthly = rate.count * (MONTH / rate.window)
        self._known = {f"{a.platform}:{a.id}" for a in rules.settings.accounts}
        self._recent: deque[tuple[datetime, Sighting]] = deque(maxlen=MOST_RECENT)
        """When the newest mentions that belong to no incident were looked at: what is found late is compared too."""
        self._handled: dict[str, datetime] = {}
        """When each mention was looked at that may be read once more."""
        self._marks: deque[tuple[datetime, int]] = deque()
        self._marked_at: datetime | None = None
        self._past = Past(rules, self._known)
        self._ordinary = Ordinary()

    def run(self) -> int:
        """Look at everything that is new, then end what is over; returns how many mentions were new."""
        now = self._clock()
        if not self._marks:
            self._begin(now)
        with self._store.read() as tx:
            news = incidents.mentioned_since(tx, self._marks[0][1], AT_ONCE + len(self._handled))
            fresh = [post for post in news.posts if _key(post) not in self._handled]
            going_on = self._going_on(tx) if fresh else []
            if fresh:
                self._past.learn(tx, now)
        for post in fresh:
            self._see(post, going_on, now)
            self._handled[_key(post)] = now
        for one in going_on:
            if one.joining:
                self._room.admit(one.joining, None, self._ordinary)
        self._move_on(news.until, now)
        for ended in self._room.end_what_is_over():
            log.info("crisis.ended", incident=ended.id)
        return len(fresh)

    def _begin(self, now: datetime) -> None:
        """After a start: what an hour's windows need, and whatever no node had looked at when it stopped."""
        with self._store.read() as tx:
            mark = incidents.first_event_since(tx, now - KEEP - _HOUR)
            kept = flags.get(tx, MARK)
            if kept is not None:
                mark = min(mark, int(kept))
            self._past.read(tx, now)
            for post in incidents.ordinary(tx, now - KEEP, ORDINARY_POSTS):
                self._ordinary.add(ready(post.text), self._accounts(post.platform, post.addressed))
        self._marks.append((now, mark))

    def _move_on(self, until: int, now: datetime) -> None:
        self._marks.append((now, until))
        while len(self._marks) > 1 and now - self._marks[1][0] >= SETTLED:
            self._marks.popleft()
        self._handled = {key: at for key, at in self._handled.items() if now - at < 4 * SETTLED}
        # An hour old and part of no crisis: from now on they tell what is ordinary.
        while self._recent and now - self._recent[0][0] > KEEP:
            _, one = self._recent.popleft()
            self._ordinary.add(one.text, one.accounts)
        if self._marked_at is None or now - self._marked_at >= MARK_EVERY:
            self._marked_at = now
            mark = str(self._marks[0][1])
            with self._store.read() as tx:
                is_same = flags.get(tx, MARK) == mark
            if not is_same:
                with self._store.write() as tx:
                    lock_conversations(tx, {MARK})  # two nodes at once would both insert it
                    flags.put(tx, MARK, mark, now)

    def _going_on(self, tx: Transaction) -> list[_GoingOn]:
        return [_GoingOn(incident, self._room.matter(tx, incident)) for incident in incidents.open_ones(tx)]

    def _see(self, post: incidents.Post, going_on: list[_GoingOn], now: datetime) -> None:
        new = self._sighting(post)
        self._past.count(new)
        for one in going_on:
            mine = post.incident == one.incident.id
            if mine or (post.incident is None and belongs(new.text, one.incident.keyword, one.matter, self._ordinary)):
                # Stored together at the end of the round: a storm of them is one transaction, not thousands.
                one.joining.append(new)
                one.matter.add(new.text)
                return
        if post.incident_ended_at is not None and new.at <= post.incident_ended_at:
            return  # Read once more after a start: it was of an incident that is over, and opens no second one.
        found: Alarm | None = None
        if self._rules.settings.crisis.enabled and post.case_is_open and now - new.at < TOO_OLD:
            found = alarm(new, [one for _, one in self._recent], self._by())
        if found is not None:
            incident = self._room.admit(found.sightings, found, self._ordinary)
            if incident is not None:
                gone = {one.key for one in found.sightings}
                self._recent = deque(((at, one) for at, one in self._recent if one.key not in gone), MOST_RECENT)
                known = next((one for one in going_on if one.incident.id == incident.id), None)
                if known is None:
                    known = _GoingOn(incident, Matter())
                    going_on.append(known)
                for sighting in found.sightings:
                    known.matter.add(sighting.text)
                log.warning("crisis.alarm", incident=incident.id, kind=found.kind, mentions=len(found.sightings))
                return
        self._recent.append((now, new))

    def _sighting(self, post: incidents.Post) -> Sighting:
        person = _key(post) if post.author is None else f"{post.platform}:{post.author}"
        return Sighting(
            _key(post), self._accounts(post.platform, post.addressed), person, post.created_at, ready(post.text),
            post.case_id,
        )  # fmt: skip

    def _accounts(self, platform: str, ids: Iterable[str]) -> tuple[str, ...]:
        return tuple(account for id in ids if (account := f"{platform}:{id}") in self._known)

    def _by(self) -> Alertness:
        return Alertness(self._words, self._past.baselines, self._ordinary, self._rules.zone, self._monthly)


@dataclass(slots=True)
class _GoingOn:
    """An open incident during one round."""

    incident: Incident
    matter: Matter
    joining: list[Sighting] = field(default_factory=list)


class Past:
    """How many people wrote to each account in each hour, and the baselines learned from it once an hour."""

    def __init__(self, rules: Rules, known: Iterable[str]) -> None:
        self._rules = rules
        self.baselines: dict[str, Baseline] = dict.fromkeys(known, learn(()))
        self._counts: dict[str, dict[datetime, int]] = defaultdict(dict)
        self._people: dict[tuple[str, datetime], set[str]] = defaultdict(set)
        """Who was counted in the hours since the start, so that nobody is counted twice."""
        self._learned_at: datetime | None = None

    def read(self, tx: Transaction, now: datetime) -> None:
        """Count what is stored of the last weeks."""
        for row in incidents.hourly(tx, _hour(now) - HISTORY):
            for account in row.accounts:
                counts = self._counts[f"{row.platform}:{account}"]
                counts[row.hour] = counts.get(row.hour, 0) + row.people

    def count(self, one: Sighting) -> None:
        """One more mention."""
        hour = _hour(one.at)
        for account in one.accounts:
            people = self._people[account, hour]
            people.add(one.person)
            self._counts[account][hour] = max(self._counts[account].get(hour, 0), len(people))

    def learn(self, tx: Transaction, now: datetime) -> None:
        """Learn the baselines anew, once an hour: from the whole hours an account was watched."""
        hour = _hour(now)
        if self._learned_at == hour:
            return
        self._learned_at = hour
        self._people = defaultdict(set, {key: who for key, who in self._people.items() if key[1] >= hour - 2 * _HOUR})
        for standing in accounts.watched(tx).values():
            account = f"{standing.platform}:{standing.id}"
            if account in self.baselines:
                begins = max(_hour(standing.watch_from) + _HOUR, hour - HISTORY)
                counts = self._counts[account] = {at: n for at, n in self._counts[account].items() if at >= begins}
                whole = [begins + _HOUR * number for number in range((hour - begins) // _HOUR)]
                zone = self._rules.zone
                self.baselines[account] = learn((hour_of_week(at.astimezone(zone)), counts.get(at, 0)) for at in whole)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _key(post: incidents.Post) -> str:
    return f"{post.platform}:{post.id}"
