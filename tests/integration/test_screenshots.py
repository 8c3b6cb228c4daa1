"""What the pictures of the documentation show comes true: the same steps, on the page of the demo."""

import importlib.util
from pathlib import Path
from typing import Any

from playwright.async_api import Browser

from tests.page_fixtures import ARTIFACTS, browser, needs_chromium

__all__ = ["browser"]

SCRIPT = Path(__file__).parents[2] / "docs" / "screenshots.py"
SHOWN = {"growing", "finished", "slash", "form", "steering", "moderators", "operator", "operator-gallery"}


@needs_chromium
async def test_the_steps_of_the_screenshots(browser: Browser) -> None:
    spec = importlib.util.spec_from_file_location("screenshots", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    screenshots: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(screenshots)
    ARTIFACTS.mkdir(exist_ok=True)
    async with screenshots.demo() as url:
        page = await browser.new_page(viewport=screenshots.SIZE)
        await screenshots.take(page, url, ARTIFACTS, 60)
    for name in SHOWN:
        assert (ARTIFACTS / f"{name}.webp").stat().st_size > 10_000
    text = "".join(
        path.read_text(encoding="utf-8") for path in [*SCRIPT.parent.glob("*.md"), SCRIPT.parents[1] / "README.md"]
    )
    assert {name for name in SHOWN if f"images/{name}.webp" in text} == SHOWN
