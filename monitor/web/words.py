"""The pages' words: English in the code, other languages in `locale/`, as gettext has it.

The catalogues are read as they are written (`.po`), so nothing compiled lies in the tree.
"""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).with_name("locale")
LANGUAGES = ("ko", "en")
NAMES = {"ko": "한국어", "en": "English"}

Catalogue = dict[str, NullTranslations]
"""The words of each language."""


@cache
def catalogue() -> Catalogue:
    """Read every language's words."""
    return {language: _read(language) for language in LANGUAGES}


def _read(language: str) -> NullTranslations:
    path = LOCALE / f"{language}.po"
    if not path.exists():  # English is what the code says
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)


def choose(wanted: str | None, accepted: str, default: str) -> str:
    """A reader's language: the one they chose, else the first their browser asks for, else the settings'."""
    if wanted in LANGUAGES:
        return str(wanted)
    for part in accepted.split(","):
        found = part.partition(";")[0].strip().lower().partition("-")[0]
        if found in LANGUAGES:
            return found
    return default
