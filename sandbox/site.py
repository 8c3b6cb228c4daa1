"""What is served beside the API: the page, the uploaded files, and the sandbox's own few routes."""

from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.api import json_response
from sandbox.gateway import Gateway
from sandbox.model import ChannelType
from sandbox.payloads import Payload
from sandbox.world import World

PAGE = Path(__file__).parent / "page"

_PAGE_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_INLINE = ("image/png", "image/jpeg", "image/gif", "image/webp", "video/", "audio/")


def state(world: World) -> Payload:
    """Return who and what there is, with the tokens to act as each: `GET /sandbox/state`."""
    people = [user for user in world.users.values() if not user.bot]
    bot = world.application.bot
    return {
        "guild": {"id": str(world.guild.id), "name": world.guild.name},
        "channels": [
            {"id": str(each.id), "name": each.name}
            for each in world.guild.channels.values()
            if each.type is ChannelType.TEXT
        ],
        "members": [
            {"id": str(each.id), "name": each.name, "role": world.role_of(each), "token": each.token} for each in people
        ],
        "bot": {"id": str(bot.id), "name": bot.name, "token": bot.token},
    }


class Site:
    """The page, `/cdn` and `/sandbox` as aiohttp routes."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world = world
        self._gateway = gateway

    def routes(self) -> list[web.RouteDef]:
        """Return every route."""
        return [
            web.get("/", self._page),
            web.get("/page/{name}", self._page),
            web.get("/favicon.ico", self._page),
            web.get("/cdn/attachments/{channel_id}/{attachment_id}/{name}", self._attachment),
            web.get("/sandbox/state", self._state),
            web.patch("/sandbox/application", self._application),
            web.post("/sandbox/gateway/drop", self._drop),
        ]

    async def _page(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name") or ("icon.svg" if "favicon" in request.path else "index.html")
        path = PAGE / name
        if path.suffix not in _PAGE_TYPES or not path.is_file():
            raise web.HTTPNotFound
        headers = {
            "Content-Type": f"{_PAGE_TYPES[path.suffix]}; charset=utf-8",
            "Cache-Control": "no-cache",
            "Content-Security-Policy": (
                f"default-src 'self'; img-src 'self' {self._world.base_url} blob: data:; "
                f"media-src 'self' {self._world.base_url}; connect-src 'self' ws://{request.host}; "
                "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        return web.Response(body=path.read_bytes(), headers=headers)

    async def _attachment(self, request: web.Request) -> web.StreamResponse:
        text = request.match_info["attachment_id"]
        file = self._world.files.get(int(text)) if text.isdecimal() else None
        query = request.query
        if file is None or not self._world.cdn.admits(file.id, query.get("ex", ""), query.get("hm", "")):
            return web.Response(status=404, text="This content is no longer available.")
        inline = file.content_type.startswith(_INLINE)
        headers = {
            "Content-Type": file.content_type,
            "Content-Disposition": f'{"inline" if inline else "attachment"}; filename="{file.filename}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=86400, immutable",
        }
        return web.Response(body=file.data, headers=headers)

    async def _state(self, _: web.Request) -> web.Response:
        return json_response(200, state(self._world))

    async def _application(self, request: web.Request) -> web.Response:
        """Switch the privileged message content intent, as in Discord's developer portal."""
        self._world.application.message_content = bool((await request.json())["message_content"])
        return json_response(204, None)

    async def _drop(self, _: web.Request) -> web.Response:
        """Cut the bot's gateway connection, as a bad line does."""
        return json_response(200, {"dropped": self._gateway.drop(self._world.application.bot.id)})


@web.middleware
async def local_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests that a foreign web page, or a name that points here, sends through a browser."""
    origin = request.headers.get("Origin")
    host = urlsplit(f"//{request.host}").hostname
    if host not in ("127.0.0.1", "localhost") or origin not in (None, f"http://{request.host}"):
        raise web.HTTPForbidden
    return await handler(request)
