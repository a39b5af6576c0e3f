"""A fault of the settings, and the list in which all of them are collected."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from config.messages import HINTS, MESSAGES, TABLES, Language

KeyPath = tuple[str | int, ...]
"""Where a value stands: ("departments", 1, "duty", 0)."""

_LONGEST_SHOWN = 120
_MOST_KNOWN = 12


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in the settings; its text is one line."""

    file: str
    line: int
    """Counted from 1; of a missing key the line of its table."""
    key: str
    """As `departments[1].duty[0]`; "" where the file itself is at fault."""
    problem: str
    mend: str

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        return f"{self.file}:{self.line}: {key}{self.problem} — {self.mend}"


class SettingsError(Exception):
    """The settings cannot be used; the message has one line for each fault."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        #: Every fault there is, in the order of the file.
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class Report:
    """Collects the faults of one file, in the reader's language."""

    def __init__(self, file: str, language: Language, line_of: Callable[[KeyPath], int]) -> None:
        self._file = file
        self._language: Language = language
        self._line_of = line_of
        self._faults: dict[Fault, None] = {}
        self._keys: set[KeyPath] = set()

    def add(
        self,
        key: KeyPath,
        code: str,
        *,
        wrong: str = "",
        known: Iterable[str] = (),
        line_at: KeyPath | None = None,
        **values: object,
    ) -> None:
        """Note a fault by its code in `config.messages.MESSAGES`.

        `wrong` and `known` make the hint for a misspelt name. The line is that of `line_at`, else of the key itself.
        Values that come from the file must be passed through `shown` and be no secrets.
        """
        problem, mend = getattr(MESSAGES[code], self._language)
        hint = self._hint(wrong, known)
        fault = Fault(
            self._file,
            self._line_of(key if line_at is None else line_at),
            key_text(key),
            problem.format(hint=hint, **values),
            mend.format(hint=hint, **values),
        )
        self._faults[fault] = None
        self._keys.add(key)

    def names_key(self, key: KeyPath) -> bool:
        """Whether this key has a fault already, so that what follows from it need not be said too."""
        return key in self._keys

    def table(self, name: str) -> str:
        """How the reader calls a table."""
        return TABLES[name][self._language == "en"]

    def line_of(self, key: KeyPath) -> int:
        """The line a key stands on."""
        return self._line_of(key)

    def faults(self) -> tuple[Fault, ...]:
        """All that was noted, in the order of the file."""
        return tuple(sorted(self._faults, key=lambda fault: (fault.line, fault.key)))

    def _hint(self, wrong: str, known: Iterable[str]) -> str:
        names = sorted(known)
        close = difflib.get_close_matches(wrong, names, n=1, cutoff=0.7)
        kind = "close" if close else "known" if names else "none"
        listed = ", ".join(names[:_MOST_KNOWN]) + (", …" if len(names) > _MOST_KNOWN else "")
        return HINTS[kind][self._language == "en"].format(close="".join(close), known=listed)


def shown(value: object) -> str:
    """Return a value of the file as it may stand in a message: on one line, not too long, text in quotes."""
    text = str(value)
    cut = text[:_LONGEST_SHOWN] + ("…" if len(text) > _LONGEST_SHOWN else "")
    escaped = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in cut)
    return f'"{escaped}"' if isinstance(value, str) else escaped


def key_text(key: KeyPath) -> str:
    """Return a key as people write it: `departments[1].duty[0]`."""
    text = ""
    for part in key:
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        plain = part.replace("_", "").replace("-", "").isalnum()
        text += ("." if text else "") + (part if plain else shown(part))
    return text
