"""Serves the operator's page, to nobody else."""

import contextlib
import ipaddress
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import structlog
from aiohttp import web
from pydantic import Field

from bot.admin.api import Api, Body, Handler, read, refusal, told
from bot.admin.sessions import LASTS, WINDOW, Sessions, TooManyError, is_same
from bot.errors import SetupError
from bot.serving import listening
from config.settings.serving import AdminSettings

PAGE = Path(__file__).parent / "page"
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
COOKIE = "easel_session"
PROOF = "X-Easel-Proof"
HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?")
MOST_BYTES = 10_000
"""Of a body."""
NO_TOKEN = "admin.port is set, but nobody could be let in: name a file with a secret in admin.token_file."  # noqa: S105
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
WRONG_HOST = "This address is none of those in admin.names."
WRONG_ORIGIN = "Another page asks; open the operator's page itself."
LOG_IN = "Log in with the operator's token."
WRONG_TOKEN = "That is not the operator's token."  # noqa: S105, which says so
TOO_MANY = f"There were too many wrong tokens; try again in {WINDOW:.0f} seconds."

_log = structlog.get_logger(__name__)


class _Login(Body):
    token: Annotated[str, Field(max_length=1000)]


@contextlib.asynccontextmanager
async def served(settings: AdminSettings, api: Api) -> AsyncIterator[None]:
    """Serve the page, where the settings name a port.

    Raises:
        SetupError: that is not to be had, or no token is set.
    """
    if settings.port is None:
        yield
        return
    if settings.token is None:
        raise SetupError(NO_TOKEN)
    site = _Site(settings, Sessions(settings.token.get_secret_value()))
    app = web.Application(client_max_size=MOST_BYTES, middlewares=[told, site.guard])
    app.on_response_prepare.append(_add_headers)
    app.add_routes([*site.routes(), *api.routes()])
    async with listening(app, "admin", settings.host, settings.port):
        _log.info("the operator's page is served", host=settings.host, port=settings.port)
        yield


class _Site:
    """The page, logging in and out, and who is let in."""

    def __init__(self, settings: AdminSettings, sessions: Sessions) -> None:
        self._names = {"localhost", settings.host.lower(), *settings.names}
        self._sessions = sessions
        self._files = {
            path.name: (path.read_bytes(), TYPES[path.suffix]) for path in PAGE.iterdir() if path.suffix in TYPES
        }

    def routes(self) -> list[web.RouteDef]:
        """Return the routes for which nobody has to be let in."""
        return [
            web.get("/", self._page),
            web.get("/favicon.ico", self._page),
            web.get("/page/{name}", self._page),
            web.post("/api/session", self._log_in),
            web.delete("/api/session", self._log_out),
        ]

    @web.middleware
    async def guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Let in who has shown the token, from this page or from a program.

        A name that a foreign page points here (DNS rebinding) is not one of ours, and its origin is another. What is
        more than the picture of a known id takes, beside the cookie, what only our own page knows.
        """
        hosts = request.headers.getall("Host", [])
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            return refusal(403, WRONG_HOST)
        origins = request.headers.getall("Origin", [])
        if origins and origins not in ([f"http://{hosts[0]}"], [f"https://{hosts[0]}"]):
            return refusal(403, WRONG_ORIGIN)
        if request.path == "/api/session" or not request.path.startswith("/api/"):
            return await handler(request)
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            if kind.lower() == "bearer":
                is_let_in = self._is_token(request, token.strip())
            else:
                session = self._sessions.find(request.cookies.get(COOKIE, ""))
                is_picture = "request" in request.match_info
                is_let_in = session is not None and (
                    is_picture or is_same(request.headers.get(PROOF, ""), session.proof)
                )
        except TooManyError:
            return refusal(429, TOO_MANY)
        return await handler(request) if is_let_in else refusal(401, LOG_IN)

    async def _page(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name") or ("icon.svg" if "favicon" in request.path else "index.html")
        if name not in self._files:
            return refusal(404, "There is nothing here.")
        body, kind = self._files[name]
        return web.Response(body=body, content_type=kind, charset="utf-8", headers={"Cache-Control": "no-cache"})

    async def _log_in(self, request: web.Request) -> web.Response:
        token = (await read(_Login, request)).token.strip()
        try:
            if not self._is_token(request, token):
                return refusal(401, WRONG_TOKEN)
        except TooManyError:
            return refusal(429, TOO_MANY)
        session = self._sessions.begin()
        response = web.json_response({"proof": session.proof})
        secure = request.headers.get("Origin", "").startswith("https://")
        response.set_cookie(COOKIE, session.key, max_age=round(LASTS), httponly=True, samesite="Strict", secure=secure)
        return response

    async def _log_out(self, request: web.Request) -> web.Response:
        key = request.cookies.get(COOKIE, "")
        session = self._sessions.find(key)
        if session is not None and is_same(request.headers.get(PROOF, ""), session.proof):
            self._sessions.end(key)
        response = web.json_response({})
        response.del_cookie(COOKIE)
        return response

    def _is_token(self, request: web.Request, token: str) -> bool:
        is_right = self._sessions.is_token(token, request.remote or "")
        if not is_right:
            _log.warning("a wrong token for the operator's page", address=request.remote)
        return is_right

    def _is_ours(self, host: str) -> bool:
        """Return whether a Host header names this machine: by an address, which nobody can point here, or a name."""
        match = HOST.fullmatch(host)
        if match is None:
            return False
        name = match["name"].lower().strip("[]")
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in self._names
        return True


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
    if request.path.startswith("/api/"):
        response.headers.setdefault("Cache-Control", "no-store")
