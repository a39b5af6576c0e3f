"""The week's report of a run, and its proof."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from sla.week import Week
from tests.acceptance.harness import free_port, instant, now, seconds, wait_for, wait_for_all
from tests.acceptance.stage import CITIZEN, LONG, PAGE, Ladder, Stage

SEOUL = ZoneInfo("Asia/Seoul")
PRESS = """
[email]
host = "127.0.0.1"
port = {port}
[[channels]]
id = "press-mail"
type = "email"
to = "press@city.example"
[[staff]]
id = "press"
name = "홍보담당관"
channels = ["press-mail"]
[reports]
weekly = "mon 00:00"
recipients = ["staff:press"]
formats = ["pdf", "xlsx", "json"]
"""


def test_the_week_agrees_with_what_happened_and_an_edit_is_found(stage: Stage) -> None:
    """Rows 5, 8, 33, 35: met, late, silent and dismissed are counted as they were; `verify` is 0, and 1 after an edit.

    The tampering is of one sealed event, behind the service's back.
    """
    daemon = stage.configure(Ladder(warning=4, breach=6, escalation=60)).start().ready()
    met, late, silent = stage.say(), stage.say(author="7002"), stage.say(author="7003")
    answered = stage.reply(met)
    wall = stage.graph.visitor_post(PAGE, CITIZEN, "감사합니다")
    late_case, _, wall_case = stage.found(late, silent, wall)
    assert daemon.run("case", "dismiss", str(wall_case["id"]), "--by", "lee", "--reason", "감사 인사").code == 0
    wait_for_all(
        lambda: [m for m in (late, silent) if not stage.hooks.arrivals("park", "breach", m)], 30, "both breached"
    )
    deadline = instant(str(late_case["deadline"]))
    wait_for(lambda: now() >= deadline + seconds(1), 30, "the deadline's second is over")
    late_answer = stage.reply(late)
    wait_for(lambda: stage.hooks.arrivals("park", "answered", late), 30, "the late answer is found")
    assert daemon.stop() == 0

    year, number, _ = instant(str(late_case["opened_at"])).astimezone(SEOUL).isocalendar()
    report = daemon.json("report", "weekly", "--week", f"{year}-W{number:02}")
    assert report["week"] == f"{year}-W{number:02}" and report["unexplained"] == []
    transport, facility = report["departments"]
    expected = {"department": "transport", "cases": 3, "met": 1, "missed": 2, "answered_late": 1, "unanswered": 1,
                "dismissed": 0, "pending": 0, "attainment": 1 / 3, "coverage": 1.0}  # fmt: skip
    assert {key: transport[key] for key in expected} == expected
    expected |= {"department": "facility", "cases": 1, "met": 0, "missed": 0, "answered_late": 0, "unanswered": 0,
                 "dismissed": 1, "attainment": None}  # fmt: skip
    assert {key: facility[key] for key in expected} == expected
    slowest = stage.x.by_version[int(late_answer)][1].created_at - stage.x.by_version[int(late)][1].created_at
    assert abs(timedelta(seconds=transport["worst_seconds"]) - slowest) <= seconds(1), "X tells whole seconds"
    assert transport["worst_seconds"] > 6 and answered

    proved = daemon.json("report", "verify", "--head", report["head"])
    assert (proved["ok"], proved["findings"], proved["head"]) == (True, [], report["head"])
    assert _edit(stage, "UPDATE events SET actor = 'park' WHERE kind = 'dismissed'") == 1
    done = daemon.run("report", "verify")
    assert done.code == 1 and "edited" in done.out, done


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_missed_monday_is_made_up_and_arrives_once(stage: Stage) -> None:
    """At the start: to the press office by mail with its files, to those of the departments; not again after a kill.

    The settings say that the accounts are watched since last Monday: that week's report is missing.
    """
    week = Week.of(now(), SEOUL).before()
    with _mailbox() as (port, mails):
        since = week.span(SEOUL)[0]
        daemon = stage.configure(LONG, watch_from=since, more=PRESS.format(port=port)).start().ready()
        wait_for(lambda: mails, 60, "the press office has mail")
        daemon.kill()
        daemon.start().ready()
        wait_for(lambda: len(_told(stage)) == 4, 30, "manager and head hear of two departments")
        wait_for(lambda: not _owed(daemon.json("alerts")), 30, "nothing is on its way")
        assert daemon.stop() == 0
    assert len({mail["Message-ID"] for mail in mails}) == 1, "sent once, or once more under its id"
    files = {str(part.get_filename()): part.get_content() for part in mails[0].iter_attachments()}
    assert list(files) == [f"weekly-{week}.{form}" for form in ("pdf", "xlsx", "json")]
    assert files[f"weekly-{week}.pdf"].startswith(b"%PDF-")
    told = json.loads(files[f"weekly-{week}.json"])
    assert (told["week"], told["total"]["cases"]) == (str(week), 0)
    assert [one["week"] for one in daemon.json("report", "list")] == [str(week)]
    assert {who for who, _ in _told(stage)} == {"park", "choi"}
    done = daemon.run("report", "verify", "--week", str(week))
    assert done.code == 0, done


def _told(stage: Stage) -> set[tuple[str, str]]:
    """Who was sent a report, and each message's id; its text leads to the page."""
    arrived = stage.hooks.arrivals(kind="report")
    assert all("/reports/" in one.message["text"] and one.cases == [] for one in arrived)
    return {(one.who, one.id) for one in arrived}


def _owed(messages: list[dict[str, object]]) -> list[dict[str, object]]:
    return [one for one in messages if one["kind"] == "report" and one["state"] == "queued"]


@contextmanager
def _mailbox() -> Iterator[tuple[int, list[EmailMessage]]]:
    """A mail server on loopback: its port, and what came in."""
    mails: list[EmailMessage] = []

    class Box:
        async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
            assert isinstance(envelope.content, bytes)
            mails.append(message_from_bytes(envelope.content, policy=SMTP))  # type: ignore[arg-type]
            return "250 OK"

    server = Controller(Box(), hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        yield server.port, mails
    finally:
        server.stop()


def _edit(stage: Stage, statement: str) -> int:
    """Change the database behind the service's back; returns how many rows it was."""
    url = make_url(stage.database)
    engine = create_engine(url if url.get_backend_name() == "sqlite" else url.set(drivername="postgresql+psycopg"))
    with engine.begin() as tx:
        rows = tx.execute(text(statement)).rowcount
    engine.dispose()
    return rows
