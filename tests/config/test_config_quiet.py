"""Quiet hours of people and limits of channels, as the settings write them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from config import SettingsError, load
from config.times import Rate
from tests.support import city


def _with(folder: Path, staff: str = "", channel: str = "") -> Path:
    city(folder)
    path = folder / "monitor.toml"
    text = path.read_text(encoding="utf-8")
    text = text.replace('channels = ["kim-hook"]', f'channels = ["kim-hook"]\n{staff}')
    path.write_text(text.replace('id = "kim-hook"', f'id = "kim-hook"\n{channel}'), encoding="utf-8")
    return path


def test_quiet_hours_may_run_past_midnight(tmp_path: Path) -> None:
    """Several spans, as minutes of the day on which they begin."""
    settings = load(_with(tmp_path, 'quiet = ["22:00-07:00", "12:00-13:00", "20:00-24:00"]'))
    kim, lee = settings.staff[:2]
    assert [(span.start, span.end) for span in kim.quiet] == [(1320, 1860), (720, 780), (1200, 1440)]
    assert lee.quiet == ()


@pytest.mark.parametrize(
    ("per", "window"),
    [("minute", timedelta(minutes=1)), ("hour", timedelta(hours=1)), ("day", timedelta(days=1))],
)
def test_a_channel_s_limit(tmp_path: Path, per: str, window: timedelta) -> None:
    """So many messages in a while; none where nothing is said. It is no part of the address."""
    plain = load(_with(tmp_path)).channels[0]
    limited = load(_with(tmp_path, channel=f'most = "20/{per}"')).channels[0]
    assert plain.most is None
    assert limited.most is not None and (limited.most.count, limited.most.window) == (20, window)
    assert limited.address_hash == plain.address_hash


@pytest.mark.parametrize(
    ("staff", "channel", "key"),
    [
        ('quiet = ["22:00"]', "", "staff[0].quiet[0]"),
        ('quiet = ["22:00-22:00"]', "", "staff[0].quiet[0]"),
        ('quiet = ["22:00-07:00", "07:00-22:00"]', "", "staff[0].quiet"),
        ('quiet = "22:00-07:00"', "", "staff[0].quiet"),
        ("", 'most = "0/hour"', "channels[0].most"),
        ("", "most = 20", "channels[0].most"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, staff: str, channel: str, key: str) -> None:
    """Quiet all day too: nobody could ever be reminded."""
    with pytest.raises(SettingsError) as found:
        load(_with(tmp_path, staff, channel))
    assert f" {key}: " in str(found.value)


def test_months_count_too() -> None:
    """As of old: a rate per month."""
    assert Rate(1, "month").window == timedelta(days=30)
