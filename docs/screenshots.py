"""Takes the pictures of the documentation anew: `make screenshots`, with Chromium installed."""

import asyncio
import io
import re
import secrets
import shutil
import socket
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from PIL import Image
from playwright.async_api import Locator, Page, ViewportSize, async_playwright, expect

IMAGES = Path(__file__).parent / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SIZE = ViewportSize(width=1280, height=1180)
SEED = 7
STEPS = 200
MILLISECONDS = 180_000.0


def free_port() -> int:
    """Return a port that is free just now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


ADMIN_PORT = free_port()
ADMIN_TOKEN = secrets.token_urlsafe(24)


@asynccontextmanager
async def demo() -> AsyncIterator[str]:
    """Run the demo in a folder of its own and give the URL of its page."""
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "easel", "demo", "--port", "0", "--no-browser", "--prompt", ""),
            f"admin.port={ADMIN_PORT}",
            f"admin.token={ADMIN_TOKEN}",
            stdout=PIPE,
            cwd=folder,
        )
        try:
            assert process.stdout is not None
            line = (await process.stdout.readline()).decode()
            yield line.split(" at ")[1].split()[0]
        finally:
            process.terminate()
            await process.wait()


async def be(page: Page, name: str) -> None:
    """Be another member."""
    await page.locator(f'[data-writer="{name}"].writer').click()
    await expect(page.locator(f'[data-role=app][data-writer="{name}"][data-state="open"]')).to_be_visible()


async def say(page: Page, name: str, text: str) -> None:
    """Write in the channel as one of the members."""
    await be(page, name)
    await page.locator("[data-role=text]").fill(text)
    await page.locator("[data-role=text]").press("Enter")
    await expect(page.locator("[data-message-id]").filter(has_text=text[:20]).last).to_be_visible()


async def write(page: Page, file: Path) -> None:
    """Write what the page shows as WebP, a third of the bytes of Chromium's own PNG."""
    shown = await page.screenshot(animations="disabled")
    Image.open(io.BytesIO(shown)).save(file, quality=90, method=6)


def post(page: Page, text: str | re.Pattern[str]) -> Locator:
    """Return the newest message of the bot that says this."""
    return page.locator("[data-message-id]").filter(has_text=text).last


async def choose(page: Page, command: str) -> None:
    """Choose a slash command from the list."""
    await page.locator("[data-role=text]").fill("")
    await page.locator("[data-role=text]").press_sequentially(f"/{command}")
    await page.locator(f'[data-role=popup] [data-command="{command}"]').click()


def field(page: Page, option: str) -> Locator:
    """Return the field of an option of a slash command."""
    return page.locator(f'[data-role=command] [data-option="{option}"] :is(input:not([type=file]), textarea, button)')


async def paint(page: Page, folder: Path, steps: int) -> None:
    """Look at a picture while it grows, and at finished ones."""
    growing = post(page, re.compile(r"[3-7]\d%")).filter(has=page.locator(".picture img"))
    await say(page, "Mia", f".imagine a sunset over the sea --seed {SEED} --steps {steps}")
    await expect(post(page, "Again: .imagine a sunset")).to_be_visible()
    await say(page, "Noor", f".imagine a red apple --seed {SEED} --steps {2 * steps}")
    await expect(growing).to_be_visible()
    await write(page, folder / "growing.webp")
    await expect(post(page, "Again: .imagine a red apple")).to_be_visible()
    await write(page, folder / "finished.webp")


async def type_a_command(page: Page, folder: Path, steps: int) -> None:
    """Look at the options of /imagine, and use them."""
    await be(page, "Mia")
    await choose(page, "imagine")
    await field(page, "prompt").fill("a sailboat on the sea")
    await page.get_by_role("button", name="More options").click()
    await write(page, folder / "slash.webp")
    await page.locator("[data-role=popup]").get_by_role("option", name=re.compile("^steps")).click()
    await field(page, "steps").fill(str(steps))
    await field(page, "steps").press("Enter")
    await expect(post(page, "Again: .imagine a sailboat")).to_be_visible()


async def press(page: Page, folder: Path, steps: int) -> None:
    """Look at the form behind a button, and have what is typed there painted."""
    await post(page, "Again: .imagine a sailboat").get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog).to_be_visible()
    await write(page, folder / "form.webp")
    await dialog.get_by_role("textbox").first.fill(f"a sailboat on the sea at night --steps {steps} --seed {SEED}")
    await dialog.get_by_role("button", name="Submit").click()
    await expect(post(page, "Again: .imagine a sailboat on the sea at night")).to_be_visible()


async def steer(page: Page, folder: Path, steps: int) -> None:
    """Look at a picture that is steered while it grows."""
    await say(page, "Noor", f".imagine a house in the snow --seed {SEED} --steps {2 * steps + 100}")
    growing = post(page, re.compile(r"a house in the snow.*%", re.DOTALL)).filter(has=page.locator(".picture img"))
    await expect(growing).to_be_visible()
    await growing.click(button="right")
    await page.get_by_role("menuitem", name="Reply").click()
    await page.locator("[data-role=text]").fill("more: the moon")
    await page.locator("[data-role=text]").press("Enter")
    await expect(post(page, re.compile(r"step \d+ · @?Noor: more: the moon"))).to_be_visible()
    await write(page, folder / "steering.webp")
    await expect(post(page, "Again: .imagine a house").or_(post(page, "a house in the snow"))).to_be_visible()


async def moderate(page: Page, folder: Path, steps: int) -> None:
    """Look at what a moderator sets, and at how a member meets it."""
    await be(page, "Moritz")
    await choose(page, "limits set")
    await field(page, "key").fill("steps")
    await field(page, "value").fill(str(steps))
    await field(page, "value").press("Enter")
    await expect(page.locator("[data-message-id]").last).to_contain_text("steps")
    await say(page, "Noor", f".imagine a fox --steps {2 * steps}")
    await expect(post(page, f"takes a whole number from 1 to {steps}, not")).to_be_visible()
    await say(page, "Moritz", ".limits show")
    await expect(post(page, "cooldown")).to_be_visible()
    await write(page, folder / "moderators.webp")


async def operate(page: Page, folder: Path, steps: int) -> None:
    """Look at the operator's page while pictures are painted and wait."""
    await be(page, "Moritz")
    await say(page, "Moritz", ".limits reset")
    await expect(page.locator("[data-message-id]").last).to_contain_text(re.compile("Done|None"))
    prompts = {"Mia": ("a boat at night", "a green house"), "Noor": ("a red flower", "a yellow star")}
    for name, texts in prompts.items():
        for text in texts:
            await say(page, name, f".imagine {text} --seed {SEED} --steps {2 * steps + 100}")
            await expect(post(page, text)).to_be_visible()
    await page.goto(f"http://127.0.0.1:{ADMIN_PORT}")
    await page.get_by_label("The operator's token").fill(ADMIN_TOKEN)
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-role=queue] li")).to_have_count(4)
    await expect(page.locator("[data-role=queue] .forecast").first).to_have_text(re.compile(r"^[1-9]\d?% · ready in"))
    await page.set_viewport_size(ViewportSize(width=1280, height=720))
    await write(page, folder / "operator.webp")
    await page.get_by_role("link", name="Gallery").click()
    await expect(page.locator("[data-role=pictures] li").first).to_be_visible()
    for image in await page.locator("[data-role=pictures] img").all():
        await expect(image).to_have_js_property("complete", True)
    await write(page, folder / "operator-gallery.webp")


SCENES = (paint, type_a_command, press, steer, moderate, operate)
"""In this order: each goes on from the one before."""


async def take(page: Page, url: str, folder: Path, steps: int) -> None:
    """Go through all scenes, each at the newest messages.

    Args:
        page: of the browser.
        url: of the demo.
        folder: that the pictures are written to.
        steps: of a picture.
    """
    expect.set_options(timeout=MILLISECONDS)
    await page.goto(url)
    await expect(page.locator('[data-role=app][data-state="open"] [data-role=messages][data-ready]')).to_be_visible()
    for scene in SCENES:
        await scene(page, folder, steps)


async def main() -> None:
    """Write the pictures into docs/images."""
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser_path is None:
        sys.exit("Chromium is not installed.")
    IMAGES.mkdir(exist_ok=True)
    async with demo() as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=QUIET)
        await take(await browser.new_page(viewport=SIZE), url, IMAGES, STEPS)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
