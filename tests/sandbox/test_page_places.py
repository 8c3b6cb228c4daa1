"""Threads, forums and channels of other kinds on the page, in a real browser."""

import re

from playwright.async_api import Locator, Page, expect

from sandbox import Sandbox
from tests.page_fixtures import ARTIFACTS, needs_chromium, newest, ready, write_as
from tests.sandbox_fixtures import Cast

pytestmark = needs_chromium


def channel_link(page: Page, name: str) -> Locator:
    return page.locator(f'[data-role=channels] [data-channel="{name}"]')


async def test_a_thread_of_a_message(page: Page, people: Cast) -> None:
    said = await people("Noor").say("art", "about dogs")
    message = page.locator(f'[data-message-id="{said["id"]}"]')
    await message.click(button="right")
    await page.get_by_role("menuitem", name="Create Thread").click()
    dialog = page.get_by_role("dialog", name="Create Thread")
    await expect(dialog.get_by_label("Thread Name")).to_have_value("about dogs")
    await dialog.get_by_label("Thread Name").fill("Dogs")
    await dialog.get_by_label("Thread Name").press("Enter")
    await expect(page.locator("[data-role=channel-name]")).to_have_text("Dogs")
    await expect(channel_link(page, "Dogs")).to_have_attribute("aria-current", "page")
    await expect(newest(page)).to_have_attribute("data-author", "Noor")
    await expect(newest(page).locator("[data-role=content]")).to_have_text("about dogs")
    await page.locator("[data-role=text]").fill("in here")
    await page.locator("[data-role=text]").press("Enter")
    await expect(newest(page).locator("[data-role=content]")).to_have_text("in here")
    await channel_link(page, "art").click()
    await message.locator("[data-role=thread]").click()
    await expect(newest(page).locator("[data-role=content]")).to_have_text("in here")
    names = await page.locator("[data-role=channels] a").all_text_contents()
    assert names.index("Dogs") == names.index("art") + 1

    thread = (await page.evaluate("location.hash")).lstrip("#")
    await people("moderator").call("PATCH", f"/channels/{thread}", {"locked": True})
    await expect(page.locator("[data-role=text]")).to_be_disabled()
    await people("moderator").call("DELETE", f"/channels/{thread}")
    await expect(channel_link(page, "Dogs")).to_have_count(0)
    await expect(page.locator("[data-role=channel-name]")).to_have_text("art")


async def test_a_post_in_a_forum(page: Page) -> None:
    await channel_link(page, "gallery").click()
    forum = page.locator("[data-role=forum]")
    await expect(forum).to_contain_text("There are no posts yet.")
    await expect(page.locator("[data-role=scroller]")).to_be_hidden()
    await forum.get_by_role("button", name="New Post").click()
    dialog = page.get_by_role("dialog", name="New Post")
    await dialog.get_by_label("Title").fill("Boats <b>")
    await dialog.get_by_role("button", name="Submit").click()
    await expect(dialog.locator("[data-role=field-problem]:not(:empty)")).to_have_text("This field is required.")
    await dialog.get_by_label("Message").fill("Look at them.")
    await dialog.get_by_role("button", name="Submit").click()
    await expect(page.locator("[data-role=channel-name]")).to_have_text("Boats <b>")
    await expect(newest(page).locator("[data-role=content]")).to_have_text("Look at them.")
    await channel_link(page, "gallery").click()
    ARTIFACTS.mkdir(exist_ok=True)
    await page.screenshot(path=ARTIFACTS / "sandbox-forum.png")
    await forum.get_by_role("link", name=re.compile("Boats")).click()
    await expect(newest(page).locator("[data-role=content]")).to_have_text("Look at them.")


async def test_channels_of_other_kinds(page: Page) -> None:
    text = page.locator("[data-role=text]")
    await channel_link(page, "after-dark").click()
    gate = page.locator("[data-role=gate]")
    await expect(gate).to_contain_text("Age-Restricted Channel")
    await expect(text).to_be_hidden()
    await page.screenshot(path=ARTIFACTS / "sandbox-gate.png")
    await gate.get_by_role("button", name="Continue").click()
    await expect(gate).to_be_hidden()
    for name in ("after-dark", "Lounge"):
        await channel_link(page, name).click()
        await ready(page)
        await text.fill(f"in {name}")
        await text.press("Enter")
        await expect(newest(page).locator("[data-role=content]")).to_have_text(f"in {name}")
    await channel_link(page, "news").click()
    await expect(text).to_be_disabled()
    await write_as(page, "Moritz")
    await expect(text).to_be_enabled()


async def test_whoever_is_timed_out_cannot_write(page: Page, people: Cast, sandbox: Sandbox) -> None:
    path = f"/guilds/{sandbox.world.guild.id}/members/{sandbox.person('Mia').id}"
    status, answer = await people("moderator").call(
        "PATCH", path, {"communication_disabled_until": "2099-01-01T00:00:00+00:00"}
    )
    assert status == 200, answer
    await expect(page.locator("[data-role=text]")).to_be_disabled()


async def test_reactions_that_a_moderator_clears(page: Page, people: Cast) -> None:
    said = await people("Mia").say("art", "a dog")
    noor = people("Noor")
    path = f"{noor.messages_of('art')}/{said['id']}/reactions"
    for emoji in ("%E2%9D%8C", "%F0%9F%8E%A8"):
        await noor.call("PUT", f"{path}/{emoji}/@me")
    await expect(newest(page).locator("[data-role=reaction]")).to_have_count(2)
    await people("moderator").call("DELETE", path)
    await expect(newest(page).locator("[data-role=reaction]")).to_have_count(0)
