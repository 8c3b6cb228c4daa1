"""The operator's page in a browser, at a bot that works."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.bot.admin.conftest import TOKEN
from tests.bot.admin.test_api import EVIL
from tests.bot.conftest import Stage, picture
from tests.page_fixtures import ARTIFACTS, browser, needs_chromium

__all__ = ["browser"]

pytestmark = needs_chromium
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 375, "height": 760}


@pytest.fixture
async def page(browser: Browser, served: Stage) -> AsyncIterator[Page]:
    """Open the page; the test fails where it throws, breaks its own policy, or asks for anything from elsewhere."""
    url = f"http://127.0.0.1:{served.settings.admin.port}"
    problems: list[str] = []
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    page.set_default_timeout(60_000)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if "Security Policy" in said.text else None)
    page.on("request", lambda asked: None if asked.url.startswith(f"{url}/") else problems.append(asked.url))
    page.on("dialog", lambda dialog: problems.append(dialog.message))
    await page.goto(url)
    yield page
    await context.close()
    assert not problems


async def log_in(page: Page, token: str = TOKEN) -> None:
    await page.get_by_label("The operator's token").fill(token)
    await page.keyboard.press("Enter")


async def opened(page: Page) -> None:
    await expect(page.locator('body[data-state="open"]')).to_be_attached()


async def view(page: Page, name: str) -> None:
    await page.get_by_role("link", name=name, exact=True).click()
    await expect(page.get_by_role("region", name=name)).to_be_visible()


async def answer(page: Page, button: str) -> None:
    await page.get_by_role("dialog").get_by_role("button", name=button, exact=True).click()


async def test_logging_in_and_out(page: Page) -> None:
    await expect(page.get_by_label("The operator's token")).to_be_focused()
    await log_in(page, "not-the-token-of-anybody")
    await expect(page.get_by_role("alert")).to_have_text("That is not the operator's token.")
    await log_in(page)
    await opened(page)
    await page.reload()
    await opened(page)
    second = await page.context.new_page()
    await second.goto(page.url)
    await opened(second)
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_label("The operator's token")).to_be_focused()
    await expect(second.get_by_label("The operator's token")).to_be_visible()
    await second.close()


async def test_the_queue_grows_and_shrinks(page: Page, served: Stage) -> None:
    await log_in(page)
    await expect(page.get_by_text("Nothing waits, and nothing is being painted.")).to_be_visible()
    post = await served.reply(await served.say(f".imagine {EVIL}", "Mia"))
    row = page.locator("[data-role=queue] li").filter(has_text="<img src=x")
    await expect(row).to_contain_text("Mia")
    request = await served.executor.next(EVIL.replace("\u202e", ""))
    served.executor.start(request)
    served.executor.advance(request, 25)
    await expect(row).to_contain_text("25% · ready")
    await expect(page.locator(".device").first).to_contain_text("1 of 1 (1 × 128×128)")
    served.executor.finish(request)
    await expect(row).to_have_count(0)
    await served.shows(post, "Again:")
    assert await page.locator("img[src=x]").count() == 0


async def test_a_request_is_cancelled_by_keyboard(page: Page, served: Stage) -> None:
    await log_in(page)
    post = await served.reply(await served.say(".imagine a cat"))
    button = page.get_by_role("button", name="Cancel: a cat")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_contain_text("Cancel this picture?")
    await page.keyboard.press("Escape")
    await expect(button).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await served.shows(post, "Cancelled by whoever runs Easel.")
    await expect(button).to_have_count(0)


async def test_focus_stays_while_the_queue_moves(page: Page, served: Stage) -> None:
    await log_in(page)
    for number, who in enumerate(("Mia", "Noor", "Mia", "Noor")):
        await served.reply(await served.say(f".imagine cat {number}", who))
    button = page.get_by_role("button", name="Cancel: cat 3")
    await button.focus()
    served.executor.finish(await served.executor.next("cat 0"))
    await expect(page.locator("[data-role=queue] li")).to_have_count(3)
    await expect(button).to_be_focused()


async def test_pausing_everywhere_and_in_a_server(page: Page, served: Stage) -> None:
    await log_in(page)
    await page.get_by_role("button", name="Pause everywhere").click()
    await answer(page, "Not now")
    await expect(page.get_by_role("button", name="Resume everywhere")).to_have_count(0)
    await page.get_by_role("button", name="Pause everywhere").click()
    await answer(page, "Pause everywhere")
    await expect(page.get_by_text("Painting is paused everywhere.")).to_be_visible()
    assert "paused the painting everywhere" in await served.ask(".imagine a cat")
    await page.get_by_role("button", name="Resume everywhere").click()
    await expect(page.get_by_text("Painting is paused everywhere.")).to_be_hidden()
    await view(page, "Moderation")
    guild = served.sandbox.world.guild.name
    await page.get_by_role("button", name=f"Pause {guild}").click()
    await expect(page.get_by_role("button", name=f"Resume {guild}")).to_be_visible()
    assert "Painting is paused in this server." in await served.ask(".imagine a cat")
    await expect(page.locator("[data-role=history] li").first).to_contain_text(f"paused the painting · {guild}")
    await page.get_by_label("Name").fill("no such server")
    await page.get_by_role("button", name="Find").click()
    await expect(page.get_by_text("No server has such a name.")).to_be_visible()


async def test_blocking(page: Page, served: Stage) -> None:
    await log_in(page)
    await served.reply(await served.say(".imagine a cat", "Mia"))
    await page.get_by_role("button", name="Block Mia").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("For how long").select_option("a day")
    await dialog.get_by_label("Why; the member is told").fill("<b>spam</b>")
    await answer(page, "Block")
    await view(page, "Moderation")
    blocked = page.locator("[data-role=blocked] li")
    await expect(blocked).to_contain_text("by the operator · <b>spam</b>")
    assert "blocked you" in await served.ask(".imagine a dog", "Mia")
    await page.get_by_role("button", name="Unblock Mia").click()
    await expect(page.get_by_text("Nobody is blocked.")).to_be_visible()
    await page.get_by_role("button", name="Block somebody").click()
    await dialog.get_by_label("Whom").fill(str(served.people("Noor").user.id))
    await answer(page, "Block")
    await expect(blocked).to_contain_text("everywhere · for ever · by the operator")
    assert "Whoever runs Easel has blocked you" in await served.ask(".imagine a dog", "Noor")


async def test_failures_and_the_gallery(page: Page, served: Stage) -> None:
    await log_in(page)
    for prompt, who in (("a red boat", "Mia"), ("a blue house", "Noor")):
        post = await served.reply(await served.say(f".imagine {prompt}", who))
        served.executor.finish(await served.executor.next(prompt), picture(prompt.split()[1]))
        await served.shows(post, "Again:")
    post = await served.reply(await served.say(".imagine a fox", "Mia"))
    request = await served.executor.next("a fox")
    served.executor.fail(request, "It is too hard.")
    await served.shows(post, "It is too hard.")
    await view(page, "Failures")
    await expect(page.locator("[data-role=failures] li")).to_contain_text(["It is too hard."])
    await expect(page.locator("[data-role=failures] li")).to_contain_text([request.id])
    await view(page, "Gallery")
    pictures = page.locator("[data-role=pictures] li")
    await expect(pictures).to_have_count(2)
    await expect(pictures.first.locator("img")).to_have_js_property("naturalWidth", 64)
    await page.get_by_label("Words").fill("BOAT")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(pictures).to_have_count(1)
    await pictures.get_by_role("button", name="Open: a red boat").click()
    await expect(page.get_by_role("dialog", name="Picture")).to_contain_text("a red boat")
    await page.keyboard.press("Escape")
    await page.get_by_label("Member").fill("Noor")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page.get_by_text("No picture was found.")).to_be_visible()


async def test_the_bot_is_stopped(page: Page, served: Stage) -> None:
    await log_in(page)
    await page.get_by_role("button", name="Stop the bot").click()
    await answer(page, "Stop the bot")
    await served.bot
    await expect(page.get_by_role("status").filter(has_text="The bot has ended, as it was told to.")).to_be_visible()


async def test_a_bot_that_does_not_answer(page: Page, served: Stage) -> None:
    await log_in(page)
    await opened(page)
    await served.stop()
    await expect(page.get_by_text("Easel does not answer. This is how it stood before.")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_is_cut_off(page: Page, served: Stage, scheme: str) -> None:
    """Looked at in all views, wide and narrow, with long names; the pictures are kept to be looked at."""
    await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    await log_in(page)
    prompts = ["a lighthouse in a storm, oil painting", "x" * 300, "חתול אדום על גג", "a fox"]
    for number, prompt in enumerate(prompts):
        await served.reply(await served.say(f".imagine {prompt}", ("Mia", "Noor")[number % 2]))
    for prompt in prompts[:2]:
        request = await served.executor.next(prompt)
        served.executor.start(request)
        served.executor.advance(request, 60)
    await expect(page.locator("[data-role=queue] li")).to_have_count(4)
    ARTIFACTS.mkdir(exist_ok=True)
    loaded = {
        "Now": "4 of 100",
        "Failures": "Nothing has failed.",
        "Gallery": "No picture was found.",
        "Moderation": "Nothing yet.",
    }
    for name, words in loaded.items():
        await view(page, name)
        await expect(page.get_by_text(words)).to_be_visible()
        for size in (WIDE, NARROW):
            await page.set_viewport_size(size)  # type: ignore[arg-type]
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            path = ARTIFACTS / f"admin-{name.lower()}-{scheme}-{size['width']}.png"
            await page.screenshot(path=path, animations="disabled")
            assert re.match(rb"\x89PNG", path.read_bytes())
