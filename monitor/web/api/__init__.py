"""The API for programs: the same desk underneath, a token for each program."""

from __future__ import annotations

from fastapi import APIRouter

from monitor.web.api import acts, cases, city, reports

router = APIRouter(prefix="/api")
for part in (cases, acts, city, reports):
    router.include_router(part.router)
