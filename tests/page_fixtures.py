"""Fixtures for tests that look at the sandbox's page in a real browser."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, async_playwright, expect

from sandbox import Sandbox

ARTIFACTS = Path(__file__).parent / "artifacts"
CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

expect.set_options(timeout=60_000)

needs_chromium = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Start Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


@pytest.fixture
async def page(browser: Browser, sandbox: Sandbox) -> AsyncIterator[Page]:
    """Open the page, at #art; the test fails where it throws or asks for anything from elsewhere."""
    problems: list[str] = []
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "request", lambda asked: problems.append(asked.url) if not re.match(f"{sandbox.url}|blob:", asked.url) else None
    )
    await page.goto(sandbox.url)
    await ready(page)
    yield page
    await page.close()
    assert not problems


async def ready(page: Page) -> None:
    """Wait until the page is logged in and shows a channel's messages."""
    await expect(page.locator('[data-role=app][data-state="open"] [data-role=messages][data-ready]')).to_be_visible()


async def write_as(page: Page, name: str) -> None:
    """Be another person."""
    await page.locator(f'[data-writer="{name}"].writer').click()
    await expect(page.locator(f'[data-role=app][data-writer="{name}"][data-state="open"]')).to_be_visible()
    await expect(page.locator("[data-role=self] strong")).to_have_text(name)


def newest(page: Page) -> Locator:
    """Return the last message."""
    return page.locator("[data-message-id]").last
