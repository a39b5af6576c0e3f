"""Our table of what we ask of the Graph, against Meta's own lists of fields and edges."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from connectors.graph_look import Control
from connectors.graph_posts import COMMENT_FIELDS, POST_FIELDS
from tests.connectors.graph_endpoints import GRAPH_ENDPOINTS, GRAPH_FIELDS, LEADS_TO, PAGING, unknown_of_graph

SHARED = Path(os.environ.get("SNS_MONITOR_SHARED", Path(__file__).parents[2].parent / "shared"))
LISTS = SHARED / "contracts" / "graph"

needs_lists = pytest.mark.skipif(not LISTS.is_dir(), reason="Meta's lists of fields and edges are not at hand")


def listed(node: str) -> dict[str, Any]:
    """Meta's list for a node."""
    lists: dict[str, Any] = json.loads((LISTS / f"{node}.json").read_text("utf-8"))
    return lists


@needs_lists
@pytest.mark.parametrize("node", list(GRAPH_FIELDS))
def test_every_field_is_metas(node: str) -> None:
    """We ask no field of a node that Meta's list does not name."""
    named = {field["name"]: field["type"] for field in listed(node)["fields"]}
    assert set(GRAPH_FIELDS[node]) <= set(named)
    for (of, name), leads_to in LEADS_TO.items():
        if of == node and name in named:
            assert named[name] == leads_to


@needs_lists
def test_every_edge_is_metas() -> None:
    """Each edge answers with the node we read it as, and takes the parameters that are its own."""
    edges = [(one.method, one.edge, one.nodes[0], one.params) for one in GRAPH_ENDPOINTS if one.edge]
    edges += [
        ("GET", (of, name), leads_to, {"filter", "order"})
        for (of, name), leads_to in LEADS_TO.items()
        if name != "parent"
    ]
    for method, (node, edge), answers, params in edges:
        (found,) = [api for api in listed(node)["apis"] if (api["method"], api.get("endpoint")) == (method, edge)]
        assert found["return"] == answers
        assert set(params) <= {param["name"] for param in found["params"]}


@needs_lists
def test_comments_have_no_until_but_a_since() -> None:
    """Why a burst's rest is walked forwards: `since` is a parameter of the edge, `until` is not."""
    (edge,) = [api for api in listed("PagePost")["apis"] if (api["method"], api.get("endpoint")) == ("GET", "comments")]
    names = {param["name"] for param in edge["params"]}
    assert "since" in names and "until" not in names | PAGING - {"until"}


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v25.0/1001/feed", {"limit": "25", "fields": "id"}),
        ("/v26.0/1001/conversations", {"limit": "25", "fields": "id"}),
        ("/v26.0/1001/feed", {"limit": "26", "fields": "id"}),
        ("/v26.0/1001/feed", {"fields": "id"}),
        ("/v26.0/1001/feed", {"limit": "25", "fields": "id,parent{id}"}),
        ("/v26.0/1001/feed", {"limit": "25", "fields": "id,comments{id}"}),
        ("/v26.0/1001/feed", {"limit": "25", "fields": "id,comments.limit(50){can_reply}"}),
        ("/v26.0/1001/feed", {"limit": "25", "since": "1", "fields": "id"}),
        ("/v26.0/1_2", {"fields": "id", "limit": "5"}),
        ("/v26.0/1_2/comments", {"fields": "id", "limit": "5", "live_filter": "no_filter"}),
    ],
)
def test_table_refuses_what_it_does_not_hold(path: str, params: dict[str, str]) -> None:
    """The check of every request can fail: versions, edges, limits, fields and parameters that are not in it."""
    assert unknown_of_graph("GET", path, params)


def test_table_holds_what_is_asked() -> None:
    """And it lets through what we ask."""
    asked = {"limit": "25", "fields": f"{POST_FIELDS},comments.filter(stream).limit(50){{{COMMENT_FIELDS}}}"}
    assert unknown_of_graph("GET", "/v26.0/1001/feed", asked) == []
    path, params = Control("1001").question()
    assert unknown_of_graph("GET", f"/v26.0/{path}", params) == []
    assert unknown_of_graph("DELETE", "/v26.0/1001/feed", asked)
