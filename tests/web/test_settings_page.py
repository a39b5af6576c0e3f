"""The settings as seen: what is in force, for whose eyes, and never a secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from config import Settings
from connectors.contract import Health
from monitor.app import App
from monitor.rules import Rules
from monitor.store import accounts, contacts, flags, nodes
from monitor.store.nodes import Node
from monitor.web.turns import turns
from tests.support import Clock, city
from tests.web.conftest import Browser
from tests.web.scenes import busy_week, fire

LogIn = Callable[..., Browser]

MORE = """
[email]
host = "127.0.0.1"
username = "mailer"
password = "smtp-password-of-the-city"
[[channels]]
id = "park-mail"
type = "email"
to = "park@daejeon.example"
[[channels]]
id = "secret-hook"
type = "webhook"
url = "https://hooks.example/T0/very-secret-path?key=query-secret"
secret = "signing-secret-of-the-hook"
[[staff]]
id = "han"
name = "한주무관"
channels = ["secret-hook", "park-mail"]
[[rosters]]
department = "facility"
hours = ["mon-fri 09:00-18:00"]
people = ["han"]
[[rosters]]
department = "facility"
hours = ["mon-fri 18:00-22:00", "sat 10:00-12:00"]
people = ["lee"]
[[overrides]]
department = "facility"
from = 2026-11-16T12:00:00+09:00
until = 2026-11-16T13:00:00+09:00
people = ["park"]
[[absences]]
person = "kim"
from = 2026-11-17
until = 2026-11-17
deputy = "lee"
[policies.slow]
target = "45m"
steps = [ { at = "45m", kind = "breach", notify = ["assignee", "staff:ops"] } ]
[[departments]]
id = "env"
name = "<b>환경</b>과"
policy = "slow"
duty = ["lee"]
"""
WRITTEN = (
    "x-bearer-token", "app-secret-of-the-city", "page-token-2001", "smtp-password-of-the-city",
    "signing-secret-of-the-hook", "very-secret-path", "query-secret",
)  # fmt: skip


@pytest.fixture
def more() -> str:
    """Channels with secrets, a roster, leave and one more policy."""
    return MORE


def _secrets(table: object) -> Iterator[str]:
    """Every secret value that settings hold, however deep."""
    if isinstance(table, SecretStr):
        yield table.get_secret_value()
    elif isinstance(table, BaseModel):
        for name in type(table).model_fields:
            yield from _secrets(getattr(table, name))
    elif isinstance(table, dict | tuple | list):
        for one in table.values() if isinstance(table, dict) else table:
            yield from _secrets(one)


@pytest.mark.parametrize("role", ["operator", "auditor", "press", "head"])
def test_no_page_ever_holds_a_secret(site_app: App, clock: Clock, log_in: LogIn, role: str) -> None:
    """Every page of this module and its neighbours, every secret value, and what only addresses hide."""
    busy_week(site_app, clock)
    id = fire(site_app, clock)
    with site_app.store.write() as tx:
        contacts.tried(tx, "secret-hook", "", clock(), "hooks.example: echoed signing-secret-of-the-hook")
        accounts.set_problem(tx, "facebook", "2001", "token_problem", "bad token page-token-2001")
    found = {*_secrets(site_app.settings), *site_app.settings.secret_values(), *WRITTEN}
    assert set(WRITTEN[:5]) <= {*_secrets(site_app.settings)}
    browser = log_in("park", role)
    paths = ("/", "/overview", "/overview/wall", "/incidents", f"/incidents/{id}", "/reports", "/reports/2026-W47",
             "/reports/2026-W47?department=facility", "/settings", "/account", "/api/openapi.json")  # fmt: skip
    for path in (*paths, *(("/users",) if role == "operator" else ())):
        page = browser.get(path)
        assert page.status_code == 200, path
        assert [secret for secret in found if secret in page.text] == [], path
    assert site_app.settings.service.database not in browser.get("/settings").text


def test_addresses_are_the_operators_alone(log_in: LogIn) -> None:
    """A mail address, and the host of a webhook."""
    operator, press = log_in("ops", "operator").get("/settings").text, log_in("park", "press").get("/settings").text
    for address in ("park@daejeon.example", "hooks.example"):
        assert address in operator and address not in press
    assert "secret-hook" in press


def test_channels_say_whether_they_were_proved(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """At their present address; the last failure is said to everybody, its words to the operator."""
    hashes = {channel.id: channel.address_hash for channel in site_app.settings.channels}
    with site_app.store.write() as tx:
        contacts.delivered(tx, "kim-hook", hashes["kim-hook"], clock())
        contacts.delivered(tx, "lee-hook", "an older address", clock())
        contacts.tried(tx, "park-hook", hashes["park-hook"], clock(), "127.0.0.1: no connection")
    operator, press = log_in("ops", "operator").get("/settings").text, log_in("park", "press").get("/settings").text
    row = operator.partition("kim-hook")[2].partition("</tr>")[0]
    assert "확인됨" in row and "2026-11-16 09:00" in row
    assert "주소 변경 후" in operator.partition("lee-hook")[2].partition("</tr>")[0]
    failed = operator.partition('"row">park-hook')[2].partition("</tr>")[0]
    assert "최근 실패" in failed and "no connection" in failed
    assert "최근 실패" in press and "no connection" not in press


def test_a_department_sees_its_own_settings(log_in: LogIn) -> None:
    """Its people, channels, roster, policies, accounts; nothing of another department."""
    page = log_in("ops", "staff", ("facility",)).get("/settings").text
    for shown in ("시설관리과", "한주무관", "월~금 09:00-18:00", "dj_facility", "가로등", "standard", "secret-hook"):
        assert shown in page, shown
    for hidden in ("교통정책과", "transport", "dj_transport", "김담당", "kim-hook", "slow", "env", "노드"):
        assert hidden not in page, hidden
    assert "한주무관" not in log_in("kim", "staff").get("/settings").text


def test_ladders_in_words(log_in: LogIn) -> None:
    """In both languages; who is named by id is said by name."""
    ops = log_in("ops", "operator")
    page = " ".join(ops.get("/settings").text.split())
    for said in ("1차 답변: 30분 이내", "20분</b>", "기한 임박</span> → 담당자", "담당자, 팀장", "→ 담당자, 운영 담당",
                 "이후 1시간마다 최종 연락처", "1차 답변: 45분 이내", "3일 이내"):  # fmt: skip
        assert said in page, said
    assert "&lt;b&gt;환경" in page and "<b>환경" not in page
    ops.language = "en"
    english = ops.get("/settings").text
    assert "within 30 min" in english and "then every 1 h: the root contact" in english


def test_holidays_to_come_and_how_far_they_are_known(clock: Clock, log_in: LogIn) -> None:
    """As `calendar show` has them; told apart when certainty ends soon."""
    page = log_in("ops", "operator").get("/settings").text
    assert "2026-12-25(금)" in page and "기독탄신일" in page and "2027-12-31(금)까지 확정" in page
    clock.forward(days=45)
    later = log_in("ops", "operator").get("/settings").text
    assert "2026-12-25" not in later and "2027-01-01(금)" in later
    clock.forward(days=355)
    assert '<p class="notice">공휴일은' in log_in("ops", "operator").get("/settings").text


def test_accounts_and_budgets_as_they_stand(
    site_app: App, clock: Clock, log_in: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Complete until when, blind since when even where no daemon says so; what is not known is said to be."""
    site_app.polling.plan(clock())
    with site_app.store.write() as tx:
        accounts.complete(tx, "twitter", ["1001"], clock() - timedelta(minutes=1), clock())
        accounts.set_problem(tx, "twitter", "1001", "handle_problem", "it is @else now")
    ops = log_in("ops", "operator")
    page = ops.get("/settings").text
    row = page.partition("@dj_transport")[2].partition("</tr>")[0]
    assert "08:59" in row and "정상" in row and "it is @else now" in row
    assert page.count("이 프로세스는 아직 플랫폼을 호출하지 않았습니다") == 2
    clock.forward(minutes=6)
    row = ops.get("/settings").text.partition("@dj_facility")[2].partition("</tr>")[0]
    assert "수집 장애" in row and "09:00부터" in row
    health = Health(12, 288, clock() + timedelta(minutes=15), timedelta(seconds=2))
    monkeypatch.setattr(type(site_app.connectors["twitter"]), "health", lambda _: health)
    known = ops.get("/settings").text
    assert "288회 남음" in known and "09:21까지" in known and "12회 호출" in known and "2초" in known


def test_which_settings_are_in_force(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """These, others, or none yet; and the nodes, for those who see the city."""
    ops = log_in("ops", "operator")
    assert "아직 실행한 적 없음" in ops.get("/settings").text
    ours = site_app.settings.hash()
    with site_app.store.write() as tx:
        flags.put(tx, nodes.IN_FORCE, ours, clock())
        nodes.write(tx, Node("n1", "<i>host</i>", clock(), nodes.database_now(tx), ours, True))
    page = ops.get("/settings").text
    assert "이 설정</span>" in page and "판단·발송 중" in page and "&lt;i&gt;host" in page
    with site_app.store.write() as tx:
        flags.put(tx, nodes.IN_FORCE, "0" * 64, clock())
    assert "이 설정과 다름</span>" in ops.get("/settings").text


@pytest.mark.parametrize(("at", "now", "next_at", "then"), [
    ("2026-11-16T08:59", None, "2026-11-16T09:00", "han"), ("2026-11-16T09:00", "han", "2026-11-16T12:00", "park"),
    ("2026-11-16T12:30", "park", "2026-11-16T13:00", "han"), ("2026-11-16T13:00", "han", "2026-11-16T18:00", "lee"),
    ("2026-11-20T18:30", "lee", "2026-11-20T22:00", None),
    ("2026-11-20T22:00", None, "2026-11-21T10:00", "lee"), ("2026-11-21T12:00", None, "2026-11-23T09:00", "han"),
])  # fmt: skip
def test_whose_duty_it_is_and_whose_next(
    tmp_path: Path, at: str, now: str | None, next_at: str, then: str | None
) -> None:  # fmt: skip
    """By roster and override, to the minute; what a minute-by-minute search finds."""
    settings: Settings = city(tmp_path, more=MORE)
    rules = Rules(settings)
    instant = datetime.fromisoformat(at + "+09:00").astimezone(UTC)
    turn = turns(rules, ["facility"], instant)["facility"]
    assert (turn.now, turn.changes_at, turn.next) == (now, datetime.fromisoformat(next_at + "+09:00"), then)
    probe = instant
    while rules.on_duty("facility", probe) == now:
        probe += timedelta(minutes=1)
    assert probe == turn.changes_at


def test_leave_changes_a_duty_and_without_rosters_nothing_does(tmp_path: Path) -> None:
    """The deputy takes over for the days of leave; a plain duty list stands."""
    rules = Rules(city(tmp_path, more=MORE))
    now = datetime(2026, 11, 16, tzinfo=UTC)
    found = turns(rules, ["transport", "env"], now)
    assert found["transport"] == ("kim", datetime(2026, 11, 16, 15, tzinfo=UTC), "lee")
    assert found["env"] == ("lee", None, None)
