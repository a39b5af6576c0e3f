"""`web`: what keeps the pages from being served. Serving them is tried in `tests/acceptance`."""

from __future__ import annotations

from tests.cli.conftest import Town


def test_settings_without_a_web(town: Town) -> None:
    """They ask for none; that is said, not served."""
    town.migrate()
    done = town.run("web")
    assert done.exit_code == 2 and "listen" in done.output


def test_no_database_yet(bare: Town) -> None:
    """The daemon makes it: try later."""
    text = bare.path.read_text(encoding="utf-8")
    bare.path.write_text(text.replace('[web]\nlisten = ""', '[web]\nlisten = "127.0.0.1:0"'), encoding="utf-8")
    assert '127.0.0.1:0"' in bare.path.read_text(encoding="utf-8")
    done = bare.run("web")
    assert done.exit_code in (75, 78) and not bare.database.exists()
