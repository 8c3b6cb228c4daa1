"""Whether the bot does what it is there for, as a container's health check asks it."""

from discord import Client

from generation.dispatch.dispatcher import Dispatcher


class Health:
    """What keeps the bot from painting for members now, if anything does."""

    def __init__(self) -> None:
        self._watched: tuple[Client, Dispatcher] | None = None

    def watch(self, client: Client, dispatcher: Dispatcher) -> None:
        """Judge by these from now on."""
        self._watched = client, dispatcher

    @property
    def trouble(self) -> str | None:
        """A sentence for the operator; None while members' requests are heard and a device can paint them."""
        if self._watched is None:
            return "The bot is starting."
        client, dispatcher = self._watched
        if not (client.is_ready() and client.ws.open):
            return "The bot is not connected to Discord."
        if not dispatcher.pool.is_up:
            return "No device is up."
        return None
