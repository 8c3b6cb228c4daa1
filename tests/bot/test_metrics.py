"""What is measured while a bot works, as Prometheus reads it."""

import asyncio
import socket
import time
from email.utils import formatdate

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from bot.buttons.menus import SHOW, USE
from bot.clock import ClockCheck, ahead, difference
from bot.errors import SetupError
from bot.health import Health
from bot.metrics import served
from config.layers import load
from config.settings.serving import MetricsSettings
from generation.events import Heartbeat
from sandbox import Fault
from tests.bot.buttons.conftest import CANCEL, Gallery, labels
from tests.bot.conftest import MakeStage

Samples = dict[tuple[str, ...], float]
"""Values by the name of a sample and the values of its labels, in their order."""


@pytest.fixture
def port() -> int:
    """Return a port that was free just now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


async def scraped(port: int) -> Samples:
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/metrics") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        text = await answer.text()
    families = text_string_to_metric_families(text)
    return {(each.name, *each.labels.values()): each.value for family in families for each in family.samples}


async def edited(port: int) -> Samples:
    """Wait until an edit has been refused for being one too many, and one taken."""
    async with asyncio.timeout(60):
        while True:
            samples = await scraped(port)
            edits = {key[2] for key in samples if key[:2] == ("easel_discord_calls_total", "edit")}
            if {"429", "200"} <= edits:
                return samples
            await asyncio.sleep(0)


async def test_a_bot_that_works(make_stage: MakeStage, port: int) -> None:
    stage = await make_stage(room=4, metrics__port=port)
    stage.sandbox.fail_next(Fault("PATCH", "/channels/{channel_id}/messages/{message_id}", 429, retry_after=0.05))
    for number in range(5):
        await stage.reply(await stage.say(f".imagine cat {number}", who=("Mia", "Noor")[number % 2]))
    first = await stage.executor.next("cat 0")
    stage.executor.say(Heartbeat((128, 128), batch=4, steps=10, seconds=9.0, taken=2.5))
    await stage.ask(".imagine --size 1x1 a dog", who="owner")
    now = await scraped(port)
    assert (now["easel_requests", "waiting"], now["easel_requests", "running"]) == (1, 4)
    assert 0 < now["easel_oldest_waiting_seconds",] < 60
    assert (now["easel_device_slots", "0", "cuda:0"], now["easel_device_pictures", "0", "cuda:0"]) == (4, 4)
    assert now["easel_steps_total", "0", "cuda:0"] == 40
    assert now["easel_batch_steps_total", "0", "cuda:0"] == 10
    assert now["easel_step_seconds_total", "0", "cuda:0"] == 2.5
    assert now["easel_refusals_total", "imagine", "prompt"] == 1
    assert now["easel_discord_calls_total", "message", "200"] >= 6
    stage.executor.finish(first, seconds=21.4)
    await stage.finished.get()
    stage.executor.change(0, "parked")
    later = await edited(port)
    assert (later["easel_requests_ended_total", "finished"], later["easel_requests", "running"]) == (1, 4)
    assert later["easel_picture_seconds_sum",] == 21.4
    assert (later["easel_picture_seconds_bucket", "20.0"], later["easel_picture_seconds_bucket", "30.0"]) == (0, 1)
    assert (later["easel_device_parked", "0", "cuda:0"], later["easel_device_faults_total", "0", "cuda:0"]) == (1, 1)
    assert later["easel_device_slots", "0", "cuda:0"] == 0
    assert later["process_resident_memory_bytes",] > 0


async def test_a_button_that_is_refused(make_stage: MakeStage, port: int) -> None:
    stage = await make_stage(metrics__port=port)
    post = await stage.reply(await stage.say(".imagine a cat", "Mia"))
    await stage.sandbox.until(lambda: CANCEL in labels(post))
    assert "not yours" in await Gallery(stage).pressed(post, CANCEL, "Noor")
    assert (await scraped(port))["easel_refusals_total", "cancel", "other"] == 1


async def test_why_somebody_is_refused(make_stage: MakeStage, port: int) -> None:
    """By a menu, before a form, by a button that is gone, in a form, and before a command runs."""
    stage = await make_stage(metrics__port=port, queue__per_member=1)
    gallery, mia = Gallery(stage), stage.people("Mia")
    said = await mia.say("art", "look", files=[("notes.txt", b"words")])
    message = stage.sandbox.channel("art").messages[int(said["id"])]
    for menu in (USE, SHOW):
        await gallery.told(await mia.run_command("art", menu, target=message))
    await stage.ask(".block @Noor 5y nothing", who="owner")
    await stage.ask(".queue and more words than it takes", who="Mia")
    await stage.reply(await stage.say(".imagine a cat"))
    await stage.ask(".imagine a dog")
    await stage.ask(".imagine a fox", "Noor", "no-files")
    refused = {key[1:]: value for key, value in (await scraped(port)).items() if key[0] == "easel_refusals_total"}
    assert refused == {
        (USE, "other"): 1,
        (SHOW, "other"): 1,
        ("block", "other"): 1,
        ("queue", "other"): 1,
        ("imagine", "room"): 1,
        ("imagine", "permission"): 1,
    }


async def test_nothing_is_served_unless_told(make_stage: MakeStage, port: int) -> None:
    stage = await make_stage()
    assert stage.settings.metrics.port is None
    with pytest.raises(aiohttp.ClientConnectorError):
        await scraped(port)


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"])
async def test_a_port_that_is_not_to_be_had(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            SetupError, match=rf"^metrics\.port: {port} cannot be had at {host} \(.+\); choose another\."
        ):
            async with served(MetricsSettings(port=port, host=host), CollectorRegistry(), Health()):
                pass


def test_the_usual_settings() -> None:
    metrics = load(environment={"EASEL_METRICS__PORT": "9100"}).metrics
    assert (metrics.port, metrics.host) == (9100, "127.0.0.1")


@pytest.mark.parametrize(
    ("off", "words"),
    [(0, ""), (-3600, "3600 seconds ahead of Discord's"), (100, "100 seconds behind Discord's")],
)
def test_a_clock(off: float, words: str) -> None:
    said = ahead({"Date": formatdate(time.time() + off, usegmt=True)})
    assert said is not None
    assert difference(round(said, -1)) == words


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 Jan 2026 00:00:00 GMT"])
def test_a_server_that_does_not_say(date: str) -> None:
    assert ahead({"Date": date}) is None
    assert ahead({}) is None


async def test_a_clock_that_is_off_is_told_once() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(headers={"Date": formatdate(time.time() - 3600, usegmt=True)})

    app = web.Application()
    app.add_routes([web.get("/", answer)])
    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(ClockCheck().note)
    async with TestServer(app) as server, aiohttp.ClientSession(trace_configs=[trace]) as http:
        with capture_logs() as logs:
            for _ in range(2):
                await (await http.get(server.make_url("/"))).read()
    (line,) = logs
    assert line["log_level"] == "warning"
    assert line["event"].startswith("this machine's clock is 36")
    assert "seconds ahead of Discord's; set it by NTP" in line["event"]


async def test_a_clock_that_is_right_is_not_spoken_of(make_stage: MakeStage) -> None:
    with capture_logs() as logs:
        await make_stage()
    assert not [line for line in logs if "clock" in line["event"]]
