"""Serving HTTP beside the bot: what Prometheus reads, and the operator's page."""

import contextlib
import os
import socket
from collections.abc import AsyncIterator

from aiohttp import web

from bot.errors import SetupError

STOPPING_SECONDS = 1.0
"""For answers that are on their way when the bot ends."""


@contextlib.asynccontextmanager
async def listening(app: web.Application, section: str, host: str, port: int) -> AsyncIterator[None]:
    """Serve an application.

    Args:
        app: to serve.
        section: of the settings that name host and port.
        host: a name or an address.
        port: there.

    Raises:
        SetupError: the port is not to be had.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOPPING_SECONDS)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise SetupError(f"{no_port(section, host, port, error)}; choose another.") from None
        yield
    finally:
        await runner.cleanup()


def no_port(section: str, host: str, port: int, error: OSError) -> str:
    """Return in words that a port is not to be had, and why."""
    reason = error.strerror if isinstance(error, socket.gaierror) else os.strerror(error.errno or 0)
    return f"{section}.port: {port} cannot be had at {host} ({reason})"
