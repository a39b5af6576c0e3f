"""The people of the demo's city who may log in to its pages, all with one password: everything is on loopback."""

from __future__ import annotations

from datetime import datetime

from monitor import members
from monitor.rules import Rules
from monitor.store import users
from monitor.store.engine import Store
from monitor.web.roles import Role

PASSWORD = "thirty-minutes"  # noqa: S105 - of a city that ends with the demo


def let_in(store: Store, rules: Rules, now: datetime) -> str:
    """Let everybody of the settings in; returns the id of who is on duty first, to try it with."""
    hashed = members.hasher().hash(PASSWORD)
    with store.write() as tx:
        for person in rules.settings.staff:
            members.add(tx, rules, person.id, _role(rules, person.id), (), person.name, rules.root, now)
            users.set_password(tx, person.id, hashed, now)
    on_duty = (rules.on_duty(department, now) for department in rules.departments)
    return next(filter(None, on_duty), rules.root)


def _role(rules: Rules, person: str) -> Role:
    departments = rules.departments.values()
    if person == rules.root:
        return Role.OPERATOR
    if any(person == one.head for one in departments):
        return Role.HEAD
    return Role.MANAGER if any(person == one.manager for one in departments) else Role.STAFF
