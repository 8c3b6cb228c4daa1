"""What stands before every REST route: authentication, rate limits, faults, errors and the observer."""

import asyncio
import json
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from sandbox.bodies import Body, read_body
from sandbox.errors import DiscordError, http_refusal
from sandbox.events import Events
from sandbox.faults import Fault, Faults
from sandbox.interactions import Interactions
from sandbox.model import User
from sandbox.rate_limits import RateLimits
from sandbox.rest import ROUTES
from sandbox.rest.call import Call, Created, Route
from sandbox.world import World

PREFIX = "/api/v10"

Observer = Callable[[str, str, Any, int, Any], None]
"""Hears of every call: method, path below `/api/v10`, request JSON, status, response JSON."""

_log = logging.getLogger(__name__)


class Api:
    """The REST API as aiohttp routes."""

    def __init__(
        self,
        world: World,
        events: Events,
        limits: RateLimits,
        interactions: Interactions,
        faults: Faults,
        observe: Observer | None,
    ) -> None:
        self._world = world
        self._events = events
        self._limits = limits
        self._interactions = interactions
        self._faults = faults
        self._observe = observe

    def routes(self) -> list[web.RouteDef]:
        """Return every route, and after them what answers to paths that are none."""
        known = [web.route(route.method, PREFIX + route.path, self._endpoint(route)) for route in ROUTES]
        return [*known, web.route("*", r"/api/{rest:[\s\S]*}", self._unknown)]

    def _endpoint(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def endpoint(request: web.Request) -> web.StreamResponse:
            body = Body()
            headers: dict[str, str] = {}
            if self._limits.banned and not self._by_person(request):
                return web.Response(status=429, text="error code: 1015")
            try:
                user = self._authenticate(request, route)
                fault = self._faults.take(route.method, route.path) if user is None or user.bot else None
                if fault is not None and not fault.late:
                    return await self._fail(request, body, fault)
                headers = self._limit(request, route, user)
                body = await read_body(request)
                call = Call(
                    self._world,
                    self._events,
                    self._limits,
                    self._interactions,
                    user or self._world.application.bot,
                    request.match_info,
                    request.query,
                    body,
                )
                answer = await route.handler(call)
                if fault is not None:
                    return await self._fail(request, body, fault)
                status = 201 if isinstance(answer, Created) else 204 if answer is None else 200
                answer = answer.answer if isinstance(answer, Created) else answer
                return self._finish(request, body, status, answer, headers)
            except DiscordError as error:
                if error.retry_after is not None:
                    headers |= {"Retry-After": str(math.ceil(error.retry_after)), "Via": "1.1 google"}
                return self._finish(request, body, error.status, error.body(), headers)
            except _LimitedError as limited:
                return self._finish(request, body, 429, limited.body, limited.headers)
            except Exception:
                _log.exception("%s %s failed", request.method, request.path)
                return self._finish(request, body, 500, http_refusal(500, "Internal Server Error").body(), {})

        return endpoint

    def _by_person(self, request: web.Request) -> bool:
        user = self._world.user_by_token(request.headers.get("Authorization", ""))
        return user is not None and not user.bot

    def _authenticate(self, request: web.Request, route: Route) -> User | None:
        given = request.headers.get("Authorization", "")
        kind, _, token = given.rpartition(" ")
        user = self._world.user_by_token(token)
        if user is not None and user.bot is (kind == "Bot") and kind in ("", "Bot"):
            return user
        if route.public and not given:
            return None
        raise http_refusal(401, "Unauthorized")

    def _limit(self, request: web.Request, route: Route, user: User | None) -> dict[str, str]:
        path = request.match_info
        major = path.get("channel_id") or path.get("guild_id") or path.get("webhook_token") or ""
        bot = user is None or user.bot
        standing = self._limits.take(user.id if user else None, route.method, route.path, major, bot=bot)
        if standing.retry_after is not None:
            raise _LimitedError(standing.retry_after, standing.scope, standing.headers)
        return standing.headers

    async def _unknown(self, request: web.Request) -> web.Response:
        known = {route.method for route in ROUTES if _fits(route.path, request.path.removeprefix(PREFIX))}
        error = http_refusal(405, "Method Not Allowed") if known else http_refusal(404, "Not Found")
        return json_response(error.status, error.body())

    async def _fail(self, request: web.Request, body: Body, fault: Fault) -> web.StreamResponse:
        if fault.way == "stalled":
            await asyncio.Event().wait()
        if fault.way == "cut":
            return await _half_answer(request, fault.status)
        if fault.way == "reset" and request.transport is not None:
            request.transport.abort()
        if fault.way == "reset" or fault.text is not None:
            return web.Response(status=fault.status, text=fault.text)
        if fault.status == 429 and fault.retry_after is None:
            return json_response(429, {"message": "Injected"}, {"Via": "1.1 google"})
        return self._finish(request, body, *_faulty(fault))

    def _finish(
        self, request: web.Request, body: Body, status: int, answer: Any, headers: dict[str, str]
    ) -> web.Response:
        counts = status in (401, 403, 429) and headers.get("X-RateLimit-Scope") != "shared"
        if counts and not self._by_person(request):
            self._limits.note_invalid()
        if self._observe is not None:
            path = request.rel_url.raw_path.removeprefix(PREFIX)
            self._observe(request.method, path, body.json, status, answer)
        return json_response(status, answer, headers)


class _LimitedError(Exception):
    """Too many requests."""

    def __init__(self, retry_after: float, scope: str, headers: dict[str, str], *, via: bool = True) -> None:
        super().__init__("You are being rate limited.")
        retry_after = math.ceil(retry_after * 1000) / 1000
        self.body = {
            "message": "You are being rate limited.",
            "retry_after": retry_after,
            "global": scope == "global",
        }
        self.headers = headers | {"Retry-After": str(math.ceil(retry_after)), "X-RateLimit-Scope": scope}
        if via:
            self.headers["Via"] = "1.1 google"


def json_response(status: int, answer: Any, headers: dict[str, str] | None = None) -> web.Response:
    """Return `answer` as JSON, with the content type spelled as Discord does; None is no content."""
    if answer is None:
        return web.Response(status=status, headers=headers)
    data = json.dumps(answer, separators=(",", ":")).encode()
    return web.Response(status=status, body=data, headers={"Content-Type": "application/json"} | (headers or {}))


async def _half_answer(request: web.Request, status: int) -> web.StreamResponse:
    """Begin an answer and end the connection in the middle of it."""
    half = b'{"id": '
    answer = web.StreamResponse(status=status, headers={"Content-Type": "application/json"})
    answer.content_length = 2 * len(half)
    await answer.prepare(request)
    await answer.write(half)
    if request.transport is not None:
        request.transport.close()
    return answer


def _faulty(fault: Fault) -> tuple[int, Any, dict[str, str]]:
    if fault.status == 429:
        limited = _LimitedError(fault.retry_after or 0.0, fault.scope, {}, via=fault.via)
        return 429, limited.body, limited.headers
    return fault.status, DiscordError(fault.status, fault.code, f"{fault.status}: Injected").body(), {}


def _fits(template: str, path: str) -> bool:
    wanted, given = template.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        part.startswith("{") or part == other for part, other in zip(wanted, given, strict=True)
    )
