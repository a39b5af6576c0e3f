"""Links of alerts: what they say, for how long, and that each works once (TRUST, "Security")."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from config import Settings, SettingsError, load
from monitor.alerts.compose import compose
from monitor.alerts.message import Message
from monitor.alerts.words import LISTED
from monitor.links import LASTS, BadLink, Link, Refusal, Refused, judge, read, sign
from monitor.rules import Rules
from monitor.store import alerts, cases, links
from monitor.store.engine import Store, Transaction
from sla.case import Case, State
from sla.case import Clock as Of
from tests.city import City, answer, mention, put_together
from tests.support import Clock, city

KEY = "a key of the city, thirty-two signs"
LINK = Link("c0193", "kim", 1, "first", 1_795_528_800)
URL = "http://127.0.0.1:8080"

LINKS = st.builds(
    Link, st.text(min_size=1), st.text(min_size=1), st.integers(1, 999), st.sampled_from(["first", "final"]),
    st.integers(0, 4_000_000_000),
)  # fmt: skip


# What a link says


@given(LINKS)
def test_what_is_signed_is_read(link: Link) -> None:
    """Whatever the ids hold; the same link always has the same text, fit for an address."""
    token = sign(KEY, link)
    assert read(KEY, token) == link
    assert token == sign(KEY, link)
    assert token.replace(".", "").replace("-", "").replace("_", "").isalnum() and token.isascii()


@given(LINKS, st.data())
def test_any_other_text_is_refused(link: Link, data: st.DataObject) -> None:
    """One sign changed, added or left out anywhere, also where base64 would not notice."""
    token = sign(KEY, link)
    at = data.draw(st.integers(0, len(token) - 1))
    sign_ = data.draw(st.characters())
    changed = data.draw(
        st.sampled_from([token[:at] + sign_ + token[at + 1 :], token[:at] + sign_ + token[at:], token[:at]])
    )
    if changed != token:
        with pytest.raises(BadLink):
            read(KEY, changed)


def test_a_link_has_one_spelling() -> None:
    """The last sign of a signature has two spare bits; what differs in them alone is another text."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    token = sign(KEY, LINK)
    twin = token[:-1] + alphabet[alphabet.index(token[-1]) + 1]
    with pytest.raises(BadLink):
        read(KEY, twin)


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_at_all_is_refused(text: str) -> None:
    """Guesses, lone surrogates, nothing."""
    with pytest.raises(BadLink):
        read(KEY, text)


def test_another_key_and_another_long_text_are_refused() -> None:
    """A new key ends all links that are about."""
    with pytest.raises(BadLink):
        read(KEY + "!", sign(KEY, LINK))
    with pytest.raises(BadLink):
        read(KEY, "." + "A" * 100_000)


# What it may do


def _case(**changes: object) -> Case:
    at = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    case = Case("c0193", "twitter", "1001", "transport", "m1", "citizen", "standard", at, at, at, at)
    return case._replace(**changes)


NOW = datetime.fromtimestamp(LINK.at, UTC) + timedelta(minutes=5)
JUDGED = [
    ({}, {}, None),
    ({}, {"now": LINK.expires_at - timedelta(seconds=1)}, None),
    ({}, {"now": LINK.expires_at}, Refusal.EXPIRED),
    ({}, {"now": NOW - timedelta(hours=1)}, None),  # a clock set back
    ({}, {"known": False}, Refusal.LEFT),
    ({}, {"used_at": NOW}, Refusal.USED),
    ({"state": State.ANSWERED}, {}, Refusal.CLOSED),
    ({"state": State.DISMISSED}, {}, Refusal.CLOSED),
    ({"round": 2}, {}, Refusal.MOVED),
    ({"state": State.ANSWERED, "clock": Of.FINAL, "final_deadline": NOW}, {}, Refusal.MOVED),
    ({"level": 1, "held_level": 1}, {}, Refusal.HELD),
    ({"level": 2, "held_level": 1}, {}, None),
]


@pytest.mark.parametrize(("of_case", "asked", "expected"), JUDGED)
def test_a_link_does_one_thing_and_says_why_it_does_not(
    of_case: dict[str, object], asked: dict[str, object], expected: Refusal | None
) -> None:
    """Of its case, its person, its round, its clock, for a day, once a level."""
    values = {"used_at": None, "known": True, "now": NOW} | asked
    assert judge(LINK, _case(**of_case), **values) is expected  # type: ignore[arg-type]


def test_a_case_that_is_not_there_is_unknown() -> None:
    """Never an error of the program."""
    assert judge(LINK, None, None, True, NOW) is Refusal.UNKNOWN


# In alerts


@pytest.fixture
def webbed(store: Store, clock: Clock, tmp_path: Path) -> Iterator[City]:
    """The city in miniature, with a web."""
    built = put_together(store, _rules(tmp_path), clock)
    yield built
    built.polling.drain()
    built.delivery.drain(timedelta(seconds=1))


def _rules(folder: Path, **web: object) -> Rules:
    settings = city(folder)
    listening = settings.web.model_copy(update={"listen": "127.0.0.1:8080", **web})
    return Rules(settings.model_copy(update={"web": listening}))


def _warned(town: City, count: int = 1) -> Message:
    """What the person on duty is told of so many mentions."""
    town.say(*[mention(f"m{number}", town.clock(), author=f"a{number}") for number in range(count)])
    town.tick(minutes=20)
    (message,) = town.told("kim")
    return message


def _token(address: str) -> str:
    assert address.startswith(f"{URL}/a/")
    return address.removeprefix(f"{URL}/a/")


def _key(town: City) -> str:
    with town.store.read() as tx:
        key = links.kept_key(tx)
    assert key is not None
    return key


def test_an_alert_leads_to_the_case_and_to_its_acknowledgement(webbed: City) -> None:
    """Bound to case, person, round and clock, from the instant at which the message was formed."""
    message = _warned(webbed)
    (told,) = message.cases
    assert told.link == f"{URL}/cases/{webbed.case().id}"
    formed = int(webbed.clock().timestamp())
    assert read(_key(webbed), _token(told.acknowledge)) == Link(webbed.case().id, "kim", 1, "first", formed)
    assert told.acknowledge in message.text and told.link in message.text
    payload = json.loads(message.body())["cases"][0]
    assert payload["link"] == told.link and payload["acknowledge"] == told.acknowledge
    assert payload["mentions"][0]["permalink"] in message.text


def test_the_same_message_has_the_same_links(webbed: City) -> None:
    """Sent again later, under its id."""
    webbed.channels["kim-hook"].trouble = None
    first = _warned(webbed)
    with webbed.store.write() as tx:
        (stored,) = [one for one in alerts.messages(tx) if one.id == first.id]
        again = compose(tx, webbed.rules, stored, webbed.clock() + timedelta(hours=2))
        late = compose(tx, webbed.rules, stored, webbed.clock() + LASTS)
    assert [one.acknowledge for one in again.cases] == [one.acknowledge for one in first.cases]
    assert [one.acknowledge for one in late.cases] == [""]  # one that has expired helps nobody


def test_only_listed_cases_have_one(webbed: City) -> None:
    """The most urgent ones, as the text names them; a bundle of hundreds stays small."""
    message = _warned(webbed, LISTED + 5)
    urgent = sorted(message.cases, key=lambda case: case.deadline)
    assert [bool(case.acknowledge) for case in urgent] == [True] * LISTED + [False] * 5
    assert message.text.count("/a/") == LISTED
    assert [("acknowledge" in case) for case in json.loads(message.body())["cases"]].count(True) == LISTED
    assert all(case.link.startswith(f"{URL}/cases/") for case in message.cases)


def test_each_recipient_has_their_own_and_who_needs_none_has_none(webbed: City) -> None:
    """A breach goes to two people; that it was answered asks for nothing."""
    asked = mention("m1", webbed.clock())
    webbed.say(asked)
    webbed.tick(minutes=30)
    (kim,), (park,) = webbed.told("kim"), webbed.told("park")
    people = [read(_key(webbed), _token(one.cases[0].acknowledge)).person for one in (kim, park)]
    assert people == ["kim", "park"]
    webbed.say(answer("a1", asked, webbed.clock()))
    webbed.tick(minutes=1)
    (answered,) = webbed.told("kim")
    assert answered.kind == "answered"
    assert (answered.cases[0].acknowledge, answered.cases[0].link) == ("", kim.cases[0].link)


def test_without_a_web_there_is_the_post_alone(town: City) -> None:
    """As CONTRACT says of `link`; nothing is added to the JSON."""
    message = _warned(town)
    assert message.cases[0].link == "https://x.com/citizen/status/m0"
    assert "acknowledge" not in json.loads(message.body())["cases"][0]
    with town.store.read() as tx:
        assert links.kept_key(tx) is None


# The key


def test_two_nodes_at_once_have_one_key(database: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both find that there is none; the second waits for the first, and takes over what it made."""
    stores = [Store(database), Store(database)]
    both_looked = threading.Barrier(1 if stores[0].is_sqlite else 2)  # on SQLite one writes at a time
    look, keys = links.kept_key, []

    def looked(tx: Transaction, *written: SecretStr | None) -> str | None:
        found = look(tx, *written)
        if found is None:
            both_looked.wait(30)
        return found

    def make(store: Store) -> None:
        with store.write() as tx:
            keys.append(links.made_key(tx, clock()))

    monkeypatch.setattr(links, "kept_key", looked)
    _at_once(*[partial(make, store) for store in stores])
    with stores[0].read() as tx:
        assert keys == [links.kept_key(tx)] * 2
    assert len(keys[0]) >= 43
    for store in stores:
        store.close()


def test_the_settings_key_comes_first(store: Store, clock: Clock, tmp_path: Path) -> None:
    """It signs, and the database makes none; it is a secret like any other."""
    settings = _with_key(tmp_path, f'"{KEY}"')
    assert KEY in settings.secret_values() and KEY not in repr(settings)
    town = put_together(store, _rules(tmp_path, link_key=settings.web.link_key), clock)
    message = _warned(town)
    assert read(KEY, _token(message.cases[0].acknowledge)).person == "kim"
    with store.read() as tx:
        assert links.kept_key(tx) is None


def _with_key(folder: Path, written: str) -> Settings:
    path = city(folder).path
    text = path.read_text(encoding="utf-8").replace("[web]", f"[web]\nlink_key = {written}")
    path.write_text(text, encoding="utf-8")
    return load(path)


@pytest.mark.parametrize("written", ['"short"', '""', "7", '{ env = "NO_SUCH_LINK_KEY" }'])
def test_a_key_that_cannot_be_used_is_a_fault(tmp_path: Path, written: str) -> None:
    """Short ones can be tried out by whoever has a link. The message names the key's place and not the key."""
    with pytest.raises(SettingsError) as caught:
        _with_key(tmp_path, written)
    assert "web.link_key" in str(caught.value) and "short" not in str(caught.value)


# Acknowledging by it


def _link(town: City) -> Link:
    """The link of the only case's newest alert to the person on duty."""
    (told,) = _warned(town).cases
    return read(_key(town), _token(told.acknowledge))


def test_it_acknowledges_as_its_person_and_says_that_it_was_a_link(webbed: City) -> None:
    """What the desk does, and no more; the use is on record in the same transaction."""
    link = _link(webbed)
    case = webbed.desk.acknowledge_by_link(link)
    assert (case.state, case.held_until) == ("acknowledged", webbed.clock() + timedelta(minutes=15))
    (event,) = webbed.events("acknowledged")
    assert (event.actor, event.data["by_link"], event.data["level"]) == ("kim", True, 1)
    with webbed.store.read() as tx:
        assert links.used_at(tx, link.id) == webbed.clock()


def test_of_two_at_once_one_wins(webbed: City) -> None:
    """On both kinds of database: one event, one use; the other is told that it was used."""
    link = _link(webbed)
    start = threading.Barrier(2)
    came: list[object] = []

    def press() -> None:
        start.wait()
        try:
            came.append(webbed.desk.acknowledge_by_link(link).state)
        except Refused as exc:
            came.append(exc.why)

    _at_once(press, press)
    assert sorted(map(str, came)) == ["acknowledged", "used"]
    assert len(webbed.events("acknowledged")) == 1


def test_a_refusal_uses_nothing_up(webbed: City) -> None:
    """Somebody else was first: the link still says so, and works at no other time either."""
    link = _link(webbed)
    webbed.desk.acknowledge(link.case, "lee")
    with pytest.raises(Refused) as caught:
        webbed.desk.acknowledge_by_link(link)
    assert caught.value.why is Refusal.HELD
    with webbed.store.read() as tx:
        assert links.used_at(tx, link.id) is None


def test_used_links_are_forgotten_when_they_have_expired(webbed: City) -> None:
    """By then they do nothing anyway."""
    link = _link(webbed)
    webbed.desk.acknowledge_by_link(link)
    with webbed.store.write() as tx:
        links.purge(tx, link.expires_at - timedelta(seconds=1))
        assert links.used_at(tx, link.id) is not None
        links.purge(tx, link.expires_at)
        assert links.used_at(tx, link.id) is None
        case = cases.get(tx, link.case)
    assert judge(link, case, None, True, link.expires_at) is Refusal.EXPIRED


def test_ids_tell_links_apart() -> None:
    """Each of what it is bound to makes another link."""
    others = [LINK._replace(**{name: value}) for name, value in
              {"case": "c2", "person": "lee", "round": 2, "clock": "final", "at": LINK.at + 1}.items()]  # fmt: skip
    assert len({one.id for one in (LINK, *others)}) == len(others) + 1


def _at_once(*work: object) -> None:
    threads = [threading.Thread(target=one) for one in work]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
