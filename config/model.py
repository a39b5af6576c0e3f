"""`Settings`: all tables of one city's configuration together."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, PrivateAttr, SerializeAsAny

from config import addresses
from config.origin import Origin
from config.secrets import secret_fields
from config.tables import (
    Absence,
    Account,
    Alerts,
    Answers,
    Calendar,
    Channel,
    Crisis,
    Department,
    Email,
    Ignore,
    Oidc,
    Override,
    Person,
    Policy,
    Polling,
    Reply,
    Reports,
    Retention,
    Roster,
    Route,
    Service,
    Table,
    Web,
)


class Settings(Table):
    """One city's whole configuration. Made by `config.load`; attributes are the tables of `monitor.toml`."""

    service: Service
    web: Web = Web()
    polling: Polling = Polling()
    connectors: dict[str, SerializeAsAny[BaseModel]]
    """The connector's `Options` by platform, of every platform that accounts or tables name."""
    calendars: dict[str, Calendar]
    policies: dict[str, Policy]
    departments: Annotated[tuple[Department, ...], AfterValidator(addresses.check_some)]
    accounts: Annotated[tuple[Account, ...], AfterValidator(addresses.check_some)]
    staff: Annotated[tuple[Person, ...], AfterValidator(addresses.check_some)]
    channels: Annotated[tuple[Channel, ...], AfterValidator(addresses.check_some)]
    rosters: tuple[Roster, ...] = ()
    overrides: tuple[Override, ...] = ()
    absences: tuple[Absence, ...] = ()
    email: Email = Email()
    oidc: Oidc | None = None
    routes: tuple[Route, ...] = ()
    crisis: Crisis = Crisis()
    alerts: Alerts = Alerts()
    answers: Answers = Answers()
    replies: tuple[Reply, ...] = ()
    ignore: Ignore = Ignore()
    reports: Reports = Reports()
    retention: Retention = Retention()

    _origin: Origin = PrivateAttr()

    def model_post_init(self, context: Any) -> None:
        """Keep the `Origin` that `config.load` validates with."""
        assert isinstance(context, Origin), "settings are made by config.load"
        self._origin = context

    @property
    def path(self) -> Path:
        """The file they were read from, absolute."""
        return self._origin.path

    @property
    def database(self) -> str:
        """The database's address; a SQLite file's is absolute."""
        return addresses.resolve_database(self.service.database, self.path.parent)

    def secret_values(self) -> frozenset[str]:
        """Every secret that was found, for redaction by value."""
        return self._origin.secrets

    def hash(self) -> str:
        """Return what tells whether two nodes decide alike: SHA-256, the same for the same meaning.

        Left out are the values of secrets, and what only says where a node lives: database, listening addresses,
        log level, certificate files and the path of the settings.
        """
        meaning = self.model_dump(
            mode="json",
            by_alias=True,
            exclude={
                "web": True,
                "oidc": True,
                "service": {"database", "log_level"},
                "channels": {"__all__": {"secret", "ca_file"}},
                "accounts": {"__all__": set(secret_fields(Account))},
                "email": {"password"},
            },
        )
        for platform, options in self.connectors.items():
            for name in secret_fields(type(options)):
                meaning["connectors"][platform].pop(name, None)
        for named in ("staff", "channels"):
            meaning[named].sort(key=lambda table: table["id"])
        meaning["secrets"] = self._origin.declared
        canonical = json.dumps(meaning, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()
