"""What loads, and as what."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from config import Fault, Settings, SettingsError, load
from config.times import Hours, Pause, Rate, Weekly

SECRETS = {"X_BEARER_TOKEN": "bird-token-7f3a", "DESK_HOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}


def test_the_example_of_the_contract_loads(example: Path) -> None:
    """Every table of the example is there under its own name, its values read."""
    settings = load(example, environ=SECRETS)
    assert settings.service.name == "대전광역시 SNS 응답 관리"
    assert [department.id for department in settings.departments] == ["transport", "facility"]
    assert settings.departments[0].duty == ("kim", "lee")
    assert settings.departments[1].policy == "standard"
    assert settings.accounts[0].handle == "dj_transport"
    assert settings.accounts[0].watch_from is None
    assert settings.staff[0].channels == ("kim-mail",)
    assert settings.channels[0].to == "kim@example.go.kr"
    assert settings.channels[1].allow_private
    assert settings.channels[1].secret == SecretStr(SECRETS["DESK_HOOK_SECRET"])
    assert settings.routes[0].any == ("가로등", "보안등")
    assert settings.reports.recipients == ("staff:park",)
    assert settings.connectors["twitter"].bearer_token == SecretStr(SECRETS["X_BEARER_TOKEN"])  # type: ignore[attr-defined]
    assert settings.connectors["facebook"].app_secret is None  # type: ignore[attr-defined]
    assert settings.path == example


def test_every_default_is_that_of_the_contract(loaded: Callable[..., Settings], example: Path) -> None:
    """A file with only what must be there means what CONTRACT shows for all the rest."""
    shown, least = load(example, environ=SECRETS), loaded()
    for table in ("web", "polling", "crisis", "alerts", "ignore", "retention", "email", "calendars", "policies"):
        assert getattr(least, table) == getattr(shown, table), table
    assert least.reports == shown.reports.model_copy(update={"recipients": ()})
    given = {"name", "language", "root_contact"}
    assert least.service.model_dump(exclude=given) == shown.service.model_dump(exclude=given)


def test_defaults_as_values(loaded: Callable[..., Settings]) -> None:
    """The same figures once more, written down here and not read from a file."""
    settings = loaded()
    assert settings.service.timezone == "Asia/Seoul"
    assert settings.service.database == "sqlite:///data/monitor.db"
    assert settings.web.metrics_listen == "127.0.0.1:9108"
    assert (settings.polling.every, settings.polling.overlap) == (timedelta(seconds=60), timedelta(minutes=15))
    assert settings.polling.blind_after == timedelta(minutes=5)
    office = settings.calendars["office"]
    assert settings.calendars["always"].hours == (Hours((0, 1, 2, 3, 4, 5, 6), 0, 1440),)
    assert (office.hours, office.pauses) == ((Hours((0, 1, 2, 3, 4), 540, 1080),), (Pause(720, 780),))
    assert (office.holidays, office.extra_holidays) == ("KR", (date(2026, 10, 8),))
    standard, crisis = settings.policies["standard"], settings.policies["crisis"]
    assert [(step.at, step.kind, step.notify) for step in standard.steps] == [
        (timedelta(minutes=20), "warning", ("assignee",)),
        (timedelta(minutes=30), "breach", ("assignee", "manager")),
        (timedelta(minutes=60), "escalation", ("head",)),
    ]
    assert (standard.ack_holds, standard.repeat) == (timedelta(minutes=15), timedelta(minutes=60))
    assert (standard.final_target, standard.final_calendar) == (timedelta(days=3), "office")
    assert (crisis.target, crisis.repeat) == (timedelta(minutes=10), timedelta(minutes=30))
    assert [(step.at, step.kind) for step in crisis.steps] == [
        (timedelta(minutes=7), "warning"),
        (timedelta(minutes=10), "breach"),
        (timedelta(minutes=20), "escalation"),
    ]
    assert settings.crisis.surge_false_alarms == Rate(1, "month")
    assert settings.crisis.keywords == ("붕괴", "화재")
    assert (settings.alerts.mode, settings.alerts.bundle) == ("live", timedelta(seconds=60))
    assert settings.reports.weekly == Weekly(0, time(9))
    assert settings.reports.formats == ("html", "pdf", "xlsx", "csv")
    assert settings.retention.text == timedelta(days=90)
    assert (settings.email.host, settings.email.port, settings.email.from_) == ("127.0.0.1", 25, "sns@example.go.kr")
    assert settings.answers.automatic == ()


def test_only_named_platforms_have_options(loaded: Callable[..., Settings]) -> None:
    """A connector that nothing names is not loaded: a broken one that is only installed hurts nobody."""
    assert set(loaded().connectors) == {"quiet"}


def test_tables_are_merged_key_by_key_and_arrays_replaced(loaded: Callable[..., Settings]) -> None:
    """A key that is not written keeps the built-in value; an array that is written replaces the whole."""
    settings = loaded('[calendars.office]\npauses = []\n[policies.standard]\nrepeat = "2h"\n')
    office, standard = settings.calendars["office"], settings.policies["standard"]
    assert (office.pauses, office.holidays, len(office.hours)) == ((), "KR", 1)
    assert (standard.repeat, standard.target) == (timedelta(hours=2), timedelta(minutes=30))


@pytest.mark.parametrize(
    ("name", "target", "instants", "last"),
    [
        ("standard", "60m", (40, 60, 120), ("head",)),
        ("crisis", "15m", (10, 15, 30), ("head", "root")),
        ("night", "90m", (60, 90, 180), ("head",)),
        ("night", "1800s", (20, 30, 60), ("head",)),
    ],
)
def test_steps_follow_the_target(
    loaded: Callable[..., Settings], name: str, target: str, instants: tuple[int, ...], last: tuple[str, ...]
) -> None:
    """A policy without steps has the built-in ladder, at 2/3, 1 and 2 of another target."""
    steps = loaded(f'[policies.{name}]\ntarget = "{target}"\n').policies[name].steps
    assert tuple(step.at / timedelta(minutes=1) for step in steps) == instants
    assert steps[-1].notify == last


def test_values_are_read_as_what_they_mean(loaded: Callable[..., Settings]) -> None:
    """An instant in UTC, an overnight shift into the next day, a handle without its @, an address without its slash."""
    settings = loaded(
        '[calendars.night]\nhours = ["fri-sat 22:00-06:00"]\nextra_holidays = [2026-12-24]\n',
        service=f'{"[service]"}\nname = "C"\nroot_contact = "ops"\npublic_url = "https://sns.example.go.kr/"\n',
        accounts='[[accounts]]\ndepartment = "transport"\nplatform = "quiet"\nid = "1"\nhandle = "@dj"\n'
        "watch_from = 2026-11-24T09:00:00+09:00\n",
    )
    assert settings.accounts[0].watch_from == datetime(2026, 11, 24, tzinfo=UTC)
    assert settings.accounts[0].handle == "dj"
    assert settings.calendars["night"].hours == (Hours((4, 5), 22 * 60, 30 * 60),)
    assert settings.calendars["night"].extra_holidays == (date(2026, 12, 24),)
    assert settings.service.public_url == "https://sns.example.go.kr"


def test_relative_paths_are_relative_to_the_file(
    loaded: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the program was started does not matter; a PostgreSQL address stays as it is."""
    monkeypatch.chdir("/")
    assert loaded().database == f"sqlite:///{tmp_path}/data/monitor.db"
    service = '[service]\nname = "C"\nroot_contact = "ops"\ndatabase = "postgresql://me@host/name"\n'
    assert loaded(service=service).database == "postgresql://me@host/name"


def test_settings_cannot_be_changed(loaded: Callable[..., Settings]) -> None:
    """What was checked stays what it is."""
    settings = loaded()
    with pytest.raises(ValidationError):
        settings.service.name = "other"
    with pytest.raises(dataclasses.FrozenInstanceError):
        Fault("f", 1, "k", "p", "m").line = 2  # type: ignore[misc]


def _set(text: str, value: str) -> str:
    return text.replace('[[channels]]\nid = "hook"\n', f'[[channels]]\nid = "hook"\nsecret = {value}\n')


HOOK = '[[channels]]\nid = "hook"\ntype = "webhook"\nurl = "https://desk.example.go.kr/alerts"\n'


def test_a_secret_from_a_file(loaded: Callable[..., Settings], tmp_path: Path) -> None:
    """It is read beside the settings, without the newline editors leave, and is known for redaction."""
    file = tmp_path / "hook-secret"
    file.write_text("from-a-file-51\n")
    file.chmod(0o600)
    settings = loaded(channels=_set(HOOK, '{ file = "hook-secret" }'))
    assert settings.channels[0].secret == SecretStr("from-a-file-51")
    assert settings.secret_values() == {"from-a-file-51"}


def test_a_file_that_everyone_may_read_is_refused_outside_the_demo(
    loaded: Callable[..., Settings], faults: Callable[..., tuple[Fault, ...]], tmp_path: Path
) -> None:
    """The fault names the command that mends it; the demo reads it all the same."""
    file = tmp_path / "hook-secret"
    file.write_text("from-a-file-51\n")
    file.chmod(0o644)
    channels = _set(HOOK, '{ file = "hook-secret" }')
    (fault,) = faults(channels=channels)
    assert fault.key == "channels[0].secret"
    assert "chmod 600" in fault.mend
    assert loaded(channels=channels, demo=True).secret_values() == {"from-a-file-51"}


def test_a_secret_in_the_file_itself(loaded: Callable[..., Settings], faults: Callable[..., tuple[Fault, ...]]) -> None:
    """It is refused unless the settings say otherwise or it is the demo."""
    channels = _set(HOOK, '"in-the-open-93"')
    allowed = '[service]\nname = "C"\nroot_contact = "ops"\nallow_inline_secrets = true\n'
    assert [fault.key for fault in faults(channels=channels)] == ["channels[0].secret"]
    assert loaded(channels=channels, demo=True).secret_values() == {"in-the-open-93"}
    assert loaded(channels=channels, service=allowed).secret_values() == {"in-the-open-93"}


def test_only_used_secrets_are_needed(
    loaded: Callable[..., Settings], faults: Callable[..., tuple[Fault, ...]]
) -> None:
    """A channel that nobody has, a platform without accounts and mail that nobody gets may lack theirs."""
    spare = '[[channels]]\nid = "spare"\ntype = "email"\nto = "a@b.kr"\nsecret = { env = "SPARE" }\n'
    extra = '[connectors.twitter]\n[email]\npassword = { env = "MAIL" }\n'
    settings = loaded(extra, channels=HOOK + spare)
    assert settings.channels[1].secret is None
    assert settings.email.password is None
    staff = '[[staff]]\nid = "kim"\nname = "K"\nchannels = ["spare"]\n'
    staff += '[[staff]]\nid = "ops"\nname = "O"\nchannels = ["hook"]\n'
    assert {fault.key for fault in faults(extra, channels=HOOK + spare, staff=staff)} == {
        "channels[1].secret",
        "email.password",
    }


def test_what_a_platform_needs_is_its_own_word(faults: Callable[..., tuple[Fault, ...]]) -> None:
    """The token all accounts share is asked for once; a token of one's own stands in its account's table."""
    bird = '[[accounts]]\ndepartment = "transport"\nplatform = "twitter"\nid = "1"\n'
    (fault,) = faults(accounts=bird + bird.replace('"1"', '"2"'))
    assert (fault.key, fault.line) == ("connectors.twitter.bearer_token", 9)
    assert "X_BEARER_TOKEN" in fault.problem
    assert faults(accounts=bird, environ={"X_BEARER_TOKEN": "t"}) == ()
    assert faults(accounts=bird + 'token = { env = "OWN" }\n', environ={"OWN": "t"}) == ()
    (fault,) = faults(accounts=bird.replace("twitter", "facebook"))
    assert (fault.key, fault.mend) == ("accounts[0].token", "make a Page token")
    (fault,) = faults(accounts=bird + 'handle = "two words"\n', environ={"X_BEARER_TOKEN": "t"})
    assert (fault.key, fault.line) == ("accounts[0].handle", 13)


def test_a_secret_that_may_lack_must_still_be_readable(
    faults: Callable[..., tuple[Fault, ...]], tmp_path: Path
) -> None:
    """Facebook works without an app secret; one that is there and cannot be read was meant to be used."""
    book = '[[accounts]]\ndepartment = "transport"\nplatform = "facebook"\nid = "1"\ntoken = { env = "T" }\n'
    assert faults(accounts=book, environ={"T": "t"}) == ()
    (tmp_path / "folder").write_text("a file")
    text = '[connectors.facebook]\napp_secret = { file = "folder/secret" }\n'
    assert [fault.key for fault in faults(text, accounts=book, environ={"T": "t"})] == [
        "connectors.facebook.app_secret"
    ]


def test_no_secret_is_ever_shown(loaded: Callable[..., Settings], write: Callable[..., Path]) -> None:
    """Not in the settings' text or data, and not in a fault, whatever is wrong around it or with itself."""
    secret = "s3cr3t-4711"
    database = f'[service]\nname = "C"\nroot_contact = "ops"\ndatabase = "postgresql://u:%40{secret}@h/n"\n'
    settings = loaded(
        '[email]\npassword = { env = "S" }\n[connectors.twitter]\nbearer_token = { env = "S" }\n',
        service=database,
        channels=_set(HOOK, '{ env = "S" }').replace("/alerts", f"/{secret}"),
        environ={"S": secret},
    )
    assert settings.secret_values() == {secret, f"@{secret}", f"%40{secret}"}
    assert secret not in repr(settings) + str(settings) + repr(settings.channels) + repr(settings.connectors)
    for place in (
        f'[email]\npassword = "{secret}"\n',
        f'[email]\npassword = ["{secret}"]\n',
        f'[email]\npasword = "{secret}"\n',
        f'[email]\npassword = {{ env = "{secret}" }}\n',
        f'[connectors.twitter]\nbearer_token = "{secret}"\n',
        f'[connectors.twitter]\nbearer_tokn = "{secret}"\n',
        f'[connectors.twitter]\ndialect = "{secret}"\n',
        f'[[channels]]\nid = "x"\ntype = "webhook"\nurl = "https://127.0.0.1/{secret}"\n',
        f'[[channels]]\nid = "x"\ntype = "webhook"\nurl = "hooks/{secret}"\n',
        f'[web]\nlisten = 7\n[crisis]\nkeyword = "{secret}"\n',
    ):
        with pytest.raises(SettingsError) as raised:
            load(write(place), environ={})
        assert secret not in str(raised.value) + repr(raised.value.faults), place


def test_hash_is_the_same_for_the_same_meaning(loaded: Callable[..., Settings], tmp_path: Path) -> None:
    """Other spellings, written defaults, the order of people, a secret's value and where a node lives do not count."""
    signed = _set(HOOK, '{ env = "S" }')
    first = loaded('[alerts]\nbundle = "60s"\n', channels=signed, environ={"S": "one"})
    staff = '[[staff]]\nname = "Ops"\nid = "ops"\nchannels = ["hook"]\n'
    staff += '[[staff]]\nid = "kim"\nname = "Kim"\nchannels = ["hook"]\n'
    same = loaded(
        '[alerts]\nbundle = "1m"\n[web]\nlisten = ""\n'
        '[calendars.office]\nhours = ["tue-fri 09:00-18:00", "mon 09:00-18:00"]\n',
        staff=staff,
        channels=signed,
        environ={"S": "two"},
    )
    assert first.hash() == same.hash()
    assert len(first.hash()) == 64


def test_hash_does_not_ask_for_what_is_not_used(loaded: Callable[..., Settings]) -> None:
    """A node that happens to hold the secret of a channel nobody has decides no differently."""
    spare = '[[channels]]\nid = "spare"\ntype = "email"\nto = "a@b.kr"\nsecret = { env = "SPARE" }\n'
    with_it, without = loaded(channels=HOOK + spare, environ={"SPARE": "x"}), loaded(channels=HOOK + spare)
    assert with_it.channels != without.channels
    assert with_it.hash() == without.hash()


@pytest.mark.parametrize(
    "extra",
    [
        '[alerts]\nbundle = "61s"\n',
        '[alerts]\nmode = "shadow"\n',
        "[calendars.office]\npauses = []\n",
        '[policies.standard]\ntarget = "31m"\n',
        '[connectors.twitter]\nbase_url = "https://other.example"\n',
        '[email]\npassword = { env = "S" }\n',
    ],
)
def test_hash_differs_with_the_meaning(loaded: Callable[..., Settings], extra: str) -> None:
    """Nodes that would decide or tell differently are told apart."""
    assert loaded(extra).hash() != loaded().hash()


def test_environment_is_the_process_own_unless_given(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`load(path)` alone looks where the service was started."""
    monkeypatch.setitem(os.environ, "SNS_TEST_SECRET", "from-outside-8")
    assert load(write(channels=_set(HOOK, '{ env = "SNS_TEST_SECRET" }'))).secret_values() == {"from-outside-8"}


def test_options_are_the_connectors_own_model(loaded: Callable[..., Settings]) -> None:
    """What the connector declares is what it is given."""
    options = loaded('[connectors.facebook]\nversion = "v25.0"\n').connectors["facebook"]
    assert isinstance(options, BaseModel)
    assert options.model_dump(exclude={"app_secret"}) == {"base_url": "https://graph.facebook.com", "version": "v25.0"}
