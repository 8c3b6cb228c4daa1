"""What is served beside the API: the page, the uploaded files, and the sandbox's own few routes."""

import re
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.api import json_response
from sandbox.bodies import read_body
from sandbox.errors import DiscordError
from sandbox.forms import ApplicationSwitches, parse, parse_snowflake
from sandbox.gateway import Gateway
from sandbox.model import ChannelType
from sandbox.payloads import Payload
from sandbox.rate_limits import RateLimits
from sandbox.world import World

PAGE = Path(__file__).parent / "page"

_PAGE_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_OWN_HOST = re.compile(r"(127\.0\.0\.1|localhost)(:[0-9]{1,5})?", re.IGNORECASE)
_INLINE = ("image/png", "image/jpeg", "image/gif", "image/webp", "video/", "audio/")


def state(world: World, limits: RateLimits) -> Payload:
    """Return who and what there is, with the tokens to act as each: `GET /sandbox/state`."""
    people = [user for user in world.users.values() if not user.bot]
    bot = world.application.bot
    return {
        "guild": {"id": str(world.guild.id), "name": world.guild.name},
        "channels": [
            {"id": str(each.id), "name": each.name, "type": int(each.type), "nsfw": each.nsfw}
            for each in world.guild.channels.values()
            if each.type is not ChannelType.CATEGORY
        ],
        "members": [
            {"id": str(each.id), "name": each.name, "role": world.role_of(each), "token": each.token} for each in people
        ],
        "bot": {"id": str(bot.id), "name": bot.name, "token": bot.token},
        "application": {"id": str(world.application.id), "name": world.application.name},
        "invalid_requests": limits.invalid_requests,
    }


class Site:
    """The page, `/cdn` and `/sandbox` as aiohttp routes."""

    def __init__(self, world: World, limits: RateLimits, gateway: Gateway) -> None:
        self._world = world
        self._limits = limits
        self._gateway = gateway
        self._files = {
            path.name: (path.read_bytes(), f"{_PAGE_TYPES[path.suffix]}; charset=utf-8")
            for path in PAGE.iterdir()
            if path.suffix in _PAGE_TYPES
        }

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
        if name not in self._files:
            raise web.HTTPNotFound
        body, content_type = self._files[name]
        headers = {
            "Content-Type": content_type,
            "Cache-Control": "no-cache",
            "Content-Security-Policy": (
                f"default-src 'none'; script-src http://{request.host}/page/; style-src http://{request.host}/page/; "
                f"img-src 'self' blob: data:; media-src 'self'; connect-src 'self' ws://{request.host}; "
                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            "Referrer-Policy": "no-referrer",
        }
        return web.Response(body=body, headers=headers)

    async def _attachment(self, request: web.Request) -> web.StreamResponse:
        try:
            file = self._world.files.get(parse_snowflake("attachment_id", request.match_info["attachment_id"]))
        except DiscordError:
            file = None
        query = request.query
        if file is None or not self._world.cdn.admits(file.id, query.get("ex", ""), query.get("hm", "")):
            return web.Response(status=404, text="This content is no longer available.")
        inline = file.content_type.startswith(_INLINE)
        headers = {
            "Content-Type": file.content_type,
            "Content-Disposition": f'{"inline" if inline else "attachment"}; filename="{file.filename}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=86400, immutable",
        }
        return web.Response(body=file.data, headers=headers)

    async def _state(self, _: web.Request) -> web.Response:
        return json_response(200, state(self._world, self._limits))

    async def _application(self, request: web.Request) -> web.Response:
        """Switch the privileged message content intent, as in Discord's developer portal."""
        try:
            switches = parse(ApplicationSwitches, (await read_body(request)).json)
        except DiscordError as error:
            return json_response(error.status, error.body())
        self._world.application.message_content = switches.message_content
        return json_response(204, None)

    async def _drop(self, _: web.Request) -> web.Response:
        """Cut the bot's gateway connection, as a bad line does."""
        return json_response(200, {"dropped": self._gateway.drop(self._world.application.bot.id)})


@web.middleware
async def local_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests that a foreign web page, or a name that points here, sends through a browser.

    Browsers name the page's origin with every WebSocket and with all but GET and HEAD; those change nothing here, and
    `keep_to_own_pages` keeps their answers from foreign pages.
    """
    hosts = request.headers.getall("Host", [])
    origins = request.headers.getall("Origin", [])
    if len(hosts) != 1 or not _OWN_HOST.fullmatch(hosts[0]) or origins not in ([], [f"http://{hosts[0]}"]):
        raise web.HTTPForbidden
    return await handler(request)


async def keep_to_own_pages(_: web.Request, response: web.StreamResponse) -> None:
    """Tell browsers to give an answer to pages of this origin only, and to take it for nothing else than it is."""
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
