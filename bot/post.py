"""The one message about a request, edited in place from the place in line to the finished picture.

Whatever Discord refuses, a post ends in a final message: it is tried again, with fewer bytes, without the picture, as
a new message, in private. Only where the message or the channel was deleted is there nothing to say any more.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import discord
import structlog

from bot.buttons.row import rows_of
from bot.caption import Caption, Ended, InProgress, Painted, Paused, State, Waiting
from bot.delivery import Delivery, Words
from bot.discord_api import CALL_ERRORS, is_gone, is_transient, reason
from bot.edit_lock import EditLock
from bot.pace import place_pause, preview_pause
from bot.patience import Patience
from bot.pictures import Picture

LEAST_CHANGE = 30.0
"""Seconds by which an estimate has to change to be shown anew."""
LONGEST_ATTEMPT = 120.0
"""Seconds; discord.py tries some failures again by itself."""
ENTITY_TOO_LARGE = 413
INFORM_AFTER = 2
"""Refusals of a finished picture after which the member is told in words."""
FALLBACKS = 3
"""Ways in which a picture is posted that has been refused for too long."""

NOT_ATTACHED = (
    "The picture is finished, but Discord does not let me attach it here. I keep trying; a moderator can check that I "
    "have the permission **Attach Files**."
)
NOT_POSTED = "The picture is finished, but Discord does not let me post it."
POSTED_IN_PRIVATE = "The picture is finished. Discord does not let me post it here, so it came to you in private."
VIDEO_TOO_LARGE = "The video is larger than the {0} MB allowed here; fewer steps or a smaller size make it smaller."
NOT_WRITABLE = "I cannot write there, so nothing is painted."

_log = structlog.get_logger(__name__)


class PostGoneError(Exception):
    """There is nowhere to post to: the message or the channel was deleted, or everything was refused."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The member took back what they asked for, and the message about it goes."""


Shown = State | Withdrawn


class Post:
    """Shows the latest state of a request, and nothing in between when states come faster than edits may.

    Args:
        caption: what to say.
        delivery: how to say it.
        edit_lock: of the channel's edits.
        pause: returns the least seconds between two edits, as things are.
        patience: how long to try what Discord does not take.
        only_final: show nothing before the end: another message tells how far it is.
    """

    def __init__(
        self,
        caption: Caption,
        delivery: Delivery,
        edit_lock: EditLock,
        pause: Callable[[], float],
        patience: Patience,
        *,
        only_final: bool = False,
    ) -> None:
        self.caption = caption
        self._delivery = delivery
        self._edit_lock = edit_lock
        self._pause = pause
        self._patience = patience
        self._only_final = only_final
        self._changed = asyncio.Event()
        self._first: State | None = None
        self._is_urgent = False
        """Whether somebody waits for another caption."""
        self._state: Shown | None = None
        self._picture: Picture | None = None
        self._shown: Shown | None = None
        self._earliest = 0.0
        self._repeated_at = 0.0
        self._painted_since: float | None = None
        self._failures = 0
        """Failures since the last success."""
        self._refusals = 0
        """Failures to show the latest state for which Discord is not to blame."""
        self._refused_since = 0.0
        self._told = False
        """Whether the member has been told in words that the picture is finished."""
        self._failed_fallbacks = 0

    @property
    def message(self) -> discord.PartialMessage | None:
        """The message in the channel, once there is one."""
        return self._delivery.message

    def show(self, state: State, picture: Picture | None = None, *, anew: bool = False) -> None:
        """Show this as soon as it may be; without ``picture`` the last one stays, until the request has ended.

        Args:
            state: that is ignored after a final one.
            picture: as it is now.
            anew: show it also where it says little that is new, for the caption is another one.
        """
        if self._only_final and not isinstance(state, Painted | Ended | Paused):
            return
        if anew or _is_worth_showing(self._state, state):
            self._first = self._first or state
            self._is_urgent = self._is_urgent or anew
            self._change(state, None if isinstance(state, Ended) else picture or self._picture)

    def withdraw(self) -> None:
        """Delete the message, or do not send it."""
        self._change(Withdrawn(), None)

    async def run(self) -> bool:
        """Send and edit until a final state is shown, or that it is paused; return whether it is final.

        Raises:
            PostGoneError: there is nowhere to post to.
        """
        while not (_is_final(self._shown) or isinstance(self._shown, Paused)):
            await self._until_due()
            if self._only_final and isinstance(self._state, Paused):
                return False
            if self.message is None:
                await self._attempt()
            else:
                async with self._edit_lock.take(self._urgency):
                    await self._attempt()
        await self._delete_replaced()
        return _is_final(self._shown)

    async def _delete_replaced(self) -> None:
        """Delete the messages that were replaced, if that was not possible at once."""
        until, pauses = time.monotonic() + self._patience.final, self._patience.pauses()
        while not await self._delivery.delete_replaced():
            if time.monotonic() > until:
                _log.warning("could not delete a post that was replaced", request=self.caption.request.id)
                return
            await asyncio.sleep(next(pauses))

    def _change(self, state: Shown, picture: Picture | None) -> None:
        self._state, self._picture = state, picture
        if isinstance(state, InProgress) and self._painted_since is None:
            self._painted_since = time.monotonic()
        # The first message is the same for all states, and so is why it is refused.
        if self.message is not None:
            self._refusals = 0
        self._changed.set()

    async def _until_due(self) -> None:
        """Wait until there is something to show and it may be shown."""
        await self._changed.wait()
        while (wait := self._wait()) > 0:
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._changed.wait()

    def _wait(self) -> float:
        """Return the seconds until the state may be shown; a final one waits only where Discord did not take it."""
        if _is_final(self._state):
            return self._repeated_at - time.monotonic()
        pause = extended = self._pause()
        if self.message is not None and isinstance(self._state, Waiting) and not self._is_urgent:
            extended = place_pause(pause)
        elif isinstance(self._state, InProgress) and self._painted_since is not None:
            extended = preview_pause(pause, time.monotonic() - self._painted_since)
        return self._earliest + (extended - pause) - time.monotonic()

    def _urgency(self) -> int:
        return 2 if _is_final(self._state) else 1 if isinstance(self._state, InProgress) or self._is_urgent else 0

    async def _attempt(self) -> None:
        """Show the latest state. What Discord does not take is left for later, and then said in another way."""
        self._changed.clear()
        self._is_urgent = False
        state, picture = self._state, self._picture
        assert state is not None
        try:
            async with asyncio.timeout(LONGEST_ATTEMPT):
                shown = await self._deliver(state, picture)
        except PostGoneError:
            raise
        except Exception as error:
            await self._note_failure(error, state, picture)
            return
        self._failures = 0
        self._earliest = time.monotonic() + self._pause()
        self._shown = shown
        if shown is not self._state:
            self._changed.set()

    async def _deliver(self, state: Shown, picture: Picture | None) -> Shown | None:
        """Say it in the way that is next; return the state that is shown now, None where there is more to show."""
        if isinstance(state, Withdrawn):
            await self._delivery.delete()
            return state
        if self.message is None:
            return await self._begin()
        words = self._words(state)
        if self._delivery.age > self._patience.editable and not self._refusals:
            await self._delivery.replace(words, picture)
        elif not _is_final(state):
            await self._delivery.edit(words, None if self._refusals else picture)
        elif picture is None:
            await self._deliver_words(words, self._refusals)
        elif picture.largest > self._delivery.upload_limit:
            await self._shrink(state, picture)
            return None
        elif self._refused_for_long:
            return await self._fall_back(state, words, picture)
        elif self._told or self._refusals < INFORM_AFTER:
            await self._delivery.edit(words, picture)
        else:
            told = Words(self.caption.text(Ended(NOT_ATTACHED, again=False)))
            await self._deliver_words(told, self._refusals - INFORM_AFTER)
            self._told = True
            return None
        return state

    async def _begin(self) -> Shown | None:
        """Send the first message, with the first state, so that everybody sees their place in line."""
        await self._delivery.wait_for_turn()
        state = self._state
        if state is None or isinstance(state, Withdrawn):
            return None
        if self._refusals > 1:
            if _is_final(state):
                await self._delivery.tell_in_private(self._words(state), self._picture)
                return state
            await self._delivery.tell_in_private(Words(NOT_WRITABLE), None)
            raise PostGoneError("the first message was refused")
        first = state if isinstance(state, Paused | Ended) or self._first is None else self._first
        await self._delivery.begin(self._words(first), reference=not self._refusals)
        return None if isinstance(first, Painted) else first  # its picture comes with an edit

    async def _deliver_words(self, words: Words, refusals: int) -> None:
        """Say it, after refusals in another way each."""
        match refusals % 4:
            case 0 | 1:
                await self._delivery.edit(words, None)
            case 2:
                await self._delivery.replace(words, None)
            case _:
                await self._delivery.tell_in_private(words, None)

    def _words(self, state: State) -> Words:
        caption = self.caption
        return Words(caption.text(state), rows_of(caption.request, state, together=caption.together))

    async def _fall_back(self, state: Shown, words: Words, picture: Picture) -> Shown | None:
        """Post a picture that was refused for too long where it belongs; in the end say so in words."""
        try:
            match self._failed_fallbacks:
                case 0:
                    await self._delivery.replace(words, picture)
                case 1:
                    await self._delivery.tell_in_private(words, picture)
                    self._change(Ended(POSTED_IN_PRIVATE, again=True), None)
                    return None
                case _:
                    await self._delivery.edit(self._words(Ended(NOT_POSTED, again=True)), None)
                    raise PostGoneError("the picture was refused in every way")
        except Exception as error:
            self._failed_fallbacks += not is_transient(error)
            raise
        return state

    async def _note_failure(self, error: Exception, state: Shown, picture: Picture | None) -> None:
        """Take note that Discord did not take it; raises ``PostGoneError`` where it is not to be tried again."""
        if is_gone(error):
            raise PostGoneError(reason(error)) from None
        if picture is not None and isinstance(error, discord.HTTPException) and error.status == ENTITY_TOO_LARGE:
            await self._shrink(state, picture)
            return
        if not self._failures:
            log = _log.bind(request=self.caption.request.id, error=reason(error))
            fault = None if isinstance(error, CALL_ERRORS) else error
            log.warning("Discord did not take a post; it is tried again", exc_info=fault)
        self._failures += 1
        if not is_transient(error):
            self._refused_since = self._refused_since if self._refusals else time.monotonic()
            self._refusals += 1
            if self._gives_up:
                raise PostGoneError(reason(error)) from None
        self._earliest = self._repeated_at = time.monotonic() + self._patience.after(self._failures)
        self._changed.set()

    @property
    def _refused_for_long(self) -> bool:
        return self._refusals > 0 and time.monotonic() - self._refused_since > self._patience.final

    @property
    def _gives_up(self) -> bool:
        if self.message is None:
            return self._refusals > 2
        if not (_is_final(self._state) and self._refused_for_long):
            return False
        return self._failed_fallbacks >= FALLBACKS if self._picture else self._refusals >= 4

    async def _shrink(self, state: Shown, picture: Picture) -> None:
        """Let a video, then the picture have fewer bytes; where none are left go without it, and say so at the end."""
        lighter = await asyncio.to_thread(picture.lighter)
        if self._state is not state:
            return
        limit = self._delivery.upload_limit >> 20
        if lighter is not None:
            self._change(state, lighter)
        elif picture.video is not None and isinstance(state, Painted):
            self._change(replace(state, note=VIDEO_TOO_LARGE.format(limit)), replace(picture, video=None))
        elif _is_final(state):
            self._change(Ended(f"The picture is larger than the {limit} MB allowed here.", again=True), None)
        else:
            self._change(state, None)


def _is_final(state: Shown | None) -> bool:
    return isinstance(state, Painted | Ended | Withdrawn)


def _is_worth_showing(old: Shown | None, new: State) -> bool:
    if _is_final(old):
        return False
    if isinstance(old, Waiting) and isinstance(new, Waiting):
        return old.place != new.place or abs(old.starts - new.starts) >= LEAST_CHANGE
    return True
