"""Channels that fail, hang, or are mail: everybody is told all the same, and nobody waits for another."""

from __future__ import annotations

import email
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller

from tests.acceptance.harness import free_port, now, seconds, wait_for, wait_for_all
from tests.acceptance.stage import Ladder, Stage

LADDER = Ladder(warning=2, breach=4, escalation=6)


def test_a_failing_channel_falls_back_to_the_next(stage: Stage) -> None:
    """Row 29: after `fallback_after` the person's next channel carries it, the operator is told once; mended, it is
    used again."""
    stage.hooks.status["kim"] = 503
    stage.configure(
        LADDER, fallback_after="2s", channels={"kim": ("kim-hook", "second-hook")}, more=stage.hook("second")
    ).start().ready()
    mention = stage.say()
    wait_for(lambda: stage.hooks.arrivals("second", "warning", mention), 30, "the fallback carries the warning")
    wait_for(lambda: stage.hooks.arrivals("second", "breach", mention), 30, "and the breach")
    tried = stage.hooks.arrivals("kim", mention=mention)
    carried = stage.hooks.arrivals("second")
    assert {arrival.answered for arrival in tried} == {503}
    assert carried[0].at >= tried[0].at + seconds(2), "it fell back too early"
    assert {arrival.message["recipient"] for arrival in carried} == {"kim"}
    steps = [arrival.step for arrival in carried if mention in arrival.mentions]
    assert sorted(steps) == [("breach", 2), ("warning", 1)]
    wait_for(lambda: stage.hooks.arrivals("park", "breach", mention), 30, "others hear as ever")

    stage.hooks.status["kim"] = 204
    later = stage.say(author="7002")
    wait_for(
        lambda: [a for a in stage.hooks.arrivals("kim", mention=later) if a.answered == 204], 30,
        "kim's own is used again",
    )  # fmt: skip
    (fault,) = wait_for(lambda: stage.hooks.arrivals("ops", "fault"), 30, "the operator is told")
    assert "kim-hook" in fault.message["text"]
    assert stage.hooks.faults == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_hanging_channel_holds_nobody_else(stage: Stage) -> None:
    """Row 29, truth 5: while the first requests to one person still hang, everybody else has heard everything."""
    stage.hooks.hanging.add("kim")
    stage.configure(Ladder(2, 3, 4, 60), watch_from=now() - seconds(1), bundle="0s").start().ready()
    bus = [stage.say(author=str(7001 + number)) for number in range(5)]
    lamp = stage.say("@dj_transport 가로등이 꺼졌어요", author="7009")
    owed = {(who, step, id) for id in [*bus, lamp] for who, step in (("park", 2), ("choi", 3))}
    owed |= {("lee", 1, lamp), ("lee", 2, lamp)}

    def heard() -> set[tuple[str, int, str]]:
        return {(a.who, a.step[1], id) for a in stage.hooks.arrivals() for id in a.mentions if a.who != "kim"}

    wait_for(lambda: stage.hooks.arrivals("kim"), 30, "requests to kim hang")
    wait_for_all(lambda: owed - heard(), 40, "everybody else hears everything")
    done = max(arrival.at for arrival in stage.hooks.arrivals() if arrival.who in ("park", "choi", "lee"))
    assert not [at for at in stage.hooks.given_up if at < done], "somebody waited for a request to kim"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_mail_arrives_with_subject_and_text(stage: Stage) -> None:
    """Alerts by mail: refused for now, sent again as the same mail; what is to be done stands in the subject."""
    post = PostOffice()
    relay = Controller(post, hostname="127.0.0.1", port=free_port())
    relay.start()
    try:
        stage.configure(
            LADDER, channels={"kim": ("kim-mail",)},
            more='[[channels]]\nid = "kim-mail"\ntype = "email"\nto = "kim@example.go.kr"\n'
            f'[email]\nport = {relay.port}\nfrom = "sns@example.go.kr"\n',
        ).start().ready()  # fmt: skip
        mention = stage.say()
        wait_for(lambda: len(post.mails) >= 3, 30, "the warning, once refused, and the breach are mailed")
    finally:
        relay.stop()
    refused, warning, breach = post.mails[:3]
    assert refused["message-id"] == warning["message-id"] != breach["message-id"]
    assert warning["subject"].startswith("[기한 임박]") and breach["subject"].startswith("[기한 초과]")
    for mail in (warning, breach):
        assert (mail["from"].addresses[0].addr_spec, mail["to"]) == ("sns@example.go.kr", "kim@example.go.kr")
        body = mail.get_body(("plain",))
        assert body is not None
        text = body.get_content()
        assert "교통정책과" in text and f"/status/{mention}" in text
    assert not stage.hooks.arrivals("kim")


class PostOffice:
    """Takes mail, after it has put off the first."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        """aiosmtpd's hook."""
        self.mails.append(cast(EmailMessage, email.message_from_bytes(envelope.content, policy=default)))
        return "451 4.3.0 Later, please" if len(self.mails) == 1 else "250 2.0.0 Taken"
