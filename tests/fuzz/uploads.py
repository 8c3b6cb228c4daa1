"""Pictures that members send, damaged: `generation.decoding.picture.reencoded`, and their addresses: `Sources`."""

import contextlib
import io
from collections.abc import Iterator
from functools import cache, partial
from random import Random
from typing import Any
from unittest.mock import patch

from hypothesis import strategies as st
from PIL import Image, ImageSequence

from bot.errors import UserError
from bot.fetch import DISCORD_HOST, Sources
from bot.uploads import split
from config.settings.discord import DiscordSettings
from generation.decoding.picture import TooLargeError, UnreadableError, reencoded
from tests.fuzz.mutations import damaged
from tests.fuzz.target import Check, Target, as_it_is

MAX_PIXELS = 2_000_000
"""Fewer than the process may decode, which has more memory than a target."""
MODES = ("RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16")
KINDS = ("PNG", "JPEG", "WEBP", "GIF")


@cache
def whole() -> list[bytes]:
    """Return small pictures of every format and mode, some with metadata, some that move."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "who and where"
    pictures = []
    for kind in KINDS:
        for mode in MODES:
            image = Image.effect_noise((24, 16), 60).convert("I" if mode == "I;16" else mode)
            out = io.BytesIO()
            more: dict[str, Any] = {"exif": exif, "icc_profile": b"x" * 200} if kind != "GIF" else {"comment": b"x"}
            if kind in {"GIF", "WEBP", "PNG"}:
                more |= {"save_all": True, "append_images": [image.rotate(90)]}
            with contextlib.suppress(OSError, ValueError):  # not every format has every mode
                image.save(out, kind, **more)
                pictures.append(out.getvalue())
    return pictures


def sent(random: Random) -> bytes:
    """Return a picture, most of them damaged, some of two kinds or cut off."""
    data = random.choice(whole())
    if random.random() < 0.1:
        data += random.choice(whole())
    if random.random() < 0.1:
        data = data[: random.randrange(len(data))]
    return damaged(random, data) if random.random() < 0.8 else data


def check(data: bytes) -> str:
    """Check that what comes out is a plain picture, or one of two refusals."""
    try:
        png = reencoded(data)
    except UnreadableError:
        return "unreadable"
    except TooLargeError:
        return "too large"
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        assert image.mode == "RGB"
        assert image.info == {}
        assert len([*ImageSequence.Iterator(image)]) == 1
    assert b"who and where" not in png
    return "read"


@contextlib.contextmanager
def decoding() -> Iterator[Check]:
    """Get the decoders ready."""
    with patch("generation.decoding.picture.MAX_PIXELS", MAX_PIXELS):
        for data in whole():
            reencoded(data)
        yield check


SOURCES = Sources(DiscordSettings())
PARTS = st.sampled_from(
    [
        *("https", "http", "HTTPS", "file", "ftp", "://", ":", "//", "/", "\\", "@", "#", "?", "%", "%2f", "%40", "::"),
        *("cdn.discordapp.com", "media.discordapp.net", "images-ext-1.discordapp.net", "discord.com", "example.org"),
        *("127.0.0.1", "localhost", "[::1]", "[", "]", "0x7f.1", "169.254.169.254", "443", "80", "8000", "99999"),
        *("\u3002", "\uff0e", "\u2044", "\u202e", "\u00ad", "\0", "\t", "\n", " ", "é", "ⓒdn", "xn--", "user", "."),
    ]
)  # fmt: skip
BEGINNINGS = ("", "https://", "https://cdn.discordapp.com", "https://cdn.discordapp.com/")


def ask(text: str) -> str:
    """Check that whoever is asked is Discord."""
    for address, _ in split(text)[0] or [(text, None)]:
        try:
            url = SOURCES.checked(address)
        except UserError:
            return "refused"
        assert (url.scheme, url.port, url.user, url.password) == ("https", 443, None, None)
        assert DISCORD_HOST.fullmatch(url.raw_host or "")
    return "asked"


RANDOM: Any = st.randoms(use_true_random=False)
UPLOADS = Target(
    RANDOM.map(sent), decoding, frozenset({"read", "unreadable", "too large"}), examples=400, loads=("PIL",)
)
ADDRESSES = Target(
    st.builds("{}{}".format, st.sampled_from(BEGINNINGS), st.lists(PARTS, max_size=8).map("".join)),
    partial(as_it_is, ask),
    frozenset({"asked", "refused"}),
    examples=600,
    loads=("stringprep", "encodings", "idna", "unicodedata"),
)
