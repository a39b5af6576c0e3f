"""The whole demo: on its stage no address leads out, and a run as a program ends by itself with an honest summary."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from config import Settings, SettingsError, load
from monitor.app import build_connectors
from monitor.clock import system_clock
from monitor.demo.run import main
from monitor.demo.server import serve
from monitor.demo.stage import NothingToShow, staged
from monitor.demo.x import SmallX

SHIPPED = Path(__file__).parents[2] / "monitor.toml"


@pytest.fixture
def settings() -> Settings:
    """The shipped settings."""
    return load(SHIPPED, environ={}, demo=True)


@pytest.fixture
def anywhere(tmp_path: Path) -> Path:
    """The shipped settings on any free ports, so that runs beside this one are not in the way."""
    text = SHIPPED.read_text(encoding="utf-8")
    for port in ("8080", "9108"):
        text = text.replace(f'listen = "127.0.0.1:{port}"', 'listen = "127.0.0.1:0"')
    path = tmp_path / "monitor.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_shipped_settings_are_refused_outside_the_demo() -> None:
    """Its secrets stand in the file: the daemon says of each how to mend it, and nothing else is wrong."""
    with pytest.raises(SettingsError) as refused:
        load(SHIPPED, environ={})
    assert {fault.key.rpartition(".")[2] for fault in refused.value.faults} == {
        "bearer_token", "app_secret", "token", "secret",
    }  # fmt: skip


def test_stage_leads_nowhere_else(settings: Settings) -> None:
    """Platforms, channels, database and listening addresses are this machine's; no secret is the file's."""
    with staged(settings, 60.0, system_clock) as stage:
        on_stage = stage.settings
        urls = [str(channel.url) for channel in on_stage.channels]
        urls += [options.model_dump()["base_url"] for options in on_stage.connectors.values()]
        urls += [on_stage.service.public_url, f"http://{on_stage.web.listen}", f"http://{on_stage.web.metrics_listen}"]
        assert {urlsplit(url).hostname for url in urls} == {"127.0.0.1"}
        assert len({on_stage.web.listen, on_stage.web.metrics_listen}) == 2
        assert {channel.type for channel in on_stage.channels} == {"webhook"}
        assert on_stage.service.heartbeat_url == ""
        database = Path(on_stage.database.removeprefix("sqlite:///"))
        assert database.parent.is_dir() and SHIPPED.parent not in database.parents
        tokens = {channel.secret.get_secret_value() for channel in on_stage.channels if channel.secret}
        assert len(tokens) == len(on_stage.channels) and not tokens & settings.secret_values()
        for connector in build_connectors(on_stage, system_clock).values():
            assert not any(connector.missing(connector.options, account) for account in connector.accounts)
            connector.close()
    assert not database.parent.exists()


def test_ports_that_are_taken_are_left_alone(settings: Settings) -> None:
    """Two stages at once have addresses of their own."""
    with serve(SmallX(system_clock)) as taken:
        web = settings.web.model_copy(update={"listen": urlsplit(taken.url).netloc})
        with staged(settings.model_copy(update={"web": web}), 60.0, system_clock) as stage:
            assert stage.settings.web.listen not in ("", web.listen)


def test_city_without_a_small_platform(settings: Settings) -> None:
    """Accounts on other platforms only: there is nothing to show."""
    elsewhere = tuple(account.model_copy(update={"platform": "replay"}) for account in settings.accounts)
    with pytest.raises(NothingToShow), staged(settings.model_copy(update={"accounts": elsewhere}), 60.0, system_clock):
        pass


@pytest.mark.parametrize(("minutes", "speed"), [(0, 60), (-1, 60), (1, 0.5), (1, 301)])
def test_times_out_of_range(minutes: float, speed: float) -> None:
    """No time at all, or a pace at which whole seconds mean nothing, is refused at once."""
    with pytest.raises(ValueError, match=r"minutes|speed"):
        main(minutes, speed, config=SHIPPED)


@contextmanager
def start(path: Path, minutes: str, speed: float) -> Iterator[subprocess.Popen[str]]:
    """The demo as a program, without a terminal and without anything in its environment that is ours."""
    imports = "import sys; from pathlib import Path; from monitor.demo.run import main"
    call = f"{imports}; sys.exit(main({minutes}, {speed}, config=Path(sys.argv[1])))"
    environ = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", call, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, cwd=SHIPPED.parent, env=environ | {"PYTHONIOENCODING": "utf-8"},
    ) as demo:  # fmt: skip
        try:
            yield demo
        finally:
            demo.kill()


def test_demo_from_end_to_end(anywhere: Path) -> None:
    """Twelve seconds are 36 minutes of the city: mentions come, warnings and breaches arrive, the end is orderly."""
    with start(anywhere, "0.2", 180.0) as demo:
        out, err = demo.communicate(timeout=60)
    assert (demo.returncode, err) == (0, "")
    assert "\x1b" not in out
    head, _, summary = out.partition("시연 요약")
    assert "[기한 임박]" in head and "[기한 초과]" in head

    def number(name: str) -> int:
        found = re.search(rf"^ *{name} +(\d+)", summary, re.MULTILINE)
        assert found is not None, f"{name} is not in {summary}"
        return int(found[1])

    assert number("접수한 사건") > 100
    assert number("기한 내 답변") > 50
    assert number("기한 임박") > 0 and number("기한 초과") > 0
    assert number("수신한 알림") == sum(map(int, re.findall(r"^  \S.* (\d+)통", summary, re.MULTILINE)))
    assert "중복 0, 거부 0" in summary and "오류 기록" not in summary
    assert summary.rstrip().endswith("sns-monitor run`")


def test_interrupted_demo_ends_with_its_summary(anywhere: Path) -> None:
    """Ctrl-C is how an endless demo ends: in order, with a summary and 0."""
    with start(anywhere, "None", 60.0) as demo:
        assert demo.stdout is not None
        while "09:00" not in demo.stdout.readline():
            assert demo.poll() is None
        demo.send_signal(signal.SIGINT)
        out, err = demo.communicate(timeout=30)
    assert (demo.returncode, err) == (0, "")
    assert "시연 요약" in out
