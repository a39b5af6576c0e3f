"""Reports taken out of the web: in every form, with a reason that is on record before the file leaves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from monitor.app import App
from monitor.cli import cli
from monitor.reports import faces, snapshots
from monitor.reports.week import case_lines, weekly
from monitor.store import api_tokens, events
from monitor.web.pages import report_export
from tests.support import Clock
from tests.web.conftest import Browser
from tests.web.scenes import busy_week

LogIn = Callable[..., Browser]
WEEK = "/reports/2026-W47"


def exports(app: App) -> list[Any]:
    """What is on record of exports."""
    with app.store.read() as tx:
        return list(events.of_service(tx, ["exported"]))


@pytest.mark.parametrize(("user", "role", "department", "mine"), [
    ("ops", "press", "", None), ("ops", "auditor", "facility", None), ("ops", "head", "", ("facility",)),
])  # fmt: skip
def test_an_export_is_the_command_lines_file(
    site_app: App, clock: Clock, log_in: LogIn, user: str, role: str, department: str, mine: tuple[str, ...] | None
) -> None:
    """The same JSON, and an event that says who took what, and why."""
    busy_week(site_app, clock)
    browser = log_in(user, role, mine or ())
    of = department or (mine or ("",))[0]
    asked = ["--config", str(site_app.settings.path), "report", "weekly", "--week", "2026-W47", "--json"]
    done = CliRunner().invoke(cli, [*asked, *(("--department", of) if of else ())], obj=clock)
    assert done.exit_code == 0, done.output
    answer = browser.post(f"{WEEK}/export", department=department, reason=" 국정감사 자료 ", format="json")
    assert answer.status_code == 200 and answer.json() == json.loads(done.stdout)
    name = f"weekly-2026-W47{'-' + of if of else ''}.json"
    assert answer.headers["content-disposition"] == f"attachment; filename*=UTF-8''{name}"
    (event,) = exports(site_app)
    assert (event.actor, event.data) == (user, {"what": name, "reason": "국정감사 자료"})


def test_every_form_of_a_kept_report(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """Is what its face draws of what was kept, byte for byte; the workbook lists the cases."""
    busy_week(site_app, clock)
    made = weekly(site_app.store, site_app.rules, "2026-W47", clock())
    with site_app.store.write() as tx:
        snapshots.keep(tx, made, "clock", clock())
    clock.forward(hours=5)
    park = log_in("park", "press")
    page = park.get(WEEK).text
    lines = case_lines(site_app.store, site_app.rules, made)
    assert len(lines) == made.total.cases
    for format in faces.FORMATS:
        assert f'name="format" value="{format}"' in page
        answer = park.post(f"{WEEK}/export", reason="주간 보고", format=format)
        assert answer.status_code == 200, format
        assert answer.content == faces.render(made, format, "ko", lines), format
        assert answer.headers["content-type"] == faces.MEDIA_TYPES[format]
        assert answer.headers["content-disposition"].endswith(f"weekly-2026-W47.{format}")
    assert [event.data["what"] for event in exports(site_app)] == [f"weekly-2026-W47.{one}" for one in faces.FORMATS]


def test_a_missing_extra_is_said_with_its_mend(
    site_app: App, clock: Clock, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the page, with what was typed; nothing is on record, for nothing left."""

    def missing(*_: object) -> bytes:
        raise faces.MissingExtra("pip install 'sns-monitor[reports]'")

    busy_week(site_app, clock)
    monkeypatch.setattr(report_export.faces, "render", missing)
    refused = log_in("park", "press").post(f"{WEEK}/export", reason="주간 보고", format="pdf")
    assert refused.status_code == 503 and "sns-monitor[reports]" in refused.text
    assert 'value="주간 보고"' in refused.text and 'value="pdf" checked' in refused.text
    assert exports(site_app) == []


def test_without_a_reason_or_the_right_nothing_leaves(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """What was typed stays; staff have no form and are refused; there is no other form than those shown."""
    busy_week(site_app, clock)
    park = log_in("park", "press")
    refused = park.post(f"{WEEK}/export", reason="  ", format="xlsx")
    assert refused.status_code == 400 and "내보내는 목적" in refused.text and 'value="xlsx" checked' in refused.text
    assert park.post(f"{WEEK}/export", reason="보고", format="exe").status_code == 400
    kim = log_in("kim", "staff")
    assert "/export" not in kim.get(WEEK).text
    assert kim.post(f"{WEEK}/export", department="transport", reason="궁금해서", format="csv").status_code == 403
    assert exports(site_app) == []


def test_a_program_reads_what_was_kept(site_app: App, clock: Clock, client: httpx.Client) -> None:
    """The city's to the byte, so that its SHA-256 can be taken again; a department's own; nothing of another's."""
    busy_week(site_app, clock)
    made = weekly(site_app.store, site_app.rules, "2026-W47", clock())
    with site_app.store.write() as tx:
        snapshots.keep(tx, made, "clock", clock())
        tokens = {
            of: api_tokens.add(tx, "상황판", role, scope, "ops", clock(), None)[1]
            for of, role, scope in (
                ("city", "auditor", ()), ("one", "staff", ("facility",)), ("two", "staff", ("facility", "transport")),
            )
        }  # fmt: skip
    clock.forward(hours=5)

    def ask(of: str, path: str = "2026-W47") -> httpx.Response:
        return client.get(f"/api/reports/{path}", headers={"Authorization": f"Bearer {tokens[of]}"})

    assert hashlib.sha256(ask("city").content).hexdigest() == made.sha256
    assert ask("one").text == ask("two", "2026-W47?department=facility").text == made.of("facility").to_json()
    for of, path in (("one", "2026-W47?department=transport"), ("two", "2026-W47"), ("city", "2026-W48"),
                     ("city", "x"), ("city", "2026-W47?department=nowhere")):  # fmt: skip
        assert ask(of, path).status_code == 404, (of, path)
    assert client.get("/api/reports/2026-W47").status_code == 401
