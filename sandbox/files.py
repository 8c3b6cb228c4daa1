"""Uploaded files: what they are called, what they are, and the signed addresses they are had from."""

import hashlib
import hmac
import io
import mimetypes
import re
import secrets
import warnings
from urllib.parse import quote

from PIL import Image

from sandbox.bodies import Upload
from sandbox.message_forms import AttachmentForm
from sandbox.model import Attachment
from sandbox.snowflake import Clock

LIFETIME = 24 * 3600
"""Seconds that an attachment's address is good for."""


class Cdn:
    """Signs and checks attachment addresses, which expire as Discord's do."""

    def __init__(self, base_url: str, clock: Clock) -> None:
        self._base_url = base_url
        self._clock = clock
        self._secret = secrets.token_bytes(16)

    def url(self, attachment: Attachment) -> str:
        """Return the address of `attachment`, good for a day or more."""
        issued = int(self._clock()) // LIFETIME * LIFETIME
        expires = issued + 2 * LIFETIME
        path = f"{attachment.channel_id}/{attachment.id}/{quote(attachment.filename)}"
        return (
            f"{self._base_url}/cdn/attachments/{path}"
            f"?ex={expires:x}&is={issued:x}&hm={self._sign(attachment.id, expires)}"
        )

    def admits(self, attachment_id: int, expires: str, signature: str) -> bool:
        """Whether an address with these query values still opens the file."""
        if not re.fullmatch(r"[0-9a-f]{1,12}", expires) or not signature.isascii():
            return False
        moment = int(expires, 16)
        return moment > self._clock() and hmac.compare_digest(self._sign(attachment_id, moment), signature)

    def _sign(self, attachment_id: int, expires: int) -> str:
        return hmac.new(self._secret, f"{attachment_id}:{expires}".encode(), hashlib.sha256).hexdigest()


def make_attachment(attachment_id: int, channel_id: int, upload: Upload, form: AttachmentForm | None) -> Attachment:
    """Return `upload` as an attachment, with what the request's JSON says about it."""
    given = (form.filename if form else None) or upload.filename
    filename = safe_filename(given)
    size = picture_size(upload.data)
    attachment = Attachment(
        id=attachment_id,
        channel_id=channel_id,
        filename=filename,
        title=None if filename == given else given.rpartition(".")[0] or given,
        data=upload.data,
        content_type=content_type(filename, upload.data),
    )
    if size is not None:
        attachment.width, attachment.height = size
    if form is not None:
        describe(attachment, form)
    attachment.spoiler = attachment.spoiler or filename.startswith("SPOILER_")
    return attachment


def describe(attachment: Attachment, form: AttachmentForm) -> None:
    """Put the alt text and the spoiler mark of `form` on `attachment`, as far as it has them."""
    if "description" in form.model_fields_set:
        attachment.description = form.description or None
    if form.is_spoiler is not None:
        attachment.spoiler = form.is_spoiler


def safe_filename(name: str) -> str:
    """Return `name` as Discord stores it: ASCII letters, digits, `.`, `_` and `-`."""
    name = re.sub(r"[^A-Za-z0-9._-]", "", name.replace(" ", "_")).lstrip(".")[-260:]
    return name or "unknown"


def picture_size(data: bytes) -> tuple[int, int] | None:
    """Return width and height of a picture in pixels, None for other files; decodes no pixels."""
    try:
        with warnings.catch_warnings(action="error"), Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            return picture.size
    except (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError):
        return None


def content_type(filename: str, data: bytes) -> str:
    """Return the media type of a file: of pictures by their first bytes, of others by their name."""
    for start, kind in _SIGNATURES:
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    guess = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    if guess.startswith("text/") or guess == "application/json":
        return f"{guess}; charset=utf-8"
    return guess


_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")

_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
