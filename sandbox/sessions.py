"""Gateway sessions: who listens, and what they have missed.

A session outlives its connection for a few minutes and keeps what was sent meanwhile, so that a client
that comes back with RESUME loses nothing.
"""

import json
import secrets
from collections import deque
from collections.abc import Iterator
from typing import Any, Protocol

from sandbox.intents import EVERY_INTENT, Intent
from sandbox.model import User
from sandbox.payloads import Payload
from sandbox.snowflake import Clock

RESUMABLE_SECONDS = 300.0
KEPT_EVENTS = 1000
OF_EVERY_SHARD = ("READY", "RESUMED")

Shard = tuple[int, int]
"""The number of a shard and how many there are: https://docs.discord.com/developers/events/gateway#sharding"""


class Line(Protocol):
    """The connection that a session speaks through."""

    def send(self, frame: str) -> None:
        """Send one text frame."""

    def close(self, code: int) -> None:
        """Close with a gateway close code."""


class Session:
    """One login at the gateway. `line` is None while its client is away.

    `shard` is its number and how many there are; None where everything is heard.
    """

    def __init__(
        self, user: User, intents: int, presence: dict[str, Any], line: Line, shard: Shard | None = None
    ) -> None:
        self.id = secrets.token_hex(16)
        self.user = user
        self.intents = intents
        self.presence = presence
        self.shard = shard
        self.line: Line | None = line
        self.left_at: float | None = None
        self.sequence = 0
        self._kept: deque[tuple[int, str]] = deque(maxlen=KEPT_EVENTS)

    def dispatch(self, event: str, data: Payload) -> None:
        """Send an event, or keep it until the client is back; what is for another shard is not sent."""
        if event not in OF_EVERY_SHARD and not self.is_of(_guild_of(event, data)):
            return
        self.sequence += 1
        frame = json.dumps({"op": 0, "s": self.sequence, "t": event, "d": data}, separators=(",", ":"))
        self._kept.append((self.sequence, frame))
        if self.line is not None:
            self.line.send(frame)

    def listens(self, intent: int) -> bool:
        """Whether the session asked for events of `intent`."""
        return bool(self.intents & intent)

    def is_of(self, guild_id: int | None) -> bool:
        """Whether a server, or for None what happens in private, is for this session's shard."""
        if self.shard is None:
            return True
        number, count = self.shard
        return number == (0 if guild_id is None else (guild_id >> 22) % count)

    def can_replay(self, after: int) -> bool:
        """Whether everything after sequence number `after` is still kept."""
        oldest = self._kept[0][0] if self._kept else self.sequence + 1
        return oldest - 1 <= after <= self.sequence

    def replay(self, after: int, line: Line) -> None:
        """Continue on `line`: first everything after sequence number `after`, then RESUMED."""
        if self.line is not None:
            self.line.close(4000)
        self.line, self.left_at = line, None
        for sequence, frame in self._kept:
            if sequence > after:
                line.send(frame)
        self.dispatch("RESUMED", {})


class Sessions:
    """All sessions."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_id: dict[str, Session] = {}

    def __iter__(self) -> Iterator[Session]:
        return iter(list(self._by_id.values()))

    def open(
        self, user: User, intents: int | None, presence: dict[str, Any], line: Line, shard: Shard | None = None
    ) -> Session:
        """Start a session; a person's client does not name intents and gets everything."""
        self._forget_expired()
        session = Session(user, EVERY_INTENT if intents is None else intents, presence, line, shard)
        self._by_id[session.id] = session
        return session

    def find(self, session_id: str, token: str) -> Session | None:
        """Return a session that may still be resumed with `token`."""
        self._forget_expired()
        session = self._by_id.get(session_id)
        return session if session is not None and session.user.token == token else None

    def leave(self, session: Session, line: Line, *, for_good: bool) -> None:
        """Note that the client on `line` is gone; `for_good` ends the session."""
        if session.line is not line:
            return
        session.line, session.left_at = None, self._clock()
        if for_good:
            self.end(session)

    def end(self, session: Session) -> None:
        """Forget a session, so that it cannot be resumed."""
        self._by_id.pop(session.id, None)

    def online(self, user: User) -> bool:
        """Whether `user` has a session with a live connection."""
        return self.presence(user) is not None

    def presence(self, user: User) -> dict[str, Any] | None:
        """Return the presence of the newest live session of `user`."""
        live = [each for each in self if each.user is user and each.line is not None]
        return live[-1].presence if live else None

    def readers(self, session: Session) -> bool:
        """Whether `session` reads message content: people always, the bot with the intent."""
        return not session.user.bot or session.listens(Intent.MESSAGE_CONTENT)

    def _forget_expired(self) -> None:
        horizon = self._clock() - RESUMABLE_SECONDS
        for session in self:
            if session.left_at is not None and session.left_at < horizon:
                self.end(session)


def _guild_of(event: str, data: Payload) -> int | None:
    """Return the server that an event is about; None for what happens in private."""
    about = data.get("id") if event in ("GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE") else data.get("guild_id")
    return None if about is None else int(about)
