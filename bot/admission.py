"""The one way in for requests, by whichever door they come: what somebody may have painted, and where."""

import secrets

import structlog

from bot.errors import UserError
from bot.origin import Origin
from bot.permissions import missing
from bot.posts import UNWRITTEN, Entry, Posts
from bot.prompt import Arguments
from bot.rules.gate import Gate, texts
from generation.request import ImagineRequest
from store.errors import StoreError

_log = structlog.get_logger(__name__)


class Admission:
    """Refuses in a sentence, or has a request wait.

    Args:
        posts: about the requests.
        gate: that says what may be asked for, by whom and where.
    """

    def __init__(self, posts: Posts, gate: Gate) -> None:
        self._posts = posts
        self.gate = gate

    def enter(self, origin: Origin) -> None:
        """Raise ``UserError`` where nothing is painted for whoever asks there, whatever it is.

        Called before anything is read or fetched for a request.
        """
        self.gate.enter(origin)
        lacking = missing(origin)
        if lacking:
            _log.warning("permissions are missing", channel=origin.channel.id, missing=lacking)
            names = " and ".join(f"**{name}**" for name in lacking)
            raise UserError(f"To paint here I need the permission {names}; a moderator can grant it.")

    def check(self, origin: Origin, arguments: Arguments, *, has_pictures: bool) -> None:
        """Raise ``UserError`` where words or pictures that are given may not be; called before pictures are fetched."""
        self.gate.check_text(origin, *texts(arguments.request("")))
        if has_pictures:
            self.gate.check_pictures(origin)

    async def admit(self, origin: Origin, request: ImagineRequest) -> None:
        """Let a new request wait, and post its place in line.

        Raises:
            UserError: it cannot be taken.
            KnownMessageError: its message asked for something whose end is not yet shown.
        """
        await self._posts.admit(origin, request)

    async def change(self, origin: Origin, entry: Entry, arguments: Arguments) -> None:
        """Let a request that waits be for something else; raises ``UserError`` where that cannot be.

        Args:
            origin: of the change.
            entry: that waits.
            arguments: what it is to be for.
        """
        request = arguments.change(entry.request)
        try:
            await self.gate.check_change(origin, entry.request, request)
        except StoreError:
            raise UserError(UNWRITTEN) from None
        await self._posts.change(entry, request)


def new_request(arguments: Arguments, origin: Origin) -> ImagineRequest:
    """Return the request for what somebody asks for."""
    guild = str(origin.guild.id) if origin.guild else ""
    return arguments.request(secrets.token_hex(4), member=str(origin.author.id), guild=guild)
