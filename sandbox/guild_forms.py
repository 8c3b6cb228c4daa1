"""What clients send to change the server: channels, threads, roles, members and what these may do."""

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field, StrictBool, StrictInt, StringConstraints

from sandbox.forms import Moment, Snowflake, length, whole
from sandbox.message_forms import MessageEdit


def _bits(value: object) -> object:
    return int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,17}", value) else value


Bits = Annotated[StrictInt, Field(ge=0, le=(1 << 54) - 1), BeforeValidator(_bits)]
Minutes = Annotated[Literal[60, 1440, 4320, 10080], BeforeValidator(whole)]
Name = Annotated[str, StringConstraints(strip_whitespace=True), length(1, 100)]


class ThreadCreate(BaseModel):
    """A new thread."""

    name: Name
    auto_archive_duration: Minutes | None = None
    type: Annotated[Literal[10, 11, 12], BeforeValidator(whole)] | None = None
    invitable: StrictBool | None = None
    rate_limit_per_user: Annotated[StrictInt, Field(ge=0, le=21600)] | None = None


class PostCreate(ThreadCreate):
    """A new post in a forum."""

    message: MessageEdit


class ThreadEdit(BaseModel):
    """A thread that is changed."""

    name: Name | None = None
    archived: StrictBool | None = None
    locked: StrictBool | None = None
    auto_archive_duration: Minutes | None = None


class ChannelEdit(BaseModel):
    """A channel that is changed."""

    name: Name | None = None
    topic: Annotated[str, Field(max_length=1024)] | None = None
    nsfw: StrictBool | None = None


class OverwriteEdit(BaseModel):
    """What a channel allows and denies to a role (type 0) or a member (type 1)."""

    type: Annotated[Literal[0, 1], BeforeValidator(whole)]
    allow: Bits | None = None
    deny: Bits | None = None


class RoleEdit(BaseModel):
    """A role that is made or changed."""

    name: Annotated[str, Field(max_length=100)] | None = None
    permissions: Bits | None = None
    color: Annotated[StrictInt, Field(ge=0, le=0xFFFFFF)] | None = None
    hoist: StrictBool | None = None


class MemberEdit(BaseModel):
    """A member whose roles are set, or who is to be silent until a moment."""

    roles: Annotated[list[Snowflake], Field(max_length=250)] | None = None
    communication_disabled_until: Moment | None = None
