"""The pages, each with the routes that lead to it."""

from __future__ import annotations

from fastapi import APIRouter

from monitor.web.pages import login

PAGES: tuple[APIRouter, ...] = (login.router,)
