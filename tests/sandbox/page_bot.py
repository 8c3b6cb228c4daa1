"""A small bot of discord.py with one of everything that the page shows: commands, components, a form, completions."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import discord
import pytest
from discord import app_commands

from bot.discord_api import point_at
from sandbox import Sandbox

MODELS = ("vqgan imagenet", "vqgan faces", "pixels")
Asked = discord.Interaction[Any]


class Words(discord.ui.Modal, title="Another picture"):
    """A form: a paragraph in a row, and a select under a label."""

    prompt: discord.ui.TextInput[Any] = discord.ui.TextInput(
        label="Prompt", style=discord.TextStyle.paragraph, default="a red field", min_length=3, max_length=40
    )
    note: discord.ui.TextInput[Any] = discord.ui.TextInput(label="Note", required=False)
    preset: Any = discord.ui.Label(
        text="Preset",
        component=discord.ui.Select(
            custom_id="preset", options=[discord.SelectOption(label=each) for each in ("Draft", "Fine print")]
        ),
    )

    async def on_submit(self, interaction: Asked) -> None:
        """Answer with what was filled in; a prompt of 'silence' gets no answer."""
        if self.prompt.value != "silence":
            words = f"{self.prompt.value} / {self.note.value} / {self.preset.component.values[0]}"
            await interaction.response.send_message(words)


class Buttons(discord.ui.View):
    """Buttons and selects."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.add_item(discord.ui.Button(label="Site", url="https://example.org/", row=1))
        self.add_item(discord.ui.Button(label="Never", disabled=True, custom_id="never", row=1))
        self.go_on = asyncio.Event()

    @discord.ui.button(label="Again", emoji="🔁", style=discord.ButtonStyle.primary, row=0)
    async def again(self, interaction: Asked, _: Any) -> None:
        """Wait, then change the message."""
        await self.go_on.wait()
        await interaction.response.edit_message(content="again")

    @discord.ui.button(label="Words", style=discord.ButtonStyle.success, row=0)
    async def words(self, interaction: Asked, _: Any) -> None:
        """Open the form."""
        await interaction.response.send_modal(Words())

    @discord.ui.button(label="Silence", style=discord.ButtonStyle.danger, row=0)
    async def silence(self, interaction: Asked, _: Any) -> None:
        """Do not answer."""

    @discord.ui.select(
        placeholder="Preset",
        row=2,
        options=[discord.SelectOption(label="Draft"), discord.SelectOption(label="Fine print")],
    )
    async def preset(self, interaction: Asked, select: discord.ui.Select[Any]) -> None:
        """Say to the person what was chosen."""
        await interaction.response.send_message(f"chose {select.values[0]}", ephemeral=True)

    @discord.ui.select(cls=discord.ui.UserSelect, placeholder="Who", max_values=3, row=3)
    async def who(self, interaction: Asked, select: discord.ui.UserSelect[Any]) -> None:
        """Name the members."""
        await interaction.response.send_message(" and ".join(sorted(each.display_name for each in select.values)))

    @discord.ui.select(cls=discord.ui.ChannelSelect, placeholder="Where", row=4)
    async def where(self, interaction: Asked, select: discord.ui.ChannelSelect[Any]) -> None:
        """Name the channel."""
        await interaction.response.send_message(f"in {select.values[0].name}")


class Close(discord.ui.View):
    """A button that takes itself away."""

    @discord.ui.button(label="Close")
    async def close(self, interaction: Asked, _: Any) -> None:
        """Leave only a word."""
        await interaction.response.edit_message(content="closed", view=None)


class PageBot(discord.Client):
    """The bot; `view` is that of its `/buttons`, `ended` lets `/think` go on."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.default(), guild_ready_timeout=0.05)
        self.tree = app_commands.CommandTree(self)
        self.there = asyncio.Event()
        self.ended = asyncio.Event()
        self.view = Buttons()

    async def setup_hook(self) -> None:
        """Register the commands."""
        limits = app_commands.Group(
            name="limits", description="Limits", default_permissions=discord.Permissions(manage_messages=True)
        )
        limits.command(name="set", description="Sets how many may wait")(set_limit)
        limits.command(name="show", description="Shows the limits")(show_limit)
        self.tree.add_command(limits)
        self.tree.add_command(paint)
        for each in (think, buttons, nothing):
            self.tree.command(name=each.__name__, description=str(each.__doc__))(each)
        self.tree.add_command(app_commands.ContextMenu(name="Use as start picture", callback=use))
        self.tree.add_command(app_commands.ContextMenu(name="Greet", callback=greet))
        await self.tree.sync()

    async def on_ready(self) -> None:
        """Note it."""
        self.there.set()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait five seconds between logins."""


@app_commands.command(description="Paints a picture")
@app_commands.describe(prompt="What to paint", seed="The same seed gives the same picture", model="By which model")
@app_commands.choices(
    preset=[app_commands.Choice(name="Draft", value="d"), app_commands.Choice(name="Fine", value="f")]
)
async def paint(
    interaction: Asked,
    prompt: app_commands.Range[str, 3, 40],
    seed: app_commands.Range[int, 0, 99] | None = None,
    weight: float | None = None,
    preset: app_commands.Choice[str] | None = None,
    model: str | None = None,
    tiled: bool | None = None,
    member: discord.Member | None = None,
    role: discord.Role | None = None,
    channel: discord.TextChannel | None = None,
    start: discord.Attachment | None = None,
) -> None:
    """Say what was asked for."""
    given = (prompt, seed, weight, preset and preset.value, model, tiled, member, role, channel)
    about = [f"{start.filename} {start.width}"] if start else []
    await interaction.response.send_message(", ".join([str(each) for each in given if each is not None] + about))


@paint.autocomplete("model")
async def complete(_: Asked, typed: str) -> list[app_commands.Choice[str]]:
    """Offer the models with what is typed; their values are their last words."""
    return [app_commands.Choice(name=each, value=each.split()[-1]) for each in MODELS if typed in each]


async def think(interaction: discord.Interaction[PageBot]) -> None:
    """Think first."""
    await interaction.response.defer()
    await interaction.client.ended.wait()
    await interaction.followup.send("thought")


async def buttons(interaction: discord.Interaction[PageBot]) -> None:
    """Show buttons."""
    await interaction.response.send_message("press", view=interaction.client.view)


async def nothing(interaction: Asked) -> None:
    """Say nothing."""


async def set_limit(interaction: Asked, waiting: app_commands.Range[int, 1, 9]) -> None:
    """Say the limit to the moderator."""
    await interaction.response.send_message(f"{waiting} may wait", ephemeral=True)


async def show_limit(interaction: Asked) -> None:
    """Say it to the moderator."""
    await interaction.response.send_message("9 may wait", ephemeral=True, view=Close())


async def use(interaction: Asked, message: discord.Message) -> None:
    """Say what was meant."""
    await interaction.response.send_message(f"from {message.content}", ephemeral=True)


async def greet(interaction: Asked, member: discord.Member) -> None:
    """Greet somebody."""
    await interaction.response.send_message(f"Hello {member.display_name}")


@pytest.fixture
async def page_bot(sandbox: Sandbox) -> AsyncIterator[PageBot]:
    """Let the bot be online."""
    await point_at(sandbox.api_base)
    async with PageBot() as client:
        running = asyncio.create_task(client.start(sandbox.bot.token))
        async with asyncio.timeout(60):
            await client.there.wait()
        yield client
        await client.close()
        await running
