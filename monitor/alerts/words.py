"""The words of alerts in Korean and English, for somebody who reads them on a phone at 22:40.

The first line says what to do and by when; the rest is there for who wants to know more. The Korean words are
those of the offices (TRUST, "Words"), phrased so that no particle depends on a name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from monitor.alerts.message import AlertAccount, AlertCase, Kind, one_line
from monitor.alerts.scene import Scene, Tongue
from monitor.alerts.words_en import ENGLISH
from monitor.alerts.words_ko import KOREAN
from monitor.privacy import mask

#: How many cases are listed; a bundle may hold 500, and nobody scrolls through them on a phone.
LISTED = 10
_EXCERPT_SIGNS = 80
_SUBJECT_SIGNS = 120
#: Kinds that ask for an answer, and so say how their cases were found.
_ASKING = frozenset({Kind.WARNING, Kind.BREACH, Kind.ESCALATION, Kind.CRISIS})


@dataclass(frozen=True, slots=True)
class Words:
    """What a person reads."""

    subject: str
    """One line, for channels that have one."""
    text: str


def compose(
    kind: Kind,
    level: int,
    cases: Sequence[AlertCase] = (),
    account: AlertAccount | None = None,
    *,
    language: str,
    zone: tzinfo,
    recipient_name: str,
    department_names: Mapping[str, str],
    account_names: Mapping[str, str],
    detail: str = "",
    excerpts: Mapping[str, str] | None = None,
) -> Words:
    """Subject and text of one message.

    `language` is "ko" or "en" (KeyError for any other), times are shown in `zone`. `department_names` go by the
    department's id, `account_names` by "platform:id"; a missing name is shown as its id. `detail` is what a
    fault, a report, a crisis or a blindness adds: its first line is shown first. `excerpts` are citizens' words
    by case id, given only where the settings ask for them; personal numbers in them are masked here.
    """
    tongue = _TONGUES[language]
    scene = Scene(tongue, zone, _by_urgency(cases), account, department_names, account_names)
    details = [line for line in map(one_line, detail.splitlines()) if line]
    head = details[0] if details else ""
    blocks = [
        [
            tongue.first_line(kind, scene, head),
            tongue.addressed(one_line(recipient_name), scene.departments(), level if kind in _ASKING else 0),
        ],
        [*(tongue.caveats(scene) if kind in _ASKING else ()), *_held_lines(scene)],
        _case_lines(kind, scene, excerpts or {}),
        [tongue.acknowledge_note if any(case.acknowledge for case in cases) else ""],
        tongue.explanation(kind, scene, details),
    ]
    text = "\n\n".join("\n".join(filter(None, block)) for block in blocks if any(block))
    return Words(one_line(tongue.subject(kind, scene, head))[:_SUBJECT_SIGNS].rstrip(), text)


def listed(cases: Sequence[AlertCase]) -> Sequence[AlertCase]:
    """The cases that a text names one by one, most urgent first; the others it counts."""
    return _by_urgency(cases)[:LISTED]


def _by_urgency(cases: Sequence[AlertCase]) -> list[AlertCase]:
    return sorted(cases, key=lambda case: case.deadline)


def _held_lines(scene: Scene) -> list[str]:
    return [scene.tongue.held_by[why].format(count=count, until=until) for why, count, until in scene.held()]


def _case_lines(kind: Kind, scene: Scene, excerpts: Mapping[str, str]) -> list[str]:
    lines = []
    for number, case in enumerate(scene.cases[:LISTED], 1):
        asked = min((mention.created_at for mention in case.mentions), default=None)
        parts = [
            "" if asked is None else scene.tongue.received.format(scene.clock(asked, case)),
            (scene.tongue.final_due if scene.is_final else scene.tongue.due).format(scene.clock(case.deadline, case)),
            scene.tongue.standing(case.overdue_seconds) if kind in _ASKING else "",
            scene.account_name(case.platform, case.account),
            scene.tongue.crisis if kind in _ASKING and case.crisis else "",
            scene.tongue.unchecked if kind in _ASKING and not case.checked else "",
            scene.tongue.late if kind in _ASKING and case.late else "",
        ]
        lines.append(f"{number}) " + " · ".join(filter(None, parts)))
        excerpt = one_line(mask(excerpts.get(case.id, "")))
        if excerpt:
            cut = excerpt if len(excerpt) <= _EXCERPT_SIGNS else excerpt[:_EXCERPT_SIGNS].rstrip() + "…"
            lines.append(f"   “{cut}”")
        lines += [f"   {name}: {address}" for name, address in _addresses(scene.tongue, case)]
    if len(scene.cases) > LISTED:
        lines.append(scene.tongue.further(len(scene.cases) - LISTED))
    return lines


def _addresses(tongue: Tongue, case: AlertCase) -> list[tuple[str, str]]:
    """A line each: a phone shows one under the other, wide enough for a thumb."""
    post = next((mention.permalink for mention in case.mentions), "")
    page = "" if case.link == post else case.link
    named = ((tongue.post, post), (tongue.page, page), (tongue.acknowledge, case.acknowledge))
    return [(name, one_line(address)) for name, address in named if address]


_TONGUES: Mapping[str, Tongue] = {"ko": KOREAN, "en": ENGLISH}
