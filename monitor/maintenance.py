"""Maintenance: a silence that somebody asks for, that has an end, and that nobody can forget.

Everything is polled, decided and recorded meanwhile; only crises and faults are told. When it ends, by a word or by
its time, what was held goes out bundled, at the highest level only, less what was answered.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.alerts import outbox
from monitor.rules import Rules
from monitor.store import events, flags, holds
from monitor.store.engine import Transaction
from monitor.store.flags import Maintenance
from sla.case import Event

LONGEST = timedelta(hours=24)
"""A silence that lasts longer is no maintenance; counted from its start, however often it is prolonged."""

SPARED = frozenset({"crisis", "fault", "maintenance", "test"})
"""Kinds of messages that are sent all the same, beside those about a crisis."""


class MaintenanceError(Exception):
    """What was asked for cannot be; the message says why."""


class NotInMaintenance(MaintenanceError):
    """There is nothing to end."""


def standing(tx: Transaction, now: datetime) -> Maintenance | None:
    """The maintenance that runs at `now`; None where there is none."""
    asked = flags.maintenance(tx)
    return asked if asked is not None and now < asked.until else None


def start(tx: Transaction, rules: Rules, until: datetime, reason: str, by: str, now: datetime) -> Maintenance:
    """Send nothing until then, and tell the root contact so. Where it runs already, it gets another end.

    Raises:
        MaintenanceError: the end lies not ahead or too far away, nobody knows who asks, or no reason is given.
    """
    if not rules.knows(by):
        raise MaintenanceError(f"there is no staff {by!r} in the settings")
    if not reason.strip():
        raise MaintenanceError("say why: a reason is kept with it")
    finish(tx, rules, now)
    before = flags.maintenance(tx)
    began = now if before is None else before.started_at
    if not now < until <= began + LONGEST:
        raise MaintenanceError(f"it must end after now and no later than {(began + LONGEST).isoformat()}")
    asked = Maintenance(began, until, by, reason)
    flags.put_maintenance(tx, asked, now)
    data = {"until": until, "reason": reason, "was_until": None if before is None else before.until}
    events.append(tx, [(None, Event("maintenance_started", now, by, data))])
    if before is not None:
        holds.put_off(tx, before.until, now)  # looked at again when they are due, and put off anew
    _tell(tx, rules, _began(rules, asked), now)
    return asked


def end(tx: Transaction, rules: Rules, by: str, now: datetime) -> int:
    """End it before its time; returns how many alerts were held.

    Raises:
        NotInMaintenance: none runs.
        MaintenanceError: nobody knows who asks.
    """
    if not rules.knows(by):
        raise MaintenanceError(f"there is no staff {by!r} in the settings")
    asked = standing(tx, now)
    if asked is None:
        raise NotInMaintenance("there is no maintenance")
    return _close(tx, rules, asked, by, now)


def finish(tx: Transaction, rules: Rules, now: datetime) -> bool:
    """Close one whose time is over, if there is one: whoever sees it first does, after a restart too."""
    asked = flags.maintenance(tx)
    if asked is None or now < asked.until:
        return False
    _close(tx, rules, asked, "clock", now)
    return True


def _close(tx: Transaction, rules: Rules, asked: Maintenance, by: str, now: datetime) -> int:
    if not flags.clear(tx, flags.MAINTENANCE):
        return 0  # another node was here first
    held = holds.let_go(tx, now) + holds.put_off(tx, asked.until, now)
    data = {"until": asked.until, "held": held, "started_at": asked.started_at, "reason": asked.reason}
    events.append(tx, [(None, Event("maintenance_ended", now, by, data))])
    _tell(tx, rules, _ended(rules, asked, held), now)
    return held


def _tell(tx: Transaction, rules: Rules, detail: str, now: datetime) -> None:
    outbox.notice(tx, rules, "maintenance", [rules.root], now, detail=detail)


def _began(rules: Rules, asked: Maintenance) -> str:
    until = f"{asked.until.astimezone(rules.zone):%Y-%m-%d %H:%M}"
    if rules.settings.service.language == "ko":
        return (
            f"시작: {until}까지 알림을 보내지 않고 보류합니다.\n사유: {asked.reason} ({asked.by})\n"
            "수집과 판단, 기록은 계속됩니다. 위기와 운영 장애 알림은 그대로 나갑니다. "
            "먼저 끝내려면 `sns-monitor maintenance end`를 실행하세요."
        )
    return (
        f"started: alerts are held until {until}.\nReason: {asked.reason} ({asked.by})\n"
        "Posts are collected, decided on and recorded all the same; crises and faults are told. "
        "To end it sooner run `sns-monitor maintenance end`."
    )


def _ended(rules: Rules, asked: Maintenance, held: int) -> str:
    if rules.settings.service.language == "ko":
        return f"종료: 보류한 알림 {held}건 가운데 아직 답변이 필요한 것을 지금 보냅니다.\n사유: {asked.reason}"
    return f"ended: of the {held} alerts that were held, those still unanswered go out now.\nReason: {asked.reason}"
