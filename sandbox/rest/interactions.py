"""Interactions: what a person does with the application, and the bot's first response to it.

`POST /interactions` is a route of Discord's own client, which the API's description leaves out.
"""

import math
from typing import Any

from sandbox import component_values, interactions, mentions
from sandbox.command_forms import CHAT, INTEGER, NUMBER
from sandbox.command_options import Options
from sandbox.component_forms import Form, form_payload
from sandbox.errors import form_refusal, quoted, refusal, under
from sandbox.forms import parse
from sandbox.interaction_forms import (
    Callback,
    Choices,
    CommandData,
    ComponentData,
    Deed,
    FormData,
    InteractionMessage,
)
from sandbox.interaction_payloads import BOT_CONTEXT, GUILD_CONTEXT, Resolved
from sandbox.message_payloads import EPHEMERAL, LOADING
from sandbox.message_payloads import message as shown
from sandbox.model import Channel, Interaction, InteractionKind, Message
from sandbox.payloads import Payload
from sandbox.permissions import EVERYTHING, Permission
from sandbox.rest import webhooks, writing
from sandbox.rest.call import Call, Route

MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, AUTOCOMPLETE, FORM = 4, 5, 6, 7, 8, 9

_ANSWERS = {
    InteractionKind.COMMAND: (MESSAGE, DEFERRED_MESSAGE, FORM),
    InteractionKind.COMPONENT: (MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, FORM),
    InteractionKind.AUTOCOMPLETE: (AUTOCOMPLETE,),
    InteractionKind.FORM: (MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE),
}


async def act(call: Call) -> None:
    """POST /interactions: a person calls a command, uses a component, types, or sends a form."""
    if call.user.bot:
        raise refusal(20001)
    deed = call.form(Deed)
    if deed.application_id != call.world.application.id:
        raise refusal(10002)
    channel = call.world.channel(deed.channel_id, call.user)
    if channel.guild_id != deed.guild_id or (
        channel.recipients and call.world.application.bot not in channel.recipients
    ):
        raise refusal(50001)
    number = call.world.snowflakes.next()
    interaction = Interaction(
        number,
        InteractionKind(deed.type),
        interactions.new_token(number),
        call.user,
        channel,
        call.world.clock(),
        {},
        deed.session_id,
        deed.nonce,
    )
    with_data = {
        InteractionKind.COMMAND: _call_command,
        InteractionKind.AUTOCOMPLETE: _call_command,
        InteractionKind.COMPONENT: _use_component,
        InteractionKind.FORM: _send_form,
    }
    with_data[interaction.type](call, interaction, deed)
    call.interactions.open(interaction)


def _data(form: Any, deed: Deed) -> Any:
    with under("data"):
        return parse(form, deed.data)


def _call_command(call: Call, interaction: Interaction, deed: Deed) -> None:
    channel = call.world.channel(deed.channel_id, call.user, Permission.USE_APPLICATION_COMMANDS)
    given: CommandData = _data(CommandData, deed)
    command = _known_command(call, channel, given)
    typing = interaction.type is InteractionKind.AUTOCOMPLETE
    options = Options(call.world, channel, call.user, call.body.files, given.attachments or [], typing=typing)
    data: Payload = {"id": command["id"], "name": command["name"], "type": command["type"]}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    if command["type"] == CHAT:
        read = options.read(command.get("options", []), given.options or [])
        data |= {"options": read} if read else {}
        if typing and options.focused is None:
            raise form_refusal(("data", "options"), "BASE_TYPE_REQUIRED", "This field is required")
    else:
        data |= _target(call, interaction, given, options.resolved)
    interaction.data = data | ({} if typing else options.resolved.payload())
    interaction.attachments = options.attachments
    interaction.name = _full_name(data)


def _known_command(call: Call, channel: Channel, given: CommandData) -> Payload:
    """Return the command that is meant; raises 10063, 50013 or 50035 where it is not to be called here."""
    application = call.world.application
    usable = application.commands + (application.guild_commands if channel.guild_id else [])
    command = next((each for each in usable if each["id"] == str(given.id)), None)
    if command is None or not _fits(call, command, channel):
        raise refusal(10063)
    if (command["name"], command["type"]) != (given.name, given.type):
        raise form_refusal(("data",), "INTERACTION_APPLICATION_COMMAND_INVALID", "Invalid application command")
    if given.version is not None and str(given.version) != command["version"]:
        raise form_refusal(
            ("data",),
            "INTERACTION_APPLICATION_COMMAND_INVALID_VERSION",
            "This command is outdated, please try again in a few minutes",
        )
    needed = command["default_member_permissions"]
    if needed is not None and channel.guild_id is not None:
        granted = call.world.permissions(call.user, channel)
        if int(needed) & ~granted or (needed == "0" and granted != EVERYTHING):
            raise refusal(50013)
    return command


def _fits(call: Call, command: Payload, channel: Channel) -> bool:
    here = GUILD_CONTEXT if channel.guild_id else BOT_CONTEXT
    contexts = command.get("contexts")
    if contexts is None:
        contexts = [GUILD_CONTEXT, BOT_CONTEXT] if command.get("dm_permission", True) else [GUILD_CONTEXT]
    place = channel if channel.thread is None else call.world.guild.channels[channel.parent_id or 0]
    return here in contexts and (place.nsfw or channel.guild_id is None or not command["nsfw"])


def _target(call: Call, interaction: Interaction, given: CommandData, resolved: Resolved) -> Payload:
    number = given.target_id or 0
    if given.type == 2:
        interaction.target = user = call.world.user(number)
        resolved.user(user)
    else:
        interaction.target = message = call.seen_message(interaction.channel, number)
        resolved.message(message)
    return {"target_id": str(number)}


def _full_name(data: Payload) -> str:
    """Return a command's name with those of its group and subcommand."""
    deeper = next((each for each in data.get("options", ()) if "options" in each), None)
    return f"{data['name']} {_full_name(deeper)}" if deeper else str(data["name"])


def _use_component(call: Call, interaction: Interaction, deed: Deed) -> None:
    given: ComponentData = _data(ComponentData, deed)
    message = interaction.message = call.seen_message(interaction.channel, deed.message_id or 0)
    resolved = Resolved(call.world, interaction.channel, call.user)
    interaction.data = component_values.pressed(call.world, interaction.channel, message, given, resolved)


def _send_form(call: Call, interaction: Interaction, deed: Deed) -> None:
    given: FormData = _data(FormData, deed)
    parent = call.interactions.with_form(call.user, given.id, given.custom_id)
    resolved = Resolved(call.world, interaction.channel, call.user)
    fields = component_values.filled_in(call.world, interaction.channel, parent.form or {}, given.components, resolved)
    interaction.data = {"custom_id": given.custom_id, "components": fields} | resolved.payload()
    interaction.parent, interaction.message = parent, parent.message


async def respond(call: Call) -> Payload | None:
    """POST /interactions/{interaction_id}/{interaction_token}/callback: the bot's first response."""
    interaction = call.interactions.unanswered(call.id("interaction_id"), call.path["interaction_token"])
    callback = call.form(Callback)
    usable = [
        each
        for each in _ANSWERS[interaction.type]
        if each not in (DEFERRED_UPDATE, UPDATE) or interaction.message is not None
    ]
    if callback.type not in usable:
        listed = ", ".join(map(str, usable))
        raise form_refusal(("type",), "BASE_TYPE_CHOICES", f"Value must be one of {{{listed}}}.")
    data = callback.data
    if data is None and callback.type in (MESSAGE, UPDATE, AUTOCOMPLETE, FORM):
        raise form_refusal(("data",), "BASE_TYPE_REQUIRED", "This field is required")
    with under("data"):
        message = _answer(call, interaction, callback.type, data or {})
    if call.query.get("with_response", "").lower() not in ("true", "1"):
        return None
    return _told(call, interaction, callback.type, message)


def _answer(call: Call, interaction: Interaction, kind: int, data: dict[str, Any]) -> Message | None:
    """Do what the response says; returns its message, if it has one."""
    if kind == AUTOCOMPLETE:
        interaction.choices = _choices(interaction, parse(Choices, data))
        call.interactions.acknowledge(interaction)
        call.interactions.tell(
            interaction, "APPLICATION_COMMAND_AUTOCOMPLETE_RESPONSE", {"choices": interaction.choices}
        )
        return None
    if kind == FORM:
        interaction.form = form_payload(parse(Form, data))
        call.interactions.acknowledge(interaction)
        application = {"id": str(call.world.application.id), "name": call.world.application.name}
        more = {"channel_id": str(interaction.channel.id), "application": application}
        call.interactions.tell(interaction, "INTERACTION_MODAL_CREATE", interaction.form | more)
        return None
    form = parse(InteractionMessage, data)
    mentions.check(form.allowed_mentions)
    if kind == MESSAGE:
        message = webhooks.compose(call, interaction, form)
    elif kind == DEFERRED_MESSAGE:
        message = webhooks.placeholder(call, interaction, bool((form.flags or 0) & EPHEMERAL))
    else:
        message = _source(interaction)
        if kind == UPDATE:
            writing.revise(call, interaction.channel, message, form, webhooks.allowed(form))
        call.interactions.acknowledge(interaction)
        interaction.original = message
        interaction.messages[message.id] = message
        return message if kind == UPDATE else None
    call.interactions.acknowledge(interaction)
    interaction.original = message
    webhooks.post(call, interaction, message)
    return message


def _source(interaction: Interaction) -> Message:
    """Return the message whose component was used; raises 10008 where it is gone."""
    message = interaction.message
    here = interaction.channel
    if message is None or not (message.id in here.messages or message.id in here.ephemeral):
        raise refusal(10008)
    return message


def _choices(interaction: Interaction, form: Choices) -> list[Payload]:
    kind = _focused_kind(interaction.data)
    for place, each in enumerate(form.choices or ()):
        here = ("choices", place, "value")
        number = isinstance(each.value, int | float) and math.isfinite(each.value)
        if kind not in (INTEGER, NUMBER) and not isinstance(each.value, str):
            raise form_refusal(here, "STRING_TYPE_CONVERT", f'Could not interpret "{quoted(each.value)}" as string.')
        if kind in (INTEGER, NUMBER) and not number:
            name = "int" if kind == INTEGER else "float"
            raise form_refusal(here, "NUMBER_TYPE_COERCE", f'Value "{quoted(each.value)}" is not {name}.')
        if isinstance(each.value, str) and len(each.value) > 100:
            raise form_refusal(here, "BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length.")
    return [each.model_dump(exclude_none=True) for each in form.choices or ()]


def _focused_kind(data: Payload) -> int:
    for each in data.get("options", ()):
        if each.get("focused"):
            return int(each["type"])
        if "options" in each:
            return _focused_kind(each)
    raise LookupError("nothing is focused")


def _told(call: Call, interaction: Interaction, kind: int, message: Message | None) -> Payload:
    about: Payload = {
        "id": str(interaction.id),
        "type": int(interaction.type),
        "channel_id": str(interaction.channel.id),
    }
    if interaction.channel.guild_id is not None:
        about["guild_id"] = str(interaction.channel.guild_id)
    if interaction.original is not None:
        about |= {
            "response_message_id": str(interaction.original.id),
            "response_message_loading": bool(interaction.original.flags & LOADING),
            "response_message_ephemeral": bool(interaction.original.flags & EPHEMERAL),
        }
    if message is None or kind == DEFERRED_MESSAGE:
        return {"interaction": about}
    told = shown(call.world, message, call.world.application.bot)
    return {"interaction": about, "resource": {"type": kind, "message": told}}


ROUTES = [
    Route("POST", "/interactions", act),
    Route("POST", "/interactions/{interaction_id}/{interaction_token}/callback", respond, public=True),
]
