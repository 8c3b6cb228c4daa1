"""The bodies that clients send: their shape, their limits, and reading them from JSON or multipart.

A body that does not fit ends in error 50035, which names the field in Discord's own way.
https://docs.discord.com/developers/resources/message#create-message
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

from aiohttp import content_disposition_filename, hdrs, parse_content_disposition, web
from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    PlainValidator,
    StrictBool,
    StrictInt,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError, from_json

from sandbox.errors import from_pydantic, quoted, refusal

MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_REQUEST_BYTES = 25 * 1024 * 1024
MAX_PARTS = 64
MAX_PART_HEADER_BYTES = 8192
MAX_INT64 = (1 << 63) - 1

_Form = TypeVar("_Form", bound=BaseModel)


def _snowflake(value: object) -> int:
    text = quoted(value)
    if isinstance(value, bool) or not re.fullmatch(r"[0-9]{1,20}", text):
        raise PydanticCustomError("NUMBER_TYPE_COERCE", 'Value "{value}" is not snowflake.', {"value": text})
    if int(text) > MAX_INT64:
        raise PydanticCustomError(
            "NUMBER_TYPE_MAX", "snowflake value should be less than or equal to {most}.", {"most": MAX_INT64}
        )
    return int(text)


def whole(value: object) -> int:
    """Return `value` where it is an integer, and no boolean; for pydantic, whose literals take True for 1."""
    if type(value) is not int:
        raise PydanticCustomError("NUMBER_TYPE_COERCE", 'Value "{value}" is not int.', {"value": quoted(value)})
    return value


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise PydanticCustomError(
            "DATE_TIME_TYPE_PARSE", "Could not parse {value}. Should be ISO8601.", {"value": quoted(value)}
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


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
_SNOWFLAKE: TypeAdapter[int] = TypeAdapter(Snowflake)
Url = Annotated[str, Field(max_length=2048), BeforeValidator(_web_url)]


Text256 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=256)]
Text2000 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Text2048 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2048)]
Text4096 = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4096)]


class EmbedField(BaseModel):
    """One named value in an embed."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=256)]
    value: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1024)]
    inline: StrictBool | None = None


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
    color: Annotated[StrictInt, Field(ge=0, le=0xFFFFFF)] | None = None
    timestamp: Annotated[datetime, BeforeValidator(_moment)] | None = None
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

    parse: Annotated[list[Literal["users", "roles", "everyone"]], Field(max_length=1521)] | None = None
    users: Annotated[list[Snowflake], Field(max_length=100)] | None = None
    roles: Annotated[list[Snowflake], Field(max_length=100)] | None = None
    replied_user: StrictBool | None = None


class MessageReference(BaseModel):
    """The message that a reply answers."""

    message_id: Snowflake
    channel_id: Snowflake | None = None
    guild_id: Snowflake | None = None
    fail_if_not_exists: StrictBool | None = None
    type: Annotated[Literal[0], BeforeValidator(whole)] | None = None


class AttachmentForm(BaseModel):
    """A file to keep (its snowflake) or one of this request (its number n of `files[n]`)."""

    id: Snowflake
    filename: Annotated[str, Field(min_length=1, max_length=1024)] | None = None
    description: Annotated[str, Field(max_length=1024)] | None = None
    title: Annotated[str, Field(max_length=1024)] | None = None
    is_spoiler: StrictBool | None = None


def _nonce(value: object) -> int | str:
    if isinstance(value, str):
        if len(value) > 25:
            raise PydanticCustomError("NONCE_TYPE_TOO_LONG", "Must be 25 or fewer in length.")
        return value
    number = whole(value)
    if number > MAX_INT64:
        raise PydanticCustomError(
            "NUMBER_TYPE_MAX", "int value should be less than or equal to {most}.", {"most": MAX_INT64}
        )
    if number < ~MAX_INT64:
        raise PydanticCustomError(
            "NUMBER_TYPE_MIN", "int value should be greater than or equal to {least}.", {"least": ~MAX_INT64}
        )
    return number


def _nothing(value: object) -> None:
    if value:
        raise PydanticCustomError("SANDBOX_UNSUPPORTED", "The sandbox does not have these.")


Unsupported = Annotated[None, BeforeValidator(_nothing)]


class MessageEdit(BaseModel):
    """The body of an edit; a field that is absent stays as it is."""

    content: Text2000 | None = None
    embeds: Annotated[list[Embed], Field(max_length=10)] | None = None
    allowed_mentions: AllowedMentions | None = None
    flags: StrictInt | None = None
    attachments: Annotated[list[AttachmentForm], Field(max_length=10)] | None = None
    components: Unsupported = None


class MessageCreate(MessageEdit):
    """The body of a new message."""

    message_reference: MessageReference | None = None
    nonce: Annotated[int | str, PlainValidator(_nonce)] | None = None
    enforce_nonce: StrictBool | None = None
    tts: StrictBool | None = None
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


class ApplicationSwitches(BaseModel):
    """Which privileged intents to switch on or off, as in Discord's developer portal."""

    message_content: StrictBool


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


def parse_snowflake(name: str, text: str) -> int:
    """Return the snowflake that a path has under `name`; raises DiscordError 50035."""
    try:
        return _SNOWFLAKE.validate_python(text)
    except ValidationError as error:
        raise from_pydantic(error, (name,)) from error


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
