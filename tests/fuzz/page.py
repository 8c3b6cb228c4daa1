"""What the sandbox's page makes of any text, in a real browser; and what it makes of texts that the bot has escaped."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from playwright.sync_api import Route, sync_playwright

from bot.characters import clean
from bot.markdown import escape, inline_code, shorten
from tests.fuzz.prompts import TEXTS
from tests.fuzz.target import Check, Target
from tests.page_fixtures import CHROMIUM, QUIET

PAGE = Path(__file__).parents[2] / "sandbox" / "page"
MILLISECONDS = 1000
"""That a text may take in the browser, where this process does not compute."""
TAGS = {
    *("strong", "em", "u", "s", "small", "blockquote", "code", "pre", "span", "time"),
    *("h4", "h5", "h6", "ol", "ul", "li"),
}
ATTRIBUTES = {
    *("class", "title", "role", "tabindex", "aria-label", "aria-live", "start", "datetime"),
    *("data-language", "data-level", "data-relative"),
}
RENDER = """async ([text, escaped]) => {
    const { elements, parse, onlyEmoji } = await import("/markdown.js");
    const names = { user: () => "somebody", role: () => "a role", channel: () => "a channel" };
    const start = performance.now();
    const box = document.createElement("div");
    box.append(...elements(text, names));
    onlyEmoji(text);
    const all = [...box.querySelectorAll("*")];
    return {
        milliseconds: performance.now() - start,
        tags: [...new Set(all.map((each) => each.tagName.toLowerCase()))],
        attributes: [...new Set(all.flatMap((each) => each.getAttributeNames()))],
        shown: box.textContent.length,
        trees: escaped.map(parse),
    };
}"""
MARKS = st.lists(
    st.sampled_from(
        [*"*_~`|<>[]()#-\\@:/\n .1a", "https://a.b", "**", "||", "```", "<t:1:R>", "- ", "> ", ">>> ", "-# "]
    )
)


@contextlib.contextmanager
def browser() -> Iterator[Check]:
    """Open a page that can import the renderer and reaches nothing else."""

    def answer(route: Route) -> None:
        path = PAGE / route.request.url.rpartition("/")[2]
        if path.suffix == ".js":
            route.fulfill(path=path, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = chromium.new_page()
        page.route("**/*", answer)
        page.goto("http://page.test/")

        def check(text: str) -> str:
            line = " ".join(clean(text).split())
            escaped = [f"x {escape(text)} y", f"**{escape(text)}** y", f"x {inline_code(text)} y"]
            found = page.evaluate(RENDER, [text, escaped])
            assert found["milliseconds"] < MILLISECONDS
            assert set(found["tags"]) <= TAGS
            assert set(found["attributes"]) <= ATTRIBUTES
            assert found["shown"] <= 40 * len(text.encode("utf-16-le", "surrogatepass"))
            plain, strong, code = found["trees"]
            assert [each["type"] for each in plain] == ["text"]
            assert without_isolates(plain[0]["text"]) == f"x {line} y"
            if line:
                assert [each["type"] for each in strong] == ["strong", "text"]
                assert without_isolates(strong[0]["children"][0]["text"]) == line
                assert len(strong[0]["children"]) == 1
            assert [each["type"] for each in code] == ["text", "inlineCode", "text"]
            shown = shorten(" ".join(clean(text.replace("`", "")).split()), 40)
            assert code[1]["text"] == (shown.strip() or " ")
            return "formatted" if found["tags"] else "plain"

        yield check
        chromium.close()


def without_isolates(text: str) -> str:
    """Return a text without what the bot puts around right-to-left ones."""
    return text.replace("\u2068", "").replace("\u2069", "")


PLACES: Any = TEXTS.filter(lambda text: not any("\ud800" <= each <= "\udfff" for each in text))
MARKDOWN = Target(
    (MARKS.map("".join) | PLACES).map(lambda text: text[:4000]),
    browser,
    frozenset({"formatted", "plain"}),
    examples=500,
    loads=("",),
)
