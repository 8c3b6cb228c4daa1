"""What moderators have set holds for buttons as it does for commands."""

import pytest

from bot.buttons.menus import USE
from bot.receipt import RECEIVED
from tests.bot.buttons.conftest import AGAIN, EDIT, LARGER, PARAMETERS, VARY, VIDEO, Gallery
from tests.bot.conftest import Stage


async def test_the_blocked(gallery: Gallery, stage: Stage) -> None:
    post, request = await gallery.painted()
    noor = stage.people("Noor")
    opened = await noor.press(post, EDIT)
    await noor.answer(opened)
    await stage.ask(f".block <@{noor.user.id}> 1h for a test", "Moritz")
    for button in (AGAIN, VARY, LARGER, VIDEO, EDIT):
        assert "blocked" in await gallery.pressed(post, button, "Noor")
    assert "blocked" in await gallery.told(await noor.submit(opened, {"text": "a dog"}), "Noor")
    assert "blocked" in await gallery.told(await noor.run_command("art", USE, target=post), "Noor")
    assert "blocked" in await stage.ask(f".show {request.id}", "Noor")
    assert f"`{request.id}`" in await gallery.pressed(post, PARAMETERS, "Noor")
    assert not stage.executor.requests


@pytest.mark.parametrize(
    ("rule", "button", "words"),
    [
        ("video off", VIDEO, "no videos are made here; ask"),
        ("pictures 1", AGAIN, "24 hours"),
        ("pixels 16384", LARGER, "pixels"),
    ],
)
async def test_the_limits(gallery: Gallery, stage: Stage, rule: str, button: str, words: str) -> None:
    post, _ = await gallery.painted()
    assert "Done" in await stage.ask(f".limits set {rule}", "Moritz")
    assert words in (await gallery.pressed(post, button)).casefold()
    assert not stage.executor.requests


async def test_words_that_are_forbidden_by_now(gallery: Gallery, stage: Stage) -> None:
    post, request = await gallery.painted()
    other, _ = await gallery.painted("a dog")
    await stage.ask(".words add cat", "Moritz")
    for answer in (await gallery.pressed(post, AGAIN), await stage.ask(f".show {request.id}", "Mia")):
        assert "`cat`" in answer
    opened = await stage.people("Mia").press(other, EDIT)
    await stage.people("Mia").answer(opened)
    sent = await stage.people("Mia").submit(opened, {"text": "a cat"})
    assert "`cat`" in await gallery.told(sent)
    assert await gallery.pressed(other, AGAIN) == RECEIVED
