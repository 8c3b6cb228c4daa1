"""What there is to see: the bot as it stands, and what it remembers."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Literal

import discord

from bot.admin.state import (
    Blocked,
    BlockState,
    Deed,
    DeviceState,
    Failures,
    History,
    Named,
    PastRequest,
    Pictures,
    QueuedRequest,
    Servers,
    ServerState,
    State,
)
from bot.characters import clean
from bot.entry import Entry
from bot.posts import Posts
from bot.rules.book import RuleBook
from config.settings import Settings
from config.settings.models import ModelsSettings
from generation.capacity import costliest_step, whole_memory
from generation.dispatch import Dispatch
from generation.dispatch.devices import Device
from generation.load import Kind
from store.archive import Archived, Search
from store.store import Store
from store.tables import EVERYWHERE, OPERATOR

MOST_SHOWN = 200
"""Requests, servers and blocks that one answer tells of."""
FAILURES = 50
PAGE = 24
"""Pictures of the gallery that are told of at once."""
DEEDS = 50


class View:
    """Reads, and changes nothing.

    Args:
        settings: which models there are, and how long the queue may be.
        client: that knows the servers.
        posts: about the requests.
        dispatcher: of the requests.
        book: which servers are paused.
        kept: what was painted, who is blocked, what was done.
    """

    def __init__(
        self,
        settings: Settings,
        client: discord.Client,
        posts: Posts,
        dispatcher: Dispatch,
        book: RuleBook,
        kept: Store,
    ) -> None:
        self._settings = settings
        self._client = client
        self._posts = posts
        self._dispatcher = dispatcher
        self._book = book
        self._kept = kept

    def state(self) -> State:
        """Return how it all stands."""
        snapshot = self._dispatcher.snapshot()
        running = [self._queued(entry, 0) for entry in self._posts.running[:MOST_SHOWN]]
        left = MOST_SHOWN - len(running)
        waiting = [self._queued(entry, place) for place, entry in enumerate(self._posts.waiting[:left], 1)]
        return State(
            bot=clean(self._client.user.name) if self._client.user else "",
            time=time.time(),
            servers=len(self._client.guilds),
            is_paused=self._book.is_paused(EVERYWHERE),
            is_stopping=self._posts.is_closed,
            waiting=len(snapshot.waiting),
            running=len(snapshot.running),
            total=self._settings.queue.total,
            ended={status: self._dispatcher.ended[status] for status in ("finished", "failed", "cancelled")},
            requests=(*running, *waiting),
            devices=tuple(_device(device, self._settings.models) for device in self._dispatcher.pool.devices),
        )

    def servers(self, words: str) -> Servers:
        """Return the servers whose names have these words in them, or whose id it is."""
        waiting = Counter(entry.origin.guild.id for entry in self._posts.entries if entry.origin.guild)
        found = [
            ServerState(server=_named(guild), is_paused=self._book.is_paused(guild.id), requests=waiting[guild.id])
            for guild in self._found(words)
        ]
        found.sort(key=lambda each: (not each.is_paused, each.server.name.casefold()))
        return Servers(servers=tuple(found[:MOST_SHOWN]), found=len(found))

    async def failures(self) -> Failures:
        """Return what failed last."""
        failed = await self._kept.archive.failed(FAILURES)
        return Failures(failures=tuple(map(self._past, failed)))

    async def pictures(
        self,
        member: str = "",
        server: str = "",
        words: str = "",
        since: float | None = None,
        until: float | None = None,
        before: int | None = None,
    ) -> Pictures:
        """Return a part of the gallery; raises ``StoreError``.

        Args:
            member: the id of who asked, or a part of the name.
            server: its id, or a part of its name; ``""`` for anywhere.
            words: of the prompt.
            since: not asked for before this time.
            until: asked for before this time.
            before: where the part before ended.
        """
        guilds = None
        if server.strip():
            guilds = {guild.id for guild in self._found(server)}
            guilds |= {int(server)} if server.isascii() and server.isdigit() and len(server) < 20 else set()
        wanted = Search(member.strip(), guilds, words, since, until)
        found, on = await self._kept.archive.search(wanted, PAGE, before)
        return Pictures(pictures=tuple(map(self._past, found)), before=on)

    async def picture(self, request_id: str) -> bytes | None:
        """Return a finished picture as a PNG; None where it is not known or not kept."""
        found = await self._kept.archive.of_id(request_id)
        return await self._kept.archive.picture(found.request) if found is not None and found.is_painted else None

    async def blocked(self) -> Blocked:
        """Return who is blocked, the last first; raises ``StoreError``."""
        newest = sorted(self._kept.blocks.all(), key=lambda each: -each[2].at)[:MOST_SHOWN]
        names = await self._kept.archive.names({member for _, member, _ in newest})
        return Blocked(
            blocked=tuple(
                BlockState(
                    member=Named(id=member, name=clean(names.get(member, ""))),
                    server=self._server(guild),
                    until=block.until,
                    reason=clean(block.reason),
                    by_operator=block.moderator == OPERATOR,
                )
                for guild, member, block in newest
            )
        )

    async def history(self) -> History:
        """Return what the operator has done; raises ``StoreError``."""
        lines = await self._kept.audit.latest_of(OPERATOR, DEEDS)
        deeds = (Deed(at=line.at, server=self._server(line.guild), what=clean(line.what)) for line in lines)
        return History(deeds=tuple(deeds))

    def _found(self, words: str) -> Sequence[discord.Guild]:
        wanted = words.casefold().split()
        return [
            guild
            for guild in self._client.guilds
            if words.strip() == str(guild.id) or all(word in (guild.name or "").casefold() for word in wanted)
        ]

    def _server(self, guild: int | None) -> Named | None:
        if guild in (None, EVERYWHERE):
            return None
        known = self._client.get_guild(guild)
        return _named(known) if known else Named(id=guild, name=str(guild))

    def _queued(self, entry: Entry, place: int) -> QueuedRequest:
        record, origin = entry.record, entry.origin
        painted = record.painted
        return QueuedRequest(
            id=entry.request.id,
            prompt=clean(entry.request.prompt),
            member=Named(id=origin.author.id, name=clean(origin.author.display_name)),
            server=self._server(origin.guild.id if origin.guild else None),
            link=origin.jump_url,
            status="running" if record.status == "running" else "waiting",
            place=place,
            device=None if record.device is None else record.device.number,
            step=record.step,
            steps=painted.end_step,
            width=painted.width,
            height=painted.height,
            accepted=time.time() - (time.monotonic() - record.accepted),
            starts=_finite(record.estimate.starts),
            finishes=_finite(record.estimate.finishes),
        )

    def _past(self, archived: Archived) -> PastRequest:
        request, asked = archived.request, archived.asked
        place = f"https://discord.com/channels/{asked.guild or '@me'}/{asked.channel}"
        return PastRequest(
            id=request.id,
            prompt=clean(request.prompt),
            member=Named(id=asked.author, name=clean(asked.author_name)),
            server=self._server(asked.guild),
            link=f"{place}/{archived.post}" if archived.post else "",
            accepted=archived.accepted,
            width=request.width,
            height=request.height,
            sentence=archived.sentence or "",
        )


def _named(guild: discord.Guild) -> Named:
    return Named(id=guild.id, name=clean(guild.name or str(guild.id)))


def _models(settings: ModelsSettings) -> tuple[str, ...]:
    """Return what paints and what judges, without the folders that they lie in."""
    return tuple(
        "+".join(path.rpartition("/")[2] for path in each.split("+")) for each in (settings.vqgan, settings.clip)
    )


def _device(device: Device, models: ModelsSettings) -> DeviceState:
    batches, capacities = device.batches, device.capacities
    counts = Counter(request.load for request in device.running.values() if request.model in capacities)
    weights = sum(capacities[name].weights for name in device.loaded)
    loaded = tuple(name for name in models.names if name in device.loaded) if models.more else _models(models)
    state: Literal["up", "starting", "down", "parked"] = "down" if device.offers else "starting"
    if device.is_up or device.parked:
        state = "parked" if device.parked else "up"
    return DeviceState(
        number=device.number,
        name=device.name,
        state=state,
        models=loaded,
        pictures=len(device.running),
        slots=device.slots,
        batches=_by_size(batches),
        steps_per_second=device.pace.steps_per_second if device.running else None,
        memory=_finite(whole_memory(capacities)),
        memory_used=weights + costliest_step(counts, capacities),
    )


def _by_size(batches: Mapping[Kind, int]) -> dict[str, int]:
    """Return how many pictures there are of each size, by whichever models."""
    sizes: Counter[str] = Counter()
    for kind, count in batches.items():
        sizes["{}×{}".format(*kind.shape)] += count
    return dict(sizes)


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
