"""What the forms of all resources are made of, and the small forms; reading values into them.

A body that does not fit ends in error 50035, which names the field in Discord's own way.
"""

import re
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, StrictBool, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from sandbox.errors import from_pydantic, quoted

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


def length(least: int, most: int) -> BeforeValidator:
    """Return what refuses texts of fewer than `least` or more than `most` characters."""

    def check(value: object) -> object:
        if isinstance(value, str) and not least <= len(value) <= most:
            raise PydanticCustomError(
                "BASE_TYPE_BAD_LENGTH",
                "Must be between {least} and {most} in length.",
                {"least": least, "most": most},
            )
        return value

    return BeforeValidator(check)


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
Moment = Annotated[datetime, BeforeValidator(_moment)]


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
