"""Takes the pictures of the documentation anew: `make screenshots`, with Chromium installed."""

import asyncio
import re
import shutil
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

IMAGES = Path(__file__).parent / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SEED = 7
MILLISECONDS = 180_000.0


@asynccontextmanager
async def demo() -> AsyncIterator[str]:
    """Run the demo in a folder of its own and give the URL of its page."""
    with tempfile.TemporaryDirectory() as folder:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "easel", "demo", "--port", "0", "--no-browser", "--prompt", ""),
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


async def say(page: Page, name: str, text: str) -> None:
    """Write in the channel as one of the members."""
    await page.locator(f'[data-writer="{name}"].writer').click()
    await expect(page.locator(f'[data-role=app][data-writer="{name}"][data-state="open"]')).to_be_visible()
    await page.locator("[data-role=text]").fill(text)
    await page.locator("[data-role=text]").press("Enter")
    await expect(page.locator("[data-message-id]").last).to_be_visible()


async def take(page: Page) -> None:
    """Have pictures painted, and look at the page while and after."""
    finished = page.locator("[data-message-id]").filter(has_text="Again:")
    half_done = page.locator("[data-message-id]").filter(has_text=re.compile(r"[3-7]\d%"))
    growing = half_done.filter(has=page.locator(".picture img"))
    await say(page, "Mia", f".imagine a sunset over the sea --seed {SEED}")
    await expect(finished).to_have_count(1, timeout=MILLISECONDS)
    await say(page, "Noor", f".imagine a red apple --seed {SEED} --steps 400")
    await expect(growing).to_have_count(1, timeout=MILLISECONDS)
    await page.screenshot(path=IMAGES / "growing.png")
    await expect(finished).to_have_count(2, timeout=MILLISECONDS)
    await page.screenshot(path=IMAGES / "finished.png")


async def main() -> None:
    """Write docs/images/growing.png and finished.png."""
    browser_path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser_path is None:
        sys.exit("Chromium is not installed.")
    IMAGES.mkdir(exist_ok=True)
    async with demo() as url, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=QUIET)
        page = await browser.new_page(viewport={"width": 1280, "height": 1180})
        await page.goto(url)
        ready = '[data-role=app][data-state="open"] [data-role=messages][data-ready]'
        await expect(page.locator(ready)).to_be_visible()
        await take(page)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
