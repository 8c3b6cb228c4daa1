"""What clients send over the gateway: the shapes of its payloads.

https://docs.discord.com/developers/events/gateway-events
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, StrictInt

from sandbox.forms import Snowflake, whole


def _listed(value: object) -> object:
    return value if isinstance(value, list) or value is None else [value]


class Activity(BaseModel):
    """What somebody is doing."""

    name: Annotated[str, Field(max_length=128)]
    type: Annotated[Literal[0, 1, 2, 3, 4, 5], BeforeValidator(whole)] = 0
    url: Annotated[str, Field(max_length=512)] | None = None
    state: Annotated[str, Field(max_length=128)] | None = None


class Presence(BaseModel):
    """How somebody is to be seen: op 3, and within IDENTIFY; `game` is an older word for one activity."""

    status: Literal["online", "dnd", "idle", "invisible", "offline"] | None = None
    activities: list[Activity] | None = None
    game: Activity | None = None

    def shown(self) -> dict[str, Any]:
        """Return it as it is told to others."""
        activities = [self.game] if self.activities is None and self.game else self.activities or []
        return {
            "status": self.status or "online",
            "activities": [each.model_dump(exclude_none=True) for each in activities],
        }


class Identify(BaseModel):
    """A login (op 2). Token and intents are left to their own close codes."""

    token: Any = None
    intents: Any = None
    shard: Any = None
    presence: Presence | None = None


class MembersRequest(BaseModel):
    """A request for members (op 8)."""

    guild_id: Snowflake
    query: str | None = None
    limit: Annotated[StrictInt, Field(ge=0, le=100)] = 0
    user_ids: Annotated[list[Snowflake] | None, Field(max_length=100), BeforeValidator(_listed)] = None
    nonce: Annotated[str, Field(max_length=32)] | None = None
