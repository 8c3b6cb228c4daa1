"""Interactions as clients send them: what Discord's own client says that a person did, and what the bot answers.

https://docs.discord.com/developers/interactions/receiving-and-responding#responding-to-an-interaction
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StrictBool, StrictInt

from sandbox.command_forms import Choice
from sandbox.forms import Snowflake, whole
from sandbox.message_forms import AttachmentForm, MessageEdit, Nonce


class GivenOption(BaseModel):
    """A value for an option of a command, or a subcommand with its own; `focused` is the one that is being typed."""

    type: Annotated[Literal[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], BeforeValidator(whole)]
    name: str
    value: Any = None
    options: Annotated[list["GivenOption"], Field(max_length=25)] | None = None
    focused: StrictBool | None = None


class CommandData(BaseModel):
    """A command that is called; `target_id` is the user or the message of a context menu."""

    id: Snowflake
    name: str
    version: Snowflake | None = None
    type: Annotated[Literal[1, 2, 3], BeforeValidator(whole)] = 1
    options: Annotated[list[GivenOption], Field(max_length=25)] | None = None
    target_id: Snowflake | None = None
    attachments: Annotated[list[AttachmentForm], Field(max_length=10)] | None = None


class ComponentData(BaseModel):
    """A button that is pressed, or a select with what is chosen in it."""

    component_type: StrictInt
    custom_id: str
    values: Annotated[list[str], Field(max_length=25)] | None = None


class FieldData(BaseModel):
    """A row or a label of a form with its field, or a field with what was filled in."""

    type: StrictInt
    custom_id: str | None = None
    value: str | None = None
    values: Annotated[list[str], Field(max_length=25)] | None = None
    components: Annotated[list["FieldData"], Field(max_length=5)] | None = None
    component: "FieldData | None" = None


class FormData(BaseModel):
    """A form that is sent; `id` is that of the interaction in which it was opened."""

    id: Snowflake
    custom_id: str
    components: Annotated[list[FieldData], Field(max_length=5)]


class Deed(BaseModel):
    """What a person did: POST /interactions. What `data` is depends on the type."""

    type: Annotated[Literal[2, 3, 4, 5], BeforeValidator(whole)]
    application_id: Snowflake
    guild_id: Snowflake | None = None
    channel_id: Snowflake
    session_id: Annotated[str, Field(max_length=100)]
    message_id: Snowflake | None = None
    message_flags: StrictInt | None = None
    nonce: Nonce | None = None
    data: dict[str, Any]


class Callback(BaseModel):
    """The bot's first response. What `data` is depends on the type."""

    type: StrictInt
    data: dict[str, Any] | None = None


class InteractionMessage(MessageEdit):
    """A message of an interaction."""

    tts: StrictBool | None = None


class Choices(BaseModel):
    """What is offered while somebody types."""

    choices: Annotated[list[Choice], Field(max_length=25)] | None = None
