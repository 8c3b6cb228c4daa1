"""Application commands as a bot registers them: their shape, their limits, and what fits together.

https://docs.discord.com/developers/interactions/application-commands
"""

import math
import re
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    RootModel,
    StrictBool,
    StrictFloat,
    StrictInt,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from sandbox.errors import form_refusal, quoted, refusal
from sandbox.forms import Snowflake, length, whole

CHAT = 1
SUBCOMMAND, GROUP, STRING, INTEGER, NUMBER = 1, 2, 3, 4, 10

MAX_COMMANDS = {CHAT: 100, 2: 15, 3: 15}
MAX_OPTIONS = 25
MAX_SIZE = 8000
MAX_NUMBER = (1 << 53) - 1


def _lower_case_word(name: str) -> str:
    r"""Discord's `^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$`, in lower case."""
    if not re.fullmatch(r"[-_'\w\u0900-\u097f\u0e00-\u0e7f]{1,32}", name) or name != name.lower():
        raise PydanticCustomError("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    return name


def _permissions(value: object) -> object:
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,17}", value) else value


Name = Annotated[str, length(1, 32)]
Description = Annotated[str, length(1, 100)]
Names = Annotated[dict[str, Name], Field(max_length=34)]
Descriptions = Annotated[dict[str, Description], Field(max_length=34)]
Finite = Annotated[StrictFloat, Field(ge=-MAX_NUMBER, le=MAX_NUMBER, allow_inf_nan=False)]


class Choice(BaseModel):
    """One of the values that an option can have."""

    name: Annotated[str, length(1, 100)]
    name_localizations: Annotated[dict[str, Annotated[str, length(1, 100)]], Field(max_length=34)] | None = None
    value: Any

    @field_validator("value")
    @classmethod
    def _plain(cls, value: object) -> object:
        if type(value) not in (str, int, float) or (isinstance(value, float) and not math.isfinite(value)):
            raise PydanticCustomError(
                "STRING_TYPE_CONVERT", 'Could not interpret "{value}" as string.', {"value": quoted(value)}
            )
        return value


class Option(BaseModel):
    """One parameter of a command, a subcommand or a group of these."""

    type: Annotated[Literal[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], BeforeValidator(whole)]
    name: Name
    name_localizations: Names | None = None
    description: Description
    description_localizations: Descriptions | None = None
    required: StrictBool | None = None
    autocomplete: StrictBool | None = None
    choices: Annotated[list[Choice], Field(max_length=MAX_OPTIONS)] | None = None
    options: Annotated[list["Option"], Field(max_length=MAX_OPTIONS)] | None = None
    channel_types: Annotated[list[Annotated[StrictInt, Field(ge=0, le=16)]], Field(max_length=17)] | None = None
    min_value: Finite | None = None
    max_value: Finite | None = None
    min_length: Annotated[StrictInt, Field(ge=0, le=6000)] | None = None
    max_length: Annotated[StrictInt, Field(ge=1, le=6000)] | None = None

    _word = field_validator("name")(_lower_case_word)


class Command(BaseModel):
    """One command."""

    type: Annotated[Literal[1, 2, 3], BeforeValidator(whole)] | None = None
    name: Name
    name_localizations: Names | None = None
    description: Annotated[str, Field(max_length=100)] | None = Field(default=None, validate_default=True)
    description_localizations: Descriptions | None = None
    options: Annotated[list[Option], Field(max_length=MAX_OPTIONS)] | None = None
    default_member_permissions: (
        Annotated[StrictInt, Field(ge=0, le=(1 << 54) - 1), BeforeValidator(_permissions)] | None
    ) = None
    dm_permission: StrictBool | None = None
    contexts: (
        Annotated[list[Annotated[Literal[0, 1, 2], BeforeValidator(whole)]], Field(min_length=1, max_length=3)] | None
    ) = None
    integration_types: (
        Annotated[list[Annotated[Literal[0, 1], BeforeValidator(whole)]], Field(min_length=1, max_length=2)] | None
    ) = None
    nsfw: StrictBool | None = None
    id: Snowflake | None = None

    @field_validator("name")
    @classmethod
    def _word(cls, name: str, info: ValidationInfo) -> str:
        return _lower_case_word(name) if (info.data.get("type") or CHAT) == CHAT else name

    @field_validator("description")
    @classmethod
    def _described(cls, description: str | None, info: ValidationInfo) -> str | None:
        if (info.data.get("type") or CHAT) == CHAT and not description:
            raise PydanticCustomError("BASE_TYPE_REQUIRED", "This field is required")
        return description


class CommandList(RootModel[Annotated[list[Command], Field(max_length=130)]]):
    """All commands of an application."""


def check(commands: list[Command], *, alone: bool = False) -> None:
    """Raise DiscordError 30032 or 50035 where commands, each of them well formed, do not fit together.

    `alone` says that only the last of them is new, and that its form is the whole body.
    """
    seen: set[tuple[int, str]] = set()
    counts = dict.fromkeys(MAX_COMMANDS, 0)
    for place, command in enumerate(commands):
        here: tuple[str | int, ...] = () if alone else (place,)
        kind = command.type or CHAT
        if (kind, command.name) in seen:
            raise form_refusal(
                (*here, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique"
            )
        seen.add((kind, command.name))
        counts[kind] += 1
        if counts[kind] > MAX_COMMANDS[kind]:
            raise refusal(30032)
        _check_options(command.options or [], (*here, "options"), {SUBCOMMAND, GROUP})
        if _size(command) > MAX_SIZE:
            raise form_refusal(here, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({MAX_SIZE})")


def _check_options(options: list[Option], path: tuple[str | int, ...], nested: set[int]) -> None:
    """Check siblings; `nested` are the kinds of subcommand that may stand among them."""
    kinds = {each.type for each in options}
    subcommands = kinds & {SUBCOMMAND, GROUP}
    if subcommands - nested or (subcommands and kinds - subcommands) or (nested == {SUBCOMMAND} and kinds - nested):
        raise form_refusal(
            path,
            "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID",
            "Sub-command and sub-command group option types are mutually exclusive to all other types",
        )
    names: set[str] = set()
    optional = False
    for place, each in enumerate(options):
        here = (*path, place)
        if each.name in names:
            raise form_refusal(
                (*here, "name"),
                "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS",
                f"Option name {each.name} already used in this command's options",
            )
        names.add(each.name)
        if each.required and optional:
            raise form_refusal(
                here,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        optional = optional or not each.required
        _check_choices(each, here)
        if each.type in (SUBCOMMAND, GROUP):
            _check_options(each.options or [], (*here, "options"), {SUBCOMMAND} if each.type == GROUP else set())


def _check_choices(option: Option, path: tuple[str | int, ...]) -> None:
    for place, choice in enumerate(option.choices or ()):
        here, value = (*path, "choices", place, "value"), choice.value
        if option.type == STRING and not isinstance(value, str):
            raise form_refusal(here, "STRING_TYPE_CONVERT", f'Could not interpret "{quoted(value)}" as string.')
        if option.type == STRING and len(value) > 100:
            raise form_refusal(here, "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
        if option.type == INTEGER and not isinstance(value, int):
            raise form_refusal(here, "NUMBER_TYPE_COERCE", f'Value "{quoted(value)}" is not int.')
        if option.type == NUMBER and isinstance(value, str):
            raise form_refusal(here, "NUMBER_TYPE_COERCE", f'Value "{quoted(value)}" is not float.')
        if option.type in (INTEGER, NUMBER) and abs(value) > MAX_NUMBER:
            raise form_refusal(here, "NUMBER_TYPE_MAX", f"value should be less than or equal to {MAX_NUMBER}.")


def _size(each: Command | Option) -> int:
    """Return the characters that count towards the limit of a command."""
    own = len(each.name) + len(each.description or "")
    choices = each.choices or () if isinstance(each, Option) else ()
    own += sum(len(choice.name) + len(str(choice.value)) for choice in choices)
    return own + sum(_size(option) for option in each.options or ())
