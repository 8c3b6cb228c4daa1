"""Whether the bot does what it is there for, as a container's health check asks it."""

from discord import AutoShardedClient

from generation.dispatch import Dispatch


class Health:
    """What keeps the bot from painting for members now, if anything does."""

    def __init__(self) -> None:
        self._watched: tuple[AutoShardedClient, Dispatch] | None = None

    def watch(self, client: AutoShardedClient, dispatcher: Dispatch) -> None:
        """Judge by these from now on."""
        self._watched = client, dispatcher

    @property
    def trouble(self) -> str | None:
        """A sentence for the operator; None while members' requests are heard and a device can paint them."""
        if self._watched is None:
            return "The bot is starting."
        client, dispatcher = self._watched
        if not client.is_ready() or any(shard.is_closed() for shard in client.shards.values()):
            return "The bot is not connected to Discord."
        if not dispatcher.pool.is_up:
            return "No device is up."
        return None
