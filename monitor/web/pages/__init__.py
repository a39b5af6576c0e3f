"""The pages, each with the routes that lead to it."""

from __future__ import annotations

from fastapi import APIRouter

from monitor.web.pages import account, link, login, queue, users

PAGES: tuple[APIRouter, ...] = (login.router, queue.router, link.router, account.router, users.router)
