"""Applications: what the bot asks about itself, where the gateway is, and its slash commands."""

from sandbox import command_forms, payloads
from sandbox.command_forms import Command, CommandList
from sandbox.errors import refusal
from sandbox.payloads import Payload
from sandbox.rest.call import Call, Route


async def gateway(call: Call) -> Payload:
    """GET /gateway."""
    return {"url": call.world.base_url.replace("http", "ws", 1) + "/gateway"}


async def gateway_bot(call: Call) -> Payload:
    """GET /gateway/bot."""
    call.as_bot()
    limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
    return await gateway(call) | {"shards": 1, "session_start_limit": limit}


async def my_application(call: Call) -> Payload:
    """GET /oauth2/applications/@me and /applications/@me."""
    call.as_bot()
    return payloads.application(call.world.application)


async def list_commands(call: Call) -> list[Payload]:
    """GET global application commands."""
    _own(call)
    return call.world.application.commands


async def replace_commands(call: Call) -> list[Payload]:
    """PUT global application commands: keeps them, so that they can be listed; nobody can call them."""
    _own(call)
    commands = call.form(CommandList).root
    command_forms.check(commands)
    call.world.application.commands = [_command(call, each) for each in commands]
    return call.world.application.commands


def _own(call: Call) -> None:
    call.as_bot()
    if call.id("application_id") != call.world.application.id:
        raise refusal(50001)


def _command(call: Call, form: Command) -> Payload:
    fresh = str(call.world.snowflakes.next())
    permissions = form.default_member_permissions
    return {
        "id": fresh,
        "application_id": str(call.world.application.id),
        "version": fresh,
        "type": form.type or command_forms.CHAT,
        "name": form.name,
        "name_localizations": form.name_localizations,
        "description": form.description or "",
        "description_localizations": form.description_localizations,
        "default_member_permissions": None if permissions is None else str(permissions),
        "dm_permission": True,
        "contexts": form.contexts,
        "integration_types": form.integration_types or [0],
        "options": [each.model_dump(exclude_none=True) for each in form.options or ()],
        "nsfw": bool(form.nsfw),
    }


ROUTES = [
    Route("GET", "/gateway", gateway, public=True),
    Route("GET", "/gateway/bot", gateway_bot),
    Route("GET", "/oauth2/applications/@me", my_application),
    Route("GET", "/applications/@me", my_application),
    Route("GET", "/applications/{application_id}/commands", list_commands),
    Route("PUT", "/applications/{application_id}/commands", replace_commands),
]
