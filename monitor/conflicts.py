"""What two people did at once, in words: the first one won, and the second is told who did what, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from monitor.case_words import staff_or_actor
from monitor.rules import Rules
from monitor.words import Words
from sla.case import Conflict
from sla.history import Happened

_CLOSED = ("answered", "dismissed", "deleted", "merged")
#: What can have come first, by what is in the way.
_KINDS: Mapping[str, Sequence[str]] = {
    "acknowledged": ("acknowledged",),
    "claimed": ("claimed",),
    "released": ("released",),
    "snoozed": ("snoozed",),
    "woken": ("woken",),
    "transferred": ("transferred",),
    "final_asked": ("final_asked",),
    "no_final": ("final_withdrawn", "final_answered"),
    "final_answered": ("final_answered",),
    "closed": _CLOSED,
    "draft_first": ("draft_written", "draft_approved"),
    "draft_decided": ("draft_approved", "draft_rejected", "draft_withdrawn"),
    "reopened": ("reopened", "restored", *_CLOSED),
}


def first(history: Sequence[Happened], code: str) -> Happened | None:
    """The event that came before what a second person wanted; None where nothing of that kind is on record."""
    return next((event for event in reversed(history) if event.kind in _KINDS.get(code, ())), None)


def why_not(words: Words, rules: Rules, conflict: Conflict, history: Sequence[Happened], now: datetime) -> str:
    """Why it was not done, and who was first: "이미 담당자가 있습니다. 박주무관 님이 14:03에 담당했습니다." """
    if not conflict.code:
        return str(conflict)
    said = [words(f"conflict.{conflict.code}", **conflict.values)]
    event = first(history, conflict.code)
    if event is not None:
        by = "was" if event.actor in ("platform", "clock") else "by"
        who, when = staff_or_actor(words, rules, event.actor), words.moment(event.at, rules.zone, now)
        said.append(words(f"{by}.{event.kind}", who=who, when=when))
    return " ".join(said)
