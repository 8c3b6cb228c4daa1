"""The bodies that clients send: their shape, their limits, and reading them from JSON or multipart.

A body that does not fit ends in error 50035, which names the field in Discord's own way.
https://docs.discord.com/developers/resources/message#create-message
"""

import json
import re
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

from aiohttp import BodyPartReader, hdrs, web
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, StringConstraints, ValidationError
from pydantic_core import PydanticCustomError

from sandbox.errors import from_pydantic, refusal

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_REQUEST_BYTES = 25 * 1024 * 1024

_Form = TypeVar("_Form", bound=BaseModel)


def _snowflake(value: object) -> int:
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,20}", text):
        raise PydanticCustomError("NUMBER_TYPE_COERCE", 'Value "{value}" is not snowflake.', {"value": text})
    return int(text)


def _web_url(value: object) -> object:
    if isinstance(value, str) and value:
        scheme, separator, rest = value.partition("://")
        if not separator or not rest:
            raise PydanticCustomError("URL_TYPE_INVALID_URL", "Not a well formed URL.")
        if scheme not in ("http", "https", "attachment"):
            raise PydanticCustomError(
                "URL_TYPE_INVALID_SCHEME",
                "Scheme \"{scheme}\" is not one of ('http', 'https').",
                {"scheme": scheme},
            )
    return value


Snowflake = Annotated[int, BeforeValidator(_snowflake)]
Url = Annotated[str, Field(max_length=2048), BeforeValidator(_web_url)]


Text256 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=256)]
Text2000 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Text2048 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2048)]
Text4096 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4096)]


class EmbedField(BaseModel):
    """One named value in an embed."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=256)]
    value: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1024)]
    inline: bool | None = None


class EmbedAuthor(BaseModel):
    """The line above an embed's title."""

    name: Text256 | None = None
    url: Url | None = None
    icon_url: Url | None = None


class EmbedFooter(BaseModel):
    """The small line below an embed."""

    text: Text2048 | None = None
    icon_url: Url | None = None


class EmbedImage(BaseModel):
    """A picture in an embed; `attachment://name` is one of the message's own files."""

    url: Url | None = None


class Embed(BaseModel):
    """A rich embed."""

    title: Text256 | None = None
    description: Text4096 | None = None
    url: Url | None = None
    color: Annotated[int, Field(ge=0, le=0xFFFFFF)] | None = None
    timestamp: AwareDatetime | None = None
    author: EmbedAuthor | None = None
    footer: EmbedFooter | None = None
    image: EmbedImage | None = None
    thumbnail: EmbedImage | None = None
    fields: Annotated[list[EmbedField], Field(max_length=25)] | None = None

    def size(self) -> int:
        """Return the number of characters that count towards the limit of 6000."""
        texts = [self.title, self.description]
        texts += [self.author.name] if self.author else []
        texts += [self.footer.text] if self.footer else []
        texts += [text for each in self.fields or [] for text in (each.name, each.value)]
        return sum(len(text) for text in texts if text)


class AllowedMentions(BaseModel):
    """Who of those named in a message is pinged."""

    parse: list[Literal["users", "roles", "everyone"]] | None = None
    users: Annotated[list[Snowflake], Field(max_length=100)] | None = None
    roles: Annotated[list[Snowflake], Field(max_length=100)] | None = None
    replied_user: bool | None = None


class MessageReference(BaseModel):
    """The message that a reply answers."""

    message_id: Snowflake
    channel_id: Snowflake | None = None
    guild_id: Snowflake | None = None
    fail_if_not_exists: bool | None = None
    type: Literal[0] | None = None


class AttachmentForm(BaseModel):
    """A file to keep (its snowflake) or one of this request (its number n of `files[n]`)."""

    id: Snowflake
    filename: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    description: Annotated[str, Field(max_length=1024)] | None = None
    title: Annotated[str, Field(max_length=1024)] | None = None
    is_spoiler: bool | None = None


def _nonce(value: object) -> object:
    if isinstance(value, str) and len(value) > 25:
        raise PydanticCustomError("NONCE_TYPE_TOO_LONG", "Must be 25 or fewer in length.")
    return value


def _nothing(value: object) -> None:
    if value:
        raise PydanticCustomError("SANDBOX_UNSUPPORTED", "The sandbox does not have these.")


Unsupported = Annotated[None, BeforeValidator(_nothing)]


class MessageEdit(BaseModel):
    """The body of an edit; a field that is absent stays as it is."""

    content: Text2000 | None = None
    embeds: Annotated[list[Embed], Field(max_length=10)] | None = None
    allowed_mentions: AllowedMentions | None = None
    flags: int | None = None
    attachments: Annotated[list[AttachmentForm], Field(max_length=10)] | None = None
    components: Unsupported = None


class MessageCreate(MessageEdit):
    """The body of a new message."""

    message_reference: MessageReference | None = None
    nonce: Annotated[int | str | None, BeforeValidator(_nonce)] = None
    enforce_nonce: bool | None = None
    tts: bool | None = None
    poll: Unsupported = None
    sticker_ids: Unsupported = None


class DirectChannelCreate(BaseModel):
    """Whom to open a direct conversation with."""

    recipient_id: Snowflake


class MessagesQuery(BaseModel):
    """Which messages of a channel to list."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    before: Snowflake | None = None
    after: Snowflake | None = None
    around: Snowflake | None = None


class MembersQuery(BaseModel):
    """Which members of the server to list."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 1
    after: Snowflake = 0


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


def parse(form: type[_Form], data: object) -> _Form:
    """Return `data` as a `form`; raises DiscordError 50035."""
    try:
        return form.model_validate(data)
    except ValidationError as error:
        raise from_pydantic(error) from error


async def read_body(request: web.Request) -> Body:
    """Read a JSON or multipart body; raises DiscordError 50109 or, beyond the size limits, 40005."""
    if request.content_type == "multipart/form-data":
        return await _read_multipart(request)
    data = await _read_within(request.content.iter_chunked(1 << 16), MAX_REQUEST_BYTES)
    if data is None:
        raise refusal(40005)
    return Body(_parse_json(data)) if data else Body()


async def _read_multipart(request: web.Request) -> Body:
    body = Body()
    left = MAX_REQUEST_BYTES
    too_large = False
    try:
        reader = await request.multipart()
    except ValueError as error:
        raise refusal(50109) from error
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader):
            raise refusal(50109)
        data = await _read_within(_chunks(part), min(left, MAX_FILE_BYTES))
        if data is None:
            too_large = True
            continue
        left -= len(data)
        name = part.name or ""
        if name == "payload_json":
            body.json = _parse_json(data)
        elif match := re.fullmatch(r"files?\[(\d{1,3})\]|file(\d{0,3})", name):
            number = int(match[1] or match[2] or 0)
            body.files[number] = Upload(part.filename or "unknown", data)
    if too_large:
        raise refusal(40005)
    if body.json is None:
        body.json = {}
    return body


async def _chunks(part: BodyPartReader) -> Any:
    while chunk := await part.read_chunk(1 << 16):
        yield part.decode(chunk) if hdrs.CONTENT_TRANSFER_ENCODING in part.headers else chunk


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


def _parse_json(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError as error:
        raise refusal(50109) from error
