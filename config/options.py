"""The `[connectors.<platform>]` tables: what they must hold is the connector's own word (`Connector.Options`)."""

from __future__ import annotations

from pydantic import BaseModel, SecretStr, ValidationError

from config.builtin import CONNECTOR_SECRETS
from config.faults import KeyPath, Report, shown
from config.plugins import ConnectorBroken, connector_class, known_platforms
from config.raw import Raw, table, tables
from config.secrets import Vault, secret_fields
from config.tables import Account as AccountTable
from config.translate import note_errors
from connectors.contract import Account, Connector

_ACCOUNT_SECRETS = secret_fields(AccountTable)


def connector_options(document: Raw, vault: Vault, report: Report) -> dict[str, BaseModel]:
    """Return the options of every platform that accounts or tables name, and note what is wrong with them.

    The accounts' tokens must have been resolved before.
    """
    if not isinstance(document.get("connectors", {}), dict):
        report.add(("connectors",), "not_table")
    written = table(document, "connectors")
    accounts = {index: entry for index, entry in tables(document, "accounts") if isinstance(entry.get("platform"), str)}
    options: dict[str, BaseModel] = {}
    for platform, first in _known(written, accounts, report).items():
        try:
            connector = connector_class(platform)
        except ConnectorBroken as exc:
            report.add(first, "connector_broken", platform=shown(platform), reason=shown(exc))
            continue
        used = {index: entry for index, entry in accounts.items() if entry["platform"] == platform}
        found = _options(connector, platform, written.get(platform, {}), bool(used), vault, report)
        if found is None:
            continue
        options[platform] = found
        for index, entry in used.items():
            # Without a table of its own there is no better line than that of the account that needs it.
            elsewhere = None if platform in written else ("accounts", index)
            _note_missing(connector, found, index, entry, elsewhere, vault, report)
    return options


def _known(written: Raw, accounts: dict[int, Raw], report: Report) -> dict[str, KeyPath]:
    """The named platforms that a connector is installed for, with the key that names each first."""
    named: list[tuple[str, KeyPath]] = [(platform, ("connectors", platform)) for platform in written]
    named += [(entry["platform"], ("accounts", index, "platform")) for index, entry in accounts.items()]
    platforms = known_platforms()
    known: dict[str, KeyPath] = {}
    for platform, key in named:
        if platform in platforms:
            known.setdefault(platform, key)
        else:
            where = report.table("connectors")
            report.add(key, "unknown_name", table=where, value=shown(platform), wrong=platform, known=platforms)
    return known


def _options(
    connector: type[Connector], platform: str, written: object, used: bool, vault: Vault, report: Report
) -> BaseModel | None:
    key: KeyPath = ("connectors", platform)
    if not isinstance(written, dict):
        report.add(key, "not_table")
        return None
    model = connector.Options
    builtin = CONNECTOR_SECRETS.get(platform, {})
    values = dict(written)
    for name in secret_fields(model):
        named = values.pop(name, builtin.get(name))
        secret = vault.resolve(named, (*key, name), used=used, optional=name not in written)
        if secret is not None:
            values[name] = secret
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        note_errors(report, exc, model, key, vault.values)
        return None


def _note_missing(
    connector: type[Connector],
    options: BaseModel,
    index: int,
    entry: Raw,
    elsewhere: KeyPath | None,
    vault: Vault,
    report: Report,
) -> None:
    id_, handle = entry.get("id"), entry.get("handle", "")
    if not (isinstance(id_, str) and isinstance(handle, str)):
        return  # told by itself
    secrets = {
        name: value.get_secret_value() for name in _ACCOUNT_SECRETS if isinstance(value := entry.get(name), SecretStr)
    }
    account = Account(entry["platform"], id_, handle, **secrets)
    for name, mend in connector.missing(options, account).items():
        shared = name in type(options).model_fields
        key: KeyPath = ("connectors", account.platform, name) if shared else ("accounts", index, name)
        if report.names_key(key):
            continue
        line_at = elsewhere if shared else None
        if key in vault.absent:
            code, values = vault.absent[key]
            report.add(key, code, line_at=line_at, **values)
        else:
            platform = account.platform
            report.add(key, "connector_needs", line_at=line_at, platform=platform, account=shown(id_), detail=mend)
