"""Which Discord to talk to.

discord.py knows one Discord: the base of its REST routes and the address of its gateway are class attributes. Any
other server that speaks the same API is reached by setting these two before a client is made, the gateway's address
being what that server itself answers. With the real Discord nothing is touched.
"""

import aiohttp
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.errors import SetupError

DISCORD = "https://discord.com/api/v10"
GATEWAY = yarl.URL("wss://gateway.discord.gg/")
TIMEOUT = aiohttp.ClientTimeout(total=10)


async def point_at(api_base: str) -> None:
    """Make discord.py talk to the server at ``api_base``; raises ``SetupError`` where none answers."""
    Route.BASE = api_base
    DiscordWebSocket.DEFAULT_GATEWAY = GATEWAY if api_base == DISCORD else await _gateway(api_base)


async def _gateway(api_base: str) -> yarl.URL:
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT) as session,
            session.get(f"{api_base}/gateway") as response,
        ):
            answer = await response.json()
            return yarl.URL(answer["url"])
    except (aiohttp.ContentTypeError, ValueError, KeyError, TypeError) as error:
        raise SetupError(f"No Discord API answers at {api_base}: check discord.api_base.") from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise SetupError(f"Nothing answers at {api_base}: start that server or check discord.api_base.") from error
