"""Buttons, selects and dialogs on the page, in a real browser, answered by a real bot."""

import pytest
from playwright.async_api import Page, expect

from sandbox import Sandbox
from tests.page_fixtures import ARTIFACTS, choose_command, needs_chromium, newest
from tests.sandbox.page_bot import PageBot
from tests.sandbox_fixtures import Cast

pytestmark = needs_chromium


async def test_buttons_and_selects(page: Page, page_bot: PageBot, sandbox: Sandbox) -> None:
    sandbox.interactions.response_seconds = 60
    await choose_command(page, "buttons")
    await page.keyboard.press("Enter")
    message = page.locator("[data-message-id]").first
    again = message.get_by_role("button", name="Again")
    await expect(again.locator(".button-emoji")).to_have_text("🔁")
    await expect(message.get_by_role("button", name="Never")).to_be_disabled()
    await expect(message.get_by_role("link", name="Site")).to_have_attribute("href", "https://example.org/")
    await again.focus()
    await page.keyboard.press("Enter")
    await expect(again).to_have_attribute("aria-busy", "true")
    await expect(message.get_by_role("button", name="Silence")).to_have_attribute("aria-disabled", "true")
    page_bot.view.go_on.set()
    await expect(message.locator("[data-role=content]")).to_contain_text("again")
    await expect(again).not_to_have_attribute("aria-busy", "true")
    await expect(again).to_be_focused()

    await message.get_by_role("combobox", name="Preset").click()
    options = page.locator(".float").get_by_role("option")
    await expect(options).to_have_text(["Draft", "Fine print"])
    await page.keyboard.type("fine")
    await page.keyboard.press("Enter")
    await expect(newest(page).locator("[data-role=content]")).to_have_text("chose Fine print")
    await expect(newest(page).locator("[data-role=ephemeral]")).to_be_visible()

    await message.get_by_role("combobox", name="Who").click()
    for name in ("@Noor", "@Ada"):
        await options.filter(has_text=name).click()
        await expect(options.filter(has_text=name)).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("Escape")
    await expect(newest(page).locator("[data-role=content]")).to_have_text("Ada and Noor")
    await message.get_by_role("combobox", name="Where").click()
    await page.keyboard.type("no-f")
    await page.keyboard.press("Enter")
    await expect(newest(page).locator("[data-role=content]")).to_have_text("in no-files")
    ARTIFACTS.mkdir(exist_ok=True)
    await page.screenshot(path=ARTIFACTS / "sandbox-components.png")

    sandbox.interactions.response_seconds = 0.5
    await message.get_by_role("button", name="Silence").click()
    await expect(message.locator("[data-role=component-error]")).to_have_text("This interaction failed")


@pytest.mark.usefixtures("page_bot")
async def test_a_form_in_a_dialog(page: Page, sandbox: Sandbox) -> None:
    await choose_command(page, "buttons")
    await page.keyboard.press("Enter")
    words = page.locator("[data-message-id]").get_by_role("button", name="Words")
    await words.click()
    dialog = page.get_by_role("dialog", name="Another picture")
    prompt = dialog.get_by_label("Prompt")
    await expect(prompt).to_be_focused()
    await expect(prompt).to_have_value("a red field")
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()

    await words.click()
    await prompt.fill("ab")
    await dialog.get_by_role("button", name="Submit").click()
    problems = dialog.locator("[data-role=field-problem]:not(:empty)")
    await expect(problems).to_have_text(["Must be at least 3 characters.", "This field is required."])
    await expect(prompt).to_be_focused()
    await prompt.fill("a cat")
    await page.keyboard.press("Tab")
    await page.keyboard.type("soon")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    for _ in range(2):
        await page.keyboard.press("Tab")
    await page.screenshot(path=ARTIFACTS / "sandbox-dialog.png")
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(newest(page).locator("[data-role=content]")).to_have_text("a cat / soon / Fine print")

    sandbox.interactions.response_seconds = 0.5
    await words.click()
    await prompt.fill("silence")
    await dialog.get_by_role("combobox").click()
    await page.get_by_role("option", name="Draft").click()
    await dialog.get_by_role("button", name="Submit").click()
    await expect(dialog.locator("[data-role=dialog-problem]")).to_have_text("Something went wrong. Try again.")
    for _ in range(12):
        await page.keyboard.press("Tab")
        assert await page.evaluate("!document.activeElement.closest('.app')"), "the focus left the dialog"


async def test_hostile_texts_in_components_stay_texts(page: Page, people: Cast) -> None:
    bad = "<img src=x onerror=alert(1)><b>x</b>"
    rows = [
        {"type": 2, "style": 1, "label": bad, "custom_id": bad},
        {"type": 2, "style": 5, "label": "script", "url": "https://example.org/<b>"},
    ]
    select = {
        "type": 3,
        "custom_id": "s",
        "placeholder": bad,
        "options": [{"label": bad, "value": bad, "description": bad}],
    }
    await people("bot").say(
        "art", "x", components=[{"type": 1, "components": rows}, {"type": 1, "components": [select]}]
    )
    parts = newest(page).locator("[data-role=components]")
    await expect(parts.get_by_role("button", name=bad)).to_be_visible()
    await parts.get_by_role("combobox").click()
    await expect(page.get_by_role("option", name=bad)).to_be_visible()
    assert await page.locator(":is(.components, .float) :is(img, b)").count() == 0
    href = await page.evaluate(
        """async () => (await import("/page/components.js")).components({ components: [{ type: 1, components: [
            { type: 2, style: 5, label: "x", url: "javascript:alert(1)" }] }] }, null, {}, {})
            .querySelector("a").getAttribute("href")"""
    )
    assert href is None
