"""Application commands: those of the application everywhere, and those of one server.

https://docs.discord.com/developers/interactions/application-commands
"""

import math
from collections.abc import Iterator

from sandbox import command_forms
from sandbox.command_forms import Command, CommandList
from sandbox.errors import DiscordError, refusal
from sandbox.forms import parse
from sandbox.payloads import Payload
from sandbox.rest.call import Call, Created, Route

_ANSWERED = ("id", "application_id", "version", "guild_id")


async def listed(call: Call) -> list[Payload]:
    """GET …/commands: for the bot, and for people, who choose from them."""
    return _commands(call)


async def command(call: Call) -> Payload:
    """GET …/commands/{command_id}."""
    return _command(call)


async def replace(call: Call) -> list[Payload]:
    """PUT …/commands: these and no others. One that keeps its name and type keeps its id."""
    call.as_bot()
    present = _commands(call)
    forms = call.form(CommandList).root
    command_forms.check(forms)
    by_name = {(each["type"], each["name"]): each for each in present}
    known = [by_name.get((each.type or command_forms.CHAT, each.name)) for each in forms]
    _count_creates(call, known.count(None))
    present[:] = [_payload(call, form, old) for form, old in zip(forms, known, strict=True)]
    return present


async def create(call: Call) -> Payload | Created:
    """POST …/commands: one more, or another in the place of one of the same name."""
    call.as_bot()
    present = _commands(call)
    form = call.form(Command)
    kind = form.type or command_forms.CHAT
    old = next((each for each in present if (each["type"], each["name"]) == (kind, form.name)), None)
    command_forms.check([*_forms(present, old), form], alone=True)
    if old is not None:
        old |= _payload(call, form, old)
        return old
    _count_creates(call, 1)
    present.append(_payload(call, form, None))
    return Created(present[-1])


async def edit(call: Call) -> Payload:
    """PATCH …/commands/{command_id}."""
    call.as_bot()
    old = _command(call)
    body = call.body.json
    if isinstance(body, dict):
        kept = {key: value for key, value in old.items() if key not in _ANSWERED}
        body = kept | {key: value for key, value in body.items() if key != "type"}
    form = parse(Command, body)
    command_forms.check([*_forms(_commands(call), old), form], alone=True)
    old |= _payload(call, form, old)
    return old


async def delete(call: Call) -> None:
    """DELETE …/commands/{command_id}."""
    call.as_bot()
    _commands(call).remove(_command(call))


def _commands(call: Call) -> list[Payload]:
    application = call.world.application
    if call.id("application_id") != application.id:
        raise refusal(50001)
    if "guild_id" not in call.path:
        return application.commands
    call.in_guild()
    return application.guild_commands


def _command(call: Call) -> Payload:
    wanted = str(call.id("command_id"))
    for each in _commands(call):
        if each["id"] == wanted:
            return each
    raise refusal(10063)


def _forms(present: list[Payload], without: Payload | None) -> Iterator[Command]:
    return (parse(Command, each) for each in present if each is not without)


def _count_creates(call: Call, count: int) -> None:
    wait = call.limits.take_command_creates(call.path.get("guild_id", ""), count)
    if wait is not None:
        raise DiscordError(
            429,
            30034,
            "Max number of daily application command creates has been reached (200)",
            retry_after=math.ceil(wait * 1000) / 1000,
        )


def _payload(call: Call, form: Command, old: Payload | None) -> Payload:
    permissions = form.default_member_permissions
    payload: Payload = {
        "application_id": str(call.world.application.id),
        "type": form.type or command_forms.CHAT,
        "name": form.name,
        "name_localizations": form.name_localizations,
        "description": form.description or "",
        "description_localizations": form.description_localizations,
        "default_member_permissions": None if permissions is None else str(permissions),
        "options": [each.model_dump(exclude_none=True) for each in form.options or ()],
        "nsfw": bool(form.nsfw),
    }
    if "guild_id" in call.path:
        payload["guild_id"] = str(call.world.guild.id)
    else:
        payload["dm_permission"] = form.dm_permission is not False
        payload["contexts"] = form.contexts
        payload["integration_types"] = form.integration_types or [0]
    if old is not None and payload.items() <= old.items():
        return old
    fresh = str(call.world.snowflakes.next())
    return {"id": old["id"] if old else fresh, "version": fresh} | payload


ROUTES = [
    Route(method, f"/applications/{{application_id}}{of}/commands{one}", handler)
    for of in ("", "/guilds/{guild_id}")
    for method, one, handler in (
        ("GET", "", listed),
        ("PUT", "", replace),
        ("POST", "", create),
        ("GET", "/{command_id}", command),
        ("PATCH", "/{command_id}", edit),
        ("DELETE", "/{command_id}", delete),
    )
]
