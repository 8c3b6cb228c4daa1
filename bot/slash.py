"""Slash commands: what Discord is told of the commands, and what is done when somebody uses one."""

from collections.abc import Awaitable, Callable, Coroutine
from inspect import Parameter, Signature
from itertools import groupby
from typing import Any, cast

import discord
import structlog
from discord import app_commands

from bot.command import Call, Command, Commands, Option, Who
from bot.discord_api import CALL_ERRORS, answered, reason
from bot.errors import UserError
from bot.origin import Origin
from bot.patience import Patience
from bot.receipt import Reply, acknowledge, tell
from bot.typed import refusal, seconds

NOT_MEMBER = "I am not a member of this server, so I could not post a picture here; ask a moderator to add me."
MOST_SUGGESTED = 25
LONGEST_CHOICE = 100


class AnyChannel(app_commands.Transformer):
    """Takes channels of every kind, and threads."""

    @property
    def type(self) -> discord.AppCommandOptionType:
        """What Discord offers."""
        return discord.AppCommandOptionType.channel

    async def transform(self, interaction: discord.Interaction[Any], value: Any, /) -> Any:
        """Return the channel as Discord describes it."""
        del interaction
        return value


ANNOTATIONS: dict[str, Any] = {
    "text": str,
    "integer": int,
    "number": float,
    "boolean": bool,
    "duration": str,
    "member": discord.User,
    "role": discord.Role,
    "channel": app_commands.Transform[Any, AnyChannel],
    "picture": discord.Attachment,
}

Ask = Callable[[Command, Call], Awaitable[str | Reply | None]]
"""Has a command run and returns what there is to say, also where it was refused."""

_log = structlog.get_logger(__name__)


class Tree(app_commands.CommandTree[Any]):
    """Discord's view of the commands; an error here is a fault of ours, logged once."""

    async def on_error(self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /) -> None:
        """Log what went wrong before a command ran."""
        _log.error("a slash command failed", interaction=interaction.id, exc_info=error)


def add_to(tree: app_commands.CommandTree[Any], commands: Commands, ask: Ask) -> None:
    """Let Discord know all commands, once it is told of the tree.

    Args:
        tree: of the client.
        commands: that there are.
        ask: has one of them run.
    """
    for first, group in groupby(commands, lambda command: command.name.split()[0]):
        members = [*group]
        if len(members) == 1 and members[0].name == first:
            tree.add_command(_app_command(members[0], members[0].name, ask))
            continue
        parent = app_commands.Group(name=first, description=_summary(members))
        _restrict(parent, members[0])
        for command in members:
            parent.add_command(_app_command(command, command.name.split()[-1], ask))
        tree.add_command(parent)


async def register(tree: app_commands.CommandTree[Any], patience: Patience) -> None:
    """Tell Discord of the commands; where it does not take them the log says so, and they stay as they were."""
    try:
        await answered(tree.sync, patience.pauses())
    except CALL_ERRORS as error:
        _log.warning("slash commands could not be registered", error=reason(error))


def _app_command(command: Command, name: str, ask: Ask) -> app_commands.Command[Any, ..., None]:
    # What ends in an underscore is no keyword of Python, as "as" is.
    by_parameter = {f"{option.name.replace('-', '_')}_": option for option in command.options}

    async def callback(interaction: discord.Interaction[Any], **values: Any) -> None:
        given = {by_parameter[parameter]: value for parameter, value in values.items() if value is not None}
        await _answer(interaction, command, given, ask)

    first = Parameter("interaction", Parameter.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction)
    parameters = [_parameter(name, option) for name, option in by_parameter.items()]
    setattr(callback, "__signature__", Signature([first, *parameters]))  # noqa: B010 - mypy knows functions without it
    app_commands.describe(**{name: option.help for name, option in by_parameter.items()})(callback)
    app_commands.rename(**{name: option.name for name, option in by_parameter.items()})(callback)
    chosen = {name: option.choices for name, option in by_parameter.items() if option.choices}
    app_commands.choices(
        **{name: [app_commands.Choice(name=each, value=each) for each in choices] for name, choices in chosen.items()}
    )(callback)
    made: app_commands.Command[Any, ..., None] = app_commands.Command(
        name=name, description=command.help, callback=cast("Any", callback)
    )
    for parameter, option in by_parameter.items():
        if option.suggest is not None:
            made.autocomplete(parameter)(_suggesting(option))
    _restrict(made, command)
    return made


def _parameter(name: str, option: Option) -> Parameter:
    annotation = ANNOTATIONS[option.kind]
    if option.least is not None or option.most is not None:
        annotation = app_commands.Range[annotation, option.least, option.most]
    default = None if option.needed == "no" else Parameter.empty
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _suggesting(option: Option) -> Callable[..., Coroutine[Any, Any, list[app_commands.Choice[str]]]]:
    async def suggest(interaction: discord.Interaction[Any], typed: str) -> list[app_commands.Choice[str]]:
        assert option.suggest is not None
        values = option.suggest(Origin.of_interaction(interaction), typed)
        fitting = [value for value in values if 0 < len(value) <= LONGEST_CHOICE]
        return [app_commands.Choice(name=value, value=value) for value in fitting[:MOST_SUGGESTED]]

    return suggest


def _restrict(made: app_commands.Command[Any, ..., None] | app_commands.Group, command: Command) -> None:
    """Say who sees a command, and where: those who run a server can change that in Discord's own settings."""
    if command.for_moderators:
        made.guild_only = True
        made.default_permissions = discord.Permissions(manage_guild=True)


def _summary(members: list[Command]) -> str:
    return "; ".join(command.help for command in members)[:LONGEST_CHOICE]


async def _answer(interaction: discord.Interaction[Any], command: Command, given: dict[Option, Any], ask: Ask) -> None:
    """Say that it was heard, have the command run, and say what there is to say, to its author alone."""
    if await acknowledge(interaction, command.name):
        await tell(interaction, command.name, await _ran(interaction, command, given, ask))


async def _ran(
    interaction: discord.Interaction[Any], command: Command, given: dict[Option, Any], ask: Ask
) -> str | Reply | None:
    if interaction.guild_id is not None and interaction.client.get_guild(interaction.guild_id) is None:
        return NOT_MEMBER
    try:
        options = {option.name: _value(option, value) for option, value in given.items() if not option.is_flag}
    except UserError as error:
        return str(interaction.client.refuse(command, error))
    flags = "".join(f" --{option.name} {value}" for option, value in given.items() if option.is_flag)
    for text in (option.name for option in command.options if option.takes_rest and flags):
        options[text] = options.get(text, "") + flags
    return await ask(command, Call(Origin.of_interaction(interaction), options))


def _value(option: Option, value: Any) -> Any:
    match option.kind:
        case "member":
            return Who(value.id, value.display_name)
        case "channel":
            return value.resolve() or value
        case "duration":
            if (found := seconds(value)) is None:
                raise UserError(refusal([option], value))
            return found
    return value
