"""What the service manager is told: ready, alive, stopping (sd_notify(3)); nothing where there is none."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path
from typing import IO


class AlreadyRunning(Exception):
    """Another daemon runs on this database file."""


class AddressTaken(Exception):
    """An address of the settings cannot be listened on; the message names the key."""


def listen(address: str, key: str) -> socket.socket:
    """Listen on "host:port" as the settings' `key` says.

    Raises:
        AddressTaken: another program listens there, or this machine has no such address.
    """
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, int(port)), family=family)
    except OSError as exc:
        raise AddressTaken(f"cannot listen on {address} ({key}): {exc.strerror}; free it or change {key}") from exc


def notify(state: str) -> None:
    """Send one state, as "READY=1", to the service manager's socket."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect("\0" + address[1:] if address.startswith("@") else address)
        sock.sendall(state.encode())


def hold(database: Path) -> IO[str]:
    """Hold an exclusive lock beside a database file, for as long as the returned file stays open.

    Raises:
        AlreadyRunning: another process holds it.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    file = database.with_name(database.name + ".lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        file.close()
        raise AlreadyRunning(f"another sns-monitor runs on {database}; stop it first") from exc
    return file
