"""One REST call: who asks, for what, with which body; and how a route is written down."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from sandbox.bodies import Body
from sandbox.errors import http_refusal, refusal
from sandbox.events import Events
from sandbox.forms import parse, parse_snowflake
from sandbox.interactions import Interactions
from sandbox.model import Channel, Message, User
from sandbox.rate_limits import RateLimits
from sandbox.world import World

_Form = TypeVar("_Form", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that has passed authentication and rate limits."""

    world: World
    events: Events
    limits: RateLimits
    interactions: Interactions
    user: User
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Body

    def form(self, form: type[_Form]) -> _Form:
        """Return the JSON body as a `form`; raises 50035."""
        return parse(form, self.body.json)

    def query_form(self, form: type[_Form]) -> _Form:
        """Return the query as a `form`; raises 50035."""
        return parse(form, dict(self.query))

    def id(self, name: str) -> int:
        """Return the snowflake called `name` in the path; raises 50035."""
        return parse_snowflake(name, self.path[name])

    def channel(self, needed: int = 0) -> Channel:
        """Return the channel in the path, where the caller may do `needed`; raises 10003, 50001, 50013."""
        return self.world.channel(self.id("channel_id"), self.user, needed)

    def message(self, channel: Channel) -> Message:
        """Return the message in the path, as long as everybody may see it; raises 10008."""
        return self.world.message(channel, self.id("message_id"))

    def seen_message(self, channel: Channel, message_id: int) -> Message:
        """Return a message of `channel`, which may be one for the caller alone; raises 10008."""
        own = channel.ephemeral.get(message_id)
        return own if own is not None and own.audience is self.user else self.world.message(channel, message_id)

    def in_guild(self) -> None:
        """Raise 10004 unless the server in the path is the one there is."""
        if self.id("guild_id") != self.world.guild.id:
            raise refusal(10004)

    def as_bot(self) -> None:
        """Raise 403 for people: some routes are for applications."""
        if not self.user.bot:
            raise http_refusal(403, "Forbidden")


@dataclass(frozen=True, slots=True)
class Created:
    """The answer to a call that made something new: 201 instead of 200."""

    answer: Any


Handler = Callable[[Call], Awaitable[Any]]
"""Answers a call with what becomes the JSON body, perhaps as `Created`, or with None for 204 No Content."""


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path template, worded as in Discord's OpenAPI description."""

    method: str
    path: str
    handler: Handler
    public: bool = False
