"""The pages, each with the routes that lead to it."""

from __future__ import annotations

from fastapi import APIRouter

from monitor.web.pages import (
    account,
    acts,
    case,
    crisis,
    link,
    login,
    overview,
    queue,
    report_cases,
    report_export,
    reports,
    settings,
    sign_on,
    users,
)

PAGES: tuple[APIRouter, ...] = (
    login.router, sign_on.router, queue.router, case.router, acts.router, link.router, account.router, users.router,
    overview.router, crisis.router, reports.router, report_cases.router,
    report_export.router, settings.router,
)  # fmt: skip
