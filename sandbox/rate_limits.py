"""Rate limits: buckets of route and channel (or server), a limit over everything, and their headers.

Discord publishes none of the numbers and asks clients to read the headers; these are the ones that
developers observe. https://docs.discord.com/developers/topics/rate-limits
"""

import hashlib
from collections import deque
from dataclasses import dataclass

from sandbox.snowflake import Clock


@dataclass(frozen=True, slots=True)
class Rule:
    """So many requests in so many seconds."""

    limit: int
    seconds: float


_MESSAGES = "/channels/{channel_id}/messages"
_MESSAGE = f"{_MESSAGES}/{{message_id}}"
_REACTION = f"{_MESSAGE}/reactions/{{emoji_name}}"
_WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"

RULES = {
    ("POST", _MESSAGES): Rule(5, 5),
    ("PATCH", _MESSAGE): Rule(5, 5),
    ("DELETE", _MESSAGE): Rule(5, 1),
    ("PUT", f"{_REACTION}/@me"): Rule(1, 0.25),
    ("DELETE", f"{_REACTION}/@me"): Rule(1, 0.25),
    ("DELETE", f"{_REACTION}/{{user_id}}"): Rule(1, 0.25),
    ("POST", _WEBHOOK): Rule(5, 2),
    ("PATCH", f"{_WEBHOOK}/messages/@original"): Rule(5, 2),
    ("PATCH", f"{_WEBHOOK}/messages/{{message_id}}"): Rule(5, 2),
}
OTHER = Rule(30, 10)
GLOBAL = Rule(50, 1)
OLD_EDITS = Rule(3, 20)
COMMAND_CREATES = Rule(200, 86_400)
"""New commands in all places, and on each server."""
INVALID = Rule(10_000, 600)
"""So many answers with 401, 403 and 429 in so many seconds, and the proxy in front of Discord answers no more."""
PERSON_FACTOR = 4
"""A person's client may do so much more than the bot."""


@dataclass(slots=True)
class _Window:
    ends: float
    used: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a bucket stands after a request; `retry_after` is None where the request was let through."""

    headers: dict[str, str]
    retry_after: float | None = None
    scope: str = "user"


class RateLimits:
    """Counts everybody's requests.

    Its rules, and how much more a person may do than the bot, can be changed at any time.
    """

    def __init__(self, clock: Clock) -> None:
        self.rules = dict(RULES)
        self.person_factor = PERSON_FACTOR
        self._clock = clock
        self._windows: dict[tuple[object, ...], _Window] = {}
        self._invalid: deque[float] = deque()
        self.invalid_rule = INVALID
        self.enabled = True

    @property
    def invalid_requests(self) -> int:
        """How many of the application's requests of late count towards a ban."""
        horizon = self._clock() - self.invalid_rule.seconds
        while self._invalid and self._invalid[0] <= horizon:
            self._invalid.popleft()
        return len(self._invalid)

    @property
    def banned(self) -> bool:
        """Whether the application has made too many invalid requests."""
        return self.invalid_requests >= self.invalid_rule.limit

    def note_invalid(self) -> None:
        """Count a request of the application that was answered with 401, 403 or 429."""
        self._invalid.append(self._clock())

    def take(self, user_id: int | None, method: str, route: str, major: str, *, bot: bool) -> Standing:
        """Count one request of `user_id`; `major` is the channel, server or webhook token in its path.

        None is nobody: requests with a token in their path have no limit over everything, and some none at all.
        """
        if not self.enabled or (user_id is None and (method, route) not in self.rules):
            return Standing({})
        rule = self.rules.get((method, route), OTHER)
        factor = 1 if bot else self.person_factor
        limit = rule.limit * factor
        if user_id is not None:
            wait, _ = self._count((user_id,), GLOBAL.limit * factor, GLOBAL.seconds)
            if wait is not None:
                return Standing({"X-RateLimit-Global": "true"}, wait, "global")
        wait, window = self._count((user_id, method, route, major), limit, rule.seconds)
        headers = {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(limit - window.used),
            "X-RateLimit-Reset": f"{window.ends:.3f}",
            "X-RateLimit-Reset-After": f"{window.ends - self._clock():.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(f"{method} {route}".encode()).hexdigest()[:32],
        }
        return Standing(headers, wait)

    def take_old_edit(self, channel_id: int) -> float | None:
        """Count one edit of an old message; returns the seconds to wait where there were too many."""
        return self._count(("old edits", channel_id), OLD_EDITS.limit, OLD_EDITS.seconds)[0]

    def take_command_creates(self, guild: str, count: int) -> float | None:
        """Count new commands of a server, or of all for ""; returns the seconds to wait where there were too many."""
        for _ in range(count if self.enabled else 0):
            wait, _window = self._count(("commands", guild), COMMAND_CREATES.limit, COMMAND_CREATES.seconds)
            if wait is not None:
                return wait
        return None

    def _count(self, key: tuple[object, ...], limit: int, seconds: float) -> tuple[float | None, _Window]:
        now = self._clock()
        window = self._windows.get(key)
        if window is None or window.ends <= now:
            window = self._windows[key] = _Window(now + seconds)
        if window.used >= limit:
            return window.ends - now, window
        window.used = min(limit, window.used + 1)
        return None, window
