"""X keeps the promises of every connector, in both dialects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from monitor.demo.server import Server
from tests.connectors.answering import AnsweringSuite
from tests.connectors.x_stage import XStage


class TestTwitter(AnsweringSuite):
    """The dialect of OpenAPI 2.166: what "auto" begins with."""

    @pytest.fixture
    def stage(self, platform_server: Server) -> Iterator[XStage]:
        """A small X that speaks it; every request is checked against the table of endpoints."""
        stage = XStage(platform_server)
        yield stage
        stage.check_requests()


class TestTwitterPosts(AnsweringSuite):
    """The dialect of OpenAPI 2.167: what "auto" comes to by itself."""

    @pytest.fixture
    def stage(self, platform_server: Server) -> Iterator[XStage]:
        """A small X that speaks it; every request is checked against the table of endpoints."""
        stage = XStage(platform_server, "post")
        yield stage
        stage.check_requests()
