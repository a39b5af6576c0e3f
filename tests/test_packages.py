"""The four folders are real top-level packages: nobody else may own their names."""

from __future__ import annotations

from importlib.metadata import packages_distributions

import pytest


@pytest.mark.parametrize("name", ["sla", "connectors", "config", "monitor"])
def test_no_other_distribution_owns_our_names(name: str) -> None:
    """Two of one name in an environment would import whichever comes first."""
    assert set(packages_distributions().get(name, ())) <= {"sns-monitor"}
