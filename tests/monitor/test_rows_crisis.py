"""SEMANTICS row 34: a keyword or a surge opens one incident, which the whole city hears of."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Post
from monitor.crisis.room import CrisisRoom
from monitor.crisis.watch import CrisisWatch
from monitor.store import cases, events, flags, incidents
from monitor.store.cases import StaleCase
from monitor.store.engine import Store
from sla.case import Conflict, State
from sla.incident import Incident
from tests.city import MINUTE, SECOND, City, answer, build, mention

FIRE = "@dj_transport 유성시장 근처 건물에 화재가 났어요"
FLOODED = (
    "@dj_transport 은행동 지하차도에 물이 차올라요",
    "@dj_transport 지하차도 침수됐어요 차가 못 지나가요 은행동",
    "@dj_transport 은행동 지하차도 물바다입니다 위험해요",
    "@dj_transport 지금 은행동 지하차도에 차가 잠겼어요",
    "@dj_transport 은행동지하차도 침수 통제해주세요",
    "@dj_transport 지하차도 물이 넘쳐요 은행동이요",
    "@dj_transport 은행동 쪽 지하차도 잠겨서 갇혔어요",
    "@dj_transport 은행동 지하차도 침수 신고합니다",
)


def _job(town: City) -> tuple[CrisisWatch, CrisisRoom]:
    room = CrisisRoom(town.store, town.rules, town.clock)
    return CrisisWatch(town.store, town.rules, room, town.clock), room


def _incidents(town: City) -> list[Incident]:
    with town.store.read() as tx:
        return incidents.latest(tx, 100)


def _only(town: City) -> Incident:
    (incident,) = _incidents(town)
    return incident


def _flood(town: City, **more: Any) -> list[Post]:
    """Eight people write of the same within four minutes."""
    start = town.clock()
    said = [
        mention(f"f{number}", start + 30 * SECOND * number, text, author=f"citizen{number}", **more)
        for number, text in enumerate(FLOODED)
    ]
    town.clock.forward(minutes=4)
    return said


def test_row_34_one_mention_with_a_keyword_opens_an_incident(town: City) -> None:
    """At once: short target from the mention's own time, hours ignored, the whole city told, one owner."""
    watch, _ = _job(town)
    town.say(mention("m1", town.clock(), FIRE))
    assert watch.run() == 1
    incident = _only(town)
    assert (incident.kind, incident.subject, incident.department, incident.owner) == (
        "keyword", "화재", "transport", "kim",
    )  # fmt: skip
    case = town.case()
    assert (case.incident, case.policy, case.deadline) == (incident.id, "crisis", town.clock() + 10 * MINUTE)
    assert case.next_action_at == town.clock() + 7 * MINUTE
    town.deliver()
    assert town.alerted() == {who: [("crisis", 0)] for who in ("kim", "choi", "ops")}
    assert [event.kind for event in town.events() if event.kind.startswith("incident")] == ["incident_opened"]
    (alarmed,) = town.events("alarmed")
    assert alarmed.case_id == case.id


def test_row_34_the_night_does_not_wait_for_office_hours(town: City, tmp_path: Path) -> None:
    """A promise on office hours is one around the clock from the alarm on."""
    (tmp_path / "office").mkdir()
    office = build(tmp_path / "office", town.store, town.clock, more='[policies.standard]\ncalendar = "office"\n')
    office.clock.forward(hours=14)  # 23:00 in Seoul
    office.say(mention("m1", office.clock(), FIRE))
    assert office.case().deadline > office.clock() + timedelta(hours=10)
    _job(office)[0].run()
    assert office.case().deadline == office.clock() + 10 * MINUTE


@pytest.mark.parametrize("text", ["화재 예방 캠페인 잘 봤어요", "화재 대피 훈련 언제 하나요", "멘탈 붕괴네요"])
def test_row_34_words_that_rule_a_keyword_out(town: City, text: str) -> None:
    """`keywords_none`: nothing burns, nobody is woken."""
    watch, _ = _job(town)
    town.say(mention("m1", town.clock(), f"@dj_transport {text}"))
    watch.run()
    assert _incidents(town) == [] and town.case().policy == "standard"


def test_row_34_later_mentions_join_and_nobody_is_told_twice(town: City) -> None:
    """The same keyword, or words like theirs, of other people and departments: one incident, told once."""
    watch, _ = _job(town)
    town.say(mention("m1", town.clock(), FIRE))
    watch.run()
    town.clock.forward(minutes=3)
    town.say(
        mention("m2", town.clock(), "@dj_facility 유성시장 화재 신고합니다", author="b", addressed=("1002",)),
        mention("m3", town.clock(), "@dj_transport 유성시장 근처 건물에 불이 났어요", author="c"),
        mention("m4", town.clock(), "@dj_transport 시간표 알려주세요", author="d"),
    )
    watch.run()
    incident = _only(town)
    assert [case.incident == incident.id for case in sorted(town.cases(), key=town.mentions)] == [
        True, True, True, False,
    ]  # fmt: skip
    assert incident.last_post_at == town.clock()
    town.deliver()
    assert town.alerted() == {who: [("crisis", 0)] for who in ("kim", "choi", "ops")}
    (grew,) = town.events("incident_grew")
    assert len(grew.data["cases"]) == 2


def test_row_34_a_surge_opens_an_incident(town: City) -> None:
    """Eight people tell of the same trouble within four minutes, and none of their words is a keyword."""
    watch, _ = _job(town)
    town.say(*_flood(town))
    watch.run()
    incident = _only(town)
    assert incident.kind == "surge" and "지하차도" in incident.subject
    assert incident.data["test"]["chance"] < incident.data["test"]["limit"]
    assert {case.incident for case in town.cases()} == {incident.id}
    assert all(case.deadline == case.opened_at + 10 * MINUTE for case in town.cases())
    assert "subject" not in town.events("incident_opened")[0].data  # history holds no words of citizens
    town.deliver()
    (told,) = town.told("choi")
    assert "지하차도" in told.text and incident.id in told.text


def test_one_angry_person_is_no_surge(town: City) -> None:
    """The same eight posts by one person open nothing."""
    watch, _ = _job(town)
    town.say(*(Post(**{**_fields(post), "author": "citizen"}) for post in _flood(town)))
    watch.run()
    assert _incidents(town) == []


def test_praise_is_no_surge(town: City) -> None:
    """Twenty people who say thanks in two minutes wake nobody."""
    watch, _ = _job(town)
    at = town.clock()
    town.clock.forward(minutes=2)
    town.say(
        *(mention(f"p{n}", at + 6 * SECOND * n, "@dj_transport 은행동 지하차도 공사 감사합니다", author=f"c{n}")
          for n in range(20))
    )  # fmt: skip
    watch.run()
    assert _incidents(town) == []


def test_two_nodes_open_one_incident(town: City) -> None:
    """Two at once about the same join: whoever comes second finds the first one's incident."""
    jobs = [_job(town)[0] for _ in range(2)]
    town.say(mention("m1", town.clock(), FIRE), mention("m2", town.clock(), FIRE + "!", author="b"))
    threads = [threading.Thread(target=job.run) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    incident = _only(town)
    assert [case.incident for case in town.cases()] == [incident.id] * 2
    town.deliver()
    assert town.alerted() == {who: [("crisis", 0)] for who in ("kim", "choi", "ops")}


def test_nothing_is_looked_at_twice_and_nothing_missed_after_a_restart(town: City) -> None:
    """A job that begins anew reads what no job had looked at, however long ago, and opens nothing again."""
    town.say(mention("m1", town.clock(), "@dj_transport 시간표 알려주세요"))
    watch, _ = _job(town)
    assert (watch.run(), watch.run()) == (1, 0)
    town.say(mention("m2", town.clock(), FIRE, author="b"))
    with town.store.read() as tx:
        assert flags.get(tx, "crisis_mark") is not None
    town.clock.forward(hours=5)
    assert _job(town)[0].run() == 2
    incident = _only(town)
    assert _job(town)[0].run() >= 1
    assert _only(town).id == incident.id and len(town.events("incident_opened")) == 1


@pytest.mark.parametrize("said", ["one keyword", "eight people"])
def test_what_was_ended_is_not_opened_again_after_a_start(town: City, said: str) -> None:
    """Ended by a person, then a restart or a reload reads the last hour once more: nobody is told a second time."""
    watch, room = _job(town)
    town.say(*(_flood(town) if said == "eight people" else [mention("m1", town.clock(), FIRE)]))
    watch.run()
    room.end(_only(town).id, "ops", "오보")
    town.clock.forward(minutes=5)
    again = _job(town)[0]
    assert again.run() > 0 and len(_incidents(town)) == 1
    town.clock.forward(minutes=1)
    town.say(mention("n1", town.clock(), FIRE, author="new"))
    again.run()
    assert len(_incidents(town)) == 2


def test_who_writes_again_after_the_end_is_heard_again(town: City) -> None:
    """The same citizen in the same case: what they wrote before the end is over, what they write after it is new."""
    watch, room = _job(town)
    town.say(mention("m1", town.clock(), FIRE))
    watch.run()
    room.end(_only(town).id, "ops", "진화 완료")
    town.clock.forward(minutes=1)
    town.say(mention("m2", town.clock(), f"{FIRE} 다시 타요", conversation="m1"))
    watch.run()
    newest, _ = _incidents(town)
    assert newest.ended_at is None and town.case().incident == newest.id


def test_an_idle_round_writes_nothing(town: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """What costs is what is new: without news no transaction is begun, and two statements are asked."""
    watch, _ = _job(town)
    town.say(mention("m1", town.clock(), "@dj_transport 시간표 알려주세요"))
    watch.run()
    town.clock.forward(minutes=2)
    watch.run()
    monkeypatch.setattr(Store, "write", _never)
    town.clock.forward(seconds=5)
    assert watch.run() == 0


def test_a_case_that_changes_meanwhile_is_read_again(town: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stale case gives the transaction up and it is begun again, once."""
    watch, _ = _job(town)
    town.say(mention("m1", town.clock(), FIRE))
    save, tries = cases.save, []

    def stale_once(tx: Any, changes: Any) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise StaleCase
        save(tx, changes)

    monkeypatch.setattr(cases, "save", stale_once)
    watch.run()
    assert len(tries) == 2 and town.case().incident == _only(town).id
    assert len(town.events("incident_opened")) == 1


def test_a_claimed_case_stays_with_its_person(town: City) -> None:
    """The alarm takes a case from nobody, and its deadline never moves back."""
    town.say(mention("m1", town.clock() - 25 * MINUTE, FIRE, created_at=town.clock()))
    town.desk.claim(town.case().id, "lee")
    _job(town)[0].run()
    assert (town.case().assignee, town.case().state) == ("lee", State.CLAIMED)


def test_row_34_it_ends_by_itself_with_a_summary(town: City) -> None:
    """Two hours without a post and every case answered: over, and everybody who heard of it hears what it came to."""
    watch, _ = _job(town)
    fire = mention("m1", town.clock(), FIRE)
    town.say(fire)
    watch.run()
    town.deliver()
    town.alerted()
    town.clock.forward(hours=3)
    watch.run()
    assert _only(town).ended_at is None  # a case of it is unanswered
    town.say(answer("a1", fire, town.clock()))
    town.clock.forward(seconds=5)
    watch.run()
    incident = _only(town)
    assert (incident.ended_at, incident.ended_by) == (town.clock(), "clock")
    (ended,) = town.events("incident_ended")
    told = {name: ended.data[name] for name in ("posts", "people", "cases", "answered", "late", "open", "departments")}
    assert told == {"posts": 1, "people": 1, "cases": 1, "answered": 1, "late": 1, "open": 0,
                    "departments": ["transport"]}  # fmt: skip
    town.deliver()
    summaries = {who: [m for m in town.told(who) if "상황 종료" in m.text] for who in ("kim", "lee", "choi", "ops")}
    assert {who: len(sent) for who, sent in summaries.items()} == {"kim": 1, "lee": 0, "choi": 1, "ops": 1}


def test_row_34_one_owner_who_may_change_until_the_end(town: City) -> None:
    """Claimed by one person at a time; ended by a person with a reason, once."""
    watch, room = _job(town)
    town.say(mention("m1", town.clock(), FIRE))
    watch.run()
    id = _only(town).id
    assert room.claim(id, "park").owner == "park"
    with pytest.raises(Conflict):
        room.claim(id, "park")
    assert room.end(id, "park", "진화 완료").reason == "진화 완료"
    with pytest.raises(Conflict):
        room.end(id, "park", "진화 완료")
    with pytest.raises(Conflict):
        room.claim(id, "lee")
    assert town.case().policy == "crisis" and town.case().is_open
    town.say(mention("m2", town.clock(), FIRE, author="b"))
    watch.run()
    assert len(_incidents(town)) == 2  # what comes after an end is a new one


def test_shadow_mode_tells_nobody(town: City, tmp_path: Path) -> None:
    """Row 36: the incident is on record, its messages are shadows."""
    (tmp_path / "shadow").mkdir()
    quiet = build(tmp_path / "shadow", town.store, town.clock, more='[alerts]\nmode = "shadow"\n')
    quiet.say(mention("m1", quiet.clock(), FIRE))
    _job(quiet)[0].run()
    quiet.tick(minutes=30)
    assert _only(quiet).told == ("kim", "choi", "ops") and quiet.alerted() == {}


def test_the_history_teaches_what_is_usual(town: City) -> None:
    """Where a whole hour of such posts comes every day, eight of them in four minutes are no surge."""
    for day in range(21):
        at = town.clock()
        town.clock.forward(minutes=59)
        town.say(
            *(mention(f"h{day}-{n}", at + 50 * SECOND * n, FLOODED[n % len(FLOODED)], author=f"a{n}")
              for n in range(60))
        )  # fmt: skip
        town.clock.forward(minutes=24 * 60 - 59)
    town.say(*_flood(town))
    watch, _ = _job(town)
    assert watch.run() == len(FLOODED)
    assert _incidents(town) == []


def _never(*_: object) -> Any:
    raise AssertionError("no transaction is needed")


def _fields(post: Post) -> dict[str, Any]:
    return {name: getattr(post, name) for name in post.__dataclass_fields__}


def test_events_of_an_incident_are_the_services_own(town: City) -> None:
    """They belong to no case, so that a week's recount passes over them."""
    watch, _ = _job(town)
    town.say(mention("m1", town.clock(), FIRE))
    watch.run()
    with town.store.read() as tx:
        (opened,) = events.of_service(tx, ["incident_opened"])
    assert opened.case_id is None and opened.data["incident"] == _only(town).id


def test_what_was_found_late_is_still_a_surge(town: City) -> None:
    """After hours of downtime the posts come in two pages, minutes apart: one surge, by the times they were written."""
    said = _flood(town)
    town.clock.forward(hours=5)
    watch, _ = _job(town)
    for page in (said[:3], said[3:]):
        town.say(*page)
        watch.run()
        town.clock.forward(minutes=2)
    assert _only(town).kind == "surge"
