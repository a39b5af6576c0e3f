"""Web, database, mail and listening addresses, ids and patterns: what makes one usable.

No message shows an address: a webhook's may hold its secret. Parsers raise PydanticCustomError (a ValueError).
"""

from __future__ import annotations

import ipaddress
import re
import socket
import warnings
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import SecretStr
from pydantic_core import PydanticCustomError

from config.faults import shown

_MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
_NAMED_MAIL = re.compile(rf"[^<>\r\n]*<{_MAIL.pattern}>")
_LISTEN = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):([0-9]{1,5})")
_ID = re.compile(r"\w[\w.@-]*")
_AUTHOR = re.compile(r"[^\s:]+:\S+")
_SQLITE = "sqlite:///"
_SHORTEST_KEY = 32
_Entry = TypeVar("_Entry")


def check_web_address(value: str) -> str:
    """Let an http or https address with a host pass."""
    parts = _split(value)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise PydanticCustomError("url", "not a web address")
    return value


def check_optional_web_address(value: str) -> str:
    """Let "" pass too."""
    return check_web_address(value) if value else value


def is_private(address: str) -> bool:
    """Whether a web address plainly names this machine or a private network.

    A name that resolves to one is found when the socket opens, by the channel itself; this is only for the settings.
    """
    parts = _split(address)
    host = (parts.hostname or "").rstrip(".") if parts else ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        try:
            # The resolver takes "127.1" and "0x7f000001" for addresses, so must this.
            found = ipaddress.ip_address(socket.inet_aton(host))
        except (OSError, ValueError):
            return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return not found.is_global or found.is_multicast


def check_database(value: str) -> str:
    """Let the address of a SQLite file or a PostgreSQL database pass."""
    if value.startswith(_SQLITE):
        file = value.removeprefix(_SQLITE).partition("?")[0]
        if file and file != ":memory:" and "\0" not in file:
            return value
    parts = _split(value)
    # A unix socket has no host: postgresql:///name?host=/run/postgresql
    if parts is not None and parts.scheme == "postgresql" and parts.path.strip("/"):
        return value
    raise PydanticCustomError("database", "no database address")


def resolve_database(value: str, folder: Path) -> str:
    """Return a database address whose SQLite file no longer depends on where the program was started."""
    if not value.startswith(_SQLITE):
        return value
    file, mark, query = value.removeprefix(_SQLITE).partition("?")
    return f"{_SQLITE}{folder / file}{mark}{query}"


def password_of(address: str) -> frozenset[str]:
    """Return the password inside an address, as written and as meant; empty where there is none."""
    parts = _split(address)
    if parts is None or not parts.password:
        return frozenset()
    return frozenset({parts.password, unquote(parts.password)})


def check_listen(value: str) -> str:
    """Let "", "127.0.0.1:8080" and "[::1]:8080" pass; port 0 is any free one."""
    found = _LISTEN.fullmatch(value)
    if value and (found is None or int(found[2]) > 65_535):
        raise PydanticCustomError("listen", "not an address", {"value": shown(value)})
    return value


def check_mail(value: str) -> str:
    """Let one bare mail address pass."""
    if _MAIL.fullmatch(value) is None:
        raise PydanticCustomError("email", "not a mail address")
    return value


def check_sender(value: str) -> str:
    """Let "kim@example.go.kr" and "Kim <kim@example.go.kr>" pass."""
    if _MAIL.fullmatch(value) is None and _NAMED_MAIL.fullmatch(value) is None:
        raise PydanticCustomError("email", "not a mail address")
    return value


def check_issuer(value: str) -> str:
    """Let the address of a sign-on pass that nobody on the way can play: https, or a machine that is this one."""
    url = urlsplit(value)
    if url.scheme != "https" and url.hostname not in ("127.0.0.1", "localhost", "::1"):
        raise PydanticCustomError("issuer", "not https", {"value": shown(value)})
    return value


def check_link_key(value: SecretStr | None) -> SecretStr | None:
    """Let a key pass that nobody tries out: whoever has a link can try keys against it for as long as they like."""
    if value is not None and len(value.get_secret_value()) < _SHORTEST_KEY:
        raise PydanticCustomError("key_short", "too short", {"least": _SHORTEST_KEY})
    return value


def check_id(value: str) -> str:
    """Let an id pass that may stand in a file's name and in an address."""
    if _ID.fullmatch(value) is None:
        raise PydanticCustomError("id", "not an id", {"value": shown(value)})
    return value


def check_filled(value: str) -> str:
    """Let text pass that is not blank."""
    if not value.strip():
        raise PydanticCustomError("blank", "blank")
    return value


def check_some(value: tuple[_Entry, ...]) -> tuple[_Entry, ...]:
    """Let a list pass that is not empty.

    Not pydantic's own `min_length`, which counts the good entries only and so calls a list of bad ones empty.
    """
    if not value:
        raise PydanticCustomError("empty", "empty")
    return value


def check_author(value: str) -> str:
    """Let "twitter:12345" pass."""
    if _AUTHOR.fullmatch(value) is None:
        raise PydanticCustomError("author", "not an author", {"value": shown(value)})
    return value


def check_pattern(value: str) -> str:
    """Let a regular expression pass that Python compiles without a doubt about its meaning."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(value)
    except (re.error, OverflowError, RecursionError, Warning) as exc:
        raise PydanticCustomError("regex", "not a pattern", {"reason": shown(exc)}) from exc
    return value


def _split(address: str) -> SplitResult | None:
    """The parts of an address; None where there is no telling them apart."""
    if any(sign.isspace() or not sign.isprintable() for sign in address):
        return None
    try:
        parts = urlsplit(address)
        _ = parts.port  # looking at it is what checks it
    except ValueError:
        return None
    return parts
