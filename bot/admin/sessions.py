"""Who has shown the operator's token: by each request, or once for a session."""

import hmac
import secrets
import time
from collections import OrderedDict, deque
from dataclasses import dataclass

LASTS = 12 * 3600.0
"""Seconds after which a session ends."""
MOST = 50
"""Sessions at a time; the oldest goes."""
WRONG = 10
"""Wrong tokens within :data:`WINDOW` from one address; beyond that none of its is looked at."""
WINDOW = 60.0
"""Seconds."""
MOST_ADDRESSES = 1000
"""From which wrong tokens are counted; the oldest goes."""


class TooManyError(Exception):
    """Too many wrong tokens came from an address lately; the right one would not be looked at either."""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser in which the token was shown.

    Args:
        key: which the browser sends as a cookie.
        proof: which the page itself sends in a header. Browsers send cookies to whatever answers at another port of
            this machine, too; this they do not.
        ends: when, by the monotonic clock.
    """

    key: str
    proof: str
    ends: float


class Sessions:
    """Knows them in memory: the bot's next start asks for the token again.

    Args:
        token: the operator's.
    """

    def __init__(self, token: str) -> None:
        self._token = token
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    def is_token(self, token: str, address: str) -> bool:
        """Return whether that is the operator's token; raises ``TooManyError``."""
        now, wrong = time.monotonic(), self._wrong.get(address)
        if wrong is not None and len(wrong) == WRONG and now < wrong[0] + WINDOW:
            raise TooManyError
        if is_same(token, self._token):
            return True
        self._wrong.setdefault(address, deque(maxlen=WRONG)).append(now)
        if len(self._wrong) > MOST_ADDRESSES:
            self._wrong.popitem(last=False)
        return False

    def begin(self) -> Session:
        """Begin a session, for who has shown the token."""
        session = Session(secrets.token_urlsafe(32), secrets.token_urlsafe(32), time.monotonic() + LASTS)
        self._sessions[session.key] = session
        if len(self._sessions) > MOST:
            self._sessions.popitem(last=False)
        return session

    def find(self, key: str) -> Session | None:
        """Return the session of a key; None where there is none, or it has ended."""
        session = self._sessions.get(key)
        return session if session is not None and time.monotonic() < session.ends else None

    def end(self, key: str) -> None:
        """End a session."""
        self._sessions.pop(key, None)


def is_same(shown: str, secret: str) -> bool:
    """Return whether somebody has shown a secret, in a time that does not tell how much of it."""
    return hmac.compare_digest(shown.encode(errors="replace"), secret.encode())
