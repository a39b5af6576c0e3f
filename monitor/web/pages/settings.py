"""The settings as seen: promises, people, calendars, accounts, channels, nodes. Nothing that is secret.

What is shown is named here, value by value; nothing of a table goes to the page as a whole.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from monitor.case_words import staff_name
from monitor.reports.month import clock
from monitor.store import contacts, flags, nodes
from monitor.store.views import accounts_json
from monitor.web import guard
from monitor.web.as_seen import Seen
from monitor.web.context import Site, site
from monitor.web.pages.queue import platform_name
from monitor.web.render import language_of, render
from monitor.web.roles import Right
from monitor.web.viewer import Viewer

router = APIRouter()


@router.get("/settings")
def show(
    request: Request, of: Annotated[Site, Depends(site)],
    viewer: Annotated[Viewer, Depends(guard.needs(Right.SETTINGS))],
) -> Response:  # fmt: skip
    """What is in force for the viewer's departments, and how it stands."""
    rules, now, language = of.app.rules, of.app.clock(), language_of(request)
    with of.app.store.read() as tx:
        standing = [one for one in accounts_json(tx, rules) if viewer.sees(one["department"])]
        known, in_force = contacts.known(tx), flags.get(tx, nodes.IN_FORCE)
        database_now = nodes.database_now(tx)
        everyone = [(node, nodes.is_live(node, database_now)) for node in nodes.everyone(tx)]
    seen = Seen(rules, viewer, now, language)
    return render(
        request, "settings.html", seen=seen, accounts=seen.accounts(standing), channels=seen.channels(known),
        nodes=everyone, in_force=in_force, ours=rules.settings.hash(), budgets=seen.budgets(of.app.connectors),
        turns=seen.turns(), today=now.astimezone(rules.zone).date(), clock=clock,
        person=lambda id: staff_name(rules, id) if id else "", platform=platform_name,
    )  # fmt: skip
