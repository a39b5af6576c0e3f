"""`load(path) -> Settings`, or one `SettingsError` with every fault there is."""

from __future__ import annotations

import base64
import binascii
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr, ValidationError

from config.addresses import password_of
from config.builtin import with_builtins
from config.checks import check
from config.faults import KeyPath, Report, SettingsError
from config.locate import Lines
from config.messages import Language
from config.model import Settings
from config.options import connector_options
from config.origin import Origin
from config.people import read_calendars
from config.raw import Raw, table, tables
from config.secrets import Vault, secret_fields
from config.tables import Account
from config.translate import note_errors

_SIGNING_PREFIX = "whsec_"


def _utc_now() -> datetime:
    return datetime.now(UTC)


def load(
    path: Path, *, environ: Mapping[str, str] = os.environ, demo: bool = False,
    now: Callable[[], datetime] = _utc_now,
) -> Settings:  # fmt: skip
    """Read one city's settings.

    `environ` is where `{ env = … }` looks. A `demo` may hold its secrets in the file and in files that anyone can
    read. `now` is only asked where there are calendar files, for what in them is past. Raises SettingsError, whose
    faults speak the language of the settings, and nothing else.
    """
    text = _read(path)
    document, lines = _parse(path, text)
    report = Report(str(path), _language(document), lines.of)
    absolute = path.absolute()
    inline = table(document, "service").get("allow_inline_secrets") is True
    vault = Vault(environ, absolute.parent, report, inline=inline, demo=demo)

    document = with_builtins(document)
    _resolve_secrets(document, vault, report)
    document["connectors"] = connector_options(document, vault, report)
    database = table(document, "service").get("database")
    passwords = password_of(database) if isinstance(database, str) else frozenset()
    origin = Origin(absolute, frozenset(vault.values) | passwords, _declared(document, vault))
    read_calendars(document, absolute.parent, report, now)
    check(document, report)
    settings = None
    try:
        settings = Settings.model_validate(document, context=origin)
    except ValidationError as exc:
        note_errors(report, exc, Settings, secrets=origin.secrets)
    if settings is None or report.faults():
        raise SettingsError(report.faults())
    return settings


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else type(exc).__name__
        raise _file_error(path, "ko", 1, "unreadable", reason=reason) from exc
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        language = _language_in(content.decode("utf-8", errors="replace"))
        raise _file_error(path, language, line, "not_utf8") from exc


def _parse(path: Path, text: str) -> tuple[Raw, Lines]:
    try:
        return tomllib.loads(text), Lines(text)
    except RecursionError as exc:
        raise _file_error(path, _language_in(text), 1, "too_deep") from exc
    except ValueError as exc:  # TOMLDecodeError, and what int() says of a number with thousands of digits
        reason, _, place = str(exc).partition(" (at ")
        found = re.match(r"line (\d+)", place)
        line = int(found[1]) if found else text.count("\n") + 1
        raise _file_error(path, _language_in(text), line, "not_toml", reason=reason) from exc


def _file_error(path: Path, language: Language, line: int, code: str, reason: str = "") -> SettingsError:
    report = Report(str(path), language, lambda _key: line)
    report.add((), code, reason=reason)
    return SettingsError(report.faults())


def _language(document: Raw) -> Language:
    return "en" if table(document, "service").get("language") == "en" else "ko"


def _language_in(text: str) -> Language:
    """The language of a text that cannot be read as settings."""
    return "en" if re.search(r"^\s*language\s*=\s*[\"']en[\"']", text, re.MULTILINE) else "ko"


def _resolve_secrets(document: Raw, vault: Vault, report: Report) -> None:
    """Put secrets in the place of what names them: tokens, keys and passwords."""
    for index, account in tables(document, "accounts"):
        for name in secret_fields(Account):
            _resolve(account, name, ("accounts", index), True, vault)
    used = {
        id_
        for _, person in tables(document, "staff")
        if isinstance(person.get("channels"), list)
        for id_ in person["channels"]
        if isinstance(id_, str)
    }
    mail_used = False
    for index, channel in tables(document, "channels"):
        is_used = isinstance(channel.get("id"), str) and channel["id"] in used
        mail_used |= is_used and channel.get("type") == "email"
        _resolve(channel, "secret", ("channels", index), is_used, vault)
        if not _can_sign(channel.get("secret")):
            report.add(("channels", index, "secret"), "secret_base64")
    _resolve(table(document, "email"), "password", ("email",), mail_used, vault)
    _resolve(table(document, "web"), "link_key", ("web",), True, vault)
    if "oidc" in document:
        _resolve(table(document, "oidc"), "client_secret", ("oidc",), True, vault)


def _resolve(entry: Raw, name: str, key: KeyPath, used: bool, vault: Vault) -> None:
    if name in entry:
        entry[name] = vault.resolve(entry[name], (*key, name), used=used)


def _can_sign(secret: object) -> bool:
    """Whether a webhook's secret can be used as Standard Webhooks says: "whsec_" promises base64."""
    value = secret.get_secret_value() if isinstance(secret, SecretStr) else ""
    if not value.startswith(_SIGNING_PREFIX):
        return True
    try:
        return bool(base64.b64decode(value.removeprefix(_SIGNING_PREFIX), validate=True))
    except binascii.Error:
        return False


def _declared(document: Raw, vault: Vault) -> tuple[str, ...]:
    """The keys that name a secret, by the ids of their tables, so that their order in the file does not matter."""

    def named(key: KeyPath) -> str:
        section, place, *rest = key
        if isinstance(place, int):
            entry = document[str(section)][place]
            place = f"{entry.get('platform', '')}:{entry.get('id', '')}"
        return ".".join(map(str, (section, place, *rest)))

    return tuple(sorted(map(named, vault.declared)))
