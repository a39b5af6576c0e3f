"""`accounts`: how far each is known, and everything that is wrong with it."""

from __future__ import annotations

from datetime import timedelta

from monitor.store import accounts, posts
from monitor.store.engine import Store
from tests.cli.conftest import Town


def test_every_account_of_the_settings_is_there(town: Town, opened: Store) -> None:
    """Also those that were never stored; with nothing known there is nothing to call well."""
    with opened.write() as tx:
        tx.exec_driver_sql("DELETE FROM accounts WHERE platform = 'facebook'")
    found = town.json("accounts")
    assert [(a["platform"], a["id"], a["complete_until"]) for a in found] == [
        ("twitter", "1001", None), ("twitter", "1002", None), ("facebook", "2001", None),
    ]  # fmt: skip
    assert town.run("accounts").output.count("첫 수집 전") == 3


def test_standing_is_told_whole(town: Town, opened: Store) -> None:
    """Watermark, blindness, token, handle, source, and what was set aside, for people and for programs."""
    now = town.clock()
    until = now - timedelta(minutes=7)
    with opened.write() as tx:
        accounts.complete(tx, "twitter", ["1001"], until, until)
        accounts.set_blind(tx, "twitter", "1001", until)
        accounts.set_problem(tx, "twitter", "1001", "token_problem", "the token expired")
        accounts.set_problem(tx, "twitter", "1001", "handle_problem", "it is @dj_other now")
        accounts.plan(tx, [("twitter:search:1001,1002", "twitter", "search", ["1001", "1002"])], now)
        walk = accounts.claim_source(tx, ["twitter:search:1001,1002"], now, "n1", timedelta(minutes=1))
        assert walk is not None
        accounts.progress(tx, walk, failures=3, problem="429", resume="9001", recorded_at=now)
        posts.set_aside(tx, "twitter", "1001", "odd", "{}", now)
        posts.set_aside(tx, "twitter", "", "odd", "[]", now)
    first, second, _ = town.json("accounts")
    assert first["complete_until"] == first["blind_since"] == "2026-11-16T08:53:00+09:00"
    assert (first["token_problem"], first["handle_problem"]) == ("the token expired", "it is @dj_other now")
    assert (first["set_aside"], first["set_aside_shared"], second["set_aside"]) == (1, 1, 0)
    (source,) = first["sources"]
    assert source == second["sources"][0]
    assert (source["failures"], source["behind"], source["due_at"]) == (3, True, "2026-11-16T09:00:00+09:00")
    shown = town.run("accounts").output
    for words in ("08:53:00 (7분 전)", "수집 장애: 2026-11-16(월) 08:53:00부터", "토큰: the token expired",
                  "계정 이름: it is @dj_other now", "search: 밀린 수집 진행 중 · 연속 실패 3회 · 429",
                  "해석하지 못한 글 2건 보관"):  # fmt: skip
        assert words in shown


def test_a_removed_account_is_still_shown(town: Town, opened: Store) -> None:
    """What was watched once does not vanish."""
    with opened.write() as tx:
        accounts.register(tx, "twitter", "1999", "old", "dj_old", town.clock())
    last = town.json("accounts")[-1]
    assert (last["id"], last["configured"]) == ("1999", False)
    assert "설정에 없음" in town.run("accounts").output
