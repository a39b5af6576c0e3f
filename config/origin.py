"""Where settings came from: what their checks need to know of it, and what they keep."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationInfo
from pydantic_core import PydanticCustomError


@dataclass(frozen=True, slots=True, repr=False)
class Origin:
    """The context that `Settings` are validated with; without a repr because it holds secrets."""

    path: Path
    """The file, absolute: relative paths in it are relative to its folder."""
    secrets: frozenset[str]
    """The values of all secrets that were found."""
    declared: tuple[str, ...]
    """The keys that name a secret, by the ids of their tables."""


def check_ca_file(value: Path, info: ValidationInfo) -> Path:
    """Return the file's absolute path where it holds certificates."""
    origin = info.context
    assert isinstance(origin, Origin)
    file = origin.path.parent / value
    try:
        ssl.create_default_context(cafile=str(file))
    except (OSError, ValueError) as exc:
        raise PydanticCustomError("ca_file", "unreadable") from exc
    return file
