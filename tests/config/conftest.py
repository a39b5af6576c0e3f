"""Settings to load: the example of CONTRACT, a small one in pieces, and connectors of our own in place of real ones."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pytest
from pydantic import BaseModel, SecretStr, model_validator

from config import Fault, Settings, SettingsError, load
from connectors.contract import Account, Asked, Connector, Look, Page, Source

PIECES = {
    "service": '[service]\nname = "City"\nlanguage = "en"\nroot_contact = "ops"\n',
    "departments": '[[departments]]\nid = "transport"\nname = "Transport"\nduty = ["kim"]\n',
    "accounts": '[[accounts]]\ndepartment = "transport"\nplatform = "quiet"\nid = "1001"\n',
    "staff": '[[staff]]\nid = "kim"\nname = "Kim"\nchannels = ["hook"]\n'
    '[[staff]]\nid = "ops"\nname = "Ops"\nchannels = ["hook"]\n',
    "channels": '[[channels]]\nid = "hook"\ntype = "webhook"\nurl = "https://desk.example.go.kr/alerts"\n',
}
"""The least that loads, a table a piece."""


class _Idle(Connector):
    """What a connector must have and no test here asks of it."""

    def sources(self) -> Sequence[Source]:
        return ()

    def fetch(
        self, source: Source, since: datetime, resume: str | None = None, watched: Collection[str] = ()
    ) -> Iterator[Page]:
        return iter(())

    def look(self, account: Account, asked: Sequence[Asked]) -> Look:
        return Look((), frozenset())

    def handles(self) -> Mapping[str, str]:
        return {}


class Quiet(_Idle):
    """A platform that needs nothing."""

    platform = "quiet"


class Bird(_Idle):
    """A platform with one token for all."""

    platform = "twitter"

    class Options(BaseModel, frozen=True, extra="forbid"):
        base_url: str = "https://api.x.com"
        dialect: Literal["auto", "tweet", "post"] = "auto"
        bearer_token: SecretStr | None = None

    @classmethod
    def missing(cls, options: Any, account: Account) -> Mapping[str, str]:
        lacks = {} if account.handle != "two words" else {"handle": "one word"}
        if options.bearer_token or account.token:
            return lacks
        return lacks | {"bearer_token": "get one from the developer portal"}


class Book(_Idle):
    """A platform with a token for each account."""

    platform = "facebook"

    class Options(BaseModel, frozen=True, extra="forbid"):
        base_url: str = "https://graph.facebook.com"
        version: str = "v26.0"
        app_secret: SecretStr | None = None

        @model_validator(mode="after")
        def _old(self) -> Book.Options:
            if self.version == "v1.0":
                secret = self.app_secret.get_secret_value() if self.app_secret else "none"
                raise ValueError(f"v1.0 is dead, and {secret} with it")
            return self

    @classmethod
    def missing(cls, options: Any, account: Account) -> Mapping[str, str]:
        return {} if account.token else {"token": "make a Page token"}


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install our connectors: `broken` cannot be imported and `odd` is no connector."""
    module = ModuleType("config_test_connectors")
    module.Quiet, module.Bird, module.Book, module.odd = Quiet, Bird, Book, "no class"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    named = {
        "quiet": "config_test_connectors:Quiet",
        "twitter": "config_test_connectors:Bird",
        "facebook": "config_test_connectors:Book",
        "broken": "config_test_connectors_that_are_not_there:Broken",
        "odd": "config_test_connectors:odd",
    }
    points = [EntryPoint(name, value, "sns_monitor.connectors") for name, value in named.items()]
    monkeypatch.setattr("config.plugins.entry_points", lambda **_: points)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write settings: `write(text)`, or `write(extra, staff=…)` for the small ones with pieces exchanged."""

    def write_settings(extra: str = "", /, *, whole: str | None = None, **pieces: str) -> Path:
        path = tmp_path / "monitor.toml"
        path.write_text("".join((PIECES | pieces).values()) + extra if whole is None else whole, encoding="utf-8")
        return path

    return write_settings


@pytest.fixture
def loaded(write: Callable[..., Path]) -> Callable[..., Settings]:
    """Load the small settings with pieces exchanged and something appended."""

    def load_settings(
        extra: str = "", /, *, environ: Mapping[str, str] | None = None, demo: bool = False, **pieces: str
    ) -> Settings:
        return load(write(extra, **pieces), environ=environ or {}, demo=demo)

    return load_settings


@pytest.fixture
def faults(loaded: Callable[..., Settings]) -> Callable[..., tuple[Fault, ...]]:
    """The faults of what `loaded` would load; none where it loads."""

    def faults_of(extra: str = "", /, **asked: Any) -> tuple[Fault, ...]:
        try:
            loaded(extra, **asked)
        except SettingsError as error:
            return error.faults
        return ()

    return faults_of


@pytest.fixture
def example() -> Path:
    """The example of CONTRACT."""
    return Path(__file__).parent / "example.toml"
