"""From a stored message to what a person reads: its cases as they stand at the moment of sending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.alerts import words
from monitor.alerts.message import AlertAccount, AlertCase, AlertMention, Attachment, Kind, Message
from monitor.links import LASTS, Link, sign
from monitor.rules import Rules
from monitor.store import alerts, cases, links, posts
from monitor.store.engine import Transaction
from sla.case import Case, Clock


def compose(tx: Transaction, rules: Rules, stored: alerts.Message, now: datetime) -> Message:
    """Put a message together from the store; the same id whenever it is sent again."""
    bundled = alerts.cases_of(tx, stored.id)
    ids = [entry.case_id for entry in bundled]
    found = cases.by_ids(tx, ids) if ids else {}
    mentions = posts.mentions(tx, ids) if ids else {}
    told = tuple(
        _case(rules, found[entry.case_id], mentions[entry.case_id], entry, stored.clock, now)
        for entry in bundled
        if entry.case_id in found
    )
    told = _with_links(tx, rules, stored, told, {entry.case_id: entry.round for entry in bundled}, now)
    account = _account(stored)
    settings = rules.settings
    excerpts = {}
    if settings.alerts.include_text:
        excerpts = {id: rows[0].text for id, rows in mentions.items() if rows}
    said = words.compose(
        Kind(stored.kind), stored.level, told, account, language=settings.service.language,
        zone=rules.zone, recipient_name=_name(rules, stored.recipient),
        department_names={d.id: d.name for d in rules.departments.values()},
        account_names={f"{a.platform}:{a.id}": a.handle for a in settings.accounts},
        detail=_detail(rules, stored), excerpts=excerpts,
    )  # fmt: skip
    return Message(
        id=stored.id, kind=Kind(stored.kind), level=stored.level, recipient=stored.recipient, sent_at=now,
        text=said.text, cases=told, account=account, attachments=_attachments(stored), subject=said.subject,
    )  # fmt: skip


def _case(
    rules: Rules, case: Case, mentions: Sequence[posts.MentionRow], entry: alerts.Bundled, clock: str, now: datetime
) -> AlertCase:
    deadline = case.deadline
    if clock == Clock.FINAL and case.final_deadline is not None:
        deadline = case.final_deadline
    return AlertCase(
        id=case.id, platform=case.platform, account=case.account, department=case.department, deadline=deadline,
        overdue_seconds=(now - deadline) // timedelta(seconds=1), checked=entry.checked, late=entry.late,
        link=_page(rules, case) or (mentions[0].permalink if mentions else ""),
        mentions=tuple(AlertMention(m.id, m.created_at, m.permalink) for m in mentions),
        clock=clock, crisis=rules.in_crisis(case), held_until=entry.held_until, held_by=entry.held_by,
    )  # fmt: skip


def _page(rules: Rules, case: Case) -> str:
    """Where the web shows a case; "" where there is no web."""
    settings = rules.settings
    return f"{settings.service.public_url}/cases/{case.id}" if settings.web.listen else ""


def _with_links(
    tx: Transaction, rules: Rules, stored: alerts.Message, told: tuple[AlertCase, ...], rounds: Mapping[str, int],
    now: datetime,
) -> tuple[AlertCase, ...]:  # fmt: skip
    """The same cases, those that the text lists with a link by which the recipient acknowledges them.

    The others have their page: nobody acknowledges five hundred one by one, and a message must stay small.
    """
    at = int(stored.created_at.timestamp())
    web = rules.settings.web
    in_time = now < stored.created_at + LASTS
    if not web.listen or not in_time or stored.kind not in alerts.URGENT or not rules.knows(stored.recipient):
        return told
    key = links.made_key(tx, now, web.link_key)
    addresses = {
        case.id: f"{rules.settings.service.public_url}/a/"
        + sign(key, Link(case.id, stored.recipient, rounds[case.id], stored.clock, at))
        for case in words.listed(told)
    }
    return tuple(replace(case, acknowledge=addresses[case.id]) if case.id in addresses else case for case in told)


def _account(stored: alerts.Message) -> AlertAccount | None:
    about = stored.subject.get("account")
    if about is None:
        return None
    until = about["complete_until"]
    return AlertAccount(about["platform"], about["id"], None if until is None else datetime.fromisoformat(until))


def _detail(rules: Rules, stored: alerts.Message) -> str:
    """What a message of the service itself is about; of a report the week, and whose it is."""
    report = stored.subject.get("report")
    if report is None:
        return str(stored.subject.get("detail", ""))
    department = report["department"]
    name = rules.settings.service.name if department is None else rules.department(department).name
    return f"{report['week']} {name}"


def _attachments(stored: alerts.Message) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(file["name"], file["media_type"], file["text"].encode())
        for file in stored.subject.get("attachments", ())
    )


def _name(rules: Rules, staff: str) -> str:
    return next((person.name for person in rules.settings.staff if person.id == staff), staff)
