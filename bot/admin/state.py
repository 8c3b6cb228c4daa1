"""What the operator's page and ``easel top`` are told, as JSON.

Times are Unix seconds. Ids of Discord's are text in JSON, since JavaScript rounds such numbers.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

Snowflake = Annotated[int, Field(ge=0, lt=2**63), PlainSerializer(str, when_used="json")]


class Model(BaseModel):
    """A frozen part of an answer; keys that a later version has are passed over."""

    model_config = ConfigDict(frozen=True)


class Named(Model):
    """A member or a server.

    Args:
        id: Discord's.
        name: as it is shown; a server's is its id where the bot is no longer there.
    """

    id: Snowflake
    name: str


class QueuedRequest(Model):
    """A request that waits or is being painted.

    Args:
        id: of the request.
        prompt: as it was typed.
        member: who asked.
        server: where; None in private.
        link: to the message that asked.
        status: which of the two.
        place: in line, 1 for the next; 0 once it has been taken.
        device: the number of the one that paints it.
        step: steps done.
        steps: to be done.
        width: pixels across.
        height: pixels down.
        accepted: when this process took it in.
        starts: when it will be begun, or was; None while nobody can tell.
        finishes: when it will be finished; None while it waits, or nobody can tell.
    """

    id: str
    prompt: str
    member: Named
    server: Named | None
    link: str
    status: Literal["waiting", "running"]
    place: int
    device: int | None
    step: int
    steps: int
    width: int
    height: int
    accepted: float
    starts: float | None
    finishes: float | None


class DeviceState(Model):
    """A device.

    Args:
        number: by which the executor knows it.
        name: ``cpu`` or ``cuda:N``.
        state: whether it paints or could, has not come up yet, is being restarted, or failed too often in a row.
        models: what paints and what judges.
        pictures: that it paints.
        slots: that it holds at once; 0 while it is not up.
        batches: how many of those it paints have each size, such as ``128×128``.
        steps_per_second: of all its pictures together, as measured; None while it paints nothing.
        memory: bytes for pictures; None where there is no bound.
        memory_used: bytes that those it paints take, by the estimate that admits them.
    """

    number: int
    name: str
    state: Literal["up", "starting", "down", "parked"]
    models: tuple[str, ...]
    pictures: int
    slots: int
    batches: dict[str, int]
    steps_per_second: float | None
    memory: float | None
    memory_used: float


class State(Model):
    """How it all stands.

    Args:
        bot: what it is called on Discord; ``""`` before it has logged in.
        time: now.
        servers: in which the bot is.
        is_paused: whether nothing is painted anywhere.
        is_stopping: whether the bot ends once what is being painted is finished.
        waiting: requests in line.
        running: requests being painted.
        total: the most of both together.
        ended: how many requests have ended since the start, by how.
        requests: what is being painted, then what waits, next first; the first of them where there are many.
        devices: all of them.
    """

    bot: str
    time: float
    servers: int
    is_paused: bool
    is_stopping: bool
    waiting: int
    running: int
    total: int
    ended: dict[str, int]
    requests: tuple[QueuedRequest, ...]
    devices: tuple[DeviceState, ...]


class PastRequest(Model):
    """A request that has ended.

    Args:
        id: of the request.
        prompt: as it was typed.
        member: who asked.
        server: where; None in private.
        link: to the message about it; ``""`` where none is known.
        accepted: when it was.
        width: pixels across.
        height: pixels down.
        sentence: why it failed; ``""`` where it has not.
    """

    id: str
    prompt: str
    member: Named
    server: Named | None
    link: str
    accepted: float
    width: int
    height: int
    sentence: str


class Failures(Model):
    """The requests that failed last, newest first."""

    failures: tuple[PastRequest, ...]


class Pictures(Model):
    """A part of the gallery.

    Args:
        pictures: newest first.
        before: what to ask for to look on; None where there is no more.
    """

    pictures: tuple[PastRequest, ...]
    before: int | None


class ServerState(Model):
    """A server.

    Args:
        server: which.
        is_paused: whether nothing is painted there, whoever said so there.
        requests: that wait or are being painted.
    """

    server: Named
    is_paused: bool
    requests: int


class Servers(Model):
    """Servers, those that are paused first.

    Args:
        servers: the first of them where there are many.
        found: how many there are.
    """

    servers: tuple[ServerState, ...]
    found: int


class BlockState(Model):
    """That a member may ask for nothing.

    Args:
        member: who; the name is empty where it is not known.
        server: where; None for everywhere.
        until: when that ends; None for never.
        reason: in words; ``""`` for none.
        by_operator: whether the operator said so, and no moderator.
    """

    member: Named
    server: Named | None
    until: float | None
    reason: str
    by_operator: bool


class Blocked(Model):
    """Who is blocked, wherever."""

    blocked: tuple[BlockState, ...]


class Deed(Model):
    """What the operator has done.

    Args:
        at: when.
        server: where; None for everywhere.
        what: markdown.
    """

    at: float
    server: Named | None
    what: str


class History(Model):
    """What the operator has done, newest first."""

    deeds: tuple[Deed, ...]
