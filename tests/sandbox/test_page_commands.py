"""Slash commands on the page, in a real browser, answered by a real bot."""

import re

import pytest
from playwright.async_api import FilePayload, Page, expect

from sandbox import Sandbox
from tests.page_fixtures import (
    ARTIFACTS,
    add_option,
    choose_command,
    field,
    needs_chromium,
    newest,
    popup,
    ready,
    text_box,
    write_as,
)
from tests.sandbox.conftest import png
from tests.sandbox.page_bot import PageBot

pytestmark = needs_chromium


@pytest.mark.usefixtures("page_bot")
async def test_the_list_of_commands(page: Page) -> None:
    options = popup(page).get_by_role("option")
    await text_box(page).press_sequentially("/")
    await expect(options).to_have_count(4)
    await expect(text_box(page)).to_have_attribute("aria-expanded", "true")
    await text_box(page).press_sequentially("t")
    await expect(options.first).to_contain_text("/think")
    await text_box(page).press("Backspace")
    await expect(options.first).to_have_attribute("data-current", "")
    await text_box(page).press("ArrowDown")
    await expect(options.nth(1)).to_have_attribute("data-current", "")
    current = await options.nth(1).get_attribute("id")
    await expect(text_box(page)).to_have_attribute("aria-activedescendant", str(current))
    await text_box(page).press("Escape")
    await expect(popup(page)).to_be_hidden()
    await expect(text_box(page)).to_have_value("/")

    await write_as(page, "Moritz")
    await text_box(page).fill("/limits")
    await expect(options).to_have_count(2)
    await text_box(page).press("Tab")
    await expect(page.get_by_role("group", name="/limits set")).to_be_visible()
    await page.keyboard.type("12")
    await expect(page.locator("[data-role=option-problem]")).to_have_text("Value must be less than or equal to 9.")
    await page.keyboard.press("Backspace")
    await page.keyboard.press("Enter")
    await expect(newest(page)).to_contain_text("1 may wait")
    await expect(newest(page).locator("[data-role=used]")).to_have_text(re.compile("Moritz used /limits set"))
    await expect(newest(page).locator("[data-role=ephemeral]")).to_contain_text("Only you can see this")
    await choose_command(page, "limits show")
    await page.keyboard.press("Enter")
    await newest(page).get_by_role("button", name="Close").click()
    await expect(newest(page).locator("[data-role=content]")).to_contain_text("closed")
    await expect(newest(page).locator("[data-role=components]")).to_have_count(0)
    for _ in range(2):
        await newest(page).get_by_role("button", name="Dismiss message").click()
    await expect(page.locator("[data-message-id]")).to_have_count(0)
    await page.locator('[data-channel="general"]').click()
    await page.locator('[data-channel="art"]').click()
    await ready(page)
    await expect(page.locator("[data-message-id]")).to_have_count(0)


@pytest.mark.usefixtures("page_bot")
async def test_every_type_of_option(page: Page, sandbox: Sandbox) -> None:
    await choose_command(page, "paint")
    prompt = field(page, "prompt")
    await expect(prompt).to_be_focused()
    await prompt.press("Enter")
    problem = page.locator("[data-role=option-problem]")
    await expect(problem).to_have_text("This option is required. Specify a value.")
    await expect(prompt).to_have_attribute("aria-invalid", "true")
    await prompt.press_sequentially("ab")
    await expect(problem).to_have_text("Must be at least 3 characters.")
    await prompt.fill("a red field")
    await expect(problem).to_have_count(0)

    await (await add_option(page, "seed")).fill("1.5")
    await expect(problem).to_have_text("Specify a valid integer.")
    await field(page, "seed").fill("7")
    await (await add_option(page, "weight")).fill("0.5")
    await (await add_option(page, "preset")).press_sequentially("fi")
    await page.keyboard.press("Enter")
    await expect(field(page, "preset")).to_have_value("Fine")

    model = await add_option(page, "model")
    await model.press_sequentially("vq")
    await expect(popup(page).get_by_role("option")).to_have_text(["vqgan imagenet", "vqgan faces"])
    await popup(page).get_by_role("option", name="vqgan faces").click()
    await expect(model).to_have_value("vqgan faces")

    for option, typed, shown in (
        ("tiled", "t", "True"),
        ("member", "noo", "@Noor"),
        ("role", "pain", "@Painters"),
        ("channel", "gen", "#general"),
    ):
        chosen = await add_option(page, option)
        await chosen.press_sequentially(typed)
        await chosen.press("Tab")
        await expect(chosen).to_have_value(shown)
    await add_option(page, "start")
    garden = FilePayload(name="garden.png", mimeType="image/png", buffer=png())
    await page.locator('[data-option="start"] input[type=file]').set_input_files(garden)
    await expect(field(page, "start")).to_have_text("garden.png")
    ARTIFACTS.mkdir(exist_ok=True)
    await page.screenshot(path=ARTIFACTS / "sandbox-command.png")
    await field(page, "start").press("Enter")
    await expect(newest(page).locator("[data-role=content]")).to_have_text(
        "a red field, 7, 0.5, f, faces, True, noor, Painters, general, garden.png 128"
    )
    await expect(newest(page).locator("[data-role=used]")).to_have_text(re.compile("Mia used /paint"))
    await expect(text_box(page)).to_be_focused()
    assert len(sandbox.messages("art")) == 1


@pytest.mark.usefixtures("page_bot")
async def test_a_form_of_options_can_be_left(page: Page) -> None:
    await choose_command(page, "paint")
    await add_option(page, "seed")
    await page.keyboard.press("Backspace")
    await expect(field(page, "seed")).to_have_count(0)
    await expect(field(page, "prompt")).to_be_focused()
    await page.keyboard.press("Backspace")
    await expect(text_box(page)).to_have_value("/paint")
    await text_box(page).press("Space")
    await expect(field(page, "prompt")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-role=command]")).to_be_hidden()
    await expect(text_box(page)).to_be_focused()
    await text_box(page).fill("/no such command")
    await text_box(page).press("Enter")
    await expect(newest(page).locator("[data-role=content]")).to_have_text("/no such command")


async def test_waiting_for_the_bot(page: Page, page_bot: PageBot, sandbox: Sandbox) -> None:
    await choose_command(page, "think")
    await page.keyboard.press("Enter")
    await expect(newest(page).locator("[data-role=thinking]")).to_have_text("Easel is thinking…")
    page_bot.ended.set()
    await expect(newest(page).locator("[data-role=content]")).to_contain_text("thought")
    await expect(page.locator("[data-message-id]")).to_have_count(1)
    sandbox.interactions.response_seconds = 0.5
    await choose_command(page, "nothing")
    await page.keyboard.press("Enter")
    await expect(newest(page).locator("[data-role=failed]")).to_have_text("The application did not respond")
    await newest(page).get_by_role("button", name="Dismiss message").click()
    await expect(page.locator("[data-message-id]")).to_have_count(1)
    await write_as(page, "Noor")
    await expect(page.locator("[data-message-id]")).to_have_count(1)
