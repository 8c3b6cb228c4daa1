"""What is secret, and what is not."""

import aiohttp
import pytest
import yarl
from multidict import CIMultiDict, CIMultiDictProxy

from easel.redaction import redact, remember

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GhIjKl.abcdefghijklmnopqrstuvwxyz0123456789AB"


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        f"https://example.org/{TOKEN}/x?y={TOKEN}",
        f"login with '{TOKEN}' failed",
        "Authorization: Bot abcdef",
        "{'Authorization': 'Bot abcdef'}",
        "('Authorization', 'abcdef')",
        "(b'Authorization', b'Bot abcdef')",
        "authorization=Bearer abcdef",
        "sent Bot abcdef.ghi.jkl",
    ],
)
def test_what_looks_like_a_token_is_not_there(text: str) -> None:
    redacted = redact(text)
    assert "abcdef" not in redacted
    assert "[redacted]" in redacted


@pytest.mark.parametrize(
    "text",
    [
        "the bot is in no server yet",
        "authorization failed: check the permissions",
        "Bot version 2.7.1 of discord.py",
        "/home/me/.local/share/easel/pictures/84bbd3eb-a-sunset-over-the-sea-551149387.png",
        "https://discord.com/oauth2/authorize?client_id=1&scope=bot+applications.commands&permissions=274878008384",
        "generation.executor.local.LocalExecutor.add_request",
    ],
)
def test_what_is_not_secret_stays(text: str) -> None:
    assert redact(text) == text


def test_a_known_secret_is_not_there_whatever_it_looks_like() -> None:
    remember("hunter22-and-more")
    assert redact("(hunter22-and-more)") == "([redacted])"


def test_what_is_too_short_to_be_a_secret_does_not_spoil_the_log() -> None:
    remember("bot")
    remember(None)
    assert redact("the bot") == "the bot"


def test_the_headers_in_an_error_of_aiohttp() -> None:
    headers = CIMultiDictProxy(CIMultiDict({"Authorization": "Bot abcdef", "Host": "example.org"}))
    url = yarl.URL("https://example.org")
    error = aiohttp.ClientResponseError(aiohttp.RequestInfo(url, "GET", headers, url), ())
    assert "abcdef" in repr(error)
    assert "abcdef" not in redact(repr(error))


def test_long_texts_are_looked_through_at_once() -> None:
    assert redact("a" * 1_000_000 + "." + "b-" * 1_000_000)
