"""`/api/accounts`, `/api/departments`: how far each account is known, and whose it is."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from monitor.store.views import accounts_json
from monitor.web.api.caller import REFUSED, caller
from monitor.web.context import Site, site
from monitor.web.viewer import Viewer

router = APIRouter(tags=["city"])


@router.get("/accounts", responses=REFUSED)
def accounts(of: Annotated[Site, Depends(site)], who: Annotated[Viewer, Depends(caller)]) -> list[dict[str, Any]]:
    """Each account's `complete_until`, blindness, token and set-aside posts."""
    with of.app.store.read() as tx:
        return [one for one in accounts_json(tx, of.app.rules) if who.sees(one["department"])]


@router.get("/departments", responses=REFUSED)
def departments(of: Annotated[Site, Depends(site)], who: Annotated[Viewer, Depends(caller)]) -> list[dict[str, Any]]:
    """The departments this token sees, and who is on duty now."""
    now, rules = of.app.clock(), of.app.rules
    return [
        {"id": one.id, "name": one.name, "policy": one.policy, "on_duty": rules.on_duty(one.id, now),
         "manager": one.manager, "head": one.head}
        for one in rules.departments.values()
        if who.sees(one.id)
    ]  # fmt: skip
