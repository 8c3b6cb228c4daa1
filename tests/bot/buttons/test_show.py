"""Earlier pictures, posted again."""

from bot.buttons.show import NONE, NOT_KEPT, RESTRICTED, SHOWN, UNFINISHED
from bot.receipt import RECEIVED
from sandbox import Sandbox
from sandbox.model import Overwrite
from sandbox.permissions import Permission
from tests.bot.buttons.conftest import AGAIN, ALL, DELETE, Gallery, file_of, labels
from tests.bot.conftest import MakeStage, Stage


async def test_ones_own(gallery: Gallery, stage: Stage) -> None:
    _, request = await gallery.painted()
    shown = await stage.reply(await stage.say(f".show {request.id}", "Mia", "general"), "general")
    assert shown.content.startswith("**a cat**\n-# seed 7 · 128×128 · 100 steps · 21 s")
    assert labels(shown) == ALL
    assert [each.data for each in shown.attachments] == [file_of(request)]
    assert await gallery.pressed(shown, AGAIN) == RECEIVED
    assert (await gallery.next()).prompt == "a cat"
    assert await gallery.pressed(shown, DELETE) == "Deleted."


async def test_by_slash(gallery: Gallery, stage: Stage) -> None:
    post, request = await gallery.painted()
    noor = stage.people("Noor")
    assert await gallery.told(await noor.run_command("general", "show", {"id": request.id.upper()}), "Noor") == SHOWN
    (shown,) = [each for each in stage.sandbox.messages("general") if each.attachments]
    assert shown.content.startswith(f"<@{noor.user.id}> **a cat**")
    assert await gallery.pressed(shown, DELETE, "Noor") == "Deleted."
    assert post in stage.sandbox.messages("art")


async def test_what_cannot_be_shown(gallery: Gallery, stage: Stage) -> None:
    _, request = await gallery.painted()
    assert await stage.ask(".show 00000000") == NONE
    assert await stage.ask(".show ';DROP") == NONE
    assert "It is typed as" in await stage.ask(".show")
    gallery.lose_pictures()
    assert await stage.ask(f".show {request.id}") == NOT_KEPT
    await stage.say(".imagine a dog")
    assert await stage.ask(f".show {(await gallery.next()).id}") == UNFINISHED


async def test_what_was_painted_where_others_do_not_see_it(gallery: Gallery, stage: Stage) -> None:
    mia = stage.people("Mia")
    channel = await mia.direct()
    await mia.call("POST", f"/channels/{channel.id}/messages", {"content": ".imagine a cat"})
    private = await gallery.next()
    stage.executor.finish(private, file_of(private))
    await stage.sandbox.until(lambda: labels([*channel.messages.values()][-1]) == ALL)
    assert await stage.ask(f".show {private.id}", "Noor") == NONE
    shown = await stage.reply(await stage.say(f".show {private.id}", "Mia"))
    assert labels(shown) == ALL
    assert await gallery.pressed(shown, AGAIN, "Noor") == RECEIVED


async def test_what_was_painted_in_a_channel_that_others_do_not_see(sandbox: Sandbox, make_stage: MakeStage) -> None:
    guild, general = sandbox.world.guild, sandbox.channel("general")
    for role in guild.roles.values():
        hidden = role.id == guild.id
        general.overwrites[role.id] = Overwrite(
            allow=0 if hidden else Permission.VIEW_CHANNEL, deny=Permission.VIEW_CHANNEL if hidden else 0
        )
    painters = next(role for role in guild.roles.values() if role.name == "Painters")
    general.overwrites[painters.id] = Overwrite(deny=Permission.VIEW_CHANNEL)
    gallery = Gallery(await make_stage())
    _, request = await gallery.painted(who="Moritz", channel="general")
    assert await gallery.stage.ask(f".show {request.id}", "Noor") == NONE
    shown = await gallery.stage.reply(await gallery.stage.say(f".show {request.id}", "Ada"))
    assert labels(shown) == ALL


async def test_what_is_from_an_age_restricted_channel(sandbox: Sandbox, make_stage: MakeStage) -> None:
    sandbox.channel("general").nsfw = True
    gallery = Gallery(await make_stage())
    _, request = await gallery.painted(channel="general")
    assert await gallery.stage.ask(f".show {request.id}") == RESTRICTED
    shown = await gallery.stage.reply(await gallery.stage.say(f".show {request.id}", "Noor", "general"), "general")
    assert labels(shown) == ALL
