"""The weekly report on its way: drawn from what was kept, outside of every transaction, for drawing takes seconds."""

from __future__ import annotations

import html
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from monitor import faults
from monitor.alerts.message import Attachment, Message
from monitor.reports import faces, snapshots
from monitor.reports.document import CaseLine, Document
from monitor.reports.faces import MissingExtra
from monitor.reports.week import case_lines
from monitor.rules import Rules
from monitor.store import alerts, episodes
from monitor.store.engine import Store, Transaction
from monitor.words import Words

log = structlog.get_logger(__name__)

MOST_BYTES = 10 * 2**20
"""What one mail carries in files; what does not fit stays behind, and the text says so."""
FAULT = "report_face"
"""Begins the names of the episodes of files that cannot be made, one a form."""

#: In the order in which they are attached: what is signed and filed first.
_FACES = ("pdf", "xlsx", "html", "csv", "json")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a report's message says and carries."""

    text: str
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    drawn: tuple[str, ...] = ()
    """The forms that could be made."""
    failed: Mapping[str, str] = field(default_factory=dict)
    """The forms that could not, and why."""

    def put_into(self, message: Message) -> Message:
        """The message with all this in it."""
        return replace(message, text=self.text, html=self.html, attachments=self.attachments)


class Letters:
    """Draws one report at a time and remembers the last one: many people in a row get the same, or a part of it.

    What was kept is never changed, so that its week is all there is to remember it by.
    """

    def __init__(self, store: Store, rules: Rules) -> None:
        self._store, self._rules = store, rules
        self._words = Words(rules.settings.service.language)
        self._mail = frozenset(channel.id for channel in rules.settings.channels if channel.type == "email")
        self._gate = threading.Lock()
        self._week: tuple[str, Document, list[CaseLine]] | None = None
        self._last: tuple[object, Letter] | None = None

    def of(self, id: str) -> Letter | None:
        """What a stored message says and carries; None for one that brings no report.

        Raises:
            LookupError: its report was not kept, or knows no such department.
        """
        with self._store.read() as tx:
            stored = alerts.get_message(tx, id)
            if stored is None or (asked := stored.subject.get("report")) is None:
                return None
        week, department, mailed = asked["week"], asked["department"], stored.channel in self._mail
        key = week, department, mailed
        with self._gate:
            if self._last is None or self._last[0] != key:
                document, cases = self._whole(week)
                if department is not None:
                    document = document.of(department)
                    cases = [case for case in cases if case.department == department]
                self._last = key, self._draw(document, cases, mailed=mailed)
            return self._last[1]

    def tell(self, tx: Transaction, letter: Letter, now: datetime) -> None:
        """Tell the operator of forms that cannot be made, once, and of those that can be made again."""
        for face, why in letter.failed.items():
            said = self._words("report.face_failed", face=face, why=why)
            faults.begins(tx, self._rules, f"{FAULT}:{face}", said, now)
        for episode in episodes.going_on(tx, f"{FAULT}:"):
            face = episode.name.removeprefix(f"{FAULT}:")
            if face in letter.drawn:
                said = self._words("report.face_over", face=face)
                faults.ends(tx, self._rules, episode.name, said, now)

    def _whole(self, week: str) -> tuple[Document, list[CaseLine]]:
        if self._week is None or self._week[0] != week:
            with self._store.read() as tx:
                document = snapshots.of_week(tx, week)
            listed = "xlsx" in self._rules.settings.reports.formats
            self._week = week, document, case_lines(self._store, self._rules, document) if listed else []
        return self._week[1:]

    def _draw(self, document: Document, cases: Sequence[CaseLine], *, mailed: bool) -> Letter:
        settings = self._rules.settings
        language = settings.service.language
        page = f"{settings.service.public_url}/reports/{document.week}" if settings.web.listen else ""
        name = self._words("report.on_web")
        said = [faces.summary(document, language).rstrip(), f"{name}: {page}" if page else ""]
        if not mailed:
            return Letter(_paragraphs(said))
        drawn, failed = dict[str, bytes](), dict[str, str]()
        for face in (face for face in _FACES if face in settings.reports.formats):
            try:
                drawn[face] = faces.render(document, face, language, cases)
            except Exception as exc:  # whatever a form cannot be made for, the others are sent
                failed[face] = str(exc) or type(exc).__name__
                unknown = not isinstance(exc, MissingExtra)
                log.error("report.face_failed", face=face, week=document.week, why=failed[face], exc_info=unknown)
        files, too_big = _that_fit(drawn)
        notes = [self._words("report.left_out", face=face) for face in failed]
        notes += [self._words("report.too_big", face=face, limit=MOST_BYTES // 2**20) for face in too_big]
        return Letter(
            text=_paragraphs([*said, "\n".join(notes)]),
            html=_with_lines(faces.mail(document, language), [*([_link(name, page)] if page else []),
                                                              *map(html.escape, notes)]),
            attachments=tuple(
                Attachment(faces.filename(document, face), _media_type(face), content)
                for face, content in files.items()
            ),
            drawn=tuple(drawn), failed=failed,
        )  # fmt: skip


def _media_type(face: str) -> str:
    """Without its parameters, which the mail adds itself."""
    return faces.MEDIA_TYPES[face].partition(";")[0]


def _that_fit(drawn: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[str]]:
    """The files that one mail carries, first come first served, and the names of the others."""
    files, too_big, left = dict[str, bytes](), list[str](), MOST_BYTES
    for face, content in drawn.items():
        if len(content) > left:
            too_big.append(face)
        else:
            files[face] = content
            left -= len(content)
    return files, too_big


def _paragraphs(said: Iterable[str]) -> str:
    return "\n\n".join(filter(None, said))


def _link(name: str, address: str) -> str:
    return f'<a href="{html.escape(address)}">{html.escape(name)}</a>'


def _with_lines(page: str, lines: Sequence[str]) -> str:
    """A mail's HTML with some lines more at its end."""
    more = "".join(f"<p>{line}</p>" for line in lines)
    before, end, after = page.rpartition("</body>")
    return f"{before}{more}{end}{after}" if end else page + more
