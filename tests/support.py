"""Small helpers that tests share."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path

from config import Settings, load


class Clock:
    """A clock that a test sets; stands still otherwise."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._gate = threading.Lock()

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> datetime:
        """Move on by a timedelta's words and return the new instant."""
        with self._gate:
            self.at += timedelta(**by)
            return self.at


CITY = """
[service]
name = "시험시"
database = "{database}"
root_contact = "ops"
language = "ko"
allow_inline_secrets = true

[web]
listen = ""
metrics_listen = ""

[connectors.twitter]
base_url = "{twitter}"
bearer_token = "x-bearer-token"

[connectors.facebook]
base_url = "{facebook}"
app_secret = "app-secret-of-the-city"

[[departments]]
id = "transport"
name = "교통정책과"
duty = ["kim", "lee"]
manager = "park"
head = "choi"

[[departments]]
id = "facility"
name = "시설관리과"
duty = ["lee"]
manager = "park"
head = "choi"

[[accounts]]
department = "transport"
platform = "twitter"
id = "1001"
handle = "dj_transport"

[[accounts]]
department = "facility"
platform = "twitter"
id = "1002"
handle = "dj_facility"

[[accounts]]
department = "facility"
platform = "facebook"
id = "2001"
token = "page-token-2001"

[[routes]]
any = ["가로등", "보안등"]
department = "facility"

[[staff]]
id = "kim"
name = "김담당"
channels = ["kim-hook"]
[[staff]]
id = "lee"
name = "이부담당"
channels = ["lee-hook"]
[[staff]]
id = "park"
name = "박팀장"
channels = ["park-hook"]
[[staff]]
id = "choi"
name = "최과장"
channels = ["choi-hook"]
[[staff]]
id = "ops"
name = "운영 담당"
channels = ["ops-hook"]

{channels}
{more}
"""


def city(
    folder: Path, *, database: str = "sqlite:///monitor.db", hook: str = "http://127.0.0.1:9", more: str = "",
    twitter: str = "http://127.0.0.1:9", facebook: str = "http://127.0.0.1:9",
) -> Settings:  # fmt: skip
    """A small city's settings, loaded from a file in `folder`; `more` is TOML that is added at the end."""
    channels = "\n".join(
        f'[[channels]]\nid = "{who}-hook"\ntype = "webhook"\nurl = "{hook}/{who}"\nallow_private = true\n'
        for who in ("kim", "lee", "park", "choi", "ops")
    )
    path = folder / "monitor.toml"
    path.write_text(
        CITY.format(database=database, twitter=twitter, facebook=facebook, channels=channels, more=more),
        encoding="utf-8",
    )
    return load(path)
