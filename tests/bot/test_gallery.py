"""`.gallery`: a member's last pictures on one sheet."""

import io

import pytest
from PIL import Image

from bot.gallery import sheet
from tests.bot.conftest import MakeStage, Stage, picture


async def painted(stage: Stage, prompt: str, color: str, who: str = "Mia", channel: str = "art") -> None:
    post = await stage.reply(await stage.say(f".imagine {prompt}", who, channel), channel)
    stage.executor.finish(await stage.executor.next(prompt), picture(color))
    await stage.shows(post, "Again:")


async def test_it_shows_the_members_own_newest_first(stage: Stage) -> None:
    assert "There is no picture of yours here yet" in await stage.ask(".gallery", "Mia")
    await painted(stage, "a *red* cat", "red")
    await painted(stage, "a fox", "green", "Noor")
    await painted(stage, "a blue dog", "blue")
    reply = await stage.reply(await stage.say(".gallery", "Mia"))
    first, second = reply.content.splitlines()
    assert first.startswith("1. a blue dog · `")
    assert second.startswith(r"2. a \*red\* cat · `")
    assert "https://discord.com/channels/" in second
    (file,) = reply.attachments
    with Image.open(io.BytesIO(file.data)) as image:
        assert image.size == (2 * 196 + 4, 196 + 4)
        red, green, blue = image.convert("RGB").resize((1, 1), box=(60, 60, 140, 140)).tobytes()
        assert blue > 200 > 50 > max(red, green)


async def test_by_slash_only_its_author_sees_it(stage: Stage) -> None:
    await painted(stage, "a cat", "red", "Mia")
    answer = await stage.slash("gallery", "Mia")
    assert len(answer.attachments) == 1


async def test_what_was_asked_elsewhere_stays_there(make_stage: MakeStage) -> None:
    stage = await make_stage(discord__direct_messages=True)
    await painted(stage, "a secret", "red", "Mia", "after-dark")
    assert "There is no picture of yours here yet" in await stage.ask(".gallery", "Mia")
    assert "a secret" in (await stage.reply(await stage.say(".gallery", "Mia", "after-dark"), "after-dark")).content


@pytest.mark.parametrize(("count", "size"), [(1, (200, 200)), (3, (592, 200)), (9, (592, 592))])
def test_a_sheet_has_room_for_all(count: int, size: tuple[int, int]) -> None:
    with Image.open(io.BytesIO(sheet([picture()] * count))) as image:
        assert image.size == size
