"""Commands, buttons, forms and ephemeral messages, with the real discord.py client on the other side."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self

import discord
import pytest
from discord import app_commands

from bot.discord_api import point_at
from sandbox import Sandbox
from sandbox.model import Interaction
from tests.people import Person
from tests.sandbox.conftest import png
from tests.sandbox_fixtures import Cast

STYLES = ("oil", "ink", "pencil")


class Rating(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"rate:(?P<stars>[0-9])"):
    """A button whose custom id says what it does, so that it works after a restart."""

    def __init__(self, stars: int) -> None:
        super().__init__(discord.ui.Button(label=f"{stars} stars", custom_id=f"rate:{stars}"))
        self.stars = stars

    @classmethod
    async def from_custom_id(cls, _: Any, _item: Any, match: re.Match[str], /) -> Self:
        return cls(int(match["stars"]))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(f"{self.stars} of you", ephemeral=True)


class Words(discord.ui.Modal, title="Another picture"):
    """A form with a field in a row and one under a label."""

    prompt: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Prompt", max_length=20)
    style: Any = discord.ui.Label(
        text="Style",
        component=discord.ui.Select(
            custom_id="style", options=[discord.SelectOption(label=each) for each in STYLES], required=False
        ),
    )

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(f"{self.prompt.value} in {self.style.component.values}")


class Buttons(discord.ui.View):
    """Buttons and selects."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.add_item(discord.ui.Button(label="Site", url="https://example.org"))
        self.add_item(discord.ui.Button(label="Never", disabled=True, custom_id="never"))

    @discord.ui.button(label="Again", custom_id="again", emoji="🔁")
    async def again(self, interaction: discord.Interaction[Any], button: discord.ui.Button[Any]) -> None:
        button.disabled = True
        await interaction.response.edit_message(content="again", view=self)

    @discord.ui.button(label="Words", custom_id="words")
    async def words(self, interaction: discord.Interaction[Any], _: Any) -> None:
        await interaction.response.send_modal(Words())

    @discord.ui.button(label="Slowly", custom_id="slowly")
    async def slowly(self, interaction: discord.Interaction[Any], _: Any) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="slowly")

    @discord.ui.select(custom_id="style", placeholder="Style", options=[discord.SelectOption(label=e) for e in STYLES])
    async def style(self, interaction: discord.Interaction[Any], select: discord.ui.Select[Any]) -> None:
        await interaction.response.send_message(select.values[0])

    @discord.ui.select(cls=discord.ui.UserSelect, custom_id="who", max_values=2)
    async def who(self, interaction: discord.Interaction[Any], select: discord.ui.UserSelect[Any]) -> None:
        await interaction.response.send_message(", ".join(each.display_name for each in select.values))


class Client(discord.Client):
    """A bot with one of each."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default(), guild_ready_timeout=0.05)
        self.tree = app_commands.CommandTree(self)
        self.ready = asyncio.Event()
        self.waiting = asyncio.Event()

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Rating)
        self.tree.add_command(paint)
        self.tree.add_command(app_commands.ContextMenu(name="Look at", callback=look_at))
        self.tree.add_command(app_commands.ContextMenu(name="Greet", callback=greet))
        queue = app_commands.Group(name="queue", description="The queue", default_permissions=discord.Permissions(8))
        queue.command(name="show", description="Show it")(show)
        self.tree.add_command(queue)
        self.tree.command(name="silence", description="Says nothing")(silence)
        self.tree.command(name="look", description="Looks at a file")(look)
        self.tree.command(name="secret", description="Thinks in secret")(secret)
        self.tree.command(name="buttons", description="Buttons")(buttons)
        await self.tree.sync()

    async def on_ready(self) -> None:
        self.ready.set()


@app_commands.command(description="Paint")
@app_commands.describe(prompt="What", size="How large", style="How", who="For whom")
async def paint(
    interaction: discord.Interaction[Any],
    prompt: str,
    size: app_commands.Range[int, 1, 9] = 1,
    style: str = "oil",
    who: discord.Member | None = None,
) -> None:
    """Take what is given, think, and answer with a picture and a follow-up."""
    await interaction.response.defer(thinking=True)
    file = discord.File(io.BytesIO(png()), "picture.png")
    name = who.display_name if who else interaction.user.display_name
    await interaction.edit_original_response(content=f"{prompt} {size} {style} {name}", attachments=[file])
    more = await interaction.followup.send("more", wait=True)
    await more.edit(content="even more")
    original = await interaction.original_response()
    assert (await original.fetch()).content.startswith(prompt)


@paint.autocomplete("style")
async def styles(_: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
    """Offer what begins like what is typed."""
    return [app_commands.Choice(name=each.title(), value=each) for each in STYLES if each.startswith(typed)]


async def look_at(interaction: discord.Interaction[Any], message: discord.Message) -> None:
    """Answer with what a message says."""
    await interaction.response.send_message(f"{message.author.display_name}: {message.content}", ephemeral=True)


async def greet(interaction: discord.Interaction[Any], member: discord.Member) -> None:
    """Greet somebody."""
    await interaction.response.send_message(f"Hello {member.mention}")


async def show(interaction: discord.Interaction[Any]) -> None:
    """Answer at once."""
    await interaction.response.send_message("nobody waits")


async def silence(interaction: discord.Interaction[Any]) -> None:
    """Do not answer."""
    interaction.client.waiting.set()


async def look(interaction: discord.Interaction[Any], file: discord.Attachment) -> None:
    """Answer with what a file is."""
    data = await file.read()
    await interaction.response.send_message(f"{file.filename} {file.width} {len(data)} {file.description}")


async def secret(interaction: discord.Interaction[Any]) -> None:
    """Think and answer so that nobody else sees it."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    await interaction.followup.send("a secret")
    await interaction.delete_original_response()
    view = discord.ui.View(timeout=None)
    view.add_item(Rating(4))
    await interaction.followup.send("another", ephemeral=True, view=view)


async def buttons(interaction: discord.Interaction[Any]) -> None:
    """Show all components."""
    await interaction.response.send_message("choose", view=Buttons())


@asynccontextmanager
async def painter(sandbox: Sandbox) -> AsyncIterator[Client]:
    """Let the bot be online with its commands."""
    await point_at(sandbox.api_base)
    async with Client() as client:
        running = asyncio.create_task(client.start(sandbox.bot.token))
        await client.ready.wait()
        yield client
        await client.close()
        await running


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[Client]:
    async with painter(sandbox) as client:
        yield client


@pytest.fixture
def mia(people: Cast) -> Person:
    return people("Mia")


async def text(person: Person, interaction: Interaction) -> str:
    message = await person.answer(interaction)
    assert message is not None
    return message.content


@pytest.mark.usefixtures("client")
async def test_a_command_thinks_answers_and_follows_up(sandbox: Sandbox, mia: Person) -> None:
    noor = sandbox.person("Noor")
    options = {"prompt": "a cat", "size": 3, "style": "ink", "who": noor.id}
    interaction = await mia.run_command("art", "paint", options)
    assert await text(mia, interaction) == "a cat 3 ink Noor"
    await sandbox.until(lambda: [each.content for each in sandbox.messages("art")][1:] == ["even more"])
    first, second = sandbox.messages("art")
    assert (first.attachments[0].filename, first.flags, first.edited_at) == ("picture.png", 0, None)
    assert second.reference == first.id
    _, told = await mia.call("GET", f"{mia.messages_of('art')}/{first.id}")
    assert told["interaction_metadata"]["user"]["id"] == str(mia.user.id)
    assert (told["type"], told["interaction"]["name"]) == (20, "paint")


@pytest.mark.usefixtures("client")
async def test_what_fits_is_offered_while_typing(mia: Person) -> None:
    offered = await mia.autocomplete("art", "paint", "style", "p", {"prompt": "a cat"})
    assert offered == [{"name": "Pencil", "value": "pencil"}]
    assert len(await mia.autocomplete("art", "paint", "style", "")) == len(STYLES)


@pytest.mark.usefixtures("client")
async def test_context_menus(sandbox: Sandbox, mia: Person, people: Cast) -> None:
    await people("Noor").say("art", "a dog")
    (said,) = sandbox.messages("art")
    await mia.answer(await mia.run_command("art", "Look at", target=said))
    (seen,) = mia.ephemerals("art")
    assert seen.content == "Noor: a dog"
    assert people("Noor").ephemerals("art") == []
    interaction = await mia.run_command("art", "Greet", target=sandbox.person("Noor"))
    message = await mia.answer(interaction)
    assert message is not None
    assert (message.mentions, int(message.type)) == ([sandbox.person("Noor")], 23)


@pytest.mark.usefixtures("client")
async def test_groups_and_permissions(mia: Person, people: Cast) -> None:
    assert await text(people("owner"), await people("owner").run_command("art", "queue show")) == "nobody waits"
    status, answer = await mia.try_command("art", "queue show")
    assert (status, answer["code"]) == (403, 50013)


@pytest.mark.usefixtures("client")
async def test_a_file(mia: Person) -> None:
    data = png(size=(20, 10))
    interaction = await mia.run_command("art", "look", {"file": ("my cat.png", data)})
    assert await text(mia, interaction) == f"my_cat.png 20 {len(data)} None"


@pytest.mark.usefixtures("client")
async def test_ephemeral_answers(sandbox: Sandbox, mia: Person, people: Cast) -> None:
    await mia.run_command("art", "secret")
    await sandbox.until(lambda: [each.content for each in mia.ephemerals("art")] == ["another"])
    (message,) = mia.ephemerals("art")
    assert (message.flags, sandbox.messages("art")) == (64, [])
    assert [each["content"] for each in (await mia.call("GET", mia.messages_of("art")))[1]] == ["another"]
    for other in ("bot", "Noor"):
        assert (await people(other).call("GET", people(other).messages_of("art"))) == (200, [])
        status, _ = await people(other).try_component(message, "rate:4")
        assert status in (403, 404)
    path = f"{mia.messages_of('art')}/{message.id}"
    assert (await mia.call("GET", path))[1]["content"] == "another"
    for method, body in (("GET", None), ("PATCH", {"content": "x"}), ("DELETE", None)):
        assert (await people("bot").call(method, path, body))[1]["code"] == 10008
    assert await text(mia, await mia.press(message, "4 stars")) == "4 of you"


@pytest.mark.usefixtures("client")
async def test_buttons_and_selects(sandbox: Sandbox, mia: Person, people: Cast) -> None:
    message = await mia.answer(await mia.run_command("art", "buttons"))
    assert message is not None
    await mia.answer(await mia.press(message, "Slowly"))
    await sandbox.until(lambda: message.content == "slowly")
    noor = people("Noor")
    assert await text(noor, await noor.choose(message, "Style", "ink")) == "ink"
    chosen = [str(sandbox.person(name).id) for name in ("Mia", "Noor")]
    assert await text(noor, await noor.choose(message, "who", *chosen)) == "Mia, Noor"
    for name, values in (("never", ()), ("Style", ("crayon",)), ("Style", ()), ("who", ("1",))):
        _, answer = await noor.try_component(message, name, *values)
        assert answer["errors"]["data"]["_errors"][0]["code"] == "COMPONENT_VALIDATION_FAILED", name
    await mia.answer(await mia.press(message, "Again"))
    assert message.content == "again"
    assert (await mia.try_component(message, "Again"))[0] == 400


@pytest.mark.usefixtures("client")
async def test_a_form(mia: Person) -> None:
    message = await mia.answer(await mia.run_command("art", "buttons"))
    assert message is not None
    opened = await mia.press(message, "Words")
    assert await mia.answer(opened) is None
    assert opened.form is not None
    assert opened.form["title"] == "Another picture"
    _, answer = await mia.try_submit(opened, {"Prompt": ""})
    assert answer["errors"]["data"]["components"]["0"]["components"]["0"]["value"]["_errors"]
    assert (await mia.try_submit(opened, {"Prompt": "x" * 21}))[0] == 400
    sent = await mia.submit(opened, {"Prompt": "a cat", "Style": ["ink"]})
    assert await text(mia, sent) == "a cat in ['ink']"
    assert opened.form is None


async def test_a_button_of_a_message_that_the_client_never_sent(sandbox: Sandbox, mia: Person, people: Cast) -> None:
    row = {"type": 1, "components": [{"type": 2, "style": 1, "label": "5 stars", "custom_id": "rate:5"}]}
    await people("bot").say("art", "old", components=[row])
    async with painter(sandbox):
        (message,) = sandbox.messages("art")
        assert await text(mia, await mia.press(message, "5 stars")) == "5 of you"


@pytest.mark.usefixtures("client")
async def test_in_private(mia: Person) -> None:
    channel = await mia.direct()
    interaction = await mia.run_command(channel, "paint", {"prompt": "a cat"})
    assert await text(mia, interaction) == "a cat 1 oil Mia"


@pytest.mark.usefixtures("client")
async def test_in_a_thread(sandbox: Sandbox, mia: Person) -> None:
    path = f"/channels/{sandbox.channel('art').id}/threads"
    _, made = await mia.call("POST", path, {"name": "cats", "type": 11})
    thread = sandbox.world.place(int(made["id"]))
    assert await text(mia, await mia.run_command(thread, "paint", {"prompt": "a cat"})) == "a cat 1 oil Mia"
    assert next(each.content for each in thread.messages.values()) == "a cat 1 oil Mia"
    await mia.run_command(thread, "secret")
    await sandbox.until(lambda: [each.content for each in mia.ephemerals(thread)] == ["another"])


@pytest.mark.usefixtures("client")
async def test_what_the_application_does_not_answer(sandbox: Sandbox, mia: Person) -> None:
    sandbox.interactions.response_seconds = 0.05
    interaction = await mia.run_command("art", "silence")
    assert await mia.answer(interaction) is None
    assert interaction.failed
