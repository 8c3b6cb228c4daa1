import io

import pytest
from PIL import Image

from bot.prompt import parse
from bot.styles import SAMPLES, SHEET, sample
from config.settings.painting import PaintingSettings
from generation.styles import STYLES
from tests.bot.conftest import Stage


@pytest.mark.parametrize("name", STYLES)
def test_each_style_ends_a_prompt_and_has_a_sample(name: str) -> None:
    assert parse(f"a cat --style {name}", PaintingSettings()).prompt == f"a cat, {STYLES[name].ending}"
    with Image.open(sample(name)) as picture:
        assert picture.size == (96, 96)


def test_samples_are_small() -> None:
    assert sum(path.stat().st_size for path in SAMPLES.iterdir()) < 300_000


async def test_all_are_shown_on_a_page(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".styles"))
    assert "`watercolor`" in post.content
    assert post.attachments[0].data == SHEET.read_bytes()
    Image.open(io.BytesIO(post.attachments[0].data)).verify()


async def test_one_is_shown(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".styles Pixel Art"))
    assert post.content == "`--style pixel-art` adds “pixel art” to a prompt: large squares, as in old games."
    assert post.attachments[0].data == sample("pixel-art").read_bytes()
    assert (await stage.ask(".styles cubism")) == "There is no style `cubism`; `.styles` shows all."


async def test_where_no_files_may_go_the_words_do(stage: Stage) -> None:
    post = await stage.reply(await stage.say(".styles", channel="no-files"), "no-files")
    assert "`watercolor`" in post.content
    assert not post.attachments


async def test_a_slash_command_shows_it_to_its_author(stage: Stage) -> None:
    mia = stage.people("Mia")
    await stage.registered()
    post = await mia.answer(await mia.run_command("art", "styles", {"name": "neon"}))
    assert post is not None
    assert post.attachments[0].data == sample("neon").read_bytes()
