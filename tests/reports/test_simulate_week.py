"""A week lived through again, out of a real history: the same promise gives what was recorded."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from connectors.contract import Post, Unavailable
from monitor.reports.simulate import Simulation, WhatIf, simulate
from monitor.reports.week import UnknownDepartment, weekly
from monitor.rules import Rules
from monitor.store import cases
from sla.case import Conflict
from sla.week import UnknownWeek
from sla.whatif import Difference
from tests.city import MINUTE, City, answer, mention
from tests.support import city as settings_of

WEEK = "2026-W47"


def lived(town: City) -> None:
    """Two hours of a Monday in which everything happens that may."""
    start = town.clock()
    asked = {
        f"m{number}": mention(f"m{number}", start + number * MINUTE, author=f"c{number}", addressed=(account,))
        for number, account in enumerate(["1001", "1001", "1001", "1002", "1001", "1002", "1001"])
    }
    later = mention("m0b", start + 3 * MINUTE, author="c0", conversation="m0")
    known: dict[str, str] = {}
    for minute in range(120):
        now = start + minute * MINUTE
        town.say(*[post for post in (*asked.values(), later) if post.created_at == now])
        if minute in (15, 25, 33):
            known = {town.mentions(case)[0]: case.id for case in town.cases()}
        if minute == 12:
            town.connector.answers = [answer("a1", asked["m1"], now)]  # found by the look only
        if minute == 15:
            town.desk.acknowledge(known["m2"], "lee")
            town.desk.claim(known["m2"], "lee")
        if minute == 25:
            town.desk.transfer(known["m3"], "kim", "transport", "소관")
            town.desk.answer(known["m4"], "kim", "phone")
        if minute == 33:
            town.say(answer("a5", asked["m5"], now))
            town.desk.dismiss(known["m6"], "kim", "감사 인사")
        if minute == 50:
            town.desk.reopen(known["m6"], "park", "다시 봄")
            town.connector.gone = {"m3"}
        town.tick(minutes=1)


def settle(town: City, until: datetime) -> None:
    """Let the service decide everything at the instant at which it falls due, up to then."""
    while True:
        with town.store.read() as tx:
            due = cases.oldest_due(tx)
        if due is None or max(due, town.clock.at) > until:
            break
        town.clock.at = max(due, town.clock.at)
        town.escalation.run()
    town.clock.at = until


def anything(town: City, chance: Random, number: int, said: list[Post]) -> None:
    """Something that may happen now: a mention, an answer, a deletion, or whatever staff do."""
    now = town.clock()
    author, account = f"c{number}", chance.choice(["1001", "1002"])
    mine = town.cases()
    which = chance.randrange(4) if said and mine else 0
    if which == 0:
        written = now - timedelta(seconds=chance.choice([0, 1, 60, 1500, 2500]))
        post = mention(f"m{number}", written, author=author, addressed=(account,))
        if said and chance.random() < 0.3:
            post = replace(chance.choice(said), id=post.id, created_at=written)
        said.append(post)
        town.say(post)
    elif which == 1:
        given = answer(f"a{number}", chance.choice(said), now)
        if chance.random() < 0.5:
            town.say(given)
        else:
            town.connector.answers = [*town.connector.answers, given]  # the look will find it
    elif which == 2:
        town.connector.gone = town.connector.gone | {chance.choice(said).id}
    else:
        case, by, desk = chance.choice(mine), chance.choice(["kim", "lee", "park"]), town.desk
        there = "facility" if case.department == "transport" else "transport"
        later = now + timedelta(minutes=chance.randrange(1, 90))
        act = chance.choice([
            lambda: desk.acknowledge(case.id, by), lambda: desk.claim(case.id, by), lambda: desk.release(case.id, by),
            lambda: desk.snooze(case.id, by, later, "현장 확인"), lambda: desk.wake(case.id, by),
            lambda: desk.transfer(case.id, by, there, "소관 아님"), lambda: desk.dismiss(case.id, by, "감사 인사"),
            lambda: desk.answer(case.id, by, "phone"), lambda: desk.reopen(case.id, by, "다시 봄"),
        ])  # fmt: skip
        with suppress(Conflict):
            act()


def baseline(town: City, what_if: WhatIf | None = None, department: str | None = None) -> Simulation:
    """The week, simulated."""
    return simulate(town.store, town.rules, what_if or WhatIf(20 * MINUTE), WEEK, town.clock(), department)


def test_the_unchanged_policy_gives_what_was_recorded(town: City) -> None:
    """Attainment, breaches, alerts by kind and person and hour: nothing differs, in any case."""
    lived(town)
    found = baseline(town)
    assert found.differences == {} and found.unexplained == ()
    assert found.baseline == found.recorded
    assert found.recorded.alerts > 10 and found.prevented == (1, 2) and found.refused == 0
    report = weekly(town.store, town.rules, WEEK, town.clock()).total
    whole = found.baseline.counts.total.whole
    assert (whole.met, whole.missed, whole.received) == (report.met, report.missed, report.cases)


@pytest.mark.parametrize("seed", [3, 8])
def test_whatever_happens_the_unchanged_policy_gives_it_again(town: City, seed: int) -> None:
    """Random days through the real engine and desk: no case differs, in any alert, recipient or instant's hour."""
    chance, said = Random(seed), list[Post]()
    for number in range(35):
        settle(town, town.clock() + timedelta(seconds=chance.randrange(1, 900)))
        anything(town, chance, number, said)
    settle(town, town.clock() + timedelta(hours=30))
    found = baseline(town)
    assert found.differences == {} and found.unexplained == ()
    assert found.baseline == found.recorded
    assert found.recorded.counts.total.whole.received > 5 and found.recorded.alerts > 10


def test_a_shorter_target(town: City) -> None:
    """Answered after 21 minutes by phone and after 28 in writing: met of 30, missed of 20; more breaches."""
    lived(town)
    found = baseline(town)
    was, would = found.baseline.counts.total.whole, found.changed.counts.total.whole
    assert was.met - would.met == 2 and would.missed > was.missed
    assert found.changed.breaches > found.baseline.breaches
    was_policy, policy = found.policies["standard"]
    assert (was_policy.target, policy.target) == (30 * MINUTE, 20 * MINUTE)
    assert found.to_dict()["would_be"]["departments"][0]["department"] == "facility"
    one = baseline(town, department="facility")
    assert one.recorded.counts.total.whole.received == found.recorded.counts.departments["facility"].whole.received
    assert one.recorded.alerts < found.recorded.alerts


def test_another_calendar_and_another_policy(town: City) -> None:
    """On office time the lunch pause counts out; under the crisis policy ten minutes are all there is."""
    town.clock.forward(hours=2, minutes=45)  # 11:45 in Seoul
    asked = mention("m1", town.clock())
    town.say(asked)
    for _ in range(8):
        town.tick(minutes=10)
    town.say(answer("a1", asked, town.clock()))  # at 13:05

    def whole(what_if: WhatIf) -> tuple[int, int]:
        of = baseline(town, what_if).changed.counts.total.whole
        return of.met, of.missed

    assert whole(WhatIf(20 * MINUTE)) == (0, 1)
    assert whole(WhatIf(calendar="office")) == (1, 0)
    assert whole(WhatIf(10 * MINUTE, calendar="office")) == (0, 1)
    found = baseline(town, WhatIf(policy="crisis"))
    assert found.policies["standard"][1].name == "crisis"
    assert found.changed.alerts > found.baseline.alerts


def test_differences_have_their_reasons(town: City, tmp_path: Path) -> None:
    """Downtime, a platform that could not be asked, and settings that were changed since."""
    start = town.clock()
    slept, unseen = mention("m1", start, author="c1"), mention("m2", start, author="c2", conversation="m2")
    town.say(slept)
    town.tick(minutes=70)  # the service stood still
    town.say(unseen)
    town.connector.trouble = Unavailable("down")
    town.tick(seconds=1)
    town.say(answer("a2", unseen, start + 2 * MINUTE))
    slept_case, unseen_case = (case.id for case in town.cases())
    found = baseline(town)
    assert found.differences == {Difference.DOWNTIME: (slept_case,), Difference.UNSEEN: (unseen_case,)}
    assert found.recorded.alerts != found.baseline.alerts
    changed = Rules(settings_of(tmp_path, more='[policies.standard]\ntarget = "40m"\n'))
    found = simulate(town.store, changed, WhatIf(20 * MINUTE), WEEK, town.clock())
    assert set(found.differences) == {Difference.SETTINGS}


def test_the_crisis_policy_is_left_as_it_is(town: City) -> None:
    """Ten minutes are not made twenty."""
    rules = town.rules
    assert WhatIf(20 * MINUTE, "office", "standard").apply(rules, "crisis") == rules.policies["crisis"]


def test_a_broken_history_is_named_and_counted_nowhere(town: City) -> None:
    """As in the report: what cannot be read is in no number."""
    town.say(mention("m1", town.clock()), mention("m2", town.clock(), author="c2", conversation="m2"))
    broken, _ = town.cases()
    with town.store.write() as tx:
        data = '{"opened_at": "2026-11-16T00:00:00+00:00"}'
        tx.execute(text("UPDATE events SET data = :data WHERE case_id = :id"), {"data": data, "id": broken.id})
    found = baseline(town)
    assert found.unexplained == (broken.id,)
    assert found.recorded.counts.total.whole.received == 1


def test_what_cannot_be_asked(town: City) -> None:
    """An unknown week, an unknown department, a target that no ladder fits into."""
    with pytest.raises(UnknownWeek):
        simulate(town.store, town.rules, WhatIf(20 * MINUTE), "2026-W99", town.clock())
    with pytest.raises(UnknownDepartment):
        baseline(town, department="traffic")
    town.say(mention("m1", town.clock()))
    with pytest.raises(ValueError, match="no time between"):
        WhatIf(timedelta(microseconds=1)).apply(town.rules, "standard")
