"""Applications: what the bot asks about itself, and where the gateway is."""

from sandbox import payloads
from sandbox.payloads import Payload
from sandbox.rest.call import Call, Route


async def gateway(call: Call) -> Payload:
    """GET /gateway."""
    return {"url": call.world.base_url.replace("http", "ws", 1) + "/gateway"}


async def gateway_bot(call: Call) -> Payload:
    """GET /gateway/bot."""
    call.as_bot()
    limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
    return await gateway(call) | {"shards": call.world.shards, "session_start_limit": limit}


async def my_application(call: Call) -> Payload:
    """GET /oauth2/applications/@me and /applications/@me."""
    call.as_bot()
    return payloads.application(call.world.application)


ROUTES = [
    Route("GET", "/gateway", gateway, public=True),
    Route("GET", "/gateway/bot", gateway_bot),
    Route("GET", "/oauth2/applications/@me", my_application),
    Route("GET", "/applications/@me", my_application),
]
