"""What is there without being written: calendars, policies and where the connectors' secrets are looked for.

The values are those of the settings file (CONTRACT, "Settings"). A table of the same name is merged with the built-in
one key by key; an array replaces.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from typing import Any

from config.durations import parse_duration
from config.raw import Raw, table, tables

STANDARD, CRISIS = "standard", "crisis"

CALENDARS: Raw = {
    "always": {"hours": ["mon-sun 00:00-24:00"]},
    "office": {
        "hours": ["mon-fri 09:00-18:00"],
        "pauses": ["12:00-13:00"],
        "holidays": "KR",
        "extra_holidays": ["2026-10-08"],
        "not_holidays": [],
    },
}

POLICIES: Raw = {
    STANDARD: {
        "calendar": "always",
        "target": "30m",
        "final_target": "3d",
        "final_calendar": "office",
        "ack_holds": "15m",
        "repeat": "60m",
        "steps": [
            {"at": "20m", "kind": "warning", "notify": ["assignee"]},
            {"at": "30m", "kind": "breach", "notify": ["assignee", "manager"]},
            {"at": "60m", "kind": "escalation", "notify": ["head"]},
        ],
    },
    # SEMANTICS row 34: a short target, and everyone above is told sooner.
    CRISIS: {
        "calendar": "always",
        "target": "10m",
        "repeat": "30m",
        "steps": [
            {"at": "7m", "kind": "warning", "notify": ["assignee"]},
            {"at": "10m", "kind": "breach", "notify": ["assignee", "manager", "duty"]},
            {"at": "20m", "kind": "escalation", "notify": ["head", "root"]},
        ],
    },
}

#: The ladder of final answers: warned on the last day but one, escalated as late again.
FINAL: Raw = {
    "target": "3d",
    "steps": [
        {"at": "2d", "kind": "warning", "notify": ["assignee"]},
        {"at": "3d", "kind": "breach", "notify": ["assignee", "manager"]},
        {"at": "6d", "kind": "escalation", "notify": ["head"]},
    ],
}

CONNECTOR_SECRETS: Raw = {
    "twitter": {"bearer_token": {"env": "X_BEARER_TOKEN"}},
    "facebook": {"app_secret": {"file": "facebook-app-secret"}},
}


def with_builtins(document: Raw) -> Raw:
    """Return the document with the built-in calendars and policies in it; every policy gets its steps."""
    merged = dict(document)
    for section, builtin in (("calendars", CALENDARS), ("policies", POLICIES)):
        written = document.get(section, {})
        if isinstance(written, dict):
            names = dict.fromkeys((*builtin, *written))
            merged[section] = {name: _merged(builtin.get(name, {}), written.get(name, {})) for name in names}
    for name, policy in tables(merged, "policies"):
        if "steps" not in table(table(document, "policies"), name):
            policy["steps"] = _steps(POLICIES[name if name in POLICIES else STANDARD], policy.get("target", "30m"))
        if "final_steps" not in table(table(document, "policies"), name):
            policy["final_steps"] = _steps(FINAL, policy.get("final_target", FINAL["target"]))
    return merged


def _merged(builtin: Raw, written: Any) -> Any:
    return deepcopy(builtin) | written if isinstance(written, dict) else written


def _steps(model: Raw, target: object) -> list[Raw]:
    """The model's steps where the target is the model's too, else the same ladder at 2/3, 1 and 2 of the target."""
    steps: list[Raw] = deepcopy(model["steps"])
    try:
        asked = parse_duration(target)
    except ValueError:
        return steps  # the target is told as a fault by itself
    if timedelta(0) < asked != parse_duration(model["target"]):
        instants: dict[str, timedelta] = {"warning": asked * 2 // 3, "breach": asked, "escalation": asked * 2}
        for step in steps:
            step["at"] = instants[step["kind"]]
    return steps
