"""A member's picture, from the message to which it is attached to the finished painting."""

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from generation.engine.equipment import GONE
from generation.worker.images import read_request
from tests.integration.conftest import StartBot
from tests.sandbox_fixtures import Cast

SIDE = 64
EARLY = f"--size {SIDE}x{SIDE} --steps 2 --seed 7"


def landscape() -> Image.Image:
    """Return a meadow below a sky, with a sun."""
    image = Image.new("RGB", (SIDE, SIDE), (90, 150, 220))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 40, SIDE, SIDE), fill=(60, 140, 50))
    draw.ellipse((40, 6, 54, 20), fill=(250, 220, 60))
    return image


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def distance(data: bytes, image: Image.Image) -> float:
    with Image.open(io.BytesIO(data)) as other:
        return float(np.square(np.asarray(other, float) - np.asarray(image, float)).mean())


async def test_a_painting_begins_from_a_picture_and_stays_in_a_mask(start_bot: StartBot, people: Cast) -> None:
    bot = await start_bot()
    start, half = landscape(), Image.new("L", (SIDE, SIDE))
    half.paste(255, (0, 0, SIDE // 2, SIDE))
    attached = [("me.png", png(start))]

    async def painted(text: str, *files: tuple[str, bytes]) -> bytes:
        asked = await people("member").say("art", f".imagine a red apple {EARLY}{text}", files=list(files))
        return (await bot.finished(int(asked["id"])))[1]

    begun, noise = await painted("", *attached), await painted(" --init noise")
    assert distance(begun, start) < distance(noise, start) / 4
    assert read_request(begun).init_picture
    masked = await painted("", *attached, ("mask.png", png(half)))
    with Image.open(io.BytesIO(masked)) as picture:
        right = (SIDE // 2, 0, SIDE, SIDE)
        assert picture.crop(right).tobytes() == start.crop(right).tobytes()
        assert picture.tobytes() != start.tobytes()


async def test_a_picture_that_is_gone_after_a_restart_ends_its_request_with_a_sentence(
    start_bot: StartBot, people: Cast, tmp_path: Path
) -> None:
    bot = await start_bot("executor.grace_seconds=0.0")
    text = f".imagine a red apple --size {SIDE}x{SIDE} --steps 500"
    asked = int((await people("member").say("art", text, files=[("me.png", png(landscape()))]))["id"])
    await bot.post_about(asked, lambda post: "▱" in post.content)
    assert await bot.stop() == 0
    (upload,) = (tmp_path / "uploads").iterdir()
    upload.unlink()
    again = await start_bot()
    post = await again.post_about(asked, lambda post: GONE in post.content)
    assert "Again: the same prompt and picture with" in post.content
