"""Every question the connectors may put to the Graph: written down once, checked against every request of every test.

Where Meta's own lists are at hand, the table itself is checked against them (`test_facebook_specs.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.demo.graph_query import Field, parse

#: Paging of every edge (Meta, "Paginated Results"); not in the lists of single edges.
PAGING = frozenset(("limit", "after", "until"))
#: The fields we read, by Meta's names of the nodes.
GRAPH_FIELDS: Mapping[str, frozenset[str]] = {
    "Page": frozenset(("id", "name", "username")),
    "PagePost": frozenset(
        ("id", "from", "message", "message_tags", "created_time", "updated_time", "permalink_url", "status_type")
    ),
    "Comment": frozenset(("id", "from", "message", "message_tags", "created_time", "permalink_url", "parent")),
}
#: What a field or edge leads to, where it can be followed.
LEADS_TO: Mapping[tuple[str, str], str] = {
    ("PagePost", "comments"): "Comment",
    ("Comment", "comments"): "Comment",
    ("Comment", "parent"): "Comment",
}
#: An edge's own parameters, those we use.
COMMENTS_PARAMS = frozenset(("filter", "order", "since"))


@dataclass(frozen=True, slots=True)
class GraphEndpoint:
    """One address below the version: what we may ask of it."""

    path: str
    nodes: tuple[str, ...]
    """What it answers with: an id alone does not say whether it is a post's or a comment's."""
    edge: tuple[str, str] | None = None
    """The node and its edge, as Meta's list has it."""
    params: frozenset[str] = frozenset()
    most: int = 0
    """The greatest `limit`."""
    method: str = "GET"

    def matches(self, method: str, path: str) -> bool:
        """Whether a request is to this address."""
        if method != self.method:
            return False
        pattern = self.path.replace("{page}", "[0-9]{1,20}").replace("{id}", "[0-9]{1,20}_[0-9]{1,20}")
        return re.fullmatch(f"/v26\\.0/{pattern}", path) is not None


GRAPH_ENDPOINTS = (
    GraphEndpoint("{page}/feed", ("PagePost",), ("Page", "feed"), most=25),
    GraphEndpoint("{page}/tagged", ("PagePost",), ("Page", "tagged"), most=25),
    GraphEndpoint("{page}", ("Page",)),
    GraphEndpoint("{id}", ("PagePost", "Comment")),
    GraphEndpoint("{id}/comments", ("Comment",), ("Comment", "comments"), COMMENTS_PARAMS, most=100),
    GraphEndpoint("{id}/comments", ("Comment",), ("Comment", "comments"), frozenset(("message",)), method="POST"),
    GraphEndpoint("{id}/comments", ("Comment",), ("PagePost", "comments"), frozenset(("message",)), method="POST"),
)


def unknown_of_graph(method: str, path: str, params: Mapping[str, str]) -> list[str]:
    """What of a request the table does not hold; empty for a request that is in order."""
    if (method, path) == ("POST", "/v26.0/"):
        return [f"POST {path}: {name}" for name in params]
    endpoint = next((one for one in GRAPH_ENDPOINTS if one.matches(method, path)), None)
    if endpoint is None:
        return [f"{method} {path}"]
    if method == "POST":
        return [f"{path}: {name}" for name in params if name not in endpoint.params]
    known = endpoint.params | (PAGING if endpoint.edge else frozenset()) | {"fields"}
    faults = [f"{path}: {name}" for name in params if name not in known]
    if endpoint.edge and not 0 < int(params.get("limit", 0)) <= endpoint.most:
        faults.append(f"{path}: limit {params.get('limit')}")
    asked = parse(params["fields"])
    if not any(not _unknown_fields(node, asked) for node in endpoint.nodes):
        faults.append(f"{path}: {_unknown_fields(endpoint.nodes[0], asked)}")
    return faults


def _unknown_fields(node: str, asked: Sequence[Field]) -> list[str]:
    faults = []
    for one in asked:
        leads_to = LEADS_TO.get((node, one.name))
        if one.name == "comments" and leads_to:
            faults += [name for name in one.modifiers if name not in COMMENTS_PARAMS | {"limit"}]
            if not 0 < int(one.modifiers.get("limit", 0)) <= 100:
                faults.append(f"{node}.{one.name} without a limit")
        elif one.name not in GRAPH_FIELDS[node] or one.modifiers:
            faults.append(f"{node}.{one.name}")
        if one.fields:
            faults += _unknown_fields(leads_to, one.fields) if leads_to else [f"{node}.{one.name}{{}}"]
    return faults
