"""Time in the demo: the city's clock runs faster, and only the settings know.

The engine is the one of every day. What is made shorter are the durations of the promise and of polling in its
settings, and the two things that a platform says of its own timing; the clock it reads is this machine's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from config import Settings
from config.tables import Policy
from connectors.contract import Source

#: Platforms count whole seconds: at 300 times the pace a second is five minutes of the city, a sixth of the promise.
SLOWEST, FASTEST = 1.0, 300.0

_OF_POLICY = ("target", "final_target", "final_repeat", "ack_holds", "repeat")
_OF_POLLING = ("every", "overlap", "blind_after")
_OF_ALERTS = ("bundle", "fallback_after")


def faster(settings: Settings, speed: float) -> Settings:
    """Settings whose promise and polling run `speed` times as fast; everything else is as it was."""
    polling, alerts = settings.polling, settings.alerts
    return settings.model_copy(
        update={
            "policies": {name: _faster(policy, speed) for name, policy in settings.policies.items()},
            "polling": polling.model_copy(update={name: getattr(polling, name) / speed for name in _OF_POLLING}),
            "alerts": alerts.model_copy(update={name: getattr(alerts, name) / speed for name in _OF_ALERTS}),
        }
    )


def _faster(policy: Policy, speed: float) -> Policy:
    ladders = {
        name: tuple(step.model_copy(update={"at": step.at / speed}) for step in getattr(policy, name))
        for name in ("steps", "final_steps")
    }
    return policy.model_copy(update={name: getattr(policy, name) / speed for name in _OF_POLICY} | ladders)


def faster_sources(sources: Mapping[str, Source], speed: float) -> dict[str, Source]:
    """The same sources on platforms that are `speed` times as fast: their index's lag, and their own intervals."""
    return {
        id: replace(source, lag=source.lag / speed, every=None if source.every is None else source.every / speed)
        for id, source in sources.items()
    }


@dataclass(frozen=True, slots=True)
class CityClock:
    """Turns instants and spans of this machine into the city's, and back."""

    started_at: datetime
    """On this machine."""
    opens_at: datetime
    """What the city's clock shows then, in its own zone."""
    speed: float

    def shows(self, at: datetime) -> datetime:
        """What the city's clock shows at an instant of this machine."""
        return self.opens_at + self.span(at - self.started_at)

    def span(self, real: timedelta) -> timedelta:
        """How long that is in the city."""
        return real * self.speed

    def since_start(self, at: datetime) -> timedelta:
        """City time since the start."""
        return self.span(at - self.started_at)

    def at(self, since_start: timedelta) -> datetime:
        """The instant of this machine at which that much city time has passed."""
        return self.started_at + since_start / self.speed
