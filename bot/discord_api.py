"""Which Discord to talk to, and how its answers are read.

discord.py knows one Discord: the base of its REST routes and the address of its gateway are class attributes. Any
other server that speaks the same API is reached by setting these two before a client connects, the gateway's address
being what that server itself answers. With the real Discord nothing is touched.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import aiohttp
import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import HTTPClient, Route

from bot.errors import SetupError

DISCORD = "https://discord.com/api/v10"
GATEWAY = yarl.URL("wss://gateway.discord.gg/")
TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=7, sock_read=7)
"""Of one try of a REST call. Nothing is read before all of an upload is sent, so slow uploads are not slow answers."""
NO_API = "No Discord API answers at {0}: check discord.api_base."
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE = 10003, 10008

T = TypeVar("T")

_log = structlog.get_logger(__name__)


class BadAnswerError(aiohttp.ClientError):
    """What came back is nothing that Discord says, from a proxy for example; a next try may fare better."""


class UnavailableError(aiohttp.ClientError):
    """The server is there and says that it cannot serve now."""


TRANSIENT = (discord.DiscordServerError, discord.RateLimited, aiohttp.ClientError, OSError)
"""Nothing is wrong with what was asked for; it should be tried again."""
CALL_ERRORS = (discord.DiscordException, aiohttp.ClientError, OSError)
"""All that a call may raise; anything else is a fault of ours."""


class BoundedHTTPClient(HTTPClient):
    """discord.py's REST client with time-outs, and with one error for everything that is no answer of Discord's."""

    async def request(self, route: Route, **arguments: Any) -> Any:
        """Make a call.

        Raises:
            BadAnswerError: a 429 that does not say how long to wait, a page where JSON is due, broken JSON.
        """
        try:
            answer = await super().request(route, timeout=TIMEOUT, **arguments)
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise BadAnswerError(f"{route.method} {route.path}: {type(error).__name__}") from None
        if isinstance(answer, str) and answer:
            raise BadAnswerError(f"{route.method} {route.path}: not JSON")
        return answer


def is_transient(error: Exception) -> bool:
    """Return whether Discord, or the way to it, and not what was asked for, is to blame."""
    return isinstance(error, TRANSIENT) or (isinstance(error, discord.HTTPException) and error.status in {408, 429})


async def answered(call: Callable[[], Awaitable[T]], pauses: Iterable[float]) -> T:
    """Make a call again and again while Discord is in trouble, and return its answer.

    Args:
        call: makes it once.
        pauses: seconds between two tries, without end.

    Raises:
        discord.HTTPException: Discord refuses it.
    """
    for number, pause in enumerate(pauses):
        try:
            return await call()
        except CALL_ERRORS as error:
            if not is_transient(error):
                raise
            if number == 0:
                _log.warning("Discord did not answer; it is asked again", error=reason(error))
            await asyncio.sleep(pause)
    raise AssertionError("the pauses have ended")


def is_gone(error: Exception) -> bool:
    """Return whether the message or the channel was deleted."""
    return isinstance(error, discord.HTTPException) and error.code in {UNKNOWN_CHANNEL, UNKNOWN_MESSAGE}


def reason(error: Exception) -> str:
    """Return in one line why a call failed, without the call's own headers and body, and without an end mark."""
    if isinstance(error, discord.HTTPException):
        text = " ".join(error.text.split())
        return f"{error.status} (code {error.code}) {text}"[:300].rstrip(".?! ")
    return f"{type(error).__name__} {' '.join(str(error).split())}"[:300].strip(".?! ")


async def point_at(api_base: str) -> None:
    """Make discord.py talk to the server at ``api_base``.

    Raises:
        SetupError: another kind of server answers.
        aiohttp.ClientError, OSError: none answers, or it is in trouble.
    """
    Route.BASE = api_base
    DiscordWebSocket.DEFAULT_GATEWAY = GATEWAY if api_base == DISCORD else await _gateway(api_base)


async def _gateway(api_base: str) -> yarl.URL:
    async with (
        aiohttp.ClientSession(timeout=TIMEOUT) as session,
        session.get(f"{api_base}/gateway") as response,
    ):
        if response.status == 429 or response.status >= 500:
            raise UnavailableError(f"{response.status} {response.reason}")
        try:
            answer = await response.json()
            url = yarl.URL(answer["url"])
            usable = url.scheme in {"ws", "wss"} and url.host
        except (aiohttp.ContentTypeError, ValueError, KeyError, TypeError, RecursionError):
            usable = False
    if not usable:
        raise SetupError(NO_API.format(api_base))
    return url
