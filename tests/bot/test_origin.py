"""What is asked by a message, and what is asked without one, each answered in a channel of the sandbox."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import discord
import pytest

from bot.answer import Answers
from bot.delivery import Delivery, Words
from bot.origin import Origin
from bot.outbox import Outbox, Outboxes
from bot.permissions import may_write, missing
from sandbox import Fault, Sandbox
from sandbox.model import Message
from sandbox.permissions import Permission
from store.journal import StoreJournal
from tests.bot.conftest import PATIENCE
from tests.sandbox_fixtures import Cast, Client, logged_in

MESSAGES = "/channels/{channel_id}/messages"


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[Client]:
    async with logged_in(sandbox) as client:
        yield client


async def asked(client: Client, people: Cast) -> discord.Message:
    """Return a message of Mia's as the bot hears it."""
    await people("Mia").say("art", "a cat")
    message = await client.until("message", lambda message: not message.author.bot)
    assert isinstance(message, discord.Message)
    return message


@pytest.fixture
async def messageless(client: Client, people: Cast) -> Origin:
    """Return where Mia is, without a message that could be replied to."""
    return replace(Origin.of(await asked(client, people)), reply_to=None)


def said(sandbox: Sandbox) -> list[Message]:
    """Return what the bot has written in the channel."""
    return [message for message in sandbox.messages("art") if message.author is sandbox.bot]


async def test_of_a_message(client: Client, people: Cast, sandbox: Sandbox) -> None:
    message = await asked(client, people)
    origin = Origin.of(message)
    assert (origin.id, origin.guild, origin.channel) == (message.id, client.guilds[0], message.channel)
    assert (origin.author, origin.me) == (message.author, client.guilds[0].me)
    assert origin.reply_to is not None
    assert origin.reply_to.message_id == message.id
    assert origin.in_private("No.") == f"About your message {message.jump_url}: No."
    assert missing(origin) == []
    mia = people("Mia")
    await mia.call("DELETE", f"{mia.messages_of('art')}/{message.id}")
    await message.channel.send("Yes.", reference=origin.reply_to)
    assert said(sandbox)[-1].content == "Yes."


async def test_of_a_message_in_private(client: Client, people: Cast, sandbox: Sandbox) -> None:
    mia = people("Mia")
    _, channel = await mia.call("POST", "/users/@me/channels", {"recipient_id": str(sandbox.bot.id)})
    await mia.call("POST", f"/channels/{channel['id']}/messages", {"content": "a cat"})
    origin = Origin.of(await client.until("message"))
    assert (origin.guild, origin.me, origin.channel.id) == (None, client.user, int(channel["id"]))
    assert may_write(origin)


async def test_what_is_written_has_a_bound(messageless: Origin) -> None:
    assert len(messageless.addressed("x" * 2000)) == len(messageless.in_private("x" * 2000)) == 2000


async def test_without_a_message_a_post_mentions_the_author(
    messageless: Origin, sandbox: Sandbox, journal: StoreJournal
) -> None:
    mia = sandbox.person("Mia")
    delivery = Delivery("r1", messageless, Outbox(60), journal, "**a cat**", None)
    await delivery.begin(Words("**a cat**"), reference=True)
    (post,) = said(sandbox)
    assert (post.reference, post.mentions, post.content) == (None, [mia], f"<@{mia.id}> **a cat**")
    await delivery.replace(Words("**a cat** is finished"), None)
    (post,) = said(sandbox)
    assert (post.reference, post.mentions, post.content) == (None, [], f"<@{mia.id}> **a cat** is finished")
    await delivery.tell_in_private(Words("It is finished."), None)
    ((private,),) = [channel.messages.values() for channel in sandbox.world.direct.values()]
    assert private.content == f"About your request {messageless.jump_url}: It is finished."


async def test_without_a_message_a_post_whose_answer_was_lost_is_found(
    messageless: Origin, sandbox: Sandbox, journal: StoreJournal
) -> None:
    delivery = Delivery("r1", messageless, Outbox(60), journal, "**a cat**", None)
    sandbox.fail_next(Fault("POST", MESSAGES, 503, late=True))
    with pytest.raises(discord.DiscordServerError):
        await delivery.begin(Words("**a cat**"), reference=True)
    await messageless.channel.send("**a cat**")
    await delivery.delete()
    assert [post.content for post in said(sandbox)] == ["**a cat**"]


@pytest.mark.parametrize("refused", [False, True])
async def test_without_a_message_an_answer_mentions_the_author(
    messageless: Origin, sandbox: Sandbox, refused: bool
) -> None:
    answers = Answers(Outboxes(PATIENCE.window), PATIENCE)
    if refused:
        sandbox.fail_next(Fault("POST", MESSAGES, 403, code=50013))
    answers.give(messageless, "Nobody waits.", "queue")
    await answers.close(60)
    mia = sandbox.person("Mia")
    private = [message.content for channel in sandbox.world.direct.values() for message in channel.messages.values()]
    if refused:
        assert (said(sandbox), private) == ([], [f"About your request {messageless.jump_url}: Nobody waits."])
    else:
        assert ([answer.content for answer in said(sandbox)], private) == ([f"<@{mia.id}> Nobody waits."], [])


async def test_permissions_are_the_bots(client: Client, people: Cast, sandbox: Sandbox) -> None:
    origin = Origin.of(await asked(client, people))
    sandbox.overwrite("art", sandbox.bot.id, deny=Permission.SEND_MESSAGES)
    async with asyncio.timeout(60):
        await client.until("guild_channel_update")
    assert missing(origin) == ["Send Messages", "Attach Files"]
    assert not may_write(origin)
