"""The weekly report on its way: to whom, in which parts, and what happens where something does not work."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Sequence
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest
from openpyxl import load_workbook

from monitor.alerts import deliver
from monitor.alerts import letter as letters
from monitor.alerts.channels.base import TransportError
from monitor.alerts.channels.email import compose_mail
from monitor.alerts.letter import Letters
from monitor.alerts.message import Kind, Message
from monitor.reports.document import CaseLine, Document
from monitor.reports.faces import MEDIA_TYPES, MissingExtra
from monitor.store import alerts, snapshots
from monitor.store.engine import Store
from tests.city import City, build, mention
from tests.reports.readers import MONDAY, READERS, about, kept, queued, reports_of
from tests.support import Clock

#: What the database has to do with it is tried where the report is made.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Plain:
    """The faces as far as a message goes: their bytes are tried elsewhere."""

    def __init__(self) -> None:
        self.broken: dict[str, Exception] = {}
        self.drawn: list[str] = []
        self.listed: set[str] = set()
        self.MEDIA_TYPES = MEDIA_TYPES

    def render(self, document: Document, format: str, language: str, cases: Sequence[CaseLine]) -> bytes:
        self.drawn.append(format)
        self.listed = {case.department for case in cases}
        if format in self.broken:
            raise self.broken[format]
        return document.to_json().encode() if format == "json" else f"{format} {document.department}".encode()

    def filename(self, document: Document, format: str) -> str:
        return f"{document.week}-{document.department or 'city'}.{format}"

    def summary(self, document: Document, language: str) -> str:
        return f"요약 {document.week} {document.department or '전체'}\n"

    def mail(self, document: Document, language: str) -> str:
        return f"<html><body><p>{document.week}</p></body></html>"


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Plain:
    """Faces that cost nothing."""
    faces = Plain()
    monkeypatch.setattr(letters, "faces", faces)
    return faces


@pytest.fixture
def town(store: Store, clock: Clock, tmp_path: Path, plain: Plain) -> City:
    """A city on a Monday at nine, its report made."""
    return _made(tmp_path, store, clock)


def _made(folder: Path, store: Store, clock: Clock, more: str = READERS) -> City:
    town = build(folder, store, clock, more)
    town.say(mention("m1", clock()))
    clock.at = MONDAY
    assert reports_of(town).make() == ["2026-W47"]
    return town


def _mailed(town: City) -> list[EmailMessage]:
    """What the press office found in its mailbox, as a mail program reads it."""
    sent = [compose_mail(one, sender="sns@city.example", to="press@city.example") for one in _sent(town)]
    return [message_from_bytes(mail.as_bytes(policy=SMTP), policy=SMTP) for mail in sent]  # type: ignore[arg-type]


def _sent(town: City, channel: str = "press-mail") -> list[Message]:
    played = town.channels[channel]
    sent, played.sent = played.sent, []
    return [one for one in sent if one.kind is Kind.REPORT]


def test_a_mail_has_its_text_its_page_and_its_files(town: City) -> None:
    """Text and HTML to choose from, then the files, what is signed first; the JSON is that of the snapshot's hash."""
    town.deliver()
    (mail,) = _mailed(town)
    assert str(mail["Subject"]) == "주간 SLA 준수율 보고서 · 2026-W47 시험시"
    assert [part.get_content_type() for part in mail.walk() if not part.is_multipart()][:2] == [
        "text/plain", "text/html",
    ]  # fmt: skip
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and text.get_content().strip() == "요약 2026-W47 전체"
    assert page is not None and page.get_content().strip() == "<html><body><p>2026-W47</p></body></html>"
    files = {str(part.get_filename()): part for part in mail.iter_attachments()}
    assert [(name, part.get_content_type()) for name, part in files.items()] == [
        ("2026-W47-city.pdf", "application/pdf"),
        ("2026-W47-city.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("2026-W47-city.html", "text/html"),
        ("2026-W47-city.csv", "text/csv"),
        ("2026-W47-city.json", "application/json"),
    ]
    content = files["2026-W47-city.json"].get_payload(decode=True)
    with town.store.read() as tx:
        (snapshot,) = snapshots.latest(tx)
    assert isinstance(content, bytes) and hashlib.sha256(content).hexdigest() == snapshot.sha256


def test_a_webhook_gets_the_text_alone(store: Store, clock: Clock, tmp_path: Path, plain: Plain) -> None:
    """CONTRACT's JSON with no cases; nothing is drawn for who cannot be handed it."""
    town = _made(tmp_path, store, clock, READERS.replace('"staff:press", ', ""))
    town.deliver()
    assert plain.drawn == []
    (city,) = _sent(town, "choi-hook")
    payload = city.payload()
    assert (payload["kind"], payload["level"], payload["cases"]) == ("report", 0, [])
    assert payload["text"] == "요약 2026-W47 전체"
    assert "account" not in payload and "html" not in payload and not city.attachments
    own = {message.text for message in _sent(town, "park-hook")}
    assert own == {"요약 2026-W47 transport", "요약 2026-W47 facility"}, "each department's own"


def test_the_page_is_named_where_there_is_a_web(store: Store, clock: Clock, tmp_path: Path, plain: Plain) -> None:
    """In the text, and to press in the mail; a department's cut leads to the same page."""
    town = _made(tmp_path, store, clock)
    settings = town.rules.settings
    web = settings.web.model_copy(update={"listen": "127.0.0.1:8080"})
    service = settings.service.model_copy(update={"public_url": "https://sns.city.example"})
    town.rules.settings = settings.model_copy(update={"web": web, "service": service})
    town.deliver()
    (mail,) = _mailed(town)
    address = "https://sns.city.example/reports/2026-W47"
    text, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None and text.get_content().splitlines()[-1] == f"웹에서 보기: {address}"
    assert page is not None and f'<p><a href="{address}">웹에서 보기</a></p></body>' in page.get_content()
    assert all(address in one.text for one in _sent(town, "park-hook"))


def test_a_form_that_cannot_be_made_is_left_out_and_said(town: City, plain: Plain) -> None:
    """The others arrive; the text says what is missing; the operator is told once, and when it is over."""
    plain.broken["pdf"] = MissingExtra("pip install 'sns-monitor[reports]'")
    town.deliver()
    (mail,) = _mailed(town)
    assert [str(part.get_filename())[-4:] for part in mail.iter_attachments()] == ["xlsx", "html", ".csv", "json"]
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None and "첨부하지 못한 파일: pdf" in body.get_content()
    ((who, fault),) = queued(town.store, "fault")
    assert who == "ops" and "sns-monitor[reports]" in str(fault)
    plain.broken.clear()
    for _ in range(2):
        _again(town, "transport")
        _again(town, None)
    assert len(_mailed(town)) == 4
    assert [who for who, _ in queued(town.store, "fault")] == ["ops", "ops"], "told when it began, and when it ended"


def test_files_that_are_too_big_for_a_mail_stay_behind(
    town: City, plain: Plain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All together are counted; what still fits is attached."""
    room = len(b"pdf None") + len(b"html None") + 2
    monkeypatch.setattr(letters, "MOST_BYTES", room)
    town.deliver()
    (mail,) = _mailed(town)
    assert [str(part.get_filename())[9:] for part in mail.iter_attachments()] == ["city.pdf", "city.xlsx"]
    text = mail.get_body(("plain",))
    assert text is not None
    assert [line.split("(")[0][-4:] for line in text.get_content().splitlines() if "첨부" in line] == [
        "html", " csv", "json",
    ]  # fmt: skip
    assert queued(town.store, "fault") == []


def test_the_same_report_is_drawn_once_for_many(town: City, plain: Plain) -> None:
    """Of each reader in a row; another one's is drawn anew."""
    town.deliver()
    plain.drawn.clear()
    for department in ("transport", "transport", None):
        _again(town, department)
    assert plain.drawn == ["pdf", "xlsx", "html", "csv", "json"] * 2


def test_quiet_hours_wait_for_the_morning(store: Store, clock: Clock, tmp_path: Path, plain: Plain) -> None:
    """A report is no alarm."""
    quiet = READERS.replace('channels = ["press-mail"]', 'channels = ["press-mail"]\nquiet = ["08:00-10:30"]')
    town = _made(tmp_path, store, clock, quiet)
    town.deliver()
    assert _sent(town) == []
    clock.forward(minutes=90)
    town.deliver()
    assert len(_sent(town)) == 1


def test_shadow_mode_keeps_it_and_sends_nothing(store: Store, clock: Clock, tmp_path: Path, plain: Plain) -> None:
    """Row 36: the report is on record, its messages are shadows."""
    town = _made(tmp_path, store, clock, f'{READERS}[alerts]\nmode = "shadow"\n')
    town.deliver()
    assert _sent(town) == []
    with store.read() as tx:
        assert {one.state for one in alerts.messages(tx)} == {"shadow"}
    assert kept(store).total.cases == 1


def test_a_mail_server_that_is_away_is_asked_ever_less(town: City, plain: Plain) -> None:
    """To draw it anew each minute of a night would keep a processor busy; when it works again the report arrives."""
    town.channels["press-mail"].trouble = TransportError("connection refused", permanent=False)
    for _ in range(120):
        town.deliver()
        town.clock.forward(minutes=1)
    with town.store.read() as tx:
        (waiting,) = [one for one in alerts.messages(tx) if one.recipient == "press"]
    assert 10 <= waiting.tries <= 20, waiting.tries
    town.channels["press-mail"].trouble = None
    town.clock.forward(minutes=15)
    town.deliver()
    assert len(_sent(town)) == 1


def test_nobody_who_can_be_reached_is_told_of(town: City) -> None:
    """A refused report is a dead letter and a fault, as any message."""
    town.channels["press-mail"].trouble = TransportError("550 no such user", permanent=True)
    town.deliver()
    with town.store.read() as tx:
        assert [one.recipient for one in alerts.messages(tx, state="dead")] == ["press"]
    assert [who for who, _ in queued(town.store, "fault")] == ["ops"]


def test_a_report_that_was_never_kept_is_a_fault(town: City) -> None:
    """The message stays, its worker goes on, the operator hears of it."""
    with town.store.write() as tx:
        subject = {"report": {"week": "2026-W40", "department": None}}
        alerts.add_message(tx, "m-lost", "report", 0, "press", "press-mail", town.clock(), subject)
    town.delivery._stopping = True
    town.delivery._work("m-lost", "press-mail")
    ((who, fault),) = queued(town.store, "fault")
    assert who == "ops" and "m-lost" in str(fault)


def test_alerts_do_not_wait_behind_reports(town: City, plain: Plain) -> None:
    """However long a report is drawn or on its way: all workers of its lane are there for alerts meanwhile."""
    sending, released = threading.Event(), threading.Event()
    at_once = threading.Barrier(deliver.WORKERS_A_LANE + 1)

    def send(message: Message, *, deadline: float) -> str:
        if message.kind is Kind.REPORT:
            sending.set()
            assert released.wait(30)
        else:
            at_once.wait(10)
        return "200"

    town.channels["park-hook"].send = send  # type: ignore[method-assign]
    town.delivery.fill()
    assert sending.wait(30)
    with town.store.write() as tx:
        for number in range(deliver.WORKERS_A_LANE):
            alerts.add_message(tx, f"m-{number}", "fault", 0, "park", "park-hook", town.clock())
    town.delivery.fill()
    at_once.wait(10)
    released.set()
    town.delivery.drain(timedelta(seconds=30))


def test_a_department_is_told_its_own(town: City) -> None:
    """By mail too: its name in the subject, its own files."""
    _again(town, "transport")
    (mail,) = [one for one in _mailed(town) if "교통정책과" in str(one["Subject"])]
    assert [str(part.get_filename()) for part in mail.iter_attachments()][:1] == ["2026-W47-transport.pdf"]
    assert about("park", "transport") in queued(town.store)


def _again(town: City, department: str | None) -> None:
    """Let the press office have a report once more."""
    with town.store.write() as tx:
        number = len(alerts.messages(tx))
        subject = {"report": {"week": "2026-W47", "department": department}}
        alerts.add_message(tx, f"m-{number}", "report", 0, "press", "press-mail", town.clock(), subject)
    town.deliver()


def test_the_real_faces_of_a_real_week(store: Store, clock: Clock, tmp_path: Path) -> None:
    """Every form is made of what was kept, for the city and for a department."""
    town = _made(tmp_path, store, clock)
    with store.write() as tx:
        subject = {"report": {"week": "2026-W47", "department": "transport"}}
        alerts.add_message(tx, "m-own", "report", 0, "press", "press-mail", clock(), subject)
    found = Letters(store, town.rules).of("m-own")
    assert found is not None and found.failed == {}
    assert [file.name.rpartition(".")[2] for file in found.attachments] == ["pdf", "xlsx", "html", "csv", "json"]
    assert "교통정책과" in found.text and "교통정책과" in found.html
    listed = load_workbook(io.BytesIO(found.attachments[1].content))["사례"]
    assert {row[1].value for row in listed.iter_rows(min_row=2)} == {"교통정책과"}, "its cases, and nobody else's"
