"""Secrets: read from the environment or from files, never shown, and only asked for where they are used (TRUST)."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from config.faults import KeyPath, Report, shown

_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST = 65_536


class Vault:
    """Turns the forms of a secret into `SecretStr`, remembers every value for redaction, and notes the faults."""

    def __init__(self, environ: Mapping[str, str], folder: Path, report: Report, *, inline: bool, demo: bool) -> None:
        self._environ = environ
        self._folder = folder
        self._report = report
        self._inline = inline or demo
        self._demo = demo
        self.values: set[str] = set()
        #: Keys that name a secret, found or not.
        self.declared: set[KeyPath] = set()
        #: Of keys that may stay without a value: the code and values of the fault it would be.
        self.absent: dict[KeyPath, tuple[str, dict[str, Any]]] = {}

    def resolve(self, value: Any, key: KeyPath, *, used: bool, optional: bool = False) -> SecretStr | None:
        """Return the secret that a value of the file names; None where there is none.

        Where nothing uses it, a missing one is no fault. An `optional` one that is missing is remembered in `absent`
        for whoever knows whether it is needed.
        """
        if value is None:
            return None
        self.declared.add(key)
        match value:
            case str():
                secret = self._written(value, key)
            case {"env": str(name)} if len(value) == 1 and _ENV_NAME.fullmatch(name):
                secret = self._environ.get(name) or None
                if secret is None:
                    self._lacks(key, "secret_env", used, optional, name=name)
            case {"file": str(name)} if len(value) == 1 and name:
                secret = self._from_file(name, key, used, optional)
            case _:
                self._report.add(key, "secret_form")
                return None
        if secret is None:
            return None
        self.values.add(secret)
        return SecretStr(secret)

    def _written(self, value: str, key: KeyPath) -> str | None:
        if not value:
            self._report.add(key, "secret_form")
            return None
        if not self._inline:
            self._report.add(key, "secret_inline")
            return None
        return value

    def _from_file(self, name: str, key: KeyPath, used: bool, optional: bool) -> str | None:
        try:
            # Not blocking: a named pipe must not hold up the start.
            handle = os.open(self._folder / name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except (OSError, ValueError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else type(exc).__name__
            # A file that is there and cannot be read was meant to be read, whoever needs it.
            may_lack = optional and isinstance(exc, FileNotFoundError)
            self._lacks(key, "secret_file", used, may_lack, name=shown(name), reason=reason)
            return None
        with os.fdopen(handle, "rb") as file:
            mode = os.fstat(handle).st_mode
            content = file.read(_LONGEST + 1) if stat.S_ISREG(mode) else b""
        if not self._demo and mode & (stat.S_IROTH | stat.S_IWOTH):
            if used:
                self._report.add(key, "secret_open", name=shown(name), path=shown(name))
            return None
        text = _text(content)
        if text is None:
            if used:
                self._report.add(key, "secret_text", name=shown(name))
            return None
        return text

    def _lacks(self, key: KeyPath, code: str, used: bool, optional: bool, **values: Any) -> None:
        if not used:
            return
        if optional:
            self.absent[key] = (code, values)
        else:
            self._report.add(key, code, **values)


def secret_fields(model: type[BaseModel]) -> tuple[str, ...]:
    """Return the fields of a model that hold a `SecretStr`."""

    def holds_secret(annotation: Any) -> bool:
        arguments = getattr(annotation, "__args__", ())
        return annotation is SecretStr or any(map(holds_secret, arguments))

    return tuple(name for name, field in model.model_fields.items() if holds_secret(field.annotation))


def _text(content: bytes) -> str | None:
    try:
        text = content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        return None
    return text if text and len(content) <= _LONGEST and text.isprintable() else None
