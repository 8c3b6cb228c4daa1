"""Pictures from addresses that members give: which servers are asked, and how much of what they say is read."""

import asyncio
import ipaddress
import re
from collections.abc import Iterable
from http import HTTPStatus
from socket import AF_INET, AddressFamily

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from bot.discord_api import DISCORD
from bot.errors import UserError
from config.settings.discord import DiscordSettings

DISCORD_HOST = re.compile(r"(cdn\.discordapp\.com|media\.discordapp\.net|images-ext-\d{1,3}\.discordapp\.net)")
"""From which Discord serves the files of messages."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
MAX_BYTES = 10_000_000
SECONDS = 20.0
"""From the first question to the last byte, over all redirects."""
MAX_REDIRECTS = 3
CHUNK = 1 << 16
EMBEDDING = [
    ipaddress.ip_network(network)
    for network in ("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")
]
"""Addresses of IPv6 that stand for one of IPv4: compatible, mapped, NAT64, Teredo and 6to4."""
HEADERS = {"Accept": "image/*", "Accept-Encoding": "identity", "User-Agent": "Easel"}

ELSEWHERE = "I take pictures from Discord only: attach yours. In a code block an address is painted as words."
NOT_THERE = "There is no picture at that address, or no longer; attach yours instead."
UNREACHABLE = "That picture could not be fetched; try again in a while."
TOO_LARGE = f"That file is too large: up to {MAX_BYTES // 1_000_000} MB work."
TOO_SLOW = "That picture took too long to come; try again in a while."


class Sources:
    """The servers that may be asked for pictures.

    They are Discord's, by HTTPS and the usual port, those that the operator lists, likewise, and where the API is that
    of another server than Discord, that server itself.

    Args:
        settings: with the API's address and the further hosts.
    """

    def __init__(self, settings: DiscordSettings) -> None:
        self._listed = frozenset(settings.picture_hosts)
        api = URL(settings.api_base)
        self.own = None if api.host == URL(DISCORD).host else api.origin()

    def checked(self, text: str) -> URL:
        """Return an address that may be asked.

        Raises:
            UserError: it is another one.
        """
        try:
            url = URL(text)
            host, port = url.raw_host, url.port
        except ValueError:
            raise UserError(ELSEWHERE) from None
        if url.user is not None or url.password is not None or host is None:
            raise UserError(ELSEWHERE)
        if self.is_own(host, port) and self.own is not None and url.scheme == self.own.scheme:
            return url
        is_known = DISCORD_HOST.fullmatch(host) if port == 443 else None
        is_listed = f"{host}:{port}" in self._listed or (port == 443 and host in self._listed)
        if url.scheme != "https" or not (is_known or is_listed):
            raise UserError(ELSEWHERE)
        return url

    def is_own(self, host: str, port: int | None) -> bool:
        """Return whether that is the server whose API the bot uses, which it talks to anyway."""
        if self.own is None or port != self.own.port:
            return False
        return host == self.own.raw_host or {host, self.own.raw_host} <= LOOPBACK


class PublicResolver(AbstractResolver):
    """Resolves names to public addresses only; a connection is made to exactly what it answers.

    Args:
        resolver: that looks them up.
        sources: whose own server may be anywhere.
    """

    def __init__(self, resolver: AbstractResolver, sources: Sources) -> None:
        self._resolver = resolver
        self._sources = sources

    async def resolve(self, host: str, port: int = 0, family: AddressFamily = AF_INET) -> list[ResolveResult]:
        """Look a name up; raises ``OSError`` where any answer is an address that is not public."""
        found = await self._resolver.resolve(host, port, family)
        if not self._sources.is_own(host, port) and not all(is_public(each["host"]) for each in found):
            raise OSError(f"{host} is not public")
        return found

    async def close(self) -> None:
        """Let go of the resolver."""
        await self._resolver.close()


class Fetcher:
    """Fetches files from the sources, within bounds of size and time.

    Args:
        sources: that may be asked.
        resolver: of names; by default the system's.
        seconds: that all of it may take.
    """

    def __init__(self, sources: Sources, resolver: AbstractResolver | None = None, seconds: float = SECONDS) -> None:
        self._sources = sources
        self._resolver = resolver
        self._seconds = seconds

    async def fetch(self, address: str) -> bytes:
        """Return what is at an address, whatever it says that it is.

        Raises:
            UserError: it may not be asked, or there is nothing, or too much, or it comes too slowly.
        """
        url = self._sources.checked(address)
        resolver = PublicResolver(self._resolver or aiohttp.ThreadedResolver(), self._sources)
        connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, force_close=True)
        try:
            async with (
                asyncio.timeout(self._seconds),
                aiohttp.ClientSession(
                    connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False, headers=HEADERS
                ) as session,
            ):
                return await self._fetch(session, url)
        except TimeoutError:
            raise UserError(TOO_SLOW) from None
        except (aiohttp.ClientError, OSError, ValueError):
            raise UserError(UNREACHABLE) from None

    async def _fetch(self, session: aiohttp.ClientSession, url: URL) -> bytes:
        for _ in range(1 + MAX_REDIRECTS):
            async with session.get(url, allow_redirects=False) as response:
                target = response.headers.get("Location")
                if response.status // 100 == 3 and target is not None:
                    url = self._sources.checked(str(url.join(URL(target))))
                elif response.status == HTTPStatus.OK:
                    return await _read(response)
                else:
                    raise UserError(NOT_THERE)
        raise UserError(NOT_THERE)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    if (response.content_length or 0) > MAX_BYTES:
        raise UserError(TOO_LARGE)
    data = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK):
        data += chunk
        if len(data) > MAX_BYTES:
            raise UserError(TOO_LARGE)
    return bytes(data)


def is_public(address: str) -> bool:
    """Return whether an IP address is one of the internet at large."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    embedding: Iterable[object] = (network for network in EMBEDDING if ip in network)
    return ip.is_global and not ip.is_multicast and not any(embedding)
