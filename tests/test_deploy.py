"""The alert rules and the board: what they name is measured, and Prometheus takes their queries."""

import asyncio
import contextlib
import json
import re
import shutil
import socket
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from bot.health import Health
from bot.metrics import Metrics, served
from config.settings.serving import MetricsSettings
from generation.dispatch.dispatcher import Dispatcher
from generation.events import Finished, Heartbeat
from tests.generation.scripted import ScriptedExecutor

DEPLOY = Path(__file__).parent.parent / "deploy"
RULES = DEPLOY / "prometheus" / "easel.rules.yml"
PATIENCE = 60.0
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
PROMTOOL, PROMETHEUS = shutil.which("promtool"), shutil.which("prometheus")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="Debian's package prometheus has it")


def queries() -> list[str]:
    """Return the queries of all panels of the board, with a span in the place of Grafana's own."""
    board = json.loads((DEPLOY / "grafana" / "easel.json").read_text("utf-8"))
    found = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert len(found) > 10
    return [query.replace("$__rate_interval", "5m") for query in found]


def alerts() -> list[str]:
    groups = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


def measured() -> Metrics:
    metrics = Metrics()
    metrics.watch(Dispatcher(ScriptedExecutor(), total=1, per_member=1))
    return metrics


def test_what_is_named_is_measured() -> None:
    families = measured().registry.collect()
    known = {family.name + suffix for family in families for suffix in SUFFIXES.get(family.type, ("",))}
    named = {name for query in [*queries(), *alerts()] for name in re.findall(r"\b(?:easel|process)_\w+", query)}
    assert len(named) > 10
    assert named <= known
    assert {name for name in known if name.startswith("easel_") and not name.endswith(("_created", "_gcount"))} <= named


def test_operators_are_told_of_each() -> None:
    documented = (DEPLOY.parent / "docs" / "operators.md").read_text("utf-8")
    for family in measured().registry.collect():
        name = family.name + ("_total" if family.type == "counter" else "")
        assert not name.startswith("easel_") or f"`{name}" in documented, name


@needs_promtool
@pytest.mark.parametrize(
    "arguments", [["check", "config", "prometheus.yml"], ["test", "rules", "easel.rules.test.yml"]]
)
def test_the_rules(arguments: list[str]) -> None:
    done = subprocess.run([PROMTOOL or "", *arguments], cwd=RULES.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@contextlib.asynccontextmanager
async def prometheus(folder: Path, target: int) -> AsyncIterator[str]:
    """Run a Prometheus that scrapes a port of this machine, and give its address."""
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text("utf-8"))
    config["global"]["scrape_interval"] = "1s"
    config["rule_files"] = [str(RULES)]
    config["scrape_configs"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{target}"]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(PROMETHEUS or "", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}"),
        *(f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"),
    )
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        process.terminate()
        await process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


async def answered(http: aiohttp.ClientSession, api: str, query: str) -> list[Any]:
    """Return what Prometheus answers to a query."""
    async with http.get(f"{api}/query", params={"query": query}) as response:
        answer = await response.json()
    assert answer["status"] == "success", (query, answer)
    return list(answer["data"]["result"])


async def come_up(http: aiohttp.ClientSession, api: str) -> None:
    """Wait until it has scraped twice."""
    async with asyncio.timeout(PATIENCE):
        while True:
            with contextlib.suppress(aiohttp.ClientError, AssertionError):
                found = await answered(http, api, "count_over_time(easel_requests{state='waiting'}[1m]) >= 2")
                if found:
                    return
            await asyncio.sleep(0.1)


@pytest.mark.skipif(PROMETHEUS is None, reason="Debian's package prometheus has it")
async def test_a_real_prometheus_scrapes_it_and_answers_the_board(tmp_path: Path) -> None:
    metrics, port = measured(), free_port()
    metrics.note(0, Heartbeat((64, 64), 2, 10, 1.0, taken=1.0))
    metrics.note(0, Finished("r", b"", 12.0))
    async with (
        served(MetricsSettings(port=port), metrics.registry, Health()),
        prometheus(tmp_path, port) as api,
        aiohttp.ClientSession() as http,
    ):
        await come_up(http, api)
        answers = {query: await answered(http, api, query) for query in queries()}
        assert float(answers['easel_requests{state="waiting"}'][0]["value"][1]) == 0
        assert len([query for query, answer in answers.items() if answer]) > 10
        async with http.get(f"{api}/rules") as response:
            (group,) = (await response.json())["data"]["groups"]
    assert len(group["rules"]) == len(alerts())
