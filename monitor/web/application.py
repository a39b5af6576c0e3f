"""The web application: every page and call, put together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException

from monitor.app import App
from monitor.web import api, guard, health, live
from monitor.web.context import Site
from monitor.web.glances import Glances
from monitor.web.pages import PAGES
from monitor.web.render import render, say
from monitor.web.sign_on import SignOn
from monitor.web.words import catalogue

STATIC = Path(__file__).with_name("static")


def create(app: App, waits: Callable[[], list[str]] = list) -> FastAPI:
    """The web of one set of settings. `waits` says what keeps this node from its work; empty where nothing does."""
    web = FastAPI(title="sns-monitor", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)
    oidc = app.settings.oidc
    sign_on = None if oidc is None else SignOn(oidc, f"{app.settings.service.public_url}/login/city/back")
    web.state.site = Site(app, catalogue(), waits, sign_on)
    web.state.live = live.Hub(web.state.site)
    web.state.glances = Glances(app)
    web.add_middleware(guard.Headers)
    web.include_router(health.router)
    web.include_router(api.router)
    for router in (live.router, *PAGES):
        web.include_router(router, include_in_schema=False)
    web.mount("/static", StaticFiles(directory=STATIC), name="static")
    web.add_exception_handler(guard.NotLoggedIn, _log_in_first)
    web.add_exception_handler(guard.Forbidden, _forbidden)
    web.add_exception_handler(StarletteHTTPException, _http)
    web.add_exception_handler(RequestValidationError, _not_understood)
    web.add_exception_handler(Exception, _failed)
    return web


def _of_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


async def _log_in_first(request: Request, _: Exception) -> Response:
    if _of_api(request):
        return JSONResponse({"detail": "a token is needed"}, 401, {"WWW-Authenticate": "Bearer"})
    if request.method == "GET":
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(target)}", 303)
    return _page(request, 401, "You were logged out. Log in in another tab, then send this again.")


async def _forbidden(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, guard.Forbidden)
    return _page(request, 403, exc.reason)


async def _http(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException | StarletteHTTPException)
    if _of_api(request):
        return JSONResponse({"detail": exc.detail}, exc.status_code, exc.headers)
    what = "There is no such page, or it is not yours to see." if exc.status_code == 404 else str(exc.detail)
    return _page(request, exc.status_code, what)


async def _not_understood(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, RequestValidationError)
    if _of_api(request):
        wrong = [{"where": [str(part) for part in one["loc"]], "what": one["msg"]} for one in exc.errors()]
        return JSONResponse({"detail": wrong}, 422)
    return _page(request, 400, "Part of what was sent could not be understood. Go back and look at what you typed.")


async def _failed(request: Request, exc: Exception) -> Response:
    if _of_api(request):
        return JSONResponse({"detail": "an error of the program; the log names it"}, 500)
    return _page(
        request, 500, "This is an error of the program, not of yours. It is in the log; try again in a moment."
    )


def _page(request: Request, status: int, msgid: str) -> Response:
    return render(request, "error.html", status, message=say(request)(msgid))
