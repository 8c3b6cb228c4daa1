"""Messages as clients write them: their shape and their limits.

https://docs.discord.com/developers/resources/message#create-message
"""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, PlainValidator, StrictBool, StrictInt, StringConstraints
from pydantic_core import PydanticCustomError

from sandbox.component_forms import MessageRows
from sandbox.forms import MAX_INT64, Moment, Snowflake, Url, whole

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
    timestamp: Moment | None = None
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


Nonce = Annotated[int | str, PlainValidator(_nonce)]


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
    components: MessageRows | None = None


class MessageCreate(MessageEdit):
    """The body of a new message."""

    message_reference: MessageReference | None = None
    nonce: Nonce | None = None
    enforce_nonce: StrictBool | None = None
    tts: StrictBool | None = None
    poll: Unsupported = None
    sticker_ids: Unsupported = None
