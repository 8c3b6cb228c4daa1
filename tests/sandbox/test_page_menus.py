"""Menus on the page, and the page by keyboard alone and on a phone, in a real browser with a real bot."""

import re

import pytest
from playwright.async_api import Page, expect

from sandbox import Sandbox
from tests.page_fixtures import (
    ARTIFACTS,
    choose_command,
    field,
    needs_chromium,
    newest,
    popup,
    ready,
    text_box,
    write_as,
)
from tests.sandbox_fixtures import Cast

pytestmark = needs_chromium


@pytest.mark.usefixtures("page_bot")
async def test_the_menu_of_a_message(page: Page, people: Cast) -> None:
    said = await people("Noor").say("art", "a dog")
    mine = await people("Mia").say("art", "mine")
    message, own = (page.locator(f'[data-message-id="{each["id"]}"]') for each in (said, mine))
    menu, items = page.get_by_role("menu"), page.get_by_role("menuitem")
    await message.click(button="right")
    await expect(menu).to_be_visible()
    await expect(items.get_by_text("Delete Message")).to_have_count(0)
    await items.get_by_text("Apps").click()
    await items.get_by_text("Use as start picture").click()
    await expect(newest(page).locator("[data-role=content]")).to_have_text("from a dog")
    await expect(newest(page).locator("[data-role=used]")).to_have_text(re.compile("Mia used Use as start picture"))

    await message.focus()
    await expect(message).to_be_focused()
    await page.keyboard.press("Shift+F10")
    await expect(page.get_by_role("menuitem", name="Add Reaction")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("menuitem", name="View More")).to_be_visible()
    await page.keyboard.press("End")
    await page.keyboard.press("Enter")
    picker = page.get_by_role("dialog", name="Emoji")
    await picker.get_by_role("button", name="❌").click()
    reaction = message.locator('[data-emoji="❌"]')
    await expect(reaction).to_have_attribute("aria-pressed", "true")
    await reaction.click()
    await expect(reaction).to_have_count(0)

    await message.hover()
    await message.get_by_role("button", name="More").click()
    await items.get_by_text("Reply", exact=True).click()
    await text_box(page).fill("a nice dog")
    await text_box(page).press("Enter")
    await expect(newest(page).locator("[data-role=reply]")).to_contain_text("a dog")

    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await own.click(button="right")
    await items.get_by_text("Copy Message ID").click()
    assert await page.evaluate("navigator.clipboard.readText()") == mine["id"]
    await own.click(button="right")
    await items.get_by_text("Edit Message").click()
    await text_box(page).fill("still mine")
    await text_box(page).press("Enter")
    await expect(own.locator("[data-role=content]")).to_contain_text("still mine")
    await own.click(button="right")
    await expect(menu).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(menu).to_have_count(0)
    await write_as(page, "Moritz")
    await own.click(button="right")
    await expect(menu).to_be_visible()
    await expect(items.get_by_text("Edit Message")).to_have_count(0)
    await items.get_by_text("Delete Message").click()
    await expect(own).to_have_count(0)


@pytest.mark.usefixtures("page_bot")
async def test_the_menu_of_a_member_and_links_within_the_server(page: Page, people: Cast, sandbox: Sandbox) -> None:
    items = page.get_by_role("menuitem")
    await page.locator('[data-member="Noor"]').click(button="right")
    await items.get_by_text("Apps").click()
    await items.get_by_text("Greet").click()
    await expect(newest(page).locator("[data-role=content]")).to_have_text("Hello Noor")
    said = await people("Noor").say("general", "over here")
    link = f"https://discord.com/channels/{sandbox.world.guild.id}/{said['channel_id']}/{said['id']}"
    buttons = [{"type": 2, "style": 5, "label": "Go there", "url": link}]
    await people("bot").say("art", f"see {link} or </think:1>", components=[{"type": 1, "components": buttons}])
    for press in (page.get_by_role("link", name="Go there"), page.locator(".mention-place")):
        await press.click()
        await expect(page.locator("[data-role=channel-name]")).to_have_text("general")
        await expect(page.locator(f'[data-message-id="{said["id"]}"]')).to_be_focused()
        await page.locator('[data-channel="art"]').click()
        await ready(page)
    await page.locator(".mention-command").click()
    await expect(page.get_by_role("group", name="/think")).to_be_visible()


@pytest.mark.usefixtures("page_bot")
async def test_by_keyboard_alone(page: Page) -> None:
    async def go_back_to(name: str) -> None:
        """Go back by Shift and Tab to what is called `name`, and look for its ring."""
        for _ in range(60):
            await page.keyboard.press("Shift+Tab")
            if await page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.textContent") == name:
                break
        ring = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none", f"{name} has the focus and does not show it"

    await page.keyboard.type("/butt")
    await expect(popup(page).get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Words")).to_be_visible()
    await go_back_to("Words")
    await page.keyboard.press("Space")
    dialog = page.get_by_role("dialog", name="Another picture")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Words")).to_be_focused()
    await page.locator("[data-role=text]").focus()
    await go_back_to("More")
    await page.keyboard.press("Enter")
    for _ in range(3):
        await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("menuitem", name="Apps")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("menuitem", name="Use as start picture")).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_role("menuitem", name="Apps")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menuitem", name="Use as start picture")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(newest(page).locator("[data-role=content]")).to_have_text("from press")
    await go_back_to("Dismiss message")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-message-id]")).to_have_count(1)
    await page.locator("[data-message-id]").first.focus()
    await page.keyboard.type("x")
    await expect(text_box(page)).to_have_value("x")


LONG_PRESS = """message => {
  for (const [kind, timeStamp] of [["pointerdown", 0], ["pointerup", 600], ["click", 600]]) {
    const event = new PointerEvent(kind, { bubbles: true, pointerType: "touch", clientX: 90, clientY: 90 });
    Object.defineProperty(event, "timeStamp", { value: timeStamp });
    message.dispatchEvent(event);
  }
}"""


@pytest.mark.usefixtures("page_bot")
async def test_on_a_phone(page: Page) -> None:
    await page.set_viewport_size({"width": 375, "height": 700})
    await choose_command(page, "paint")
    await field(page, "prompt").fill("a red field" * 3)
    await page.locator("[data-role=send]").click()
    await expect(newest(page).locator("[data-role=content]")).to_contain_text("a red field")
    await choose_command(page, "buttons")
    await page.locator("[data-role=send]").click()
    message = newest(page)
    await message.get_by_role("combobox", name="Preset").click()
    await expect(page.get_by_role("option", name="Draft")).to_be_in_viewport(ratio=1)
    await page.keyboard.press("Escape")
    await message.evaluate(LONG_PRESS)
    sheet = await page.get_by_role("menu").bounding_box()
    assert sheet is not None
    assert (sheet["x"], sheet["width"], sheet["y"] + sheet["height"]) == (0, 375, 700)
    await page.keyboard.press("Escape")
    await message.get_by_role("button", name="Words").click()
    await expect(page.get_by_role("button", name="Submit")).to_be_in_viewport(ratio=1)
    assert await page.evaluate("document.documentElement.scrollWidth") == 375
    await page.screenshot(path=ARTIFACTS / "sandbox-phone-dialog.png")
