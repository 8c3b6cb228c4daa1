"""What a person does with components: pressed, chosen, filled in; checked against what they were shown."""

import re
from collections.abc import Iterator

from sandbox.component_forms import (
    BUTTON,
    CHANNEL_SELECT,
    LINK,
    MAX_TEXT,
    MENTIONABLE_SELECT,
    ROLE_SELECT,
    STRING_SELECT,
    TEXT_INPUT,
    USER_SELECT,
)
from sandbox.errors import DiscordError, form_refusal
from sandbox.interaction_forms import ComponentData, FieldData
from sandbox.interaction_payloads import Resolved
from sandbox.model import Channel, Message
from sandbox.payloads import Payload
from sandbox.world import World

Path = tuple[str | int, ...]


def _invalid() -> DiscordError:
    return form_refusal(("data",), "COMPONENT_VALIDATION_FAILED", "Component validation failed")


def pressed(world: World, channel: Channel, message: Message, given: ComponentData, resolved: Resolved) -> Payload:
    """Return what the bot is told of a component of `message` that was used; raises 50035."""
    for component in (each for row in message.components for each in row["components"]):
        if component.get("custom_id") == given.custom_id and component["type"] == given.component_type:
            break
    else:
        raise _invalid()
    if component.get("disabled") or component.get("style") == LINK:
        raise _invalid()
    told: Payload = {
        "custom_id": given.custom_id,
        "component_type": given.component_type,
        "id": component["id"],
    }
    if component["type"] == BUTTON:
        return told
    values = given.values or []
    if not _may_choose(world, channel, component, values, resolved):
        raise _invalid()
    return told | {"values": values} | resolved.payload()


def filled_in(
    world: World, channel: Channel, form: Payload, given: list[FieldData], resolved: Resolved
) -> list[Payload]:
    """Return what the bot is told of the fields of a form; raises 50035 where one does not fit."""
    fields = {one.custom_id: (one, path) for one, path in _fields(given)}
    told = []
    for row in form["components"]:
        field = row.get("component") or row["components"][0]
        value, path = fields.get(field["custom_id"], (None, ("data", "components")))
        shown = _field(world, channel, field, value, path, resolved)
        nested = {"component": shown} if "component" in row else {"components": [shown]}
        told.append({"type": row["type"], "id": row["id"]} | nested)
    return told


def _fields(given: list[FieldData]) -> Iterator[tuple[FieldData, Path]]:
    for place, row in enumerate(given):
        here: Path = ("data", "components", place)
        if row.component is not None:
            yield row.component, (*here, "component")
        for number, each in enumerate(row.components or ()):
            yield each, (*here, "components", number)


def _field(
    world: World, channel: Channel, field: Payload, given: FieldData | None, path: Path, resolved: Resolved
) -> Payload:
    told: Payload = {"type": field["type"], "id": field["id"], "custom_id": field["custom_id"]}
    required = field.get("required", True)
    if given is not None and given.type != field["type"]:
        raise _invalid()
    if field["type"] == TEXT_INPUT:
        text = (given.value if given else None) or ""
        least, most = field.get("min_length", 0), field.get("max_length", MAX_TEXT)
        if required and not text:
            raise form_refusal((*path, "value"), "BASE_TYPE_REQUIRED", "This field is required")
        if text and len(text) < least:
            raise form_refusal((*path, "value"), "BASE_TYPE_MIN_LENGTH", f"Must be {least} or more in length.")
        if len(text) > most:
            raise form_refusal((*path, "value"), "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
        return told | {"value": text}
    values = (given.values if given else None) or []
    if (values or required) and not _may_choose(world, channel, field, values, resolved):
        raise form_refusal((*path, "values"), "BASE_TYPE_CHOICES", "Value must be one of those that are offered.")
    return told | {"values": values}


def _may_choose(world: World, channel: Channel, select: Payload, values: list[str], resolved: Resolved) -> bool:
    if len(set(values)) != len(values) or not select["min_values"] <= len(values) <= select["max_values"]:
        return False
    if select["type"] == STRING_SELECT:
        return set(values) <= {each["value"] for each in select["options"]}
    return all(_found(world, channel, select, each, resolved) for each in values)


def _found(world: World, channel: Channel, select: Payload, value: str, resolved: Resolved) -> bool:
    if not re.fullmatch(r"[0-9]{1,19}", value):
        return False
    number, kind = int(value), select["type"]
    on_server = channel.guild_id is not None
    if kind in (USER_SELECT, MENTIONABLE_SELECT) and number in world.users:
        resolved.user(world.users[number])
    elif kind in (ROLE_SELECT, MENTIONABLE_SELECT) and on_server and number in world.guild.roles:
        resolved.role(world.guild.roles[number])
    elif kind == CHANNEL_SELECT and on_server and number in world.places:
        chosen = world.places[number]
        resolved.channel(chosen)
        return not select.get("channel_types") or int(chosen.type) in select["channel_types"]
    else:
        return False
    return True
