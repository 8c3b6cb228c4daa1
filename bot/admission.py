"""The one way in for requests, by whichever door they come: what somebody may have painted, and where."""

import secrets

import structlog

from bot.errors import UserError
from bot.origin import Origin
from bot.permissions import missing
from bot.posts import Entry, Posts
from bot.prompt import Arguments
from generation.request import ImagineRequest

_log = structlog.get_logger(__name__)


class Admission:
    """Refuses in a sentence, or has a request wait.

    Args:
        posts: about the requests.
    """

    def __init__(self, posts: Posts) -> None:
        self._posts = posts

    def enter(self, origin: Origin) -> None:
        """Raise ``UserError`` where nothing is painted for whoever asks there, whatever it is.

        Called before anything is fetched for a request.
        """
        lacking = missing(origin)
        if lacking:
            _log.warning("permissions are missing", channel=origin.channel.id, missing=lacking)
            names = " and ".join(f"**{name}**" for name in lacking)
            raise UserError(f"To paint here I need the permission {names}; a moderator can grant it.")

    async def admit(self, origin: Origin, request: ImagineRequest) -> None:
        """Let a new request wait, and post its place in line.

        Raises:
            UserError: it cannot be taken.
            KnownMessageError: its message asked for something whose end is not yet shown.
        """
        await self._posts.admit(origin, request)

    async def change(self, entry: Entry, arguments: Arguments) -> None:
        """Let a request that waits be for something else; raises ``UserError`` where that cannot be."""
        await self._posts.change(entry, arguments.change(entry.request))


def new_request(arguments: Arguments, origin: Origin) -> ImagineRequest:
    """Return the request for what somebody asks for."""
    guild = str(origin.guild.id) if origin.guild else ""
    return arguments.request(secrets.token_hex(4), member=str(origin.author.id), guild=guild)
