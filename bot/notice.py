"""Telling those who wait that their pictures go on after a restart: by their posts, and where many wait by a notice."""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import Coroutine, Iterable, Iterator, Sequence

import structlog

from bot.caption import Paused
from bot.characters import MAX_CONTENT, units
from bot.discord_api import CALL_ERRORS, is_transient, reason
from bot.entry import Entry
from bot.patience import Patience

TITLE = "**Easel is being restarted; these pictures go on by themselves:**"
MOST_EDITED = 3
"""Of one channel so many posts can be edited at the end, before it is over; of more one message tells."""

_log = structlog.get_logger(__name__)


class Notices:
    """Tells each member once.

    Args:
        patience: how long to try what Discord does not take.
    """

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._told: dict[str, int] = {}
        """The channels of those that were told, by the ids of the requests."""

    def tell(self, entries: Iterable[Entry]) -> Iterator[Coroutine[None, None, None]]:
        """Have posts say that they go on, but those that do already; yield what sends the notices, to be run."""
        by_channel: defaultdict[int, list[Entry]] = defaultdict(list)
        for entry in entries:
            if entry.request.id not in self._told:
                by_channel[entry.origin.channel.id].append(entry)
                entry.post.show(Paused())
                self._told[entry.request.id] = entry.origin.channel.id
        for channel_id, told in by_channel.items():
            if sum(channel == channel_id for channel in self._told.values()) > MOST_EDITED:
                yield self._send(told)

    async def _send(self, entries: Sequence[Entry]) -> None:
        """Tell all members of a channel at once, as often as it takes while Discord is in trouble.

        Their posts are changed as far as there is time.
        """
        channel = entries[0].origin.channel
        for text in notices(entries):
            nonce = secrets.token_hex(8)
            for pause in self._patience.pauses():
                try:
                    await channel.send(text, suppress_embeds=True, nonce=nonce)
                    break
                except CALL_ERRORS as error:
                    if not is_transient(error):
                        _log.warning("could not send a notice", channel=str(channel), error=reason(error))
                        return
                await asyncio.sleep(pause)


def notices(entries: Sequence[Entry]) -> Iterator[str]:
    """Yield messages, each of at most 2000 characters, with a line for every request: whose it is, and of what.

    Nobody is pinged by a mention that the sender does not allow.
    """
    text = TITLE
    for entry in entries:
        line = f"\n{entry.origin.author.mention} {entry.post.caption.title}"
        if units(text + line) > MAX_CONTENT:
            yield text
            text = TITLE
        text += line
    yield text
