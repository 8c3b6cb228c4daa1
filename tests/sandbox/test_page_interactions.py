"""Commands, components, dialogs and menus on the page, in a real browser, answered by a real bot of discord.py."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect

from sandbox import Sandbox
from tests.page_fixtures import ARTIFACTS, needs_chromium, newest, ready, write_as
from tests.sandbox.conftest import png
from tests.sandbox.page_bot import PageBot, page_bot
from tests.sandbox_fixtures import Cast

pytestmark = needs_chromium


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[PageBot]:
    async with page_bot(sandbox) as client:
        yield client


def text_box(page: Page) -> Locator:
    return page.locator("[data-role=text]")


def popup(page: Page) -> Locator:
    return page.locator("[data-role=popup]")


def field(page: Page, option: str) -> Locator:
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


@pytest.mark.usefixtures("bot")
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


@pytest.mark.usefixtures("bot")
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


@pytest.mark.usefixtures("bot")
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


async def test_waiting_for_the_bot(page: Page, bot: PageBot, sandbox: Sandbox) -> None:
    await choose_command(page, "think")
    await page.keyboard.press("Enter")
    await expect(newest(page).locator("[data-role=thinking]")).to_have_text("Easel is thinking…")
    bot.ended.set()
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


async def test_buttons_and_selects(page: Page, bot: PageBot, sandbox: Sandbox) -> None:
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
    bot.view.go_on.set()
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


@pytest.mark.usefixtures("bot")
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


@pytest.mark.usefixtures("bot")
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
    await page.keyboard.press("Shift+F10")
    await page.keyboard.press("ArrowRight")
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
    await page.keyboard.press("Escape")
    await expect(menu).to_have_count(0)
    await write_as(page, "Moritz")
    await own.click(button="right")
    await expect(items.get_by_text("Edit Message")).to_have_count(0)
    await items.get_by_text("Delete Message").click()
    await expect(own).to_have_count(0)


@pytest.mark.usefixtures("bot")
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


@pytest.mark.usefixtures("bot")
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


@pytest.mark.usefixtures("bot")
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
