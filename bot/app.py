"""The bot as a whole: logs in, paints until it is told to stop, and stops cleanly."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Iterator

import discord
import structlog

from bot.answer import Answers
from bot.client import Client
from bot.commands import ImagineCog
from bot.connection import DEVELOPER_PORTAL, connect
from bot.errors import SetupError
from bot.outbox import Outboxes
from bot.patience import PATIENCE, Patience
from bot.permissions import NEEDED
from bot.pictures import OnSaved, PictureFolder
from bot.posts import Posts
from config.settings import Settings
from generation.dispatch.dispatcher import Dispatcher
from generation.executor import Executor

SIGNALS = (signal.SIGINT, signal.SIGTERM)
NO_TOKEN = (
    f"There is no bot token: put the bot's from {DEVELOPER_PORTAL} into EASEL_DISCORD__TOKEN, or name a file "
    "that holds it in discord.token_file."
)

_log = structlog.get_logger(__name__)


async def run(
    settings: Settings,
    executor: Executor,
    *,
    on_ready: Callable[[], None] | None = None,
    on_finished: OnSaved | None = None,
    patience: Patience = PATIENCE,
) -> None:
    """Run the bot until SIGTERM or SIGINT; a second one does not wait until everybody was told.

    Args:
        settings: all of them.
        executor: who paints, not yet entered.
        on_ready: called once when commands are answered and workers are ready.
        on_finished: called with the path of each finished picture and its request.
        patience: with Discord.

    Raises:
        SetupError: Discord cannot be reached or does not let the bot in, and the operator can change that.
        GenerationError: the executor does not start.
    """
    if settings.discord.token is None:
        raise SetupError(NO_TOKEN)
    logging.getLogger("discord").setLevel(logging.WARNING)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    outboxes = Outboxes(patience.window)
    answers = Answers(outboxes, patience)
    dispatcher = Dispatcher(
        executor,
        total=settings.queue.total,
        per_member=settings.queue.per_member,
        forecast_seconds=patience.forecast,
    )
    posts = Posts(settings, dispatcher, outboxes, patience, PictureFolder(settings.data_dir, on_finished))
    token = settings.discord.token.get_secret_value()
    async with Client(settings.discord, answers, patience) as client:
        await client.add_cog(ImagineCog(settings, client, posts, answers))
        painting_ready = asyncio.Event()
        connection = asyncio.create_task(connect(client, settings.discord, token, patience))
        painting = asyncio.create_task(_paint(executor, dispatcher, posts, painting_ready))
        announcement = asyncio.create_task(_announce(client, painting_ready, on_ready))
        with _signals() as (stop, hurry):
            stopping = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({connection, painting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if stop.is_set():
                    _log.info("stopping")
                painting.cancel()
                closing = asyncio.create_task(_close(posts, answers, patience.closing))
                hurrying = asyncio.create_task(hurry.wait())
                await asyncio.wait({closing, hurrying}, return_when=asyncio.FIRST_COMPLETED)
                client.release()
                tasks = [connection, announcement, stopping, closing, hurrying]
                for task in tasks:
                    task.cancel()
                # The painting was cancelled before, and again would interrupt how the executor ends its workers.
                await asyncio.wait([painting, *tasks])
    for task in (painting, connection):
        if not task.cancelled():
            task.result()


async def _close(posts: Posts, answers: Answers, seconds: float) -> None:
    await asyncio.gather(posts.close(seconds), answers.close(seconds))


async def _paint(executor: Executor, dispatcher: Dispatcher, posts: Posts, ready: asyncio.Event) -> None:
    async with executor, asyncio.TaskGroup() as tasks:
        ready.set()
        tasks.create_task(dispatcher.run())
        tasks.create_task(posts.run())


async def _announce(client: Client, painting_ready: asyncio.Event, on_ready: Callable[[], None] | None) -> None:
    await painting_ready.wait()
    await client.wait_until_ready()
    _log.info("ready", user=str(client.user), guilds=len(client.guilds))
    if not client.guilds:
        invitation = discord.utils.oauth_url(client.application_id or 0, permissions=NEEDED)
        _log.warning("the bot is in no server yet", invitation=invitation)
    if on_ready is not None:
        on_ready()


@contextlib.contextmanager
def _signals() -> Iterator[tuple[asyncio.Event, asyncio.Event]]:
    """Set the first event at the first signal to stop, the second at the next."""
    loop = asyncio.get_running_loop()
    stop, hurry = asyncio.Event(), asyncio.Event()

    def note() -> None:
        (hurry if stop.is_set() else stop).set()

    for number in SIGNALS:
        loop.add_signal_handler(number, note)
    try:
        yield stop, hurry
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
