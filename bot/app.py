"""The bot as a whole: logs in, paints until it is told to stop, and stops cleanly."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any

import discord
import structlog

from bot.admin.actions import Actions
from bot.admin.api import Api
from bot.admin.site import served as admin_served
from bot.admin.view import View
from bot.admission import Admission
from bot.answer import Answers
from bot.batch_command import BatchCommand
from bot.buttons.lookup import Lookup
from bot.buttons.menus import Menus
from bot.buttons.press import Presses
from bot.buttons.reactions import Reactions
from bot.buttons.results import ResultButtons
from bot.buttons.show import ShowCommand
from bot.buttons.steer import SteerButtons
from bot.catch_up import CatchUp
from bot.client import Client
from bot.clock import ClockCheck
from bot.command import Commands
from bot.commands import PictureCommands, flag_options
from bot.connection import DEVELOPER_PORTAL, connect
from bot.errors import SetupError
from bot.fetch import Fetcher, Sources
from bot.gallery import GalleryCommand
from bot.health import Health
from bot.hearing import Hearing
from bot.info import InfoCommand
from bot.listener import MessageListener
from bot.metrics import Metrics, served
from bot.moderation import ModerationCommands
from bot.outbox import Outboxes
from bot.painting import OwnPainting, Painting, SharedPainting
from bot.patience import PATIENCE, Patience
from bot.permissions import NEEDED, lacking
from bot.posts import Posts
from bot.preferences import NAMES, Preferences
from bot.privacy import PrivacyCommands
from bot.recent import Recent
from bot.restyle_command import RestyleCommand
from bot.rules.book import RuleBook
from bot.rules.commands import RuleCommands
from bot.rules.gate import Gate
from bot.rules.log import AuditLog
from bot.slash import add_to, register
from bot.steering import SteerCommand, Steerings
from bot.story_command import StoryCommand
from bot.style_commands import StyleCommands
from bot.suggest_command import SuggestCommand
from bot.uploads import Uploads
from bot.walk_command import WalkCommand
from config.settings import Settings
from generation.executor import Executor
from language.process import LanguageModels
from store import store
from store.errors import LostError
from store.journal import OnSaved
from store.store import Store

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
        StoreError: another process runs with the data directory or has taken over the database, or that cannot be used.
        SetupError: Discord cannot be reached or does not let the bot in, and the operator can change that.
        GenerationError: the executor does not start.
    """
    if settings.discord.token is None:
        raise SetupError(NO_TOKEN)
    logging.getLogger("discord").setLevel(logging.WARNING)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    async with contextlib.AsyncExitStack() as stack:
        kept = await _unless_stopped(stack.enter_async_context(store.opened(settings, on_finished)))
        if kept is not None:
            metrics, health = Metrics(), Health()
            await stack.enter_async_context(served(settings.metrics, metrics.registry, health))
            if settings.metrics.port is not None:
                stack.enter_context(metrics.gpus.watched())
            token = settings.discord.token.get_secret_value()
            await _run(settings, token, executor, kept, patience, metrics, health, on_ready, on_finished)


async def _unless_stopped(opening: Coroutine[Any, Any, Store]) -> Store | None:
    """Wait for the store, which another bot may have for long; None where a signal to stop came before."""
    with _signals() as (stop, _):
        opened, stopped = tasks = asyncio.create_task(opening), asyncio.create_task(stop.wait())
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            opened.cancel()
            stopped.cancel()
            await asyncio.wait(tasks)
        return None if stop.is_set() else opened.result()


async def _run(
    settings: Settings,
    token: str,
    executor: Executor,
    kept: Store,
    patience: Patience,
    metrics: Metrics,
    health: Health,
    on_ready: Callable[[], None] | None,
    on_finished: OnSaved | None,
) -> None:
    outboxes = Outboxes(patience.window)
    answers = Answers(outboxes, patience)
    way: Painting = (
        OwnPainting(settings, executor, kept, metrics, patience)
        if kept.find_leader is None
        else SharedPainting(settings, executor, kept, metrics, patience, on_finished)
    )
    metrics.trace.on_request_end.append(ClockCheck().note)
    book = RuleBook(settings, kept.rules)
    log = AuditLog(kept.audit, book, outboxes, patience)
    gate = Gate(book, kept.words, kept.blocks, kept.usage, log)
    posts = Posts(settings, way.dispatcher, outboxes, patience, kept.journal, gate)
    fetcher, admission = Fetcher(Sources(settings.discord)), Admission(posts, gate, way.dispatcher, kept.journal)
    uploads = Uploads(fetcher, kept.uploads, settings.queue.per_member)
    lookup = Lookup(kept.archive, fetcher)
    known, hearing = Commands(), Hearing(kept.heard)
    async with (
        Client(book, answers, patience, hearing, known, metrics, settings.shards) as client,
        contextlib.AsyncExitStack() as stack,
    ):
        health.watch(client, way.dispatcher)
        preferences, recent = Preferences(gate, kept.members), Recent()
        pictures = PictureCommands(client, posts, admission, uploads, preferences, recent)
        known.add(pictures.commands())
        known.add(preferences.commands(flag_options(posts.available, NAMES)))
        known.add(StyleCommands(book).commands())
        known.add(ShowCommand(client, posts, admission, kept.archive, outboxes, patience).commands())
        models = LanguageModels(settings.texts)
        stack.push_async_callback(models.close)
        stories = StoryCommand(posts, admission, fetcher, pictures.imagine, models)
        suggestions = SuggestCommand(posts, admission, pictures.imagine, models)
        known.add([*stories.commands(), *suggestions.commands()])
        known.add(RestyleCommand(book, posts, pictures.imagine).commands())
        steerings = Steerings(way.dispatcher, gate)
        known.add(WalkCommand(posts, admission, uploads, preferences).commands())
        batches = BatchCommand(
            *(posts, admission, uploads, fetcher, preferences, outboxes, patience),
            settings.painting.preview_seconds,
            kept.batches,
        )
        known.add(batches.commands())
        known.add(SteerCommand(client, posts, steerings, kept.archive).commands())
        known.add(InfoCommand(posts, gate).commands())
        known.add(GalleryCommand(kept.archive, gate).commands())
        known.add(PrivacyCommands(book, kept.privacy, posts, (kept.members.forget, recent.forget)).commands())
        known.add(RuleCommands(book, kept.rules, kept.audit, log).commands())
        known.add(ModerationCommands(gate, kept.words, kept.blocks, posts, log).commands())
        add_to(client.tree, known, client.ask)
        menus = Menus(posts, admission, lookup, pictures.imagine, metrics)
        menus.add_to(client.tree)
        results = ResultButtons(posts, admission, lookup, uploads, kept.uploads, pictures.imagine)
        presses = Presses(metrics)
        presses.add({**stories.actions(), **suggestions.actions()})
        presses.add({**results.actions(), **menus.actions(), **SteerButtons(posts, steerings).actions()})
        catch_up = CatchUp(client, hearing)
        await client.add_cog(catch_up)
        await client.add_cog(presses)
        await client.add_cog(Reactions(client, posts, kept.archive))
        await client.add_cog(MessageListener(client, posts, uploads))
        stop, hurry = stack.enter_context(_signals())
        view = View(settings, client, posts, way.dispatcher, book, kept)
        actions = Actions(client, posts, book, kept.rules, kept.blocks, log, stop.set)
        await stack.enter_async_context(admin_served(settings.admin, Api(view, actions)))
        restored, painting_ready = asyncio.Event(), asyncio.Event()

        async def restore() -> None:
            since = await kept.heard.since(60 * settings.store.catch_up_minutes)
            hearing.recall(since, await kept.journal.messages())
            catch_up.recall(await kept.journal.asked_in_private())
            await posts.restore(client)
            await batches.restore(client)
            recent.load(await kept.journal.newest())
            restored.set()

        connection = asyncio.create_task(connect(client, settings.discord, token, patience, restore))
        painting = asyncio.create_task(way.run(restored, painting_ready))
        posting = asyncio.create_task(_post(posts, restored))
        registration = asyncio.create_task(_register(client, patience))
        announcement = asyncio.create_task(_announce(client, painting_ready, on_ready))
        keeping = asyncio.create_task(hearing.keep())
        losing = asyncio.create_task(_abandon_when_lost(posts, kept))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({connection, painting, posting, stopping, losing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if stop.is_set():
                _log.info("stopping")
            grace = settings.executor.grace_seconds if stop.is_set() and not painting.done() else 0.0
            posts.drain(for_long=grace > 0)
            others = answers, log, batches
            closing = asyncio.create_task(_close(way, grace, posts, others, patience.closing))
            hurrying = asyncio.create_task(hurry.wait())
            await asyncio.wait({closing, hurrying, losing}, return_when=asyncio.FIRST_COMPLETED)
            painting.cancel()
            posts.give_up()
            answers.give_up()
            log.give_up()
            client.release()
            tasks = [connection, posting, registration, announcement, keeping, losing, stopping, closing, hurrying]
            for task in tasks:
                task.cancel()
            # The painting was cancelled before, and again would interrupt how the executor ends its workers.
            await asyncio.wait([painting, *tasks])
            await hearing.save()
    for task in (losing, painting, posting, connection):
        if not task.cancelled():
            task.result()


async def _abandon_when_lost(posts: Posts, kept: Store) -> None:
    try:
        await kept.lost()
    except LostError:
        posts.abandon()
        raise


async def _close(
    way: Painting,
    grace: float,
    posts: Posts,
    others: Iterable[Answers | AuditLog | BatchCommand],
    seconds: float,
) -> None:
    await way.drain(grace)
    await asyncio.gather(posts.close(seconds), *(each.close(seconds) for each in others))


async def _post(posts: Posts, restored: asyncio.Event) -> None:
    await restored.wait()
    await posts.run()


async def _register(client: Client, patience: Patience) -> None:
    await client.wait_until_ready()
    if 0 in client.shards:  # commands are of the whole bot
        await register(client.tree, patience)


async def _announce(client: Client, painting_ready: asyncio.Event, on_ready: Callable[[], None] | None) -> None:
    await painting_ready.wait()
    await client.wait_until_ready()
    _log.info("ready", user=str(client.user), guilds=len(client.guilds))
    if not client.guilds and client.shard_ids is None:
        invitation = discord.utils.oauth_url(client.application_id or 0, permissions=NEEDED)
        _log.warning("the bot is in no server yet", invitation=invitation)
    for guild in client.guilds:
        if missing := lacking(guild.me.guild_permissions):
            _log.warning("permissions are missing in a server", server=guild.name, guild=guild.id, missing=missing)
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
