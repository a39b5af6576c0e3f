"""The pages' words: everything that is said in English has its Korean, and none of it breaks when it is filled in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from monitor.web.words import LOCALE, choose

WEB = LOCALE.parent
_PLACE = re.compile(r"%\((\w+)\)[sd]")


def said_in_templates() -> set[str]:
    """The msgids of all templates, with plurals' both forms."""
    found: set[str] = set()
    options = {"**.html": {"extensions": "jinja2.ext.i18n", "newstyle_gettext": "true", "trimmed": "false"}}
    for _, _, msgids, _, _ in extract_from_dir(
        WEB / "templates", method_map=[("**.html", "jinja2")], options_map=options,
        keywords={"_": None, "gettext": None, "ngettext": (1, 2)},
    ):  # fmt: skip
        found |= set(msgids if isinstance(msgids, tuple) else (msgids,))
    return found


def texts_in_code() -> set[str]:
    """Every text of the web's modules, whatever it is for."""
    return {
        node.value
        for path in WEB.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def said_in_code() -> set[str]:
    """What the modules hand to gettext by `_("…")`."""
    found = set()
    for path in WEB.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_" and node.args:
                argument = node.args[0]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    found.add(argument.value)
    return found


def korean() -> list[Message]:
    """The Korean catalogue, without its head."""
    with (LOCALE / "ko.po").open("rb") as file:
        return [message for message in read_po(file, locale="ko") if message.id]


def forms(value: str | list[str] | tuple[str, ...]) -> Iterator[str]:
    """A message's one form, or all."""
    yield from ([value] if isinstance(value, str) else value)


KNOWN = {form for message in korean() for form in forms(message.id)}


def test_all_that_is_said_has_its_korean() -> None:
    """A page never falls into English by itself."""
    missing = (said_in_templates() | said_in_code()) - KNOWN
    assert sorted(missing) == []
    assert [message.id for message in korean() if not all(forms(message.string)) or message.fuzzy] == []


def test_nothing_is_kept_that_nobody_says() -> None:
    """Words of a page that is gone go with it."""
    assert sorted(KNOWN - said_in_templates() - texts_in_code()) == []


@pytest.mark.parametrize("message", korean(), ids=lambda message: str(next(forms(message.id)))[:40])
def test_each_can_be_filled_in(message: Message) -> None:
    """The same places on both sides, and no lone percent sign, which would end a page."""
    places = {place for form in forms(message.id) for place in _PLACE.findall(form)}
    values = dict.fromkeys(places, 7)
    for form in (*forms(message.id), *forms(message.string)):
        assert form % values is not None
        assert set(_PLACE.findall(form)) <= places
    assert {place for form in forms(message.string) for place in _PLACE.findall(form)} == places


def test_every_page_is_templates_alone() -> None:
    """No inline script or style stands in a template: the policy that browsers are told would stop it."""
    for path in (WEB / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\son\w+=|style=|<style|<script(?![^>]*\ssrc=)", text), Path(path).name


@pytest.mark.parametrize(
    ("wanted", "accepted", "expected"),
    [
        (None, "", "ko"), (None, "en-US,en;q=0.9", "en"), (None, "fr,ko;q=0.5", "ko"), ("en", "ko-KR", "en"),
        ("fr", "ko-KR", "ko"), (None, "*;q=0.1, ,;", "ko"), ("../../etc", "en", "en"),
    ],
)  # fmt: skip
def test_a_readers_language(wanted: str | None, accepted: str, expected: str) -> None:
    """The one they chose, else what the browser asks for, else the city's."""
    assert choose(wanted, accepted, "ko") == expected
