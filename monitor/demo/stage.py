"""The demo's stage: small platforms and a small desk on loopback, and settings whose every address leads there."""

from __future__ import annotations

import base64
import secrets
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from config import Settings
from config.tables import Account
from monitor.clock import Clock
from monitor.demo.graph import SmallGraph
from monitor.demo.receiver import PATH, Receiver
from monitor.demo.server import serve
from monitor.demo.speed import faster
from monitor.demo.x import LIMITS, SmallX

PLATFORMS = ("twitter", "facebook")
"""What there is a small one of."""
_SEARCH_LAG = timedelta(seconds=30)
_LOOPBACK = "127.0.0.1"


class NothingToShow(Exception):
    """The settings name no account on a platform that the demo has a small one of: X or Facebook."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that the service is shown instead of the world."""

    settings: Settings
    x: SmallX
    graph: SmallGraph
    receiver: Receiver


@contextmanager
def staged(settings: Settings, speed: float, clock: Clock) -> Iterator[Stage]:
    """Serve the small platforms and the desk, and point faster settings at them. Nothing of it is left afterwards.

    Raises:
        NothingToShow: no account is on X or Facebook.
    """
    accounts = tuple(_on_stage(account) for account in settings.accounts if account.platform in PLATFORMS)
    if not accounts:
        raise NothingToShow("the settings name no account on X or Facebook, and the demo has no other platform")
    keys = {channel.id: "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode() for channel in settings.channels}
    x, graph = _small_x(accounts, speed, clock), _small_graph(settings, accounts, clock)
    receiver = Receiver(keys, clock)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="sns-monitor-demo-"))
        addresses = {"twitter": stack.enter_context(serve(x)).url, "facebook": stack.enter_context(serve(graph)).url}
        desk = stack.enter_context(serve(receiver)).url
        listen, metrics = _free(settings.web.listen, ()), ""
        metrics = _free(settings.web.metrics_listen, (listen,))
        service = {
            "database": f"sqlite:///{Path(folder) / 'monitor.db'}",
            "public_url": f"http://{listen}",
            "heartbeat_url": "",
        }
        changed: dict[str, Any] = {
            "service": settings.service.model_copy(update=service),
            "web": settings.web.model_copy(update={"listen": listen, "metrics_listen": metrics}),
            "connectors": _connectors(settings, addresses, x, graph.app_secret),
            "accounts": accounts,
            "channels": tuple(
                channel.model_copy(
                    update={
                        "type": "webhook", "to": None, "url": f"{desk}{PATH}{channel.id}", "ca_file": None,
                        "secret": SecretStr(keys[channel.id]), "allow_private": True,
                    }
                )
                for channel in settings.channels
            ),
            "alerts": settings.alerts.model_copy(update={"mode": "live"}),
        }  # fmt: skip
        yield Stage(faster(settings.model_copy(update=changed), speed), x, graph, receiver)


def _on_stage(account: Account) -> Account:
    token = SecretStr(f"demo-page-token-{account.id}") if account.platform == "facebook" else None
    access = [SecretStr(word) for word in _access(account.id)] if account.platform == "twitter" else [None, None]
    own = dict(zip(("access_token", "access_token_secret"), access, strict=True))
    return account.model_copy(update={"token": token, "watch_from": None, **own})


def _access(account: str) -> tuple[str, str]:
    """What an account of the small X posts with."""
    return f"demo-access-token-{account}", f"demo-access-secret-{account}"


def _small_x(accounts: tuple[Account, ...], speed: float, clock: Clock) -> SmallX:
    """Its index is as far behind in the city's time as X's is in ours, and as many calls fit its window."""
    limits = {endpoint: int(calls * speed) for endpoint, calls in LIMITS.items()}
    x = SmallX(clock, token="demo-x-bearer-token", search_lag=_SEARCH_LAG / speed, limits=limits)  # noqa: S106
    for account in accounts:
        if account.platform == "twitter":
            x.user(account.id, account.handle)
            x.grant(account.id, *_access(account.id))
    return x


def _small_graph(settings: Settings, accounts: tuple[Account, ...], clock: Clock) -> SmallGraph:
    options: Any = settings.connectors.get("facebook")
    version = "v26.0" if options is None else options.version
    graph = SmallGraph(clock, version=version, app_secret="demo-facebook-app-secret")  # noqa: S106
    names = {department.id: department.name for department in settings.departments}
    for account in accounts:
        if account.platform == "facebook":
            assert account.token is not None
            name = names.get(account.department, account.department)
            graph.page(account.id, name, account.handle or None, account.token.get_secret_value())
    return graph


def _connectors(
    settings: Settings, addresses: Mapping[str, str], x: SmallX, app_secret: str | None
) -> dict[str, BaseModel]:
    own: dict[str, dict[str, Any]] = {
        "twitter": {
            "base_url": addresses["twitter"],
            "bearer_token": SecretStr(x.token),
            "consumer_key": SecretStr(x.consumer[0]),
            "consumer_secret": SecretStr(x.consumer[1]),
        },
        "facebook": {
            "base_url": addresses["facebook"],
            "app_secret": None if app_secret is None else SecretStr(app_secret),
        },
    }  # fmt: skip
    return {
        platform: options.model_copy(update=own[platform])
        for platform, options in settings.connectors.items()
        if platform in own
    }


def _free(configured: str, taken: tuple[str, ...]) -> str:
    """The configured port on loopback where nobody has it, else any free one."""
    port = int(configured.rpartition(":")[2] or 0)
    for candidate in (port, 0):
        with socket.socket() as probe:
            # As the servers themselves open it: a port that was just given up is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_LOOPBACK, candidate))
            except OSError:
                continue
            address = f"{_LOOPBACK}:{probe.getsockname()[1]}"
            if address not in taken:
                return address
    raise OSError("no port is free on 127.0.0.1")
