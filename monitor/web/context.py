"""What every page and call works with: the parts of one set of settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from fastapi import Request

from monitor.app import App
from monitor.web.sign_on import SignOn
from monitor.web.words import Catalogue


@dataclass(frozen=True, slots=True)
class Site:
    """The web of one set of settings; a reload makes another."""

    app: App
    words: Catalogue
    waits: Callable[[], list[str]] = field(default=list)
    """Why this node does not decide, where it does not."""
    sign_on: SignOn | None = None
    """The city's own sign-on, where the settings name one."""

    @property
    def origin(self) -> str:
        """Scheme, host and port under which people reach it."""
        url = urlsplit(self.app.settings.service.public_url)
        return f"{url.scheme}://{url.netloc}"


def site(request: Request) -> Site:
    """The site that serves a request."""
    found: Site = request.app.state.site
    return found
