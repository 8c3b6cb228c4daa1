"""The page in a real browser: written to as each member, with files, live edits and hostile text."""

import re

import pytest
from playwright.async_api import Browser, FilePayload, Page, expect

from sandbox import Sandbox
from tests.page_fixtures import ARTIFACTS, needs_chromium, newest, ready, write_as
from tests.sandbox.conftest import png
from tests.sandbox_fixtures import Cast

pytestmark = needs_chromium


async def test_everybody_writes_and_the_bot_paints(page: Page, sandbox: Sandbox, people: Cast) -> None:
    text = page.locator("[data-role=text]")
    await expect(text).to_be_focused()
    for name in ("Ada", "Moritz", "Noor", "Mia"):
        await write_as(page, name)
        await text.fill(f"**{name}** was here")
        await text.press("Enter")
        await expect(newest(page)).to_have_attribute("data-author", name)
        await expect(newest(page).locator("strong")).to_have_text(name)
    await expect(text).to_have_value("")

    await text.fill("first line")
    await text.press("Shift+Enter")
    await text.type("second line")
    garden = FilePayload(name="garden.png", mimeType="image/png", buffer=png("seagreen"))
    await page.locator("[data-role=file]").set_input_files(garden)
    await expect(page.locator("[data-role=upload]")).to_have_count(1)
    await text.press("Enter")
    picture = newest(page).locator(".picture img")
    await expect(picture).to_have_js_property("naturalWidth", 128)
    box = await picture.bounding_box()
    assert box is not None
    assert round(box["width"]) == 384, "small pictures are enlarged"
    assert sandbox.messages("art")[-1].content == "first line\nsecond line"

    bot = people("bot")
    asked = str(sandbox.messages("art")[-1].id)
    sent = await bot.say(
        "art",
        "painting… 10 %",
        files=[("p.png", png("tomato", (128, 128)))],
        attachments=[{"id": "0", "description": "a red field"}],
        message_reference={"message_id": asked},
    )
    message = page.locator(f'[data-message-id="{sent["id"]}"]')
    picture = message.locator(".picture img")
    await expect(picture).to_have_js_property("complete", True)
    await expect(picture).to_have_attribute("alt", "a red field")
    await expect(message.locator("[data-role=reply]")).to_contain_text("first line second line")
    before = await picture.element_handle()
    path = f"{bot.messages_of('art')}/{sent['id']}"
    _, edited = await bot.call(
        "PATCH", path, {"content": "done", "attachments": [{"id": "0"}]}, [("p.png", png("gold", (128, 128)))]
    )
    await expect(message.locator("[data-role=content]")).to_contain_text("done")
    await expect(message.locator("[data-role=edited]")).to_be_visible()
    await expect(picture).to_have_attribute("src", edited["attachments"][0]["url"])
    assert before is not None
    assert await before.evaluate("image => image.isConnected"), "the picture is changed, not made anew"

    await picture.click()
    await expect(page.locator("[data-role=viewer] img")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.locator("[data-role=viewer]")).to_be_hidden()

    await bot.call("PUT", f"{path}/reactions/%F0%9F%8E%A8/@me")
    reaction = message.locator("[data-role=reaction]")
    await reaction.click()
    await expect(reaction).to_have_attribute("aria-pressed", "true")
    await expect(reaction).to_contain_text("2")

    await bot.call("POST", f"/channels/{sandbox.channel('art').id}/typing")
    await expect(page.locator("[data-role=typing]")).to_have_text("Easel is typing…")
    ARTIFACTS.mkdir(exist_ok=True)
    await page.screenshot(path=ARTIFACTS / "sandbox.png")

    await bot.call("DELETE", path)
    await expect(message).to_have_count(0)


async def test_hostile_text_stays_text(page: Page, people: Cast, sandbox: Sandbox) -> None:
    bad = "<img src=x onerror=alert(1)> [x](javascript:alert(1)) <script>alert(1)</script> **<b>bold</b>**"
    await people("Noor").say("art", bad)
    content = newest(page).locator("[data-role=content]")
    await expect(content).to_contain_text("<img src=x onerror=alert(1)> [x](javascript:alert(1)) <script>")
    assert await content.locator("img, script, b, a").count() == 0
    await people("bot").say("art", embeds=[{"title": bad[:200], "fields": [{"name": bad, "value": bad}]}])
    embed = newest(page).locator("[data-role=embed]")
    await expect(embed).to_contain_text("<b>bold</b>")
    assert await embed.locator("img, script, b, a").count() == 0
    for text in (
        "*" * 500,
        "`" * 300,
        "> " * 400,
        "||" * 200,
        "[" * 400,
        "_*~`" * 200,
        "```",
        "\u202e" * 50 + "x",
        "<t:9e9:R>",
    ):
        await people("moderator").say("general", text)
    await page.goto(f"{sandbox.url}/#{sandbox.channel('general').id}")
    await expect(page.locator("[data-message-id]")).to_have_count(9)


async def test_what_cannot_be_rendered_is_shown_as_text(page: Page, people: Cast) -> None:
    noor = people("Noor")
    for text in ("before", "x\n-  \ny", "- one\u2028two", "after"):
        await noor.say("art", text)
    await page.reload()
    await ready(page)
    await expect(page.locator("[data-role=content]")).to_have_text(["before", "x\n-  \ny", "one\u2028two", "after"])
    shown = await page.evaluate(
        """async () => (await import("/page/markdown.js")).render(
            "**<@1>**", { user() { throw new Error("no such table"); } }).map(String)"""
    )
    assert shown == ["**<@1>**"]


FUZZ = """
async ([count, seed, pieces, repeated]) => {
  const { elements, onlyEmoji, render } = await import("/page/markdown.js");
  const names = { user: (id) => id, role: (id) => id, channel: (id) => id };
  let state = seed;
  const below = (n) => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    return ((state ^ (state >>> 13)) >>> 0) % n;
  };
  const problems = [];
  const box = document.createElement("div");
  const tags = new Set("B STRONG EM U S SMALL BLOCKQUOTE CODE PRE H4 H5 H6 UL OL LI SPAN TIME".split(" "));
  const attributes = new Set("class title start role tabindex aria-label aria-live datetime".split(" ")
    .concat("data-level data-language data-relative".split(" ")));
  const check = (text) => {
    const began = performance.now();
    try {
      box.replaceChildren(...elements(text, names));
      onlyEmoji(text);
    } catch (error) {
      problems.push([String(error), text]);
      return 0;
    }
    const took = performance.now() - began;
    for (const each of box.querySelectorAll("*")) {
      if (!tags.has(each.tagName)) problems.push([each.tagName, text]);
      for (const { name } of each.attributes) if (!attributes.has(name)) problems.push([name, text]);
    }
    return took;
  };
  for (let n = 0; n < count; n++) {
    let text = "";
    for (let left = 1 + below(24); left > 0; left--) text += pieces[below(pieces.length)];
    check(text);
  }
  const times = [];
  for (const piece of repeated) {
    const long = piece.repeat(8000).slice(0, 8000);
    for (const text of [long, "```" + long + "x", piece.repeat(26) + "x"]) {
      times.push([Math.round(check(text)), text.slice(0, 12)]);
    }
  }
  return [problems.slice(0, 5), times.sort((a, b) => b[0] - a[0])[0]];
}
"""
PIECES = [
    *"*_~|`<>@#[]()\\:-. \n\t\r0a\u2028é😀",
    *("**", "***", "__", "~~", "||", "``", "```", "```py\n", "> ", ">>> ", "- ", "* ", "1. ", "-# ", "# ", "  - "),
    *(
        "<@1>",
        "<@&2>",
        "<#3>",
        "<t:0:R>",
        "<t:9999999999999>",
        "<:a:1>",
        "</a b:1>",
        "</",
        "@everyone",
        "[a](",
        "javascript:a",
        "👍🏽",
    ),
    *("https://a.b/c", "http://", "<b onclick=a>", "](https://a.b)", "[a](javascript:b)"),
]
REPEATED = [
    *(*PIECES, "*_", "_*", "*a_a", "**_", "*a ", "_a ", "[a](", "[a", "<@", "<http://", "`a``", "`\n", "> - ", "- \n"),
    *(
        "||a",
        "~~a",
        "__a",
        "**a",
        "***a",
        "[](",
        "> ```",
        "\\`",
        ">>> > ",
        "*a**b",
        "_a__b",
        "`a```b",
        "1. \n",
        "[[]((",
    ),
]


async def test_the_renderer_takes_any_text(page: Page) -> None:
    problems, (slowest, text) = await page.evaluate(FUZZ, [10_000, 1, PIECES, REPEATED])
    assert problems == []
    assert slowest < 5000, f"{text!r}… took {slowest} ms: a pattern backtracks"


MARKDOWN = {
    "**a** *b* __c__ ~~d~~ `e`": "strong:a em:b u:c s:d code:e",
    "***x*** **_y_**": "strong:x em:x strong:y em:y",
    "# Title\ntext": "h4:Title",
    "-# small": "small:small",
    "> quoted\nnot": "blockquote:quoted",
    "- one\n- two": "ul:onetwo li:one li:two",
    "2. two": "ol:two li:two",
    "- a\n-  \nb": "ul:a li:a",
    "x\n- \ny\n#  \nz": "",
    "``````": "",
    "``a` b": "code:`a",
    "```py\nx = **1**\n```": "pre:x = **1** code:x = **1**",
    "\\*not\\* snake_case_name 2*3*4": "em:3",
    "<@{mia}> <#{art}> @everyone": "span:@Mia span:#art span:@everyone",
    "||hidden||": "span:hidden span:hidden",
    "<t:0:d> <:smile:123456>": "time:01/01/1970",
    "</limits set:123456> </a  b:1>": "span:/limits set",
    "https://example.org/a_b_c.": "span:https://example.org/a_b_c",
    "https://discord.com/channels/1/{art}/2 https://discord.com/channels/@me/{art}": "span:#art › 💬 span:#art",
}


async def test_markdown_is_discords(page: Page, people: Cast, sandbox: Sandbox) -> None:
    sandbox.limits.enabled = False
    ids = {"mia": sandbox.person("Mia").id, "art": sandbox.channel("art").id}
    for source, shape in MARKDOWN.items():
        sent = await people("Noor").say("general", source.format(**ids))
        await page.goto(f"{sandbox.url}/#{sandbox.channel('general').id}")
        content = page.locator(f'[data-message-id="{sent["id"]}"] [data-role=content]')
        await expect(content).to_be_visible()
        found = await content.evaluate(
            "each => [...each.querySelectorAll('*')].map(x => x.tagName.toLowerCase() + ':' + x.textContent).join(' ')"
        )
        assert found == shape, source


async def test_what_discord_refuses_is_said(page: Page) -> None:
    text, error = page.locator("[data-role=text]"), page.locator("[data-role=error]")
    await text.fill("x" * 2001)
    await expect(page.locator("[data-role=count]")).to_have_text("-1")
    await text.press("Enter")
    await expect(error).to_contain_text("content: Must be 2000 or fewer in length. (Discord error 50035)")
    await expect(text).to_have_value("x" * 2001)
    await text.fill("shorter")
    await expect(error).to_be_hidden()

    await page.locator('[data-channel="announcements"]').click()
    await expect(text).to_be_disabled()
    await expect(text).to_have_attribute("placeholder", re.compile("permission"))
    await write_as(page, "Moritz")
    await expect(text).to_be_enabled()
    await expect(page.locator('[data-channel="staff"]')).to_be_visible()


async def test_it_comes_back_by_itself(page: Page, people: Cast, sandbox: Sandbox) -> None:
    mia = sandbox.person("Mia").id
    for forget in (False, True):
        sandbox.gateway.drop(mia, forget=forget)
        await people("Noor").say("art", f"missed {forget}")
        await expect(newest(page)).to_contain_text(f"missed {forget}")
        await ready(page)


async def test_a_restarted_sandbox_is_found_again(browser: Browser) -> None:
    async with Sandbox() as first:
        page = await browser.new_page()
        await page.goto(f"{first.url}/?as={first.person('Noor').id}#{first.channel('general').id}")
        await ready(page)
        await expect(page.locator("[data-role=app]")).to_have_attribute("data-writer", "Noor")
        await expect(page.locator("[data-role=channel-name]")).to_have_text("general")
    await expect(page.locator("[data-role=connection]")).to_contain_text("Connection lost")
    async with Sandbox(int(first.url.rpartition(":")[2])) as second:
        await ready(page)
        text = page.locator("[data-role=text]")
        await text.fill("still here")
        await text.press("Enter")
        await second.until(lambda: [each.content for each in second.messages("general")] == ["still here"])
        await page.close()


async def test_pictures_are_shown_by_any_of_the_hosts_names(browser: Browser, people: Cast, sandbox: Sandbox) -> None:
    embed = {"image": {"url": "attachment://b.png"}}
    await people("bot").say("art", files=[("a.png", png()), ("b.png", png())], embeds=[embed])
    page = await browser.new_page()
    await page.goto(sandbox.url.replace("127.0.0.1", "localhost"))
    await ready(page)
    for place in ("attachments", "embed"):
        await expect(page.locator(f"[data-role={place}] img")).to_have_js_property("naturalWidth", 128)
    await page.close()


@pytest.mark.parametrize("width", [375, 701, 900, 1100])
async def test_whom_one_writes_as_has_room(page: Page, width: int) -> None:
    await page.set_viewport_size({"width": width, "height": 844})
    writers = page.locator("[data-role=writers]")
    assert await writers.evaluate("each => each.scrollWidth - each.clientWidth") <= 0
    right = await writers.evaluate("each => each.getBoundingClientRect().right")
    for each in await writers.locator("label").all():
        assert await each.evaluate("each => each.getBoundingClientRect().right") <= right + 1


async def test_on_a_phone(page: Page, people: Cast) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    sent = await people("Mia").say(
        "art", "https://example.org/" + "long" * 80, files=[("wide.png", png("teal", (900, 300)))]
    )
    embed = {"title": "on a phone", "color": 0x5865F2, "image": {"url": "attachment://p.png"}}
    await people("bot").say(
        "art",
        "here you are",
        files=[("p.png", png("orchid", (256, 256)))],
        embeds=[embed],
        message_reference={"message_id": sent["id"]},
    )
    await expect(newest(page).locator(".picture img")).to_have_js_property("naturalWidth", 256)
    for selector in ("[data-role=scroller]", ".chat", "[data-role=composer]"):
        overflow = await page.locator(selector).evaluate("each => each.scrollWidth - each.clientWidth")
        assert overflow <= 0, selector
    ARTIFACTS.mkdir(exist_ok=True)
    await page.screenshot(path=ARTIFACTS / "sandbox-phone.png")
    await page.locator("[data-role=menu]").click()
    await page.locator('[data-channel="general"]').click()
    await expect(page.locator("[data-role=channel-name]")).to_have_text("general")
    await page.locator("[data-role=toggle-members]").click()
    await expect(page.locator('[data-member="Easel"]')).to_be_in_viewport()
    await page.keyboard.press("Escape")
    await expect(page.locator('[data-member="Easel"]')).not_to_be_in_viewport()
