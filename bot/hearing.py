"""Which messages were heard, so that none is heard twice, and at the next start none is missed."""

import asyncio
import contextlib
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from store.heard import Heard

REMEMBERED = 1000
"""Messages that are recognised when the gateway delivers them twice."""
HEARD_SECONDS = 5.0
"""From one writing down of what was heard to the next."""


class Hearing:
    """Knows it by the ids of messages, which grow with time.

    Args:
        heard: where it is written down up to which message all were heard.
    """

    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._seen: dict[int, str] = {}
        """What messages said when they were heard."""
        self._missed: dict[int, None] = {}
        """Messages that were typed while the bot was away."""
        self._newest: dict[int, int] = {}
        """The newest message that was heard, by shard."""
        self._missing_since: dict[int, int] = {}
        """After which others may be missing, by shard."""
        self._since: int | None = None
        """After which they may be in shards that were not ready in this run."""
        self._shards: Collection[int] = ()
        """All of this process, once one of them was ready."""
        self._ready_shards: set[int] = set()
        self._looking_since: list[int] = []
        self._unsettled: set[int] = set()
        """Messages whose commands run, and may not yet have been written down."""
        self._saved = 0

    def recall(self, since: int | None, asked: Iterable[int]) -> None:
        """Take note of what an earlier run has heard.

        Args:
            since: after this message others may be missing; None where nothing is.
            asked: messages that are not to be heard again, newest first.
        """
        self._since = since
        self._seen = dict.fromkeys(reversed([*asked]), "")

    async def save(self, settled: int | None = None) -> None:
        """Write down up to which message all were heard.

        Args:
            settled: a message whose command runs and is not to be heard again.
        """
        self._unsettled.discard(settled or 0)
        is_ready = bool(self._shards) and self._ready_shards.issuperset(self._shards)
        before = [] if self._since is None or is_ready else [self._since]
        unsettled = [message - 1 for message in self._unsettled]
        missing_since = self._missing_since.values()
        heard = min([self.newest, *before, *missing_since, *self._looking_since, *unsettled])
        if heard > self._saved:
            self._saved = heard
            await self._heard.save(heard)

    async def keep(self) -> None:
        """Write it down now and again, until cancelled."""
        while True:
            await asyncio.sleep(HEARD_SECONDS)
            await self.save()

    @property
    def newest(self) -> int:
        """The newest message that was heard."""
        return max(self._newest.values(), default=0)

    def note(self, shard: int, message: int) -> None:
        """Take note that everything up to a message was heard in a shard, or is not to be."""
        self._newest[shard] = max(self._newest.get(shard, 0), message)

    def remember(self, message: int, content: str) -> None:
        """Take note of what a message said when it was heard."""
        remember(self._seen, message, content)

    def remembered(self, message: int) -> str | None:
        """Return what a message said when it was heard; None where it was not, or long ago."""
        return self._seen.get(message)

    def miss(self, message: int) -> None:
        """Take note that a message was typed while the bot was away."""
        remember(self._missed, message, None)

    def is_missed(self, message: int) -> bool:
        """Return whether a message was typed while the bot was away."""
        return message in self._missed

    @contextlib.contextmanager
    def unsettled(self, message: int) -> Iterator[None]:
        """Have a message heard again at the next start, if this run ends before its command has."""
        self._unsettled.add(message)
        try:
            yield
        finally:
            self._unsettled.discard(message)

    def lost(self, shard: int) -> None:
        """Take note from where on messages may be missing in a shard that has lost its session."""
        if shard in self._ready_shards:
            self._missing_since.setdefault(shard, self._newest.get(shard) or self.newest)

    def resumed(self, shard: int) -> None:
        """Forget about it: what was written meanwhile comes by itself."""
        self._missing_since.pop(shard, None)

    def ready(self, shard: int, shards: Collection[int], newest: int) -> int | None:
        """Take note of a new session, and return after which message others may be missing; None where none are.

        Args:
            shard: whose session it is.
            shards: all of this process.
            newest: message that was written in its servers.
        """
        since = self._missing_since.pop(shard, None) if shard in self._ready_shards else self._since
        self._shards = shards
        self._ready_shards.add(shard)
        self.note(shard, newest)
        if since is None:
            self._saved = -1  # also where there are no messages yet, those that come are new
        return since

    @contextlib.contextmanager
    def looking(self, since: int) -> Iterator[None]:
        """Count nothing after a message as heard while what followed is looked through, nor where that fails."""
        self._looking_since.append(since)
        yield
        self._looking_since.remove(since)


def remember(bounded: dict[int, Any], key: int, value: Any) -> None:
    """Keep a value in the place of the oldest, where there are many."""
    bounded[key] = value
    if len(bounded) > REMEMBERED:
        del bounded[next(iter(bounded))]
