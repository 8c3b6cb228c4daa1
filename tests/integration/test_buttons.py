"""Buttons under a picture that was really painted, pressed after the bot was killed and its database was lost."""

from generation.worker.images import read_request
from sandbox.model import Message
from tests.bot.buttons.conftest import ALL, labels
from tests.integration.conftest import PATIENCE, StartBot, is_finished
from tests.sandbox_fixtures import Cast


async def test_old_buttons_after_everything_else_is_gone(start_bot: StartBot, people: Cast) -> None:
    bot = await start_bot()
    asked = await people("Mia").say("art", ".imagine a red apple --size 64x64 --steps 12 --seed 7")
    post, png = await bot.finished(int(asked["id"]))
    before = read_request(png)
    bot.process.kill()
    await bot.end()
    for file in bot.data_dir.iterdir():
        if file.is_file():
            file.unlink()
    for file in (bot.data_dir / "pictures").iterdir():
        file.unlink()
    bot = await start_bot()
    noor, seen = people("Noor"), {post.id}

    def newer() -> list[Message]:
        mine = [each for each in bot.sandbox.messages("art") if each.author is bot.sandbox.bot]
        return [each for each in mine if each.id not in seen and is_finished(each) and labels(each) == ALL]

    shapes = {"Again": (64, 64), "Vary strongly": (64, 64), "Continue": (64, 64), "Larger": (128, 128)}
    for button, shape in shapes.items():
        await noor.press(post, button)
        await bot.sandbox.until(lambda: bool(newer()), PATIENCE)
        (other,) = newer()
        seen.add(other.id)
        after = read_request(other.attachments[0].data)
        assert after.prompt == before.prompt
        assert after.shape == shape
        assert bool(after.init_picture) == (button != "Again")
        assert (after.seed == before.seed) == (button in ("Continue", "Larger"))
        assert f"<@{noor.user.id}>" in other.content
        assert str(post.id) in other.content
