"""The operator's page and ``easel top`` ask by this: JSON over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.admin.actions import Actions
from bot.admin.view import View
from bot.errors import UserError
from store.errors import StoreError

SECONDS = 20.0
"""For which an answer may be waited."""
UNREADABLE = "That was not understood."
AWAY = "The database does not answer at the moment; the bot's log says more. Try again in a few minutes."
SLOW = "That takes too long; the bot's log may say more. Look whether it was done before you try again."

Id = Annotated[int, Field(ge=0, lt=2**63)]
Short = Annotated[str, Field(max_length=200)]
Time = Annotated[float, Field(ge=0, lt=1e11)]


class Body(BaseModel):
    """What a call says, as JSON or behind its ``?``."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Nothing(Body):
    pass


class _Server(Body):
    server: Id


class _Request(Body):
    request: Short


class _Unblock(Body):
    member: Annotated[int, Field(ge=1, lt=2**63)]
    server: Id


class _Block(_Unblock):
    seconds: float | None = None
    reason: Annotated[str, Field(max_length=1000)] = ""


class _Gallery(Body):
    member: Short = ""
    server: Short = ""
    words: Short = ""
    since: Time | None = None
    until: Time | None = None
    before: Id | None = None


class _Words(Body):
    words: Short = ""


B = TypeVar("B", bound=Body)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = structlog.get_logger(__name__)


class Api:
    """Routes, for who has been let in.

    Args:
        view: what there is to see.
        actions: what can be done.
    """

    def __init__(self, view: View, actions: Actions) -> None:
        self._view = view
        self._actions = actions

    def routes(self) -> list[web.RouteDef]:
        """Return every route."""
        act = self._actions
        return [
            web.get("/api/state", self._state),
            web.get("/api/servers", self._servers),
            web.get("/api/failures", self._failures),
            web.get("/api/pictures", self._pictures),
            web.get("/api/pictures/{request}", self._picture),
            web.get("/api/blocked", self._blocked),
            web.get("/api/history", self._history),
            web.post("/api/pause", _doing(_Server, lambda body: act.pause(body.server))),
            web.post("/api/resume", _doing(_Server, lambda body: act.resume(body.server))),
            web.post("/api/drain", _doing(_Nothing, lambda _: act.drain())),
            web.post("/api/cancel", _doing(_Request, lambda body: act.cancel(body.request))),
            web.post(
                "/api/block",
                _doing(_Block, lambda body: act.block(body.member, body.server, body.seconds, body.reason)),
            ),
            web.post("/api/unblock", _doing(_Unblock, lambda body: act.unblock(body.member, body.server))),
        ]

    async def _state(self, _: web.Request) -> web.Response:
        return _json(self._view.state())

    async def _servers(self, request: web.Request) -> web.Response:
        return _json(self._view.servers(_query(_Words, request).words))

    async def _failures(self, _: web.Request) -> web.Response:
        return _json(await self._view.failures())

    async def _pictures(self, request: web.Request) -> web.Response:
        return _json(await self._view.pictures(**dict(_query(_Gallery, request))))

    async def _picture(self, request: web.Request) -> web.Response:
        png = await self._view.picture(request.match_info["request"])
        if png is None:
            return refusal(404, "That picture is not kept.")
        return web.Response(body=png, content_type="image/png", headers={"Cache-Control": "private, max-age=86400"})

    async def _blocked(self, _: web.Request) -> web.Response:
        return _json(await self._view.blocked())

    async def _history(self, _: web.Request) -> web.Response:
        return _json(await self._view.history())


def refusal(status: int, sentence: str) -> web.Response:
    """Return the answer of a call that was refused: why, in a sentence."""
    return web.json_response({"error": sentence}, status=status)


@web.middleware
async def told(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what went wrong in a sentence."""
    try:
        async with asyncio.timeout(SECONDS):
            return await handler(request)
    except web.HTTPException as error:
        return refusal(error.status, error.reason)
    except ValidationError:
        return refusal(400, UNREADABLE)
    except UserError as error:
        return refusal(409, str(error))
    except StoreError as error:
        _log.warning("the operator's page got no answer", path=request.path, error=str(error))
        return refusal(503, AWAY)
    except TimeoutError:
        return refusal(504, SLOW)
    except Exception:
        _log.exception("the operator's page got no answer", path=request.path)
        return refusal(500, "Something went wrong; the bot's log says more.")


async def read(kind: type[B], request: web.Request) -> B:
    """Return what a body says; raises ``ValidationError``."""
    return kind.model_validate_json(await request.read())


def _query(kind: type[B], request: web.Request) -> B:
    return kind.model_validate({key: value for key, value in request.query.items() if value})


def _json(model: BaseModel) -> web.Response:
    return web.Response(text=model.model_dump_json(), content_type="application/json")


def _doing(kind: type[B], does: Callable[[B], Awaitable[str]]) -> Handler:
    async def do(request: web.Request) -> web.Response:
        return web.json_response({"done": await does(await read(kind, request))})

    return do
