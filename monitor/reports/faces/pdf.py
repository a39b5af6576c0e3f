"""The report as PDF/A-2a and PDF/UA-1, set by Typst: A4, the same bytes for the same data on every machine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any

from monitor.reports.document import Document
from monitor.reports.faces.draft import draft
from monitor.reports.faces.extras import need

_TEMPLATE = Path(__file__).with_name("templates") / "report.typ"
_STANDARDS = ["a-2a", "ua-1"]
_PROBE = b'#set text(font: "Noto Sans KR")\n#sys.inputs.text'
_REFUSED = "could not be displayed with font"
_ORDINARY = re.compile(r"[ -~가-힣]")
_MISSING = "〓"
"""What stands for a letter that the fonts do not have, as printers have always had it."""
_LONG = re.compile(r"[^\s가-힣]{12}(?=[^\s가-힣])")
_BREAK = "\u200b"


def pdf(document: Document, language: str) -> bytes:
    """The whole report; letters that the fonts lack are shown as 〓.

    Raises:
        MissingExtra: Typst or the fonts are not installed.
    """
    typst, fonts = _typst(language)
    paper = asdict(draft(document, language))
    missing = _missing(paper, typst, fonts)
    text = json.dumps(_mapped(paper, lambda value: _breakable(_replaced(value, missing))), ensure_ascii=False)
    compiler = typst.Compiler(_TEMPLATE, font_paths=fonts, sys_inputs={"paper": text})
    # Typst counts whole seconds and refuses more.
    made = document.generated_at.astimezone(UTC).replace(microsecond=0)
    content: bytes = compiler.compile(format="pdf", pdf_standards=_STANDARDS, timestamp=made)
    return content


def _typst(language: str) -> tuple[Any, Any]:
    typst = need("typst", "pdf", language)
    folder = need("pylopdf_fonts_ko", "pdf", language).sans_path().parent
    return typst, _fonts(typst, folder)


@cache
def _fonts(typst: Any, folder: Path) -> Any:
    """No fonts of the machine and none of Typst's: a page looks the same everywhere."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {name: one if name in ("kind", "language") else _mapped(one, change) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mapped(one, change) for one in value]
    return value


def _missing(paper: dict[str, Any], typst: Any, fonts: Any) -> frozenset[str]:
    """Letters that PDF/A would refuse: the ordinary ones are known, the others are tried on a page of their own."""
    letters: set[str] = set()

    def seen(text: str) -> str:
        letters.update(text)
        return text

    _mapped(paper, seen)
    rare = sorted(letter for letter in letters if not _ORDINARY.match(letter))
    if _drawable("".join(rare), typst, fonts):
        return frozenset()
    return frozenset(letter for letter in rare if not _drawable(letter, typst, fonts))


def _drawable(text: str, typst: Any, fonts: Any) -> bool:
    compiler = typst.Compiler(_PROBE, font_paths=fonts, sys_inputs={"text": text})
    try:
        compiler.compile(format="pdf", pdf_standards=["a-2b"], timestamp=0)
    except typst.TypstError as exc:
        if _REFUSED not in exc.message:
            raise
        return False
    return True


def _replaced(text: str, missing: frozenset[str]) -> str:
    return "".join(_MISSING if letter in missing else letter for letter in text) if missing else text


def _breakable(text: str) -> str:
    """On one line, in which long words without a space may break: hashes, ids, handles."""
    return text if text.startswith("<svg") else _LONG.sub(lambda found: found[0] + _BREAK, " ".join(text.split()))
