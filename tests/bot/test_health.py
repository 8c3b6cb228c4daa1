"""Whether the bot works, as a container's health check asks it."""

import asyncio

import aiohttp

from bot.health import Health
from bot.metrics import Metrics, served
from config.settings.serving import MetricsSettings
from tests.bot.conftest import MakeStage
from tests.bot.test_metrics import port

__all__ = ["port"]


async def answered(port: int) -> tuple[int, str]:
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}/healthz") as answer:
        return answer.status, await answer.text()


async def answers(port: int, status: int, text: str) -> None:
    """Wait for an answer."""
    async with asyncio.timeout(60):
        while await answered(port) != (status, text):
            pass


async def test_a_bot_that_works_and_one_without_a_device(make_stage: MakeStage, port: int) -> None:
    stage = await make_stage(metrics__port=port)
    assert await answered(port) == (200, "ok")
    stage.executor.change(0, "parked")
    await answers(port, 503, "No device is up.")


async def test_a_bot_that_lost_discord(make_stage: MakeStage, port: int) -> None:
    stage = await make_stage(metrics__port=port)
    async with asyncio.timeout(60):
        while await answered(port) != (503, "The bot is not connected to Discord."):
            stage.sandbox.drop_gateway()
    await answers(port, 200, "ok")


async def test_a_bot_that_starts(port: int) -> None:
    async with served(MetricsSettings(port=port), Metrics().registry, Health()):
        assert await answered(port) == (503, "The bot is starting.")
