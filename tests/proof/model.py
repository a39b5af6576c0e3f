"""What must come of it: the simplest model of turns, clocks and deadlines there is, worked out anew every time.

It shares no code with `sla` or `monitor`: business time is walked minute by minute, turns are grouped from all that
was ever said, and what people decided is a list of their words. Slow and plain on purpose: it is what the engine is
held against.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from connectors.contract import Post, PostKind

MINUTE = timedelta(minutes=1)
SEOUL = ZoneInfo("Asia/Seoul")
SHUT = frozenset({date(2026, 11, 18), date(2026, 12, 25)})
"""The holidays of the proof's office calendar."""
AHEAD = timedelta(minutes=10)
"""A platform's clock is believed as far ahead as this."""


@dataclass(frozen=True)
class Promise:
    """A ladder in minutes of its calendar: warning, breach at the target, escalation, the root contact's repeats."""

    name: str
    office: bool
    steps: tuple[int, int, int]
    repeat: int
    ack_holds: int = 15

    @property
    def target(self) -> int:
        """Minutes to the breach."""
        return self.steps[1]


STANDARD = Promise("standard", False, (20, 30, 60), 60)
SLOW = Promise("slow", True, (40, 60, 120), 120)
FINAL = Promise("final", True, (16 * 60, 24 * 60, 48 * 60), 8 * 60)
"""The final answer: three days of eight working hours, warned after two, escalated after six."""
PROMISES = {"transport": STANDARD, "facility": STANDARD, "water": SLOW}
HOMES = {"1001": "transport", "1002": "facility", "1003": "water"}
ROUTES = (("가로등", "facility"), ("수도", "water"))


def is_open(at: datetime) -> bool:
    """Whether the office is open in the minute that begins then: 9 to 18 o'clock without lunch, Monday to Friday."""
    local = at.astimezone(SEOUL)
    return local.weekday() < 5 and local.date() not in SHUT and local.hour in (9, 10, 11, 13, 14, 15, 16, 17)


@lru_cache(maxsize=100_000)
def after(start: datetime, minutes: int, office: bool) -> datetime:
    """The instant at which so many minutes have counted since `start`."""
    if not office:
        return start + minutes * MINUTE
    at, left = start, minutes * MINUTE
    while True:
        next_minute = at.replace(second=0, microsecond=0) + MINUTE
        if is_open(at):
            counted = min(left, next_minute - at)
            at, left = at + counted, left - counted
            if not left:
                return at
        else:
            at = next_minute


@dataclass
class Said:
    """A post as it is known, and what is known of its standing."""

    post: Post
    role: str
    written_at: datetime
    stored_at: datetime
    seen_at: datetime
    gone_at: datetime | None = None
    breached: bool = False
    """Whether its clock ran into a breach that is on record: that one stands, whatever becomes of the mention."""


@dataclass
class Word:
    """What a person decided, or a deletion found: no answer is waited for by the mentions it covers."""

    state: str
    at: datetime
    covers: set[str]
    outcome: str
    by_person: bool = True


@dataclass(frozen=True)
class Turn:
    """Mentions with one end in common."""

    mentions: tuple[Said, ...]
    answer: Post | None = None
    word: Word | None = None

    @property
    def ids(self) -> frozenset[str]:
        """The ids of its mentions."""
        return frozenset(said.post.id for said in self.mentions)

    @property
    def is_open(self) -> bool:
        """Whether an answer is waited for."""
        return self.answer is None and self.word is None

    @property
    def first(self) -> Said:
        """The mention whose clock counts: the earliest that stands; of those that are all gone, of the last to go."""
        standing = [said for said in self.mentions if said.gone_at is None or said.breached]
        if not standing:
            last = max(said.gone_at for said in self.mentions if said.gone_at)
            standing = [said for said in self.mentions if said.gone_at == last]
        return standing[0]


@dataclass(frozen=True)
class Case:
    """A case as it was noted last."""

    id: str
    mentions: frozenset[str]
    department: str
    is_untouched: bool
    """Whether nobody was told of it or had to do with it: then an earlier mention still says whose it is."""


@dataclass
class Model:
    """All that was said and decided."""

    watch_from: datetime
    said: dict[str, Said] = field(default_factory=dict)
    words: list[Word] = field(default_factory=list)
    noted: list[Case] = field(default_factory=list)

    def arrive(self, posts: Iterable[Post], now: datetime, gone: Iterable[str] = (), seen: Iterable[str] = ()) -> None:
        """Posts are stored, some are missed by a look, some are seen standing."""
        for post in posts:
            before = self.said.get(post.id)
            if before is None:
                written = post.created_at if post.created_at <= now + AHEAD else now
                self.said[post.id] = Said(post, self._role(post), written, now, now)
            else:
                changed = post != before.post or before.gone_at is not None
                before.post, before.gone_at = post, None
                before.seen_at = now if changed else before.seen_at
        for id in seen:
            if id in self.said:
                self.said[id].seen_at = now
        for id in gone:
            if id in self.said and self.said[id].gone_at is None:
                self.said[id].gone_at = now
        self.settle()

    def settle(self) -> None:
        """What was deleted and came back is waited for again; what is deleted to its last mention is not."""
        for word in self.words:
            if not word.by_person:
                word.covers = {id for id in word.covers if self.said[id].gone_at is not None}
        self.words = [word for word in self.words if word.covers]
        for turn in self.turns():
            if turn.is_open and all(said.gone_at is not None for said in turn.mentions):
                gone_at = max(said.gone_at for said in turn.mentions if said.gone_at)
                self.words.append(Word("deleted", gone_at, set(turn.ids), self._deleted(turn, gone_at), False))

    def _deleted(self, turn: Turn, gone_at: datetime) -> str:
        deadline = self.deadline(turn.first.written_at, self.department(turn))
        if gone_at <= deadline:
            return "before_deadline"
        return "undetermined" if turn.first.seen_at < deadline else "breached"

    def department(self, turn: Turn) -> str:
        """Who the turn is with: as it was noted, else as its first mention is routed."""
        held = self.held(turn)
        return self.routed(turn.first.post) if not held or self.is_anew(turn) else held[0].department

    def held(self, turn: Turn) -> list[Case]:
        """The noted cases its mentions are of, the oldest first."""
        held = [case for case in self.noted if case.mentions & turn.ids]
        return sorted(held, key=lambda case: min(map(self._written, case.mentions)))

    def is_anew(self, turn: Turn) -> bool:
        """Whether an earlier mention than any noted has come, while nobody had to do with it: it says whose it is."""
        held = self.held(turn)
        known = {id for case in held for id in case.mentions}
        earliest = min(map(self._written, known & turn.ids), default=None)
        is_earlier = earliest is not None and self._written(turn.first.post.id) < earliest
        return is_earlier and all(case.is_untouched for case in held)

    def _written(self, id: str) -> tuple[datetime, str]:
        return self.said[id].written_at, id

    @staticmethod
    def deadline(start: datetime, department: str) -> datetime:
        """The end of the target."""
        promise = PROMISES[department]
        return after(start, promise.target, promise.office)

    @staticmethod
    def routed(post: Post) -> str:
        """Which department a mention is for: by its words, else by the account it speaks to."""
        return next((to for word, to in ROUTES if word in post.text), HOMES[post.addressed[0]])

    def turns(self) -> list[Turn]:
        """Every turn of every citizen (SEMANTICS rows 2, 3, 4, 8, 9 and 16)."""
        found = []
        for citizen, mentions in self._mentions().items():
            answers = self._answers(citizen)
            groups: dict[str, Turn] = {}
            for mention in sorted(mentions, key=lambda said: (said.written_at, said.post.id)):
                answer, word = self._end(mention, answers)
                end = answer.id if answer else f"word {id(word)}" if word else "open"
                known = groups[end].mentions if end in groups else ()
                groups[end] = Turn((*known, mention), answer, word)
            found += groups.values()
        return found

    def _end(self, mention: Said, answers: Sequence[Post]) -> tuple[Post | None, Word | None]:
        later = [a for a in answers if a.created_at >= mention.written_at and a.id != mention.post.reply_to]
        answer = later[0] if later else None
        word = next((word for word in self.words if mention.post.id in word.covers), None)
        if word is not None and (answer is None or word.at < answer.created_at):
            return None, word
        return answer, None

    def _mentions(self) -> dict[tuple[str, str], list[Said]]:
        found: dict[tuple[str, str], list[Said]] = {}
        for said in self.said.values():
            if said.role == "mention":
                found.setdefault(self._citizen(said.post), []).append(said)
        return found

    def _answers(self, citizen: tuple[str, str]) -> list[Post]:
        ours = [said.post for said in self.said.values() if said.role == "official"]
        return sorted((p for p in ours if self._spoken_to(p) == citizen), key=lambda p: (p.created_at, p.id))

    def answers_to(self, turn: Turn) -> list[Post]:
        """Every official post to the turn's citizen in the conversation, oldest first."""
        return self._answers(self._citizen(turn.mentions[0].post))

    def _spoken_to(self, post: Post) -> tuple[str, str] | None:
        if post.reply_to_author is not None:
            return post.conversation, post.reply_to_author
        for id in (post.reply_to, post.quote_of):
            asked = self.said.get(id or "")
            if asked is not None and asked.post.author not in HOMES:
                return self._citizen(asked.post)
        return None

    @staticmethod
    def _citizen(post: Post) -> tuple[str, str]:
        return post.conversation, post.author or f"post {post.id}"

    def _role(self, post: Post) -> str:
        if post.author in HOMES:
            return "automatic" if "자동 응답" in post.text else "official"
        mention = post.kind is PostKind.POST and post.addressed and post.created_at >= self.watch_from
        return "mention" if mention else "context"
