"""A city on loopback: a small X, a small Graph, a receiver of alerts, the settings that name them, and the daemon."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from monitor.demo.graph import SmallGraph
from monitor.demo.graph_world import Author
from monitor.demo.server import Server, serve
from monitor.demo.x import SmallX
from tests.acceptance.harness import SECRET, Daemon, Receiver, free_port, get, now, wait_for

CITIZEN = Author("900001", "김시민")
PAGE = "2001"
PEOPLE = ("kim", "lee", "park", "choi", "ops")

SETTINGS = """
[service]
name = "시험시"
database = "{database}"
root_contact = "ops"
language = "ko"

[web]
listen = "127.0.0.1:{web}"
metrics_listen = "127.0.0.1:{metrics}"

[polling]
every = "1s"
overlap = "{overlap}"
blind_after = "{blind_after}"

[connectors.twitter]
base_url = "{twitter}"
bearer_token = {{ env = "X_BEARER_TOKEN" }}

[connectors.facebook]
base_url = "{facebook}"
app_secret = {{ file = "facebook-app-secret" }}

[policies.standard]
target = "{breach}s"
repeat = "{repeat}s"
ack_holds = "{ack_holds}"
[[policies.standard.steps]]
at = "{warning}s"
kind = "warning"
notify = ["assignee"]
[[policies.standard.steps]]
at = "{breach}s"
kind = "breach"
notify = ["assignee", "manager"]
[[policies.standard.steps]]
at = "{escalation}s"
kind = "escalation"
notify = ["head"]

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
{watch_from}
[[accounts]]
department = "facility"
platform = "twitter"
id = "1002"
handle = "dj_facility"
{watch_from}
[[accounts]]
department = "facility"
platform = "facebook"
id = "2001"
token = {{ file = "page-token" }}
{watch_from}
[[routes]]
any = ["가로등", "보안등"]
department = "facility"

[crisis]  # its people all say the same, and no crisis is to change their ladder
trouble = []
calm = ["버스", "고장"]

[alerts]
mode = "{mode}"
bundle = "{bundle}"
fallback_after = "{fallback_after}"

{people}
{more}
"""


@dataclass(frozen=True, slots=True)
class Ladder:
    """When the steps of the city's policy are due, in whole seconds from a case's start."""

    warning: int = 2
    breach: int = 3
    escalation: int = 5
    repeat: int = 4


LONG = Ladder(60, 90, 120, 60)
"""So long that no step falls due during a test."""


@dataclass
class Stage:
    """The platforms, the receiver and the daemon of one test."""

    folder: Path
    database: str
    x: SmallX
    graph: SmallGraph
    x_server: Server
    graph_server: Server
    hooks: Receiver
    daemon: Daemon
    nodes: list[Daemon] = field(default_factory=list)
    """Further daemons on the same database."""

    def configure(
        self, ladder: Ladder, *, watch_from: datetime | None = None, blind_after: str = "30s", bundle: str = "1s",
        mode: str = "live", fallback_after: str = "60s", overlap: str = "15m", ack_holds: str = "15m",
        channels: Mapping[str, tuple[str, ...]] | None = None, more: str = "",
    ) -> Daemon:  # fmt: skip
        """Write the settings; `channels` names a person's in order where it is not their one webhook."""
        of = {who: (f"{who}-hook",) for who in PEOPLE} | dict(channels or {})
        people = [
            f'[[staff]]\nid = "{who}"\nname = "{who}"\nchannels = [{", ".join(map(_quoted, of[who]))}]\n' for who in of
        ]
        people += [self.hook(who) for who in of]
        self.daemon.settings.write_text(
            SETTINGS.format(
                database=self.database, web=self.daemon.web.rpartition(":")[2],
                metrics=self.daemon.metrics.rpartition(":")[2], twitter=self.x_server.url,
                facebook=self.graph_server.url, warning=ladder.warning, breach=ladder.breach,
                escalation=ladder.escalation, repeat=ladder.repeat, mode=mode, bundle=bundle, overlap=overlap,
                fallback_after=fallback_after, blind_after=blind_after, ack_holds=ack_holds,
                people="\n".join(people), more=more,
                watch_from="" if watch_from is None else f"watch_from = {watch_from.isoformat()}\n",
            ),
            encoding="utf-8",
        )  # fmt: skip
        return self.daemon

    def hook(self, who: str) -> str:
        """The settings of a webhook `<who>-hook` that the receiver takes in under that name."""
        return (
            f'[[channels]]\nid = "{who}-hook"\ntype = "webhook"\nurl = "{self.hooks.url}/{who}"\n'
            'secret = { env = "HOOK_SECRET" }\nallow_private = true\n'
        )

    def another(self) -> Daemon:
        """One more node of the same city: the same settings but for its own addresses."""
        web, metrics = free_port(), free_port()
        settings = self.daemon.settings.read_text(encoding="utf-8")
        for mine, theirs in ((self.daemon.web, web), (self.daemon.metrics, metrics)):
            settings = settings.replace(f'"{mine.removeprefix("http://")}"', f'"127.0.0.1:{theirs}"')
        node = Daemon(
            self.folder / f"node{len(self.nodes) + 2}.toml", f"http://127.0.0.1:{web}", f"http://127.0.0.1:{metrics}",
            self.daemon.environ,
        )  # fmt: skip
        node.settings.write_text(settings, encoding="utf-8")
        self.nodes.append(node)
        return node

    def say(self, text: str = "@dj_transport 버스가 안 와요", author: str = "7001") -> str:
        """A citizen posts on X; returns the id."""
        return self.x.post(author, text)

    def reply(self, to: str, text: str = "확인하겠습니다", account: str = "1001") -> str:
        """A department answers on X."""
        return self.x.post(account, text, reply_to=to)

    @contextmanager
    def citizens(self, every: float = 0.1) -> Iterator[list[str]]:
        """People post on both platforms for as long as the block runs; gives the ids of all they posted."""
        over, posted = threading.Event(), list[str]()

        def stream() -> None:
            number = 0
            while not over.wait(every):
                number += 1
                if number % 4:
                    posted.append(self.say(author=str(7001 + number % 9)))
                else:
                    posted.append(self.graph.visitor_post(PAGE, CITIZEN, f"고장 신고 {number}"))

        thread = threading.Thread(target=stream, daemon=True)
        thread.start()
        try:
            yield posted
        finally:
            over.set()
            thread.join()

    def found(self, *mentions: str, seconds: float = 30.0) -> list[dict[str, object]]:
        """Wait until each of these mentions stands in the queue; returns their cases in that order."""

        def all_there() -> list[dict[str, object]]:
            of = {m["id"]: case for case in self.daemon.queue() for m in case["mentions"]}
            return [of[id] for id in mentions] if set(mentions) <= set(of) else []

        return wait_for(all_there, seconds, f"the queue holds {mentions}")

    def metric(self, name: str) -> float:
        """The sum of a metric's samples; 0 where a metric by label has none yet."""
        status, body = get(f"{self.daemon.metrics}/metrics")
        assert status == 200, body
        lines = [line for line in body.splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
        assert f"# TYPE {name} " in body, f"no metric {name}"
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def close(self) -> None:
        """End everything."""
        for daemon in (self.daemon, *self.nodes):
            daemon.kill()
        self.hooks.close()
        self.x_server.stop()
        self.graph_server.stop()


def build(folder: Path, database: str) -> Stage:
    """Open the platforms and the receiver; the settings are still to be written."""
    x = SmallX(now)
    x.user("1001", "dj_transport", "교통정책과")
    x.user("1002", "dj_facility", "시설관리과")
    for number in range(7001, 7010):
        x.user(str(number), f"citizen{number}", f"시민 {number}")
    graph = SmallGraph(now, app_secret="app-secret-of-the-city")
    graph.page(PAGE, "대전 시설관리과", "dj.facility", token="page-token-of-the-city")
    for name, secret in (("facebook-app-secret", "app-secret-of-the-city"), ("page-token", "page-token-of-the-city")):
        (folder / name).write_text(secret, encoding="utf-8")
        (folder / name).chmod(0o600)
    web, metrics = free_port(), free_port()
    daemon = Daemon(
        folder / "monitor.toml", f"http://127.0.0.1:{web}", f"http://127.0.0.1:{metrics}",
        {"X_BEARER_TOKEN": x.token, "HOOK_SECRET": SECRET},
    )  # fmt: skip
    return Stage(folder, database, x, graph, serve(x), serve(graph), Receiver(), daemon)


def _quoted(text: str) -> str:
    return f'"{text}"'
