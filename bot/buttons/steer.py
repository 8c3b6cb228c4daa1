"""What the buttons do by which a picture is steered while it waits or is painted."""

from collections.abc import Mapping
from functools import partial

import discord

from bot.buttons.forms import form
from bot.buttons.press import UNKNOWN, Action, Press
from bot.entry import Entry
from bot.errors import UserError
from bot.posts import Posts
from bot.steering import Steerings
from generation.targets import Steering

STEP = 0.5
"""By which a press changes the weight of a text."""
HINT = "more: a lighthouse | less: fog | sky::0.5"
NOT_YOURS = "Only who asked for that picture can say who steers it."
TOGETHER = "Others can steer it now, as you can."
ALONE = "Only you can steer it now, or those whom the server lets steer every picture."


class SteerButtons:
    """The buttons by which a picture is steered.

    Args:
        posts: about the requests.
        steerings: that has it done.
    """

    def __init__(self, posts: Posts, steerings: Steerings) -> None:
        self._posts = posts
        self._steerings = steerings

    def actions(self) -> Mapping[str, Action]:
        """Return what they do, by their names."""
        return {
            "steer": Action(self._say, self._open),
            "weaker": Action(partial(self._slide, -STEP), is_once=False),
            "stronger": Action(partial(self._slide, STEP), is_once=False),
            "together": Action(partial(self._share, together=True), is_once=False),
            "alone": Action(partial(self._share, together=False), is_once=False),
        }

    async def _open(self, press: Press) -> discord.ui.Modal:
        """Open a form for what to say, to who may steer."""
        self._steerings.check(press.origin, self._entry(press, press.id.of))
        return form(press.id, "Steer", "What there should be more or less of", hint=HINT)

    async def _say(self, press: Press) -> str:
        """Steer as was filled in."""
        await self._posts.settle()
        return await self._steerings.say(press.origin, [self._entry(press, press.id.of)], press.text)

    async def _slide(self, change: float, press: Press) -> str:
        """Let a text that was said count more or less."""
        await self._posts.settle()
        request_id, _, number = press.id.of.rpartition("-")
        entry = self._entry(press, request_id)
        said = dict(enumerate(entry.request.steering)).get(int(number) if number.isdecimal() else -1)
        if said is None:
            raise UserError(UNKNOWN)
        steering = Steering(said.text, change, adds=True, by=str(press.origin.author.id))
        return await self._steerings.steer(press.origin, [entry], [steering])

    async def _share(self, press: Press, *, together: bool) -> str:
        """Let others steer too, or let them no longer."""
        await self._posts.settle()
        entry = self._entry(press, press.id.of)
        if entry.origin.author.id != press.origin.author.id:
            raise UserError(NOT_YOURS)
        self._steerings.check(press.origin, entry)
        await self._posts.share(entry, together=together)
        return TOGETHER if together else ALONE

    def _entry(self, press: Press, request_id: str) -> Entry:
        entry = self._posts.entry(request_id)
        if entry is None:
            raise self._steerings.ended(press.origin)
        return entry
