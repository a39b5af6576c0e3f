"""The week's report of a run, and its proof."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.acceptance.harness import instant, now, seconds, wait_for, wait_for_all
from tests.acceptance.stage import CITIZEN, PAGE, Ladder, Stage


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

    year, number, _ = instant(str(late_case["opened_at"])).astimezone(ZoneInfo("Asia/Seoul")).isocalendar()
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


def _edit(stage: Stage, statement: str) -> int:
    """Change the database behind the service's back; returns how many rows it was."""
    url = make_url(stage.database)
    engine = create_engine(url if url.get_backend_name() == "sqlite" else url.set(drivername="postgresql+psycopg"))
    with engine.begin() as tx:
        rows = tx.execute(text(statement)).rowcount
    engine.dispose()
    return rows
