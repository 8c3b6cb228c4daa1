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


def text_box(page: Page) -> Locator:
    """Return the box that messages and commands are typed into."""
    return page.locator("[data-role=text]")


def popup(page: Page) -> Locator:
    """Return what opens over the box: commands, or what there is to say of an option."""
    return page.locator("[data-role=popup]")


def field(page: Page, option: str) -> Locator:
    """Return the field of an option of the command that is being filled in."""
    return page.locator(f'[data-role=command] [data-option="{option}"] :is(input:not([type=file]), textarea, button)')


async def choose_command(page: Page, name: str) -> None:
    """Type the command's name and choose it from the list."""
    await text_box(page).fill("")
    await text_box(page).press_sequentially(f"/{name}")
    await popup(page).locator(f'[data-command="{name}"]').click()
    await expect(page.get_by_role("group", name=f"/{name}")).to_be_visible()


async def add_option(page: Page, name: str) -> Locator:
    """Ask for an option that is not required; returns its field."""
    await page.get_by_role("button", name="More options").click()
    await popup(page).get_by_role("option", name=re.compile(f"^{name}")).click()
    await expect(field(page, name)).to_be_focused()
    return field(page, name)
