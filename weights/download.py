"""One file from its mirrors: gone on with where it broke off, bounded, and only accepted when it is the right one.

Mirrors are reached by https alone, also where they redirect to; by http only on this machine. Everything that they
answer is checked against what is known of the file, and every wait has an end.
"""

import asyncio
import re
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiohttp
from yarl import URL

from weights.catalogue import File
from weights.errors import FetchError
from weights.part import READ, Origin, Part, shown

BLOCK = 1 << 16
"""Bytes that have to come in the time that a mirror is waited for."""
MAX_REDIRECTS = 10
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
MANY = {"huggingface.co", "github.com"}
"""Hosts of many repositories."""
REDIRECTS = {301, 302, 303, 307, 308}
AGAIN = {408, 425, 429, 500, 502, 503, 504}
"""Answers that may be others later."""
RANGE = re.compile(r"bytes (\d{1,20})-(\d{1,20})/(\d{1,20})")


class Watch(Protocol):
    """Is told how a download goes."""

    def come(self, done: int, total: int | None) -> None:
        """So many bytes of so many have come, None where nobody knows how many there are."""

    def say(self, text: str) -> None:
        """Something that a person should know."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a mirror is waited for.

    Args:
        stall: seconds within which it has to answer, and then to send each ``BLOCK``.
        pauses: seconds before it is asked again, after each failure without a ``BLOCK`` more.
    """

    stall: float = 30.0
    pauses: tuple[float, ...] = (1.0, 3.0, 10.0)


class _MirrorError(Exception):
    """A mirror does not have the file, or not this one."""


class _BrokenError(Exception):
    """A mirror did not send it this time."""


async def download(file: File, part: Part, watch: Watch, patience: Patience) -> str:
    """Fetch a file from the first mirror that has it, and return which one that was.

    Args:
        file: which one.
        part: what of it is there already.
        watch: is told how it goes.
        patience: with each mirror.

    Raises:
        FetchError: no mirror has it, or it cannot be written; what has come is kept.
    """
    refusals: dict[str, str] = {}
    jar = aiohttp.DummyCookieJar()
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(
        cookie_jar=jar, timeout=timeout, auto_decompress=False, trust_env=True, read_bufsize=READ
    ) as http:
        for url in file.mirrors:
            try:
                await _Download(http, file, part, watch, patience, url).run()
            except _MirrorError as error:
                refusals[place(url)] = str(error)
                watch.say(f"{place(url)} {error}")
            else:
                return url
    reasons = "; ".join(f"{where} {why}" for where, why in refusals.items())
    raise FetchError(f"{file.name} cannot be had: {reasons}.")


def place(url: str) -> str:
    """Return how a mirror is called before people: by its host, and by the repository where that has many."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return unquote(parts.path)
    host = parts.netloc.rpartition("@")[2]
    return "/".join([host, *(parts.path.split("/")[1:3] if host in MANY else ())])


@dataclass(frozen=True, slots=True)
class _Download:
    """A file from one mirror."""

    http: aiohttp.ClientSession
    file: File
    part: Part
    watch: Watch
    patience: Patience
    url: str

    async def run(self) -> None:
        """Have the whole file in the part.

        Raises:
            _MirrorError: the mirror does not have it.
        """
        if urlsplit(self.url).scheme == "file":
            await self._copy(Path(unquote(urlsplit(self.url).path)))
            self._check()
            return
        while True:
            await self._persist()
            if self._is_right():
                return
            mixed = self.part.mixed
            if not mixed:
                self._check()
            self.watch.say(f"{place(self.url)} does not go on with what was there: beginning anew")
            self.part.restart()

    async def _persist(self) -> None:
        """Have a file of the right size in the part, with several tries."""
        pauses = iter(self.patience.pauses)
        while True:
            before = self.part.size
            try:
                await self._attempt()
            except _BrokenError as error:
                if self.part.size >= before + BLOCK:
                    pauses = iter(self.patience.pauses)
                pause = next(pauses, None)
                if pause is None:
                    raise _MirrorError(str(error)) from None
                self.watch.say(f"{place(self.url)} {error}; once more in {pause:g} s")
                await asyncio.sleep(pause)
            else:
                return

    async def _attempt(self) -> None:
        headers = self._headers()
        if headers is None:
            return
        try:
            async with asyncio.timeout(self.patience.stall) as deadline, self._answer(headers) as response:
                total = self._begin(response, "Range" in headers)
                self._heed(deadline)
                await self._receive(response, deadline, total)
        except TimeoutError:
            raise _BrokenError(f"does not send anything for {self.patience.stall:g} s") from None
        except (aiohttp.ClientSSLError, aiohttp.InvalidURL):
            raise _MirrorError("cannot be spoken to safely") from None
        except aiohttp.ClientConnectorError:
            raise _BrokenError("cannot be reached") from None
        except aiohttp.ClientError:
            raise _BrokenError("broke off") from None

    def _headers(self) -> dict[str, str] | None:
        """Return what to ask with; None where everything is there."""
        headers = {"Accept-Encoding": "identity", "User-Agent": "easel"}
        part, file = self.part, self.file
        if file.exact and part.size == file.size:
            return None
        if part.size > file.size:
            part.restart()
        if part.size and part.origin is not None:
            version = part.origin.version if part.origin.url == self.url else ""
            if version:
                headers |= {"Range": f"bytes={part.size}-", "If-Range": version}
            elif file.sha256 is not None:
                headers |= {"Range": f"bytes={part.size}-"}
        return headers

    @asynccontextmanager
    async def _answer(self, headers: dict[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask, follow redirects to where it is safe, and give the answer."""
        url = _parsed(self.url)
        local = url.host in LOOPBACK
        for _ in range(MAX_REDIRECTS):
            if not (url.host and (url.scheme == "https" or (local and url.scheme == "http" and url.host in LOOPBACK))):
                raise _MirrorError(f"leads to an address that is not https: {url.scheme}")
            async with self.http.get(url, headers=headers, allow_redirects=False) as response:
                if response.status not in REDIRECTS:
                    yield response
                    return
                url = url.join(_parsed(response.headers.get("Location", "")))
        raise _MirrorError("leads from one address to the next without an end")

    def _begin(self, response: aiohttp.ClientResponse, asked_for_rest: bool) -> int | None:
        """Make sure that the answer is the file, or its rest, and return its whole size where it says so."""
        file, part, status = self.file, self.part, response.status
        if status == 416 and asked_for_rest:
            part.restart()
            raise _BrokenError("has another file than before")
        if status in AGAIN:
            raise _BrokenError(f"answers {status}")
        if status not in {200, 206}:
            raise _MirrorError(f"answers {status}")
        if response.content_type == "text/html":
            raise _MirrorError("answers with a web page")
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise _MirrorError("sends it compressed")
        version = response.headers.get("ETag", "")
        version = response.headers.get("Last-Modified", "") if not version or version.startswith("W/") else version
        if status == 206:
            total: int | None = self._rest(response, asked_for_rest, version)
        else:
            total = response.content_length
            if total is None and not file.exact and response.headers.get("Transfer-Encoding") != "chunked":
                raise _MirrorError("does not say how long the file is")
        if total is not None and (total > file.size or (file.exact and total != file.size)):
            raise _MirrorError(f"has a file of {total} bytes; it should have {self._bound()}")
        part.begin(Origin(self.url, version), anew=status == 200)
        part.make_sure_of_room((file.size if file.exact else total or 0) - part.size)
        return total

    def _rest(self, response: aiohttp.ClientResponse, asked_for_rest: bool, version: str) -> int:
        """Make sure that the answer is the rest of what is there, and return the size of the whole."""
        part = self.part
        if not asked_for_rest:
            raise _MirrorError("sends a part of the file that nobody asked for")
        told = RANGE.fullmatch(response.headers.get("Content-Range", ""))
        first, last, total = map(int, told.groups()) if told else (0, 0, 0)
        changed = part.origin is not None and part.origin.url == self.url and part.origin.version != version
        if first != part.size or last + 1 != total or changed:
            part.restart()
            raise _BrokenError("has another file than before" if changed else "sends another part than the rest")
        return total

    async def _receive(self, response: aiohttp.ClientResponse, deadline: asyncio.Timeout, total: int | None) -> None:
        part, file = self.part, self.file
        heeded = part.size
        self.watch.come(part.size, file.size if file.exact else total)
        async for block in response.content.iter_any():
            if part.size + len(block) > file.size:
                part.restart()
                raise _MirrorError(f"sends more than {self._bound()}")
            part.write(block)
            self.watch.come(part.size, file.size if file.exact else total)
            if part.size >= heeded + BLOCK:
                heeded = part.size
                self._heed(deadline)
        wanted = file.size if file.exact else total
        if not part.size or (wanted is not None and part.size < wanted):
            raise _BrokenError(f"broke off after {shown(part.size)}")

    def _heed(self, deadline: asyncio.Timeout) -> None:
        deadline.reschedule(asyncio.get_running_loop().time() + self.patience.stall)

    async def _copy(self, path: Path) -> None:
        """Take the file from this machine."""
        file, part = self.file, self.part
        try:
            size = _size(path)
            if not size or size > file.size or (file.exact and size != file.size):
                raise _MirrorError(f"has {size} bytes; it should have {self._bound()}")
            part.begin(Origin(self.url), anew=True)
            part.make_sure_of_room(size)
            for block in _blocks(path, size):
                part.write(block)
                self.watch.come(part.size, size)
                await asyncio.sleep(0)
        except OSError as error:
            raise _MirrorError(f"cannot be read: {error.strerror}") from None
        if part.size != size:
            raise _MirrorError("became shorter while it was read")

    def _is_right(self) -> bool:
        return self.file.sha256 in {None, self.part.sha256()}

    def _check(self) -> None:
        if not self._is_right():
            found = self.part.sha256()
            self.part.restart()
            raise _MirrorError(f"has another file: its SHA-256 begins with {found[:12]}")

    def _bound(self) -> str:
        return f"{'' if self.file.exact else 'at most '}{self.file.size} bytes"


def _parsed(url: str) -> URL:
    try:
        parsed = URL(url, encoded=True)
        _ = parsed.host, parsed.port  # which are looked at only now
    except ValueError:
        raise _MirrorError("leads to no address") from None
    return parsed


def _size(path: Path) -> int:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise _MirrorError("is no file")
    return found.st_size


def _blocks(path: Path, most: int) -> Iterator[bytes]:
    """Yield a file in blocks, no more than so many bytes of it."""
    with path.open("rb") as stream:
        left = most
        while left and (block := stream.read(min(READ, left))):
            left -= len(block)
            yield block
