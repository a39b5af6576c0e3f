"""Proves the history and the numbers: the seals against the events, the cases against their histories, a week twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from monitor.clock import Clock
from monitor.reports.count import histories
from monitor.reports.week import count_week
from monitor.rules import Rules
from monitor.store import events, recount, seals
from monitor.store.engine import Store, Transaction
from monitor.store.recount import Standing, Tallied
from monitor.store.seals import Line, Seal
from sla.compliance import Numbers
from sla.history import Outcome
from sla.week import Week

_AT_ONCE = 500
_SHOWN = 20
"""How many cases that differ are named."""
