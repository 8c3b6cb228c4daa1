"""Files on the page, in a real browser: videos that play, moving pictures, and what a click shows first."""

import io

import av
import numpy as np
import pytest
from PIL import Image
from playwright.async_api import FilePayload, Page, expect

from sandbox import Sandbox
from tests.page_fixtures import needs_chromium, newest
from tests.sandbox.conftest import png
from tests.sandbox_fixtures import Cast

pytestmark = needs_chromium


def video(container: str, codec: str) -> bytes:
    """Return a film of one second."""
    out = io.BytesIO()
    with av.open(out, "w", format=container) as film:
        stream = film.add_stream(codec, rate=8)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(8):
            picture = Image.new("RGB", (64, 48), (30 * number, 0, 0))
            film.mux(stream.encode(av.VideoFrame.from_ndarray(np.array(picture), "rgb24")))
        film.mux(stream.encode(None))
    return out.getvalue()


def moving(kind: str) -> bytes:
    """Return a picture of two frames."""
    out = io.BytesIO()
    first, second = (Image.new("RGB", (64, 48), color) for color in ("red", "blue"))
    first.save(out, kind, save_all=True, append_images=[second], duration=100, loop=0)
    return out.getvalue()


@pytest.mark.parametrize(("name", "codec"), [("film.mp4", "libx264"), ("film.webm", "libvpx-vp9")])
async def test_a_video_plays_on_while_its_message_changes(page: Page, people: Cast, name: str, codec: str) -> None:
    sent = await people("bot").say("art", "a film", files=[(name, video(name.partition(".")[2], codec))])
    player = newest(page).locator("video")
    await expect(player).to_have_js_property("videoWidth", 64)
    await player.evaluate("each => each.play()")
    before = await player.element_handle()
    await people("Noor").call("PUT", f"{people('Noor').messages_of('art')}/{sent['id']}/reactions/%E2%9D%8C/@me")
    await expect(newest(page).locator('[data-emoji="❌"]')).to_contain_text("1")
    assert before is not None
    assert await before.evaluate("each => each.isConnected"), "the player is kept"
    await expect(player).to_have_js_property("paused", value=False)


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
async def test_moving_pictures_are_pictures(page: Page, people: Cast, kind: str) -> None:
    await people("bot").say("art", files=[(f"moving.{kind.lower()}", moving(kind))])
    await expect(newest(page).locator(".picture img")).to_have_js_property("naturalWidth", 64)


async def test_a_click_shows_a_spoiler_and_a_change_does_not_hide_it(page: Page, people: Cast) -> None:
    bot = people("bot")
    sent = await bot.say("art", "painting", files=[("SPOILER_p.png", png("gold")), ("SPOILER_notes.txt", b"words")])
    message = newest(page)
    hidden = message.locator("[data-role=attachments]").get_by_role("button", name="Spoiler, hidden")
    await expect(hidden).to_have_count(2)
    await hidden.first.click()
    await expect(hidden).to_have_count(1)
    await expect(message.locator("[data-open] .picture")).to_have_count(1)
    path = f"{bot.messages_of('art')}/{sent['id']}"
    await bot.call("PATCH", path, {"content": "painted", "attachments": [{"id": "0"}]}, [("SPOILER_p.png", png("red"))])
    await expect(message.locator("[data-role=content]")).to_contain_text("painted")
    await expect(message.locator("[data-open] .picture")).to_have_count(1)


async def test_files_are_sent_as_spoilers(page: Page, sandbox: Sandbox) -> None:
    files = [FilePayload(name=f"{each}.png", mimeType="image/png", buffer=png(each)) for each in ("red", "blue")]
    await page.locator("[data-role=file]").set_input_files(files)
    mark = page.get_by_role("button", name="Mark red.png as spoiler")
    await mark.click()
    await expect(page.locator("[data-role=upload]").first).to_contain_text("SPOILER_red.png")
    await page.locator("[data-role=text]").press("Enter")
    await expect(newest(page).locator(".picture")).to_have_count(2)
    assert [(each.filename, each.spoiler) for each in sandbox.messages("art")[0].attachments] == [
        ("SPOILER_red.png", True),
        ("blue.png", False),
    ]
