"""The bot's token kept out of everything that is written, and whatever looks like a token."""

import re
from typing import TextIO, cast

REDACTED = "[redacted]"
SHORTEST = 8
"""What is shorter is no token, and would be found within ordinary words."""
TOKEN = re.compile(r"(?<![\w-])[\w-]{20,}\.[\w-]{5,8}\.[\w-]{20,}")
"""A token of Discord's: the bot's id, a time and a signature, in Base64."""
LOGIN = re.compile(r"\b(Bot )[\w-]+\.[\w-]+\.[\w-]+")
"""The same as a client sends it, whatever its length."""
HEADER = re.compile(
    r"(\bauthorization['\"]?\s{0,3}[:=,]\s{0,3}(?:b?['\"])?)((bot|bearer|basic)\s{1,3})?[^\s'\",;}]+", re.IGNORECASE
)
"""The header in which it is sent, as text or as a dictionary shows it."""

_known: set[str] = set()


def remember(secret: str | None) -> None:
    """Keep ``secret`` out of all that is written from now on."""
    if secret is not None and len(secret) >= SHORTEST:
        _known.add(secret)


def redact(text: str) -> str:
    """Return ``text`` without what is secret in it."""
    for secret in _known:
        text = text.replace(secret, REDACTED)
    for pattern in (HEADER, LOGIN):
        text = pattern.sub(rf"\1{REDACTED}", text)
    return TOKEN.sub(REDACTED, text)


class _Redacting:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.encoding = stream.encoding

    def write(self, text: str) -> int:
        self._stream.write(redact(text))
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    def isatty(self) -> bool:
        return self._stream.isatty()


def redacting(stream: TextIO) -> TextIO:
    """Return a stream that passes on to ``stream`` what is written to it, redacted."""
    return cast("TextIO", _Redacting(stream))
