"""Who may log in: what the command line and the users' page do, each an event with its actor.

People who act are staff of the settings under the same id; an auditor needs not be.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from functools import cache

from pwdlib import PasswordHash

from monitor.rules import Rules
from monitor.store import events, sessions, users
from monitor.store.engine import Transaction
from monitor.store.users import User
from monitor.web.roles import Role
from sla.case import Event

SHORTEST = 12
"""Signs of a password. OWASP ASVS 5, 6.2.1 asks for 8 at least and likes 15; no rule says which signs."""
LONGEST = 200
"""So that nobody keeps the machine busy hashing a book."""


class MemberError(Exception):
    """It cannot be done. `code` names the sentence, `values` fill it."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(f"{code}: {values}" if values else code)
        self.code, self.values = code, values


@cache
def hasher() -> PasswordHash:
    """argon2id with the library's parameters (OWASP, Password Storage Cheat Sheet)."""
    return PasswordHash.recommended()


@cache
def nobodys() -> str:
    """A hash to check against where there is no such user, so that the answer takes as long."""
    return hasher().hash(secrets.token_urlsafe())


def add(
    tx: Transaction, rules: Rules, id: str, role: str, departments: Collection[str], name: str, by: str, now: datetime
) -> User:  # fmt: skip
    """Let somebody in; without a name, the one of the settings. Raises MemberError."""
    if users.get(tx, id) is not None:
        raise MemberError("user.exists", id=id)
    _check(rules, id, role, departments)
    known = next((person.name for person in rules.settings.staff if person.id == id), "")
    users.add(tx, id, name.strip() or known or id, role, departments, now)
    _record(tx, "user_added", id, by, now, role=role, departments=sorted(departments))
    return get(tx, id)


def change(
    tx: Transaction, rules: Rules, id: str, role: str, departments: Collection[str], by: str, now: datetime
) -> User:
    """Give somebody another role, or departments beside their own. Raises MemberError."""
    get(tx, id)
    _check(rules, id, role, departments)
    users.change(tx, id, role, departments)
    _record(tx, "user_changed", id, by, now, role=role, departments=sorted(departments))
    return get(tx, id)


def disable(tx: Transaction, id: str, by: str, now: datetime) -> User:
    """Let somebody in no more; wherever they are logged in, that ends now. Raises MemberError."""
    if get(tx, id).disabled_at is None:
        users.disable(tx, id, now)
        _record(tx, "user_disabled", id, by, now, sessions=sessions.end_all(tx, id))
    return get(tx, id)


def enable(tx: Transaction, id: str, by: str, now: datetime) -> User:
    """Let somebody in again, under their old password. Raises MemberError."""
    if get(tx, id).disabled_at is not None:
        users.disable(tx, id, None)
        _record(tx, "user_enabled", id, by, now)
    return get(tx, id)


def set_password(tx: Transaction, id: str, password: str, by: str, now: datetime, keep: str = "") -> User:
    """Give somebody a password; other sessions of theirs than `keep` end. Raises MemberError."""
    get(tx, id)
    check_password(id, password)
    users.set_password(tx, id, hasher().hash(password), now)
    _record(tx, "password_set", id, by, now, sessions=sessions.end_all(tx, id, but=keep))
    return get(tx, id)


def check_password(id: str, password: str) -> None:
    """Refuse what others would guess. Raises MemberError."""
    if len(password) < SHORTEST:
        raise MemberError("password.short", least=SHORTEST)
    if len(password) > LONGEST:
        raise MemberError("password.long", most=LONGEST)
    if id.casefold() in password.casefold() or len(set(password)) < 5:
        raise MemberError("password.plain")


def get(tx: Transaction, id: str) -> User:
    """One user. Raises MemberError where there is none."""
    found = users.get(tx, id)
    if found is None:
        raise MemberError("user.unknown", id=id)
    return found


def _check(rules: Rules, id: str, role: str, departments: Collection[str]) -> None:
    if role not in {one.value for one in Role}:
        raise MemberError("user.role", role=role, known=", ".join(Role))
    if role != Role.AUDITOR and not rules.knows(id):
        raise MemberError("user.staff", id=id, known=", ".join(person.id for person in rules.settings.staff))
    for department in departments:
        if department not in rules.departments:
            raise MemberError("user.department", id=department, known=", ".join(rules.departments))


def _record(tx: Transaction, kind: str, id: str, by: str, now: datetime, **more: object) -> None:
    events.append(tx, [(None, Event(kind, now, by, {"user": id, **more}))])
