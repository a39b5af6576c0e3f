"""Incidents on pages: who sees which, who may end one, and who was first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitor.app import App
from monitor.crisis.room import CrisisRoom
from monitor.store import events, incidents
from sla.case import Conflict
from sla.incident import Incident
from tests.city import mention, put_together
from tests.support import Clock
from tests.web.conftest import Browser
from tests.web.scenes import fire

LogIn = Callable[..., Browser]


def _incident(app: App, id: str) -> Incident:
    with app.store.read() as tx:
        found = incidents.get(tx, id)
    assert found is not None
    return found


def test_no_crisis_so_far(log_in: LogIn) -> None:
    """A page that says so, and nothing under an id that is none."""
    kim = log_in()
    assert "위기 상황이 없었습니다" in kim.get("/incidents").text
    assert kim.get("/incidents/nowhere").status_code == 404


def test_one_incident(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """What it came to, whose it is, who was told, its cases and posts by link; no citizen's words."""
    id = fire(site_app, clock)
    page = log_in().get(f"/incidents/{id}").text
    for shown in (
        "화재",
        "김담당, 최과장, 운영 담당",
        "글 1건 · 1명 · 사건 1건",
        "https://x.com/citizen/status/fire-transport",
    ):
        assert shown in page, shown
    with site_app.store.read() as tx:
        (case,) = incidents.case_ids(tx, id)
    assert f'href="/cases/{case}"' in page and "유성시장" not in page
    assert f'href="/incidents/{id}"' in log_in().get("/incidents").text


def test_only_what_concerns_ones_departments(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """An incident of another department is not there; of one in both, only the own cases and posts are."""
    id = fire(site_app, clock)
    facility = log_in("ops", "staff", ("facility",))
    assert id not in facility.get("/incidents").text
    assert facility.get(f"/incidents/{id}").status_code == 404
    town = put_together(site_app.store, site_app.rules, clock)
    said = mention("fire-2", clock(), "@dj_facility 유성시장 화재 연기가 나요", author="z2", addressed=("1002",))
    town.say(said)
    site_app.crisis.run()
    page = facility.get(f"/incidents/{id}").text
    with site_app.store.read() as tx:
        (own,) = incidents.case_ids(tx, id, {"facility"})
        (other,) = incidents.case_ids(tx, id, {"transport"})
    assert own in page and "status/fire-2" in page
    assert other not in page and "status/fire-transport" not in page


@pytest.mark.parametrize(("role", "may"), [("staff", False), ("auditor", False), ("manager", True), ("press", True)])
def test_who_may_claim_and_end(site_app: App, clock: Clock, log_in: LogIn, role: str, may: bool) -> None:
    """Everybody reads; the auditor changes nothing, nor does staff."""
    id = fire(site_app, clock)
    browser = log_in("park", role)
    page = browser.get(f"/incidents/{id}")
    assert page.status_code == 200 and ("/claim" in page.text) is may and ("/end" in page.text) is may
    assert browser.post(f"/incidents/{id}/claim", owner="kim").status_code == (303 if may else 403)
    assert browser.post(f"/incidents/{id}/end", reason="끝").status_code == (303 if may else 403)
    after = _incident(site_app, id)
    assert (after.owner, after.ended_by) == (("park", "park") if may else ("kim", None))


def test_another_departments_incident_cannot_be_ended(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """Nor claimed: it is not there."""
    id = fire(site_app, clock)
    head = log_in("ops", "head", ("facility",))
    assert head.post(f"/incidents/{id}/claim", owner="kim").status_code == 404
    assert head.post(f"/incidents/{id}/end", reason="끝").status_code == 404
    assert _incident(site_app, id).ended_at is None


def test_an_end_needs_a_reason_that_all_can_read(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """And it is on the page, with who ended it."""
    id = fire(site_app, clock)
    park = log_in("park", "press")
    for blank in ("", "  "):
        refused = park.post(f"/incidents/{id}/end", reason=blank)
        assert refused.status_code == 400 and "종료 사유" in refused.text
    assert park.post(f"/incidents/{id}/end", reason="<i>진화</i> 완료").status_code == 303
    page = park.get(f"/incidents/{id}").text
    assert "&lt;i&gt;진화" in page and "<i>" not in page and "박팀장" in page
    assert "/end" not in page


def test_what_two_people_do_at_once_is_told(site_app: App, clock: Clock, log_in: LogIn) -> None:
    """Who was first and when; what was typed stays; a second word after that counts."""
    id = fire(site_app, clock)
    park, choi = log_in("park", "press"), log_in("choi", "press")
    clock.forward(minutes=1)
    assert park.post(f"/incidents/{id}/claim", owner="kim").status_code == 303
    clock.forward(minutes=1)
    late = choi.post(f"/incidents/{id}/claim", owner="kim")
    assert late.status_code == 409 and "박팀장님이 먼저" in late.text and "09:01" in late.text
    assert _incident(site_app, id).owner == "park"
    assert "이미 내가" in park.post(f"/incidents/{id}/claim", owner="park").text
    assert choi.post(f"/incidents/{id}/claim", owner="park").status_code == 303
    assert choi.post(f"/incidents/{id}/end", reason="진화 완료").status_code == 303
    ended = park.post(f"/incidents/{id}/end", reason="우리 쪽 끝")
    assert ended.status_code == 409
    assert "최과장님이 이미 종료했습니다(09:02). 사유: 진화 완료" in ended.text
    with site_app.store.read() as tx:
        assert [e.actor for e in events.of_service(tx, ["incident_claimed"])] == ["park", "choi"]


def test_a_claim_is_of_what_was_seen(site_app: App, clock: Clock) -> None:
    """The room itself compares, within its lock."""
    id = fire(site_app, clock)
    room = CrisisRoom(site_app.store, site_app.rules, clock)
    with pytest.raises(Conflict):
        room.claim(id, "park", "lee")
    assert room.claim(id, "park", "kim").owner == "park"
    assert room.claim(id, "choi").owner == "choi"
