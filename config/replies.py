"""Saved replies: each must fit every platform that the city answers on, and hold no placeholder but the one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from config.faults import Report, shown
from config.plugins import ConnectorBroken, connector_class, known_platforms
from config.raw import Raw, tables
from config.tables import PLACEHOLDER
from connectors.contract import Connector

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


def check_replies(document: Raw, report: Report) -> None:
    """Note what is wrong with `[[replies]]` beyond their own table."""
    platforms = list(_platforms(document))
    names = {
        entry["id"]: entry["name"]
        for _, entry in tables(document, "departments")
        if isinstance(entry.get("id"), str) and isinstance(entry.get("name"), str)
    }
    for index, reply in tables(document, "replies"):
        text, of = reply.get("text"), reply.get("departments") or list(names)
        if not isinstance(text, str) or not isinstance(of, list):
            continue  # told by itself
        key = ("replies", index, "text")
        for found in _PLACEHOLDER.findall(text):
            if found != PLACEHOLDER:
                report.add(key, "reply_placeholder", value=shown(found))
        said = [text.replace(PLACEHOLDER, names[id_]) for id_ in of if isinstance(id_, str) and id_ in names] or [text]
        for platform in platforms:
            length = max(map(platform.answer_length, said))
            if length > platform.answer_limit:
                limit = platform.answer_limit
                report.add(key, "reply_long", platform=platform.platform, length=length, limit=limit)


def _platforms(document: Raw) -> Iterator[type[Connector]]:
    """The connectors of the city's accounts that can post answers, the one with the least room first."""
    named = {entry["platform"] for _, entry in tables(document, "accounts") if isinstance(entry.get("platform"), str)}
    found = []
    for name in named & set(known_platforms()):
        try:
            found.append(connector_class(name))
        except ConnectorBroken:
            continue  # told where it is named
    yield from sorted((one for one in found if one.answer_limit), key=lambda one: one.answer_limit)
