"""The bodies of requests: reading JSON and files from JSON or multipart.

https://docs.discord.com/developers/reference#uploading-files
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import content_disposition_filename, hdrs, parse_content_disposition, web
from pydantic_core import from_json

from sandbox.errors import refusal

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_REQUEST_BYTES = 25 * 1024 * 1024
MAX_PARTS = 64
MAX_PART_HEADER_BYTES = 8192


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a request, as it came."""

    filename: str
    data: bytes


@dataclass(slots=True)
class Body:
    """A request's body: its JSON (or `payload_json`), and its files by their number."""

    json: Any = None
    files: dict[int, Upload] = field(default_factory=dict)


async def read_body(request: web.Request) -> Body:
    """Read a JSON or multipart body; raises DiscordError 50109 or, beyond the size limits, 40005."""
    try:
        data = await _read_within(request.content.iter_chunked(1 << 16), MAX_REQUEST_BYTES)
    except (ConnectionResetError, web.RequestPayloadError) as error:
        raise refusal(50109) from error
    if data is None:
        raise refusal(40005)
    try:
        if request.content_type == "multipart/form-data":
            return _from_multipart(request.headers[hdrs.CONTENT_TYPE], data)
        return Body(from_json(data, allow_inf_nan=False)) if data else Body()
    except ValueError as error:
        raise refusal(50109) from error


def _from_multipart(content_type: str, data: bytes) -> Body:
    """Return JSON and files; raises ValueError for what is malformed, DiscordError 40005 for a file too large."""
    body = Body({})
    for name, filename, content in _parts(content_type, data):
        if len(content) > MAX_FILE_BYTES:
            raise refusal(40005)
        if name == "payload_json":
            body.json = from_json(content, allow_inf_nan=False)
        elif match := re.fullmatch(r"files?\[([0-9]{1,3})\]|file([0-9]{0,3})", name):
            number = int(match[1] or match[2] or 0)
            body.files[number] = Upload(filename or "unknown", content)
    return body


def _parts(content_type: str, data: bytes) -> Iterator[tuple[str, str | None, bytes]]:
    """Yield name, file name and content of every part (RFC 7578); raises ValueError."""
    boundary = re.search(r';\s*boundary=(?:"([ -~]{1,70}?)"|([!-~]{1,70}?)(?:[;\s]|$))', content_type, re.IGNORECASE)
    if boundary is None:
        raise ValueError("no boundary")
    delimiter = f"\r\n--{boundary[1] or boundary[2]}".encode()
    _, *parts = (b"\r\n" + data).split(delimiter, MAX_PARTS + 1)
    if not parts or not parts.pop().startswith(b"--"):
        raise ValueError("truncated, or too many parts")
    for part in parts:
        head, separator, content = part.partition(b"\r\n\r\n")
        if not separator or len(head) > MAX_PART_HEADER_BYTES:
            raise ValueError("a part without an end to its headers")
        line = re.search(r"^content-disposition:(.*)$", head.decode(), re.IGNORECASE | re.MULTILINE)
        yield *_disposition(line[1].strip() if line else ""), content


def _disposition(header: str) -> tuple[str, str | None]:
    try:
        with warnings.catch_warnings(action="error"):
            _, parameters = parse_content_disposition(header)
    except RuntimeWarning as malformed:
        raise ValueError(str(malformed)) from malformed
    name = content_disposition_filename(parameters, "name")
    return name or "", content_disposition_filename(parameters, "filename")


async def _read_within(chunks: Any, limit: int) -> bytes | None:
    """Read all chunks, so that the client can finish sending; None where they exceed `limit` bytes."""
    data = bytearray()
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size <= limit:
            data += chunk
        else:
            data.clear()
    return None if size > limit else bytes(data)
