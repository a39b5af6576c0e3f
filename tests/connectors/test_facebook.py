"""Facebook keeps the promises of every connector, for comments and for posts on a wall."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from monitor.demo.server import Server
from tests.connectors.answering import AnsweringSuite
from tests.connectors.graph_stage import ACCOUNTS, GraphStage


class TestFacebookComments(AnsweringSuite):
    """Mentions are comments on a Page's post; two Pages share a batch."""

    @pytest.fixture
    def stage(self, platform_server: Server) -> Iterator[GraphStage]:
        """A small Graph; every request is checked against the table of endpoints."""
        stage = GraphStage(platform_server, "comments")
        yield stage
        stage.check_requests()


class TestFacebookWall(AnsweringSuite):
    """Mentions are citizens' posts on a Page's wall; without an app secret."""

    @pytest.fixture
    def stage(self, platform_server: Server) -> Iterator[GraphStage]:
        """A small Graph; every request is checked against the table of endpoints."""
        stage = GraphStage(platform_server, "posts", ACCOUNTS, app_secret=None)
        yield stage
        stage.check_requests()
