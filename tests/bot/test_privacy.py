"""`.mydata` and `.forgetme`."""

from tests.bot.conftest import Stage


async def test_members_see_what_is_kept_and_delete_it(stage: Stage) -> None:
    assert "0 requests" in await stage.ask(".mydata", "Mia")
    post = await stage.reply(await stage.say(".imagine a cat", "Mia"))
    stage.executor.finish(await stage.executor.next("a cat"))
    await stage.shows(post, "Again:")
    waiting = await stage.reply(await stage.say(".imagine a dog", "Mia"))
    await stage.executor.next("a dog")
    others = await stage.reply(await stage.say(".imagine a fox", "Noor"))
    told = await stage.ask(".mydata", "Mia")
    assert "- 2 requests with prompt, time, channel and your name, since <t:" in told
    assert "- 1 file" in told
    asked = await stage.ask(".forgetme", "Mia")
    assert "`.forgetme everything` deletes" in asked
    assert "- 2 requests" in asked
    assert await stage.ask(".forgetme everything", "Mia") == (
        "Deleted: 2 requests with all their files, and your settings."
    )
    await stage.shows(waiting, "Cancelled.")
    assert not list((stage.settings.data_dir / "pictures").iterdir())
    assert "0 requests" in await stage.ask(".mydata", "Mia")
    stage.executor.finish(await stage.executor.next("a fox"))
    await stage.shows(others, "Again:")
    assert "1 request with" in await stage.ask(".mydata", "Noor")


async def test_by_slash_nobody_else_sees_it(stage: Stage) -> None:
    assert "What is kept of you" in (await stage.slash("mydata")).content
    assert "deletes" in (await stage.slash("forgetme")).content
    assert (await stage.slash("forgetme", options={"what": "everything"})).content.startswith("Deleted: 0 requests")


async def test_what_else_is_said_is_no_yes(stage: Stage) -> None:
    assert "`what` takes `everything`, not `all`. It is typed" in await stage.ask(".forgetme all")
