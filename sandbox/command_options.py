"""What a person gives to a command: checked against the command, with the objects behind the ids."""

import re
from typing import Any

from sandbox import files
from sandbox.bodies import Upload
from sandbox.command_forms import GROUP, INTEGER, MAX_NUMBER, NUMBER, STRING, SUBCOMMAND
from sandbox.errors import DiscordError, form_refusal, quoted
from sandbox.interaction_forms import GivenOption
from sandbox.interaction_payloads import Resolved
from sandbox.message_forms import AttachmentForm
from sandbox.model import Attachment, Channel, User
from sandbox.payloads import Payload
from sandbox.world import World

BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, ATTACHMENT = 5, 6, 7, 8, 9, 11
MAX_STRING = 6000

Path = tuple[str | int, ...]


class Options:
    """Reads the options of one call of a command; raises DiscordError 50035 for what the command does not take.

    `typing` is a call of autocomplete, in which options may be missing or half written.
    """

    def __init__(
        self,
        world: World,
        channel: Channel,
        user: User,
        uploads: dict[int, Upload],
        described: list[AttachmentForm],
        *,
        typing: bool,
    ) -> None:
        self.resolved = Resolved(world, channel, user)
        self.attachments: list[Attachment] = []
        self.focused: Payload | None = None
        self._world = world
        self._channel = channel
        self._uploads = uploads
        self._described = {each.id: each for each in described}
        self._typing = typing

    def read(self, command: list[Payload], given: list[GivenOption], path: Path = ("data", "options")) -> list[Payload]:
        """Return what the bot is told of the options that are `given` for those of a `command`."""
        known = {each["name"]: each for each in command}
        told: dict[str, Payload] = {}
        for place, each in enumerate(given):
            here = (*path, place)
            option = known.get(each.name)
            if option is None or option["type"] != each.type or each.name in told:
                raise form_refusal(here, "APPLICATION_COMMAND_OPTIONS_INVALID", "Invalid application command option")
            told[each.name] = self._option(option, each, here)
        chosen = [each for each in command if each["type"] in (SUBCOMMAND, GROUP)]
        missing = [each["name"] for each in command if each.get("required") and each["name"] not in told]
        if (chosen and len(told) != 1) or (missing and not self._typing):
            place = len(given)
            raise form_refusal((*path, place), "BASE_TYPE_REQUIRED", "This field is required")
        return list(told.values())

    def _option(self, option: Payload, given: GivenOption, here: Path) -> Payload:
        told: Payload = {"name": given.name, "type": given.type}
        if given.type in (SUBCOMMAND, GROUP):
            options = self.read(option.get("options", []), given.options or [], (*here, "options"))
            return told | {"options": options}
        if given.focused and self._typing:
            if not option.get("autocomplete"):
                raise form_refusal(here, "APPLICATION_COMMAND_OPTIONS_INVALID", "Option has no autocomplete")
            self.focused = option
            return told | {"value": str(given.value if given.value is not None else ""), "focused": True}
        if self._typing and given.type >= USER and given.type != NUMBER:
            return told | {"value": str(given.value)}
        value = self._value(option, given.value, (*here, "value"))
        choices = [each["value"] for each in option.get("choices", ())]
        if choices and value not in choices:
            shown = ", ".join(map(quoted, choices))
            raise form_refusal((*here, "value"), "BASE_TYPE_CHOICES", f"Value must be one of {{{shown}}}.")
        return told | {"value": value}

    def _value(self, option: Payload, value: Any, here: Path) -> object:
        match option["type"]:
            case kind if kind == STRING:
                return _text(option, value, here)
            case kind if kind in (INTEGER, NUMBER):
                return _number(option, value, here)
            case kind if kind == BOOLEAN:
                if not isinstance(value, bool):
                    raise form_refusal(here, "BOOLEAN_TYPE_CONVERT", "Must be either true or false.")
                return value
            case kind if kind == ATTACHMENT:
                return self._attachment(value, here)
        if not re.fullmatch(r"[0-9]{1,19}", quoted(value)):
            raise form_refusal(here, "NUMBER_TYPE_COERCE", f'Value "{quoted(value)}" is not snowflake.')
        self._object(option, int(value), here)
        return str(value)

    def _object(self, option: Payload, number: int, here: Path) -> None:
        guild, kind = self._world.guild, option["type"]
        on_server = self._channel.guild_id is not None
        if kind in (USER, MENTIONABLE) and number in self._world.users:
            self.resolved.user(self._world.users[number])
        elif kind in (ROLE, MENTIONABLE) and on_server and number in guild.roles:
            self.resolved.role(guild.roles[number])
        elif kind == CHANNEL and on_server and self._has_channel(number, option.get("channel_types")):
            self.resolved.channel(self._world.place(number))
        else:
            raise form_refusal(here, "APPLICATION_COMMAND_OPTIONS_VALUE_INVALID", "Unknown option value")

    def _has_channel(self, number: int, kinds: list[int] | None) -> bool:
        try:
            channel = self._world.place(number)
        except DiscordError:
            return False
        return channel.guild_id is not None and (not kinds or int(channel.type) in kinds)

    def _attachment(self, value: Any, here: Path) -> str:
        number = int(value) if re.fullmatch(r"[0-9]{1,3}", quoted(value)) else None
        if isinstance(value, bool) or number is None or number not in self._uploads:
            raise form_refusal(here, "BASE_TYPE_REQUIRED", "This field is required")
        fresh = self._world.snowflakes.next()
        described = self._described.get(number)
        file = files.make_attachment(fresh, self._channel.id, self._uploads[number], described)
        self.attachments.append(file)
        self.resolved.attachment(file)
        return str(file.id)


def _text(option: Payload, value: Any, here: Path) -> str:
    if not isinstance(value, str):
        raise form_refusal(here, "STRING_TYPE_CONVERT", f'Could not interpret "{quoted(value)}" as string.')
    least, most = option.get("min_length", 0), option.get("max_length", MAX_STRING)
    if len(value) < least:
        raise form_refusal(here, "BASE_TYPE_MIN_LENGTH", f"Must be {least} or more in length.")
    if len(value) > most:
        raise form_refusal(here, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
    return value


def _number(option: Payload, value: object, here: Path) -> int | float:
    name = "int" if option["type"] == INTEGER else "float"
    if isinstance(value, bool) or not isinstance(value, int | float) or (name == "int" and isinstance(value, float)):
        raise form_refusal(here, "NUMBER_TYPE_COERCE", f'Value "{quoted(value)}" is not {name}.')
    least, most = option.get("min_value", -MAX_NUMBER), option.get("max_value", MAX_NUMBER)
    if value < least:
        raise form_refusal(here, "NUMBER_TYPE_MIN", f"{name} value should be greater than or equal to {least}.")
    if value > most:
        raise form_refusal(here, "NUMBER_TYPE_MAX", f"{name} value should be less than or equal to {most}.")
    return value
