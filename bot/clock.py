"""Whether this machine's clock is right: members are told times by it."""

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

import aiohttp
import structlog

OFF = 10.0
"""Seconds by which it may differ."""
ADVICE = "set it by NTP (timedatectl set-ntp true): members are told wrong times, and certificates may be refused"

_log = structlog.get_logger(__name__)


def ahead(headers: Mapping[str, str]) -> float | None:
    """Return by how many seconds this clock is ahead of that of who has just answered; None where that is silent."""
    try:
        return time.time() - parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def difference(ahead: float) -> str:
    """Return in words by how much it is off, ``""`` where that is little."""
    if abs(ahead) <= OFF:
        return ""
    return f"{abs(ahead):.0f} seconds {'ahead of' if ahead > 0 else 'behind'} Discord's"


class ClockCheck:
    """Says once in the log that the clock is off, by what Discord answers."""

    def __init__(self) -> None:
        self._told = False

    async def note(self, _: aiohttp.ClientSession, __: SimpleNamespace, call: aiohttp.TraceRequestEndParams) -> None:
        """Look at an answer."""
        off = None if self._told else ahead(call.response.headers)
        if off is not None and (words := difference(off)):
            self._told = True
            _log.warning(f"this machine's clock is {words}; {ADVICE}")
