"""From a typed message to the finished picture, every part being the real one."""

import asyncio
import io
import os
import re
import signal
import sys
from pathlib import Path

from PIL import Image
from playwright.async_api import async_playwright, expect

from generation.worker.images import read_request
from sandbox import Sandbox
from tests.easel.processes import BARE
from tests.integration.conftest import PATIENCE, StartBot
from tests.page_fixtures import ARTIFACTS, CHROMIUM, QUIET
from tests.sandbox_fixtures import Cast

SMALL = "--size 64x64 --steps 12 --seed 7"


def pixels(png: bytes) -> bytes:
    with Image.open(io.BytesIO(png)) as image:
        return image.tobytes()


def resident_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) / 1024


def memory_map(pid: int) -> str:
    return Path(f"/proc/{pid}/maps").read_text("utf-8")


async def test_imagine_twice_and_from_the_command_line_gives_the_same_pixels(
    start_bot: StartBot, people: Cast, tmp_path: Path
) -> None:
    bot = await start_bot()
    pictures = []
    for _ in range(2):
        asked = await people("member").say("art", f".imagine a red apple {SMALL}")
        post, png = await bot.finished(int(asked["id"]))
        assert post.attachments[0].description == "a red apple"
        for word in ("a red apple", "seed 7", "64×64", "12 steps"):
            assert word in post.content
        request = read_request(png)
        assert (request.prompt, request.seed, request.shape, request.steps) == ("a red apple", 7, (64, 64), 12)
        pictures.append(png)
    assert pixels(pictures[0]) == pixels(pictures[1])
    assert [path.read_bytes() for path in sorted((tmp_path / "pictures").iterdir())] in (pictures, pictures[::-1])
    assert resident_megabytes(bot.process.pid) < 150
    assert "libtorch" not in memory_map(bot.process.pid)
    assert await bot.stop() == 0

    out = tmp_path / "apple.png"
    command = (sys.executable, "-m", "easel", "imagine", "a red apple", "--out", str(out), "--device", "cpu")
    flags = ("--size", "64x64", "--steps", "12", "--seed", "7", "--json")
    process = await asyncio.create_subprocess_exec(*command, *flags, cwd=tmp_path, env=BARE)
    assert await process.wait() == 0
    assert pixels(out.read_bytes()) == pixels(pictures[0])


async def test_killed_worker_in_mid_picture_ends_in_a_finished_picture(start_bot: StartBot, people: Cast) -> None:
    bot = await start_bot("painting.preview_seconds=0.2")
    asked = await people("member").say("art", ".imagine the sea --size 64x64 --steps 400")
    await bot.post_about(int(asked["id"]), lambda post: post.attachments)
    worker = bot.worker
    os.kill(worker, signal.SIGKILL)
    post, _ = await bot.finished(int(asked["id"]))
    assert bot.worker != worker
    assert "the sea" in post.content
    assert len([message for message in bot.sandbox.messages("art") if message.author is bot.sandbox.bot]) == 1


async def test_the_bot_may_go_and_come_back_while_the_sandbox_stays(start_bot: StartBot, people: Cast) -> None:
    bot = await start_bot("executor.grace_seconds=0.0")
    asked = await people("member").say("art", ".imagine a forest --size 64x64 --steps 500 --seed 5")
    await bot.post_about(int(asked["id"]), lambda post: "▱" in post.content)
    assert await bot.stop() == 0
    post = bot.reply_to(int(asked["id"]))
    assert post is not None
    assert "goes on by itself" in post.content
    again = await start_bot()
    await again.finished(int(asked["id"]))


async def test_a_member_types_and_sees_the_picture_in_a_browser(start_bot: StartBot, sandbox: Sandbox) -> None:
    assert CHROMIUM.exists(), "Debian's package chromium is needed"
    await start_bot("painting.preview_seconds=0.5")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        await page.goto(sandbox.url)
        await page.locator("[data-role=text]").fill(".imagine a red apple --seed 1")
        await page.locator("[data-role=text]").press("Enter")
        post = page.locator("[data-author=Easel]").last
        await expect(post.locator('img[src*=".jpg"]')).to_be_visible(timeout=1000 * PATIENCE)
        picture = post.locator('img[src*=".png"]')
        await expect(picture).to_be_visible(timeout=1000 * PATIENCE)
        await expect(picture).to_have_attribute("alt", "a red apple")
        await expect(post).to_contain_text("seed 1")
        natural = await picture.evaluate("async image => { await image.decode(); return image.naturalWidth; }")
        assert natural == 128
        ARTIFACTS.mkdir(exist_ok=True)
        await page.screenshot(path=ARTIFACTS / "red-apple.png")
        await browser.close()
