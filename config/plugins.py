"""Which connectors are installed: the entry points of the group `sns_monitor.connectors`.

An outside package adds a platform by naming its `Connector` there; this tree's own are found the same way.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import entry_points

from connectors.contract import Connector

GROUP = "sns_monitor.connectors"


class ConnectorBroken(Exception):
    """An installed connector cannot be loaded, or is none."""


def known_platforms() -> tuple[str, ...]:
    """Return the platforms that connectors are installed for, without loading any."""
    return tuple(sorted({point.name for point in entry_points(group=GROUP)}))


def connector_class(platform: str) -> type[Connector]:
    """Load the connector of one platform. Raises KeyError for an unknown one, else ConnectorBroken."""
    found = next((point for point in entry_points(group=GROUP) if point.name == platform), None)
    if found is None:
        raise KeyError(platform)
    try:
        loaded: object = found.load()
    except Exception as exc:  # an outside package's import may raise anything; it is told, not lost
        raise ConnectorBroken(f"{type(exc).__name__}: {exc}") from exc
    if not (isinstance(loaded, type) and issubclass(loaded, Connector)):
        raise ConnectorBroken(f"{found.value} is no Connector")
    return loaded


def connector_classes(platforms: Iterable[str]) -> dict[str, type[Connector]]:
    """Load the connectors of these platforms, as those of `Settings.connectors`; raises as `connector_class`."""
    return {platform: connector_class(platform) for platform in platforms}
