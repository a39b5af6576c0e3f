"""What is said of bad settings: all of it at once, with the right key, line, problem and mend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from config import Fault, SettingsError, load
from config.addresses import is_private

Faults = Callable[..., tuple[Fault, ...]]


def test_all_faults_at_once_with_their_lines() -> None:
    """Some fifty faults in one file: each told once, on its own line, and nothing else."""
    path = Path(__file__).parent / "bad.toml"
    marked = {
        (line, key)
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if not text.startswith("#")
        for key in text.partition("#! ")[2].split()
    }
    with pytest.raises(SettingsError) as raised:
        load(path, environ={})
    told = [(fault.line, fault.key) for fault in raised.value.faults]
    assert len(marked) >= 45
    assert set(told) == marked
    assert len(told) == len(marked)
    assert told == sorted(told)
    assert str(raised.value).splitlines() == [str(fault) for fault in raised.value.faults]
    assert all(str(fault).startswith(f"{path}:{fault.line}: {fault.key}: ") for fault in raised.value.faults)


SERVICE = '[service]\nname = "City"\nlanguage = "en"\nroot_contact = "ops"\n'
DEPARTMENT = '[[departments]]\nid = "transport"\nname = "Transport"\n'
ACCOUNT = '[[accounts]]\ndepartment = "transport"\nplatform = "quiet"\nid = "1001"\n'
STEP = '[[policies.p.steps]]\nat = "{}"\nkind = "{}"\nnotify = ["duty"]\n'


def _ladder(*steps: str) -> str:
    return '[policies.p]\ntarget = "30m"\n' + "".join(STEP.format(*step.split()) for step in steps)


@pytest.mark.parametrize(
    ("extra", "key", "words"),
    [
        ("[polling]\nevery = '1h30m'\n", "polling.every", "not a duration"),
        ("[polling]\nevery = '-5s'\n", "polling.every", "not a duration"),
        ("[polling]\nevery = '0s'\n", "polling.every", "more than nothing"),
        ("[retention]\ntext = '999999999d'\n", "retention.text", "at most 36525 days"),
        ("[polling]\nevery = '10m'\n", "polling.blind_after", "polling.every"),
        ("[polling]\nevry = '10s'\n", "polling.evry", 'did you mean "every"?'),
        ("[pollin]\nevery = '10s'\n", "pollin", 'did you mean "polling"?'),
        ("[email]\nfrm = 'a@b'\n", "email.frm", 'did you mean "from"?'),
        ("[calendars.office]\nhour = []\n", "calendars.office.hour", 'did you mean "hours"?'),
        ("[calendars.c]\npauses = []\n", "calendars.c.hours", "required"),
        ("[calendars.c]\nhours = []\n", "calendars.c.hours", "empty"),
        ("[calendars.c]\nhours = ['mon 9-18']\n", "calendars.c.hours[0]", "opening hours"),
        ("[calendars.c]\nhours = ['moon 09:00-18:00']\n", "calendars.c.hours[0]", "opening hours"),
        ("[calendars.c]\nhours = ['mon- 09:00-18:00']\n", "calendars.c.hours[0]", "opening hours"),
        ("[calendars.c]\nhours = ['mon 09:00-09:00']\n", "calendars.c.hours[0]", "opening hours"),
        ("[calendars.c]\nhours = ['mon 09:00-12:00', 'mon-fri 11:59-18:00']\n", "calendars.c.hours", "overlap"),
        ("[calendars.c]\nhours = ['sun 22:00-06:00', 'mon 05:00-09:00']\n", "calendars.c.hours", "overlap"),
        ("[calendars.c]\nhours = ['mon,mon 09:00-10:00']\n", "calendars.c.hours", "overlap"),
        ("[calendars.office]\npauses = ['23:00-01:00']\n", "calendars.office.pauses[0]", "midnight"),
        ("[calendars.office]\npauses = ['12:00-13:00', '12:30-14:00']\n", "calendars.office.pauses", "overlap"),
        ("[calendars.office]\npauses = ['09:00-18:00']\n", "calendars.office", "no open minute"),
        (_ladder("30m breach", "20m warning"), "policies.p.steps[1].at", "not later"),
        (_ladder("30m breach", "40m warning"), "policies.p.steps[1].kind", "after the breach"),
        (_ladder("20m escalation", "30m breach"), "policies.p.steps[0].kind", "before the breach"),
        (_ladder("20m warning"), "policies.p.steps", "no breach"),
        (_ladder("30m breach", "40m breach"), "policies.p.steps[1].kind", "second breach"),
        (_ladder("29m breach"), "policies.p.steps[0].at", "differs from target"),
        (_ladder("30m alarm"), "policies.p.steps[0].kind", "'warning', 'breach', 'escalation'"),
        ("[policies.p]\nfinal_calendar = 'ofice'\n", "policies.p.final_calendar", 'did you mean "office"?'),
        ("[crisis]\nkeywords = [' ']\n", "crisis.keywords[0]", "blank"),
        ("[crisis]\nsurge_false_alarms = '0/day'\n", "crisis.surge_false_alarms", "not a rate"),
        ("[reports]\nweekly = 'mon'\n", "reports.weekly", "mon 09:00"),
        ("[reports]\nrecipients = ['staff:kimm']\n", "reports.recipients[0]", 'did you mean "staff:kim"?'),
        ("[answers]\nautomatic = ['[[a]']\n", "answers.automatic[0]", "regular expression"),
        ("[answers]\nautomatic = ['a{99999999999}']\n", "answers.automatic[0]", "regular expression"),
        ("[web]\nlisten = '8080'\n", "web.listen", "address to listen on"),
        ("[web]\nlisten = 'localhost:65536'\n", "web.listen", "address to listen on"),
        ("[email]\nport = 0\n", "email.port", "out of range (≥ 1)"),
        ("[email]\nsecurity = 'ssl'\n", "email.security", "starttls"),
        ("[email]\npassword = { envv = 'X' }\n", "email.password", "no form of a secret"),
        ("[alerts]\ninclude_text = 'yes'\n", "alerts.include_text", "true or false"),
        ("[[routes]]\ndepartment = 'transport'\nnone = ['x']\n", "routes[0]", "matches nothing"),
        ("[connectors.quiet]\nspeed = 1\n", "connectors.quiet.speed", "unknown"),
        ("[connectors.broken]\n", "connectors.broken", "ModuleNotFoundError"),
        ("[connectors.odd]\n", "connectors.odd", "no Connector"),
        ("[connectors]\ntwitter = 5\n", "connectors.twitter", "not a table"),
        ("[[connectors]]\n", "connectors", "not a table"),
        ("[web.listen]\n", "web.listen", "not text"),
    ],
)
def test_one_fault(faults: Faults, extra: str, key: str, words: str) -> None:
    """Appended to settings that load, each of these is exactly one fault that says what is wrong."""
    (fault,) = faults(extra)
    assert fault.key == key
    assert words in f"{fault.problem} — {fault.mend}"
    assert fault.line > 15


@pytest.mark.parametrize(
    ("pieces", "key", "words"),
    [
        ({"service": '[service]\nlanguage = "en"\nroot_contact = "ops"\n'}, "service.name", "required"),
        ({"service": SERVICE.replace("City", " ")}, "service.name", "blank"),
        ({"service": SERVICE + 'timezone = "Asia"\n'}, "service.timezone", "time zone"),
        ({"service": SERVICE + 'timezone = "../etc"\n'}, "service.timezone", "time zone"),
        ({"service": SERVICE + 'database = "sqlite:///:memory:"\n'}, "service.database", "sqlite:///data"),
        ({"service": SERVICE + 'database = "postgres://h/n"\n'}, "service.database", "postgresql://"),
        ({"service": SERVICE + 'heartbeat_url = "ftp://h/x"\n'}, "service.heartbeat_url", "web address"),
        ({"departments": DEPARTMENT.replace('"transport"', '"a/b"')}, "departments[0].id", "letters, digits"),
        ({"departments": DEPARTMENT + 'duty = "kim"\n'}, "departments[0].duty", "not a list"),
        ({"staff": ""}, "staff", "required"),
        ({"staff": "staff = 5\n[x]\n"}, "staff", "not a list"),
        ({"accounts": ""}, "accounts", "required"),
        ({"accounts": ACCOUNT + "watch_from = 2026-11-24\n"}, "accounts[0].watch_from", "with its offset"),
        ({"accounts": ACCOUNT + "watch_from = 0001-01-01T00:00:00+23:59\n"}, "accounts[0].watch_from", "offset"),
        ({"accounts": ACCOUNT + 'token = { file = "\\u0000" }\n'}, "accounts[0].token", "cannot be read"),
    ],
)
def test_one_fault_in_what_must_be_there(faults: Faults, pieces: dict[str, str], key: str, words: str) -> None:
    """The five tables that must be there; what merely follows from a missing one is not said as well."""
    text = {"service": SERVICE} | pieces
    if "staff = " in pieces.get("staff", ""):
        text["service"], text["staff"] = "staff = 5\n" + SERVICE, ""
    found = [fault for fault in faults(**text) if fault.key == key]
    assert [words in f"{fault.problem} — {fault.mend}" for fault in found] == [True]
    others = [fault.key for fault in faults(**text) if fault.key != key]
    assert others in ([], ["accounts[0].department"])


@pytest.mark.parametrize(
    ("address", "private"),
    [
        ("http://127.0.0.1:9009/x", True),
        ("http://localhost/x", True),
        ("http://a.LocalHost./x", True),
        ("http://10.1.2.3/x", True),
        ("http://169.254.169.254/latest", True),
        ("http://[::1]/x", True),
        ("http://[fe80::1%25eth0]/x", True),
        ("http://[::ffff:10.0.0.1]/x", True),
        ("http://[::ffff:100.64.0.1]/x", True),
        ("http://224.0.0.1/x", True),
        ("http://0.0.0.0/x", True),
        ("http://127.1/x", True),
        ("http://2130706433/x", True),
        ("http://0x7f000001/x", True),
        ("https://8.8.8.8/x", False),
        ("https://[2606:4700::1111]/x", False),
        ("https://desk.example.go.kr/x", False),
        ("https://10.example.go.kr/x", False),
    ],
)
def test_private_addresses(address: str, private: bool) -> None:
    """Every spelling of an address that the resolver would take; names are left to the moment the socket opens."""
    assert is_private(address) is private


def test_a_webhook_to_a_private_address_must_be_allowed(faults: Faults) -> None:
    """One line in the settings says that it is meant."""
    hook = '[[channels]]\nid = "hook"\ntype = "webhook"\nurl = "http://127.0.0.1:1/"\n'
    (fault,) = faults(channels=hook)
    assert (fault.key, "allow_private = true" in fault.mend) == ("channels[0].url", True)
    assert faults(channels=hook + "allow_private = true\n") == ()


def test_a_signing_secret_that_is_not_what_it_says(faults: Faults) -> None:
    """ "whsec_" promises base64 (Standard Webhooks); anything else is taken as its bytes."""
    hook = '[[channels]]\nid = "hook"\ntype = "webhook"\nurl = "https://desk.example.go.kr"\nsecret = { env = "S" }\n'
    (fault,) = faults(channels=hook, environ={"S": "whsec_!!"})
    assert fault.key == "channels[0].secret"
    assert "!!" not in str(fault)
    assert faults(channels=hook, environ={"S": "whsec_bm90-IG11-Y2g="}) != ()
    assert faults(channels=hook, environ={"S": "whsec_bm90IG11Y2g="}) == ()
    assert faults(channels=hook, environ={"S": "!!"}) == ()


def test_certificates_must_be_readable(faults: Faults, tmp_path: Path) -> None:
    """A file that is not there, or holds no certificate, is found now and not with the first alert."""
    hook = '[[channels]]\nid = "hook"\ntype = "webhook"\nurl = "https://desk.example.go.kr"\nca_file = "ca.pem"\n'
    assert [fault.key for fault in faults(channels=hook)] == ["channels[0].ca_file"]
    (tmp_path / "ca.pem").write_text("no certificate")
    assert [fault.key for fault in faults(channels=hook)] == ["channels[0].ca_file"]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"two\nlines", b"x\0y"])
def test_secret_files_that_hold_no_secret(faults: Faults, tmp_path: Path, content: bytes) -> None:
    """Empty, binary and longer files are refused: half a key would fail later and elsewhere."""
    file = tmp_path / "hook-secret"
    file.write_bytes(content)
    file.chmod(0o600)
    hook = '[[channels]]\nid = "hook"\ntype = "webhook"\nurl = "https://a.kr"\nsecret = { file = "hook-secret" }\n'
    (fault,) = faults(channels=hook)
    assert (fault.key, fault.line) == ("channels[0].secret", 25)


def test_a_platform_nobody_knows(faults: Faults) -> None:
    """The fault lists those there are."""
    (fault,) = faults(accounts='[[accounts]]\ndepartment = "transport"\nplatform = "myspace"\nid = "1"\n')
    assert fault.key == "accounts[0].platform"
    assert "broken, facebook, odd, quiet, twitter" in fault.mend


def test_what_a_connector_says_of_its_options(faults: Faults) -> None:
    """Its own words are passed on, without the secret that it should not have said."""
    (fault,) = faults('[connectors.facebook]\nversion = "v1.0"\napp_secret = { env = "A" }\n', environ={"A": "s3cr3t"})
    assert fault.key == "connectors.facebook"
    assert '"v1.0 is dead, and *** with it"' in fault.problem


@pytest.mark.parametrize("line", ["", "channels = []\n"])
def test_row_25_a_person_who_cannot_be_reached_is_a_fault(faults: Faults, line: str) -> None:
    """An error of the settings check, not of the night it is needed: its key, and the mend."""
    (fault,) = faults(f'[[staff]]\nid = "lee"\nname = "Lee"\n{line}')
    assert (fault.key, fault.mend) == ("staff[2].channels", 'add channels = ["channel id"]')


def test_the_same_account_twice(faults: Faults) -> None:
    """One id on two platforms is two accounts, on one it is a fault that names the first one's line."""
    account = '[[accounts]]\ndepartment = "transport"\nplatform = "quiet"\nid = "1001"\n'
    (fault,) = faults(account)
    assert fault.key == "accounts[1].id"
    assert "line 12" in fault.problem
    assert faults(account.replace('"quiet"', '"twitter"'), environ={"X_BEARER_TOKEN": "t"}) == ()


def test_the_readers_language(faults: Faults) -> None:
    """Korean unless the settings say English; what they say is heeded even where they are no TOML."""
    korean = SERVICE.replace('language = "en"\n', "")
    (fault,) = faults("[polling]\nevery = 'x'\n", service=korean)
    assert fault.problem == '기간이 아닙니다: "x"'
    (fault,) = faults("oops\n", service=korean)
    assert "TOML 문법" in fault.problem
    (fault,) = faults("oops\n")
    assert "this is not TOML" in fault.problem


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, a folder, bytes that are no text, text that is no TOML: one fault with its line."""
    path = tmp_path / "monitor.toml"
    for content, line in ((None, 1), (b"a = 1\n# \xff\n", 2), (b"a = 1\n\nb = = 2\n", 3), (b'\n\na = "', 3)):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(SettingsError) as raised:
            load(path, environ={})
        (fault,) = raised.value.faults
        assert (fault.file, fault.line, fault.key) == (str(path), line, "")
    with pytest.raises(SettingsError):
        load(tmp_path, environ={})


def test_a_fault_is_one_line(faults: Faults) -> None:
    """Whatever the file holds: newlines, separators and signs that turn text around are written as escapes."""
    (fault,) = faults('[polling]\nevery = "a\\nb\\u2028c\\u202Ed\\u0000"\n')
    assert len(str(fault).splitlines()) == 1
    assert "\\u202e" in fault.problem
    (fault,) = faults('"a\\nb" = 1\n', service='"a\\nb" = 1\n' + SERVICE)[:1]
    assert fault.key == '"a\\nb"'


def test_a_byte_order_mark_is_passed_over(tmp_path: Path, example: Path) -> None:
    """Editors on Windows write one."""
    path = tmp_path / "monitor.toml"
    path.write_bytes(b"\xef\xbb\xbf" + example.read_bytes())
    settings = load(path, environ={"X_BEARER_TOKEN": "a", "DESK_HOOK_SECRET": "b"})
    assert settings.departments[0].id == "transport"
