"""What can be measured of the bot, for Prometheus: counted as it happens, or read when it is asked for."""

import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace

import aiohttp
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from bot.errors import PermissionsError, PromptError, RoomError, RuleError, UserError
from bot.gpus import Gpus
from bot.health import Health
from bot.serving import listening
from config.settings.serving import MetricsSettings
from generation.dispatch.dispatcher import Dispatcher
from generation.events import Down, Event, Finished, Heartbeat, Loaded, Ready

PICTURE_SECONDS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800)
"""Bounds between which pictures are counted by how long they took."""
REASONS = {PromptError: "prompt", RoomError: "room", RuleError: "rule", PermissionsError: "permission"}
"""Why members are refused; by anything else, ``other``."""
DEVICE = ("device", "name")
"""Labels: the number by which the executor knows it, for two may have one name; and that."""


class Metrics:
    """All that is measured.

    Attributes:
        registry: from which it is served.
        gpus: of the devices.
        trace: of calls by HTTP, for discord.py's client.
    """

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self._names: dict[int, str] = {}
        self._steps = Counter("easel_steps", "Steps of pictures, each in a batch counted", DEVICE, registry=registry)
        self._batches = Counter("easel_batch_steps", "Steps of batches", DEVICE, registry=registry)
        self._busy = Counter("easel_step_seconds", "Seconds that steps took", DEVICE, registry=registry)
        self._loads = Counter(
            "easel_model_loads", "Models loaded after the start, as requests named them", DEVICE, registry=registry
        )
        self._faults = Counter("easel_device_faults", "Workers that ended", DEVICE, registry=registry)
        self._pictures = Histogram(
            "easel_picture_seconds", "Seconds of painting a picture", registry=registry, buckets=PICTURE_SECONDS
        )
        self._calls = Counter(
            "easel_discord_calls", "Calls of Discord's REST API, by what they do", ("kind", "status"), registry=registry
        )
        self.gpus = Gpus(DEVICE)
        registry.register(self.gpus)
        self._refusals = Counter(
            "easel_refusals",
            "Commands and buttons answered by why not",
            ("command", "reason"),
            registry=registry,
        )
        self.trace = aiohttp.TraceConfig()
        self.trace.on_request_end.append(self._note_answer)
        self.trace.on_request_exception.append(self._note_no_answer)

    def watch(self, dispatcher: Dispatcher) -> None:
        """Measure what is in line and on the devices, too."""
        self.registry.register(_Queue(dispatcher))

    def note(self, device: int, event: Event) -> None:
        """Count what happens on a device."""
        match event:
            case Ready():
                self._names[device] = event.name
                if event.uuid:
                    self.gpus.add(str(device), event.name, event.uuid)
            case Heartbeat():
                labels = str(device), self._names.get(device, "")
                self._steps.labels(*labels).inc(event.steps * event.batch)
                self._batches.labels(*labels).inc(event.steps)
                self._busy.labels(*labels).inc(event.taken)
            case Loaded():
                self._loads.labels(str(device), self._names.get(device, "")).inc()
            case Down():
                self._faults.labels(str(device), self._names.get(device, "")).inc()
            case Finished():
                self._pictures.observe(event.seconds)

    def refuse(self, command: str, error: UserError) -> None:
        """Count that somebody was told why not."""
        reason = next((reason for kind, reason in REASONS.items() if isinstance(error, kind)), "other")
        self._refusals.labels(command, reason).inc()

    async def _note_answer(
        self, _: aiohttp.ClientSession, __: SimpleNamespace, call: aiohttp.TraceRequestEndParams
    ) -> None:
        self._calls.labels(_kind(call.method, call.url.path), str(call.response.status)).inc()

    async def _note_no_answer(
        self, _: aiohttp.ClientSession, __: SimpleNamespace, call: aiohttp.TraceRequestExceptionParams
    ) -> None:
        self._calls.labels(_kind(call.method, call.url.path), "none").inc()


class _Queue(Collector):
    """Reads from the dispatcher what there is now."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher

    def collect(self) -> Iterator[Metric]:
        now, snapshot = time.monotonic(), self._dispatcher.snapshot()
        requests = GaugeMetricFamily("easel_requests", "Requests that have not ended", labels=["state"])
        requests.add_metric(["waiting"], len(snapshot.waiting))
        requests.add_metric(["running"], len(snapshot.running))
        yield requests
        oldest = max((now - record.accepted for record in snapshot.waiting), default=0.0)
        yield GaugeMetricFamily("easel_oldest_waiting_seconds", "Age of the oldest that waits", value=oldest)
        ended = CounterMetricFamily("easel_requests_ended", "Requests that have ended", labels=["state"])
        for state in ("finished", "failed", "cancelled"):
            ended.add_metric([state], self._dispatcher.ended[state])
        yield ended
        slots = GaugeMetricFamily("easel_device_slots", "Pictures painted at once; 0 while it is down", labels=DEVICE)
        painting = GaugeMetricFamily("easel_device_pictures", "Pictures being painted", labels=DEVICE)
        parked = GaugeMetricFamily("easel_device_parked", "Whether it failed too often in a row", labels=DEVICE)
        loaded = GaugeMetricFamily("easel_model_loaded", "Whether a model is loaded", labels=[*DEVICE, "model"])
        for device in self._dispatcher.pool.devices:
            labels = [str(device.number), device.name]
            slots.add_metric(labels, device.slots)
            painting.add_metric(labels, len(device.running))
            parked.add_metric(labels, device.parked)
            for model in device.offers:
                loaded.add_metric([*labels, model], model in device.loaded)
        yield from (slots, painting, parked, loaded)


@contextlib.asynccontextmanager
async def served(settings: MetricsSettings, registry: CollectorRegistry, health: Health) -> AsyncIterator[None]:
    """Serve what is measured, and whether the bot works, where the settings name a port.

    ``/healthz`` answers 200, or 503 with what is wrong.

    Raises:
        SetupError: the port is not to be had.
    """
    if settings.port is None:
        yield
        return

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def answer_health(_: web.Request) -> web.Response:
        trouble = health.trouble
        return web.Response(text=trouble or "ok", status=503 if trouble else 200)

    app = web.Application()
    app.add_routes([web.get("/metrics", answer), web.get("/healthz", answer_health)])
    async with listening(app, "metrics", settings.host, settings.port):
        yield


def _kind(method: str, path: str) -> str:
    if "/messages" not in path:
        return "other"
    return {"PATCH": "edit", "POST": "message"}.get(method, "other")
