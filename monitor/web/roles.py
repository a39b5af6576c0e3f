"""Who may do what. The whole table: every page and every call of the API asks here."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What somebody is to the city."""

    STAFF = "staff"
    """Answers for departments."""
    MANAGER = "manager"
    HEAD = "head"
    PRESS = "press"
    """The press office: the whole city."""
    AUDITOR = "auditor"
    """Reads everything and changes nothing."""
    OPERATOR = "operator"
    """City IT: settings, people who log in, and what an operator must do at night."""


class Right(StrEnum):
    """Something not everybody may do. What a department's own people may see is a matter of scope."""

    ACT = "act"
    """Change cases: acknowledge, claim, transfer, answer …"""
    APPROVE = "approve"
    """Be the second pair of eyes on an answer."""
    CRISIS = "crisis"
    """Claim an incident and end it."""
    REPORTS = "reports"
    """Open the reports of what one may see."""
    EXPORT = "export"
    """Take data out, with a reason."""
    SETTINGS = "settings"
    """See the settings and the standing of accounts and channels."""
    USERS = "users"
    """Say who may log in, and make tokens for programs."""


_DEPARTMENT = frozenset({Right.ACT, Right.APPROVE, Right.REPORTS, Right.SETTINGS})

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.STAFF: _DEPARTMENT,
    Role.MANAGER: _DEPARTMENT | {Right.CRISIS, Right.EXPORT},
    Role.HEAD: _DEPARTMENT | {Right.CRISIS, Right.EXPORT},
    Role.PRESS: _DEPARTMENT | {Right.CRISIS, Right.EXPORT},
    Role.AUDITOR: frozenset({Right.REPORTS, Right.EXPORT, Right.SETTINGS}),
    Role.OPERATOR: frozenset(Right),
}

CITY_WIDE = frozenset({Role.PRESS, Role.AUDITOR, Role.OPERATOR})
"""Those that see every department; others see the ones that name them."""
