import io
import random

import aiohttp
import pytest
from PIL import Image

from sandbox import Sandbox
from sandbox.api import Observer
from sandbox.files import content_type, picture_size, safe_filename
from tests.sandbox.conftest import Clock, png
from tests.sandbox_fixtures import Person


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.png", png(), "image/png"),
        ("a.png", b"<script>", "image/png"),
        ("a.bin", png(), "image/png"),
        ("a.txt", b"x", "text/plain; charset=utf-8"),
        ("a.html", b"<script>", "text/html; charset=utf-8"),
        ("a", b"x", "application/octet-stream"),
    ],
)
def test_what_a_file_is(name: str, data: bytes, kind: str) -> None:
    assert content_type(name, data) == kind


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a b.png", "a_b.png"),
        ("../../etc/passwd", "etcpasswd"),
        ('a"\r\nb.png', "ab.png"),
        ("Äpfel.png", "pfel.png"),
        ("🍎", "unknown"),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


def test_the_size_of_a_picture() -> None:
    assert picture_size(png(size=(7, 5))) == (7, 5)
    assert picture_size(b"\x89PNG\r\n\x1a\n broken") is None
    assert picture_size(b"") is None


def test_broken_pictures_have_a_size_or_none() -> None:
    rng = random.Random(1)
    for kind in ("PNG", "JPEG", "GIF", "WEBP"):
        out = io.BytesIO()
        Image.new("RGB", (9, 7), "red").save(out, kind)
        assert picture_size(out.getvalue()) == (9, 7)
        for _ in range(500):
            data = bytearray(out.getvalue()[: rng.randrange(1, len(out.getvalue()))])
            for _ in range(rng.randrange(4)):
                data[rng.randrange(min(64, len(data)))] = rng.randrange(256)
            size = picture_size(bytes(data))
            assert size is None or len(size) == 2


async def test_addresses_are_signed_and_expire(observe: Observer, clock: Clock) -> None:
    async with Sandbox(clock=clock, observe=observe) as sandbox, aiohttp.ClientSession() as http:
        mia = Person(http, sandbox, sandbox.person("Mia").token)
        sent = await mia.say("art", files=[("page.html", b"<script>alert(1)</script>")])
        url = sent["attachments"][0]["url"]

        async with http.get(url) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Disposition"].startswith("attachment")
            assert "sandbox" in answer.headers["Content-Security-Policy"]
        async with http.get(url.partition("?")[0]) as answer:
            assert answer.status == 404
        async with http.get(url[:-1] + ("0" if url[-1] != "0" else "1")) as answer:
            assert answer.status == 404
        clock.now += 3 * 24 * 3600
        async with http.get(url) as answer:
            assert answer.status == 404
        _, fresh = await mia.call("GET", f"{mia.messages_of('art')}/{sent['id']}")
        async with http.get(fresh["attachments"][0]["url"]) as answer:
            assert answer.status == 200


async def test_replaced_files_linger_and_then_go(sandbox: Sandbox) -> None:
    sandbox.limits.enabled = False
    async with aiohttp.ClientSession() as http:
        bot = Person(http, sandbox, f"Bot {sandbox.bot.token}")
        sent = await bot.say("art", files=[("0.png", png())])
        path = f"{bot.messages_of('art')}/{sent['id']}"
        for number in range(40):
            _, sent = await bot.call("PATCH", path, {"attachments": [{"id": "0"}]}, [(f"{number}.png", png())])
    assert len(sandbox.world.files) == 33
    assert sandbox.messages("art")[0].attachments[0].filename == "39.png"
