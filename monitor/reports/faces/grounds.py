"""The report's sections about how far it can be trusted: what was not seen, what was corrected, how it was counted."""

from __future__ import annotations

from monitor.reports.document import AccountPart, CorrectedCase, Correction, Document
from monitor.reports.faces.numbers import NONE, fraction, moment, seen, share
from monitor.reports.faces.paper import Block, Bullet, Column, Section, Table
from monitor.reports.faces.sections import platform
from monitor.reports.faces.summary import coverage_line, length, unexplained_line
from monitor.reports.faces.words import Phrases

_NAMED = 10
"""How many corrected cases of a week are named; all that are kept stand in the spreadsheet."""


def collection(document: Document, words: Phrases) -> Section:
    """Which accounts were not seen all the time, and which citizens may take for abandoned (SEMANTICS row 33)."""
    blocks: list[Block] = [coverage_line(document.total, words)]
    if document.total.late_found:
        blocks.append(Bullet(words("collection.late", count=f"{document.total.late_found:,}"), 2))
    pairs = [(one, account) for one in document.departments for account in one.accounts]
    told = [(one, account) for one, account in pairs if _odd(account)]
    if told:
        columns = (
            Column(words("department"), 1.6, text=True), Column(words("account"), 2, text=True),
            Column(words("coverage")), Column(words("blind"), 1.2), Column(words("last_post"), 1.8, text=True),
        )  # fmt: skip
        rows = tuple((one.name, *_account(account, words)) for one, account in told)
        blocks.append(Table(words("collection.table"), columns, rows))
        if rest := len(pairs) - len(told):
            blocks.append(Bullet(words("collection.rest", count=f"{rest:,}"), 3))
    return Section(words("collection"), tuple(blocks))


def corrections(document: Document, words: Phrases) -> Section:
    """What came to light about earlier weeks, each report of which stays as it is."""
    if not document.corrections:
        return Section(words("corrections"), (Bullet(words("corrections.none")),))
    columns = (
        Column(words("week"), 1, text=True), Column(words("corrections.reported"), 1.6),
        Column(words("corrections.now"), 1.6), Column(words("corrections.cases"), 0.8),
        Column(words("corrections.hash"), 2.6, text=True),
    )  # fmt: skip
    rows = tuple(
        (one.week, f"{share(one.reported)} ({fraction(one.reported)})", f"{share(one.now)} ({fraction(one.now)})",
         f"{one.count:,}", one.sha256)
        for one in document.corrections
    )  # fmt: skip
    table = Table(words("corrections.table"), columns, rows, notes=(words("corrections.stays"),))
    return Section(words("corrections"), (table, *(Bullet(_named(one, words), 3) for one in document.corrections)))


def grounds(document: Document, words: Phrases) -> Section:
    """By which rules, up to which event, under which seal."""
    blocks = [Bullet(words(f"grounds.{name}"), 2) for name in ("week", "share", "privacy")]
    blocks.append(Bullet(words("grounds.events", last=document.last_event, sealed=document.sealed_to), 2))
    head = words("grounds.head", head=document.head) if document.head else words("grounds.unsealed")
    blocks += [Bullet(head, 3), Bullet(words("grounds.hash", hash=document.sha256), 3)]
    if document.unexplained:
        blocks.append(unexplained_line(document, words))
    return Section(words("grounds"), tuple(blocks))


def change_of(case: CorrectedCase, words: Phrases) -> tuple[str, str]:
    """What a case was counted as, and what it counts as now."""
    return words.known(f"status.{case.before}", case.before), words.known(f"status.{case.after}", case.after)


def _named(of: Correction, words: Phrases) -> str:
    told = []
    for case in of.cases[:_NAMED]:
        before, after = change_of(case, words)
        told.append(words("corrections.case", case=case.case, before=before, after=after))
    line = ", ".join(told)
    if of.count > len(told):
        line = words("and_more", shown=line, count=f"{of.count - len(told):,}")
    return f"{of.week}: {line}"


def _odd(account: AccountPart) -> bool:
    return account.coverage is None or account.coverage < 1 or account.blind_seconds > 0 or account.dormant


def _account(of: AccountPart, words: Phrases) -> tuple[str, ...]:
    name = f"{platform(of.platform, words)} {f'@{of.handle}' if of.handle else of.id}"
    last = moment(of.last_post_at, words.language)
    if of.dormant:
        last = words("dormant.none") if of.last_post_at is None else words("dormant", at=last)
    return name, seen(of.coverage), length(of.blind_seconds, words) if of.blind_seconds else NONE, last
