"""The real discord.py client, unmodified but for its addresses."""

import asyncio
import io
from collections.abc import Awaitable

import discord
import pytest

from bot.discord_api import point_at
from sandbox import Fault, Sandbox
from tests.sandbox.conftest import png
from tests.sandbox_fixtures import Cast, Client, logged_in

MESSAGES = "/channels/{channel_id}/messages"


def picture(color: str, name: str = "picture.png", alt: str | None = None) -> discord.File:
    return discord.File(io.BytesIO(png(color)), name, description=alt)


async def test_it_sees_the_server(sandbox: Sandbox) -> None:
    async with logged_in(sandbox) as client:
        (guild,) = client.guilds
        assert (guild.name, guild.me.name, guild.filesize_limit) == ("The Studio", "Easel", 10 * 1024 * 1024)
        channels = {each.name: each for each in guild.text_channels}
        assert channels["art"].permissions_for(guild.me).attach_files
        assert not channels["no-files"].permissions_for(guild.me).attach_files
        assert not channels["announcements"].permissions_for(guild.me).send_messages
        assert not channels["staff"].permissions_for(guild.me).view_channel
        assert client.application_flags.gateway_message_content_limited
        sandbox.overwrite("art", sandbox.bot.id, deny=discord.Permissions(attach_files=True).value)
        await client.until("guild_channel_update")
        assert not channels["art"].permissions_for(guild.me).attach_files


async def test_a_request_and_its_picture(sandbox: Sandbox, people: Cast) -> None:
    async with logged_in(sandbox) as client:
        await people("Mia").say("art", ".imagine a sunset")
        asked: discord.Message = await client.until("message", lambda message: not message.author.bot)
        assert (asked.content, asked.author.display_name) == (".imagine a sunset", "Mia")

        async with asked.channel.typing():
            answer = await asked.reply("first", file=picture("red", alt="nothing much yet"), mention_author=True)
        assert answer.attachments[0].description == "nothing much yet"
        assert answer.mentions == [asked.author]
        assert answer.reference is not None
        assert answer.reference.message_id == asked.id

        await answer.edit(content="second", attachments=[picture("blue")])
        seen: discord.Message = await client.until("message_edit", lambda before: before.id == answer.id)
        fetched = await asked.channel.fetch_message(seen.id)
        assert fetched.content == "second"
        assert await fetched.attachments[0].read() == png("blue")

        embed = discord.Embed(title="done", colour=0x57F287).set_image(url="attachment://final.png")
        partial = asked.channel.get_partial_message(answer.id)  # type: ignore[union-attr]
        final = await partial.edit(content=None, embed=embed, attachments=[picture("green", "final.png")])
        assert final.embeds[0].image.width == 128

        await final.add_reaction("❤️")
        await final.delete()
        with pytest.raises(discord.NotFound) as refusal:
            await asked.channel.fetch_message(answer.id)
        assert refusal.value.code == 10008


async def test_refusals_are_discords(sandbox: Sandbox) -> None:
    async with logged_in(sandbox) as client:
        channels = {each.name: each for each in client.guilds[0].text_channels}

        async def code(doing: Awaitable[object]) -> int:
            with pytest.raises(discord.HTTPException) as refusal:
                await doing
            return refusal.value.code

        assert await code(channels["announcements"].send("x")) == 50013
        assert await code(channels["no-files"].send(file=picture("red"))) == 50013
        assert await code(channels["staff"].send("x")) == 50001
        assert await code(channels["art"].send("x" * 2001)) == 50035
        assert await code(channels["art"].send(" ")) == 50006
        large = discord.File(io.BytesIO(b"\0" * (10 * 1024 * 1024 + 1)), "large.bin")
        assert await code(channels["art"].send(file=large)) == 40005


async def test_the_same_nonce_twice_is_one_message(sandbox: Sandbox) -> None:
    async with logged_in(sandbox) as client:
        channel = client.guilds[0].text_channels[0]
        sandbox.fail_next(Fault("POST", MESSAGES, 429, retry_after=0.01, late=True))
        first = await channel.send("once")
        second = await channel.send("again", nonce="request-1")
        assert (await channel.send("again", nonce="request-1")).id == second.id
        assert [message.id for message in sandbox.messages("art")] == [first.id, second.id]


async def test_a_429_is_waited_for_and_a_ban_is_not(sandbox: Sandbox) -> None:
    async with logged_in(sandbox) as client:
        channel = client.guilds[0].text_channels[0]
        sandbox.fail_next(Fault("POST", MESSAGES, 429, retry_after=0.01))
        await channel.send("after all")
        sandbox.fail_next(Fault("POST", MESSAGES, 429, via=False))
        with pytest.raises(discord.HTTPException) as refusal:
            await channel.send("banned")
        assert refusal.value.status == 429
        assert [message.content for message in sandbox.messages("art")] == ["after all"]


@pytest.mark.parametrize("how", ["drop", "op 7", "op 9 resumable"])
async def test_it_resumes_and_hears_what_it_missed(sandbox: Sandbox, people: Cast, how: str) -> None:
    async with logged_in(sandbox) as client:
        if how == "drop":
            sandbox.drop_gateway()
        elif how == "op 7":
            sandbox.gateway.order_reconnect(sandbox.bot.id)
        else:
            sandbox.gateway.invalidate(sandbox.bot.id, resumable=True)
        await client.until("disconnect")
        await people("Mia").say("art", "did you hear?")
        heard = await client.until("message")
        assert heard.content == "did you hear?"
        await client.until("resumed")


async def test_a_lost_session_is_begun_anew(sandbox: Sandbox, people: Cast) -> None:
    async with logged_in(sandbox) as client:
        sandbox.drop_gateway(forget=True)
        await client.until("disconnect")
        await client.until("ready")
        await people("Mia").say("art", "hello again")
        assert (await client.until("message")).content == "hello again"


async def test_a_restarted_sandbox_is_found_again() -> None:
    async with Sandbox() as first:
        await point_at(first.api_base)
        client = Client()
        running = asyncio.create_task(client.start(first.bot.token))
        await client.until("ready")
    await client.until("disconnect")
    async with Sandbox(int(first.url.rpartition(":")[2])) as second:
        await client.until("ready")
        assert second.sessions.online(second.bot)
        await client.close()
        await running


async def test_a_wrong_token(sandbox: Sandbox) -> None:
    await point_at(sandbox.api_base)
    async with Client() as client:
        with pytest.raises(discord.LoginFailure):
            await client.start("wrong")


async def test_a_missing_intent(sandbox: Sandbox) -> None:
    await point_at(sandbox.api_base)
    sandbox.set_message_content(enabled=False)
    async with Client() as client:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await client.start(sandbox.bot.token)


async def test_private_messages(sandbox: Sandbox, people: Cast) -> None:
    async with logged_in(sandbox) as client:
        mia = people("Mia")
        _, channel = await mia.call("POST", "/users/@me/channels", {"recipient_id": str(sandbox.bot.id)})
        path = f"/channels/{channel['id']}/messages"
        await mia.call("POST", path, {"content": "psst"})
        message: discord.Message = await client.until("message")
        assert (message.guild, message.content) == (None, "psst")
        await message.channel.send("yes?")
        _, listed = await mia.call("GET", path)
        assert [each["content"] for each in listed] == ["yes?", "psst"]


async def test_reactions_are_heard(sandbox: Sandbox, people: Cast) -> None:
    async with logged_in(sandbox) as client:
        channel = client.guilds[0].text_channels[0]
        message = await channel.send("a picture")
        mia = people("Mia")
        for place in (channel.id, (await mia.direct()).id):
            if place != channel.id:
                message = await (await client.fetch_user(mia.user.id)).send("a picture")
            path = f"/channels/{place}/messages/{message.id}/reactions/%E2%9D%A4/@me"
            await mia.call("PUT", path)
            added: discord.RawReactionActionEvent = await client.until("raw_reaction_add")
            assert (added.user_id, added.message_id, added.emoji.name) == (mia.user.id, message.id, "❤")
            await mia.call("DELETE", path)
            assert (await client.until("raw_reaction_remove")).message_id == message.id
        await message.add_reaction("❤")
        sent = await channel.send("another")
        await sent.add_reaction("🎨")
        path = f"/channels/{channel.id}/messages/{sent.id}/reactions"
        await people("moderator").call("DELETE", f"{path}/%F0%9F%8E%A8")
        assert (await client.until("raw_reaction_clear_emoji")).message_id == sent.id
        await people("moderator").call("DELETE", path)
        assert (await client.until("raw_reaction_clear")).message_id == sent.id


async def test_threads_and_posts(sandbox: Sandbox, people: Cast) -> None:
    async with logged_in(sandbox) as client:
        message = await client.guilds[0].text_channels[0].send("a picture")
        thread = await message.create_thread(name="more of it")
        await thread.send("here")
        assert message.guild is not None
        forum = next(each for each in message.guild.forums if each.name == "gallery")
        posted = await forum.create_thread(name="A cat", content="look", file=picture("red"))
        assert posted.message.attachments[0].width == 128
        asked = await people("Mia").say(sandbox.world.place(thread.id), "more?")
        heard: discord.Message = await client.until("message", lambda each: each.id == int(asked["id"]))
        assert isinstance(heard.channel, discord.Thread)
        assert heard.channel.permissions_for(message.guild.me).send_messages_in_threads
        await heard.reply("yes")
        first = await thread.send("first")
        await thread.edit(archived=True)
        with pytest.raises(discord.HTTPException) as archived:
            await first.edit(content="x")
        assert archived.value.code == 50083
        assert message.guild.get_channel(sandbox.channel("after-dark").id).is_nsfw()  # type: ignore[union-attr]
        await people("owner").call("PATCH", f"/channels/{thread.id}", {"locked": True, "archived": True})
        with pytest.raises(discord.Forbidden) as locked:
            await thread.send("x")
        assert locked.value.code == 160005


async def test_roles_and_overwrites_are_heard(sandbox: Sandbox, people: Cast) -> None:
    async with logged_in(sandbox) as client:
        (guild,) = client.guilds
        role = next(each for each in guild.roles if each.name == "Painters")
        await people("owner").call("PUT", f"/guilds/{guild.id}/members/{guild.me.id}/roles/{role.id}")
        await client.until("member_update")
        assert role in guild.me.roles
        await people("owner").call("PATCH", f"/guilds/{guild.id}/roles/{role.id}", {"name": "Artists"})
        assert (await client.until("guild_role_update")).name == "Painters"
        assert role.name == "Artists"


async def test_a_closed_conversation(sandbox: Sandbox) -> None:
    async with logged_in(sandbox) as client:
        sandbox.close_conversations("Mia")
        mia = await client.fetch_user(sandbox.person("Mia").id)
        with pytest.raises(discord.Forbidden) as refusal:
            await mia.send("hello")
        assert refusal.value.code == 50007
