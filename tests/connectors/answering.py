"""What a connector that posts answers owes beside: posted once, returned as the platform has it, or said unknown."""

from __future__ import annotations

import logging
import socket
import traceback
from abc import abstractmethod
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from connectors.contract import (
    Asked,
    AuthFailed,
    Connector,
    ConnectorError,
    RateLimited,
    Rejected,
    Unavailable,
    Unknown,
)
from tests.connectors.suite import HTML, NONSENSE, ConnectorSuite, Stage, asked, walk

TEXT = "내일 오전까지 고치겠습니다 & <감사합니다> https://www.example.go.kr/1"


class AnsweringStage(Stage):
    """A platform that takes answers."""

    @abstractmethod
    def lose_answers(self) -> None:
        """Take what is posted, and let what is said of it be lost."""

    @abstractmethod
    def posts_taken(self) -> int:
        """Requests to post that arrived, whatever came of them."""

    @abstractmethod
    def close_port(self) -> Connector:
        """A connector to an address where nobody listens."""


class AnsweringSuite(ConnectorSuite):
    """Every answering connector's tests. A subclass gives the fixture `stage`."""

    @pytest.fixture
    def stage(self) -> Iterator[AnsweringStage]:
        """The platform; overridden by each connector's class."""
        raise NotImplementedError

    def question(self, stage: AnsweringStage, connector: Connector) -> Asked:
        """A citizen's mention, found by a walk."""
        mention = stage.mention(stage.accounts[0])
        stage.clock.advance(seconds=1)
        found, _ = walk(connector, stage.minutes_ago(5))
        return asked(found[mention])

    def test_answer_is_posted_and_comes_back_as_the_platform_has_it(
        self, stage: AnsweringStage, connector: Connector
    ) -> None:
        """What it returns is, field by field, what the next walk brings: ready for ingest, and nothing to correct."""
        account = stage.accounts[0]
        assert connector.can_answer(account)
        question = self.question(stage, connector)
        stage.clock.advance(minutes=3)
        given = connector.answer(account, question, TEXT)
        assert (given.created_at, given.author, given.reply_to) == (stage.clock(), account.id, question.id)
        assert (given.conversation, given.reply_to_author) == (question.conversation, question.author)
        assert given.text.endswith(TEXT)
        stage.clock.advance(seconds=1)
        assert walk(connector, stage.minutes_ago(5))[0][given.id] == given
        assert stage.posts_taken() == 1

    def test_length_is_at_least_the_texts_own(self, stage: AnsweringStage, connector: Connector) -> None:
        """It can be told without asking anyone, and the limit is not nothing."""
        assert 0 < connector.answer_length("가") <= connector.answer_length("가" * 2) <= connector.answer_limit
        assert connector.answer_length("") == 0 and connector.health().calls == 0

    def failure(self, connector: Connector, question: Asked | None = None) -> ConnectorError:
        """What answering raises; without a question, what a walk does."""
        if question is None:
            return super().failure(connector)
        with pytest.raises(ConnectorError) as caught:
            connector.answer(connector.accounts[0], question, TEXT)
        return caught.value

    def test_refused_answers_were_not_posted(self, stage: AnsweringStage, connector: Connector) -> None:
        """Limits, tokens and permissions each by their own error, never `Unknown`: they may be written again."""
        question = self.question(stage, connector)
        until = stage.clock() + timedelta(minutes=7)
        for refuse, kind in (
            (stage.refuse_token, AuthFailed), (stage.deny, AuthFailed), (lambda: stage.limit(until), RateLimited),
        ):  # fmt: skip
            refuse()
            error = self.failure(connector, question)
            assert type(error) is kind
        assert isinstance(error, RateLimited) and error.until == until

    def test_answer_to_what_is_gone_is_rejected(self, stage: AnsweringStage, connector: Connector) -> None:
        """The platform says so itself."""
        question = self.question(stage, connector)
        stage.delete(question.id)
        assert isinstance(self.failure(connector, question), Rejected)

    @pytest.mark.parametrize("status", [200, 302, 500, 502, 503, 504])
    @pytest.mark.parametrize("body", [b"[]", HTML, b'{"errors": 5}', b'{"data": {}}', b'{"id": []}', *NONSENSE[:3]])
    def test_anything_but_a_word_of_the_platforms_is_unknown(
        self, stage: AnsweringStage, connector: Connector, status: int, body: bytes
    ) -> None:
        """A server's fault, a proxy's page, a success that names nothing: the post may stand all the same."""
        question = self.question(stage, connector)
        before = stage.posts_taken()
        stage.fail(status=status, body=body)
        assert type(self.failure(connector, question)) is Unknown
        assert stage.posts_taken() - before == 1

    @pytest.mark.parametrize("drip", [False, True])
    def test_no_answer_in_time_is_unknown(self, stage: AnsweringStage, impatient: Connector, drip: bool) -> None:
        """Sent, and never asked again by itself."""
        question = self.question(stage, impatient)
        before = stage.posts_taken()
        stage.hang(drip=drip)
        assert type(self.failure(impatient, question)) is Unknown
        assert stage.posts_taken() - before == 1

    def test_answer_lost_on_the_way_stands_once(self, stage: AnsweringStage, connector: Connector) -> None:
        """Unknown to us, there for all to read: the next walk brings it."""
        question = self.question(stage, connector)
        stage.lose_answers()
        assert type(self.failure(connector, question)) is Unknown
        stage.recover()
        stage.clock.advance(seconds=1)
        found = walk(connector, stage.minutes_ago(5))[0].values()
        assert [post.reply_to for post in found if post.author == stage.accounts[0].id] == [question.id]

    def test_nobody_there_is_not_unknown(self, stage: AnsweringStage, connector: Connector) -> None:
        """Where no connection came about nothing was sent: it may be written again."""
        question = self.question(stage, connector)
        away = stage.close_port()
        error = self.failure(away, question)
        assert isinstance(error, Unavailable)
        away.close()

    def test_no_secret_of_answering_is_ever_shown(
        self, stage: AnsweringStage, impatient: Connector, caplog: pytest.LogCaptureFixture
    ) -> None:
        """No key and no token in exceptions and their traces, reprs or logs at DEBUG."""
        shown = [repr(impatient.options), repr(impatient.accounts)]
        question = self.question(stage, impatient)
        with caplog.at_level(logging.DEBUG):
            for name in ("tweepy.client", "requests_oauthlib.oauth1_auth", "oauthlib.oauth1.rfc5849", "facebook"):
                caplog.set_level(logging.DEBUG, logger=name)
            impatient.answer(stage.accounts[0], question, TEXT)
            faults: list[Callable[[], None]] = [
                stage.refuse_token, stage.deny, lambda: stage.fail(status=500, body=HTML), stage.hang,
            ]  # fmt: skip
            for fault in faults:
                fault()
                error: BaseException | None = self.failure(impatient, question)
                while error is not None:
                    shown += [str(error), repr(vars(error)), "".join(traceback.format_exception(error))]
                    error = error.__cause__ or error.__context__
        shown += [record.getMessage() for record in caplog.records]
        for secret in stage.secrets:
            assert not [text for text in shown if secret in text], secret


def nobodys_url() -> str:
    """An address on loopback where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    return f"http://127.0.0.1:{port}"
