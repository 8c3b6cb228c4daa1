"""Applications: what the bot asks about itself, where the gateway is, and its slash commands."""

from typing import Any

from sandbox import payloads
from sandbox.errors import form_refusal, refusal
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
    if not isinstance(call.body.json, list):
        raise form_refusal((), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    call.world.application.commands = [_command(call, each) for each in call.body.json]
    return call.world.application.commands


def _own(call: Call) -> None:
    call.as_bot()
    if call.id("application_id") != call.world.application.id:
        raise refusal(50001)


def _command(call: Call, form: dict[str, Any]) -> Payload:
    fresh = str(call.world.snowflakes.next())
    permissions = form.get("default_member_permissions")
    return {
        "id": fresh,
        "application_id": str(call.world.application.id),
        "version": fresh,
        "type": form.get("type") or 1,
        "name": form["name"],
        "name_localizations": form.get("name_localizations"),
        "description": form.get("description") or "",
        "description_localizations": form.get("description_localizations"),
        "default_member_permissions": None if permissions is None else str(permissions),
        "dm_permission": True,
        "contexts": form.get("contexts"),
        "integration_types": form.get("integration_types") or [0],
        "options": form.get("options") or [],
        "nsfw": bool(form.get("nsfw")),
    }


ROUTES = [
    Route("GET", "/gateway", gateway, public=True),
    Route("GET", "/gateway/bot", gateway_bot),
    Route("GET", "/oauth2/applications/@me", my_application),
    Route("GET", "/applications/@me", my_application),
    Route("GET", "/applications/{application_id}/commands", list_commands),
    Route("PUT", "/applications/{application_id}/commands", replace_commands),
]
