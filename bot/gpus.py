"""The memory and the work of GPUs, by NVML, the library of NVIDIA's driver."""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

PACE = 5.0
"""Seconds from one look at them to the next."""
OLDEST = 3 * PACE
"""Seconds after which what was seen is not told: the driver does not answer."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """How one stands.

    Args:
        used: bytes of its memory, by all programs.
        total: bytes of its memory.
        busy: part of the last moment in which it computed, 0 to 1.
    """

    used: int
    total: int
    busy: float


class Gpus(Collector):
    """Looks at the GPUs of devices that have come up, in a thread of its own: a driver in trouble can take for ever.

    Without the library, or where it fails, nothing is seen.

    Args:
        labels: of what is measured; the first two are a device's number and its name.
        pace: seconds from one look to the next.
    """

    def __init__(self, labels: tuple[str, str], pace: float = PACE) -> None:
        self._labels = labels
        self._pace = pace
        self._uuids: dict[tuple[str, str], str] = {}
        """By a device's number and name."""
        self._seen: tuple[float, Mapping[tuple[str, str], Gpu]] = (0.0, {})
        self._ended = threading.Event()

    def add(self, number: str, name: str, uuid: str) -> None:
        """Look at a device's GPU too."""
        self._uuids[number, name] = uuid

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Look at them again and again meanwhile."""
        threading.Thread(target=self._watch, name="nvml", daemon=True).start()
        try:
            yield
        finally:
            self._ended.set()

    def collect(self) -> Iterator[Metric]:
        """Return what was seen last."""
        at, seen = self._seen
        fresh = seen if time.monotonic() - at < OLDEST else {}
        used = GaugeMetricFamily("easel_device_memory_used_bytes", "Memory that all programs use", labels=self._labels)
        total = GaugeMetricFamily("easel_device_memory_bytes", "Memory", labels=self._labels)
        busy = GaugeMetricFamily(
            "easel_device_utilisation_ratio", "Part of the last moment in which it computed", labels=self._labels
        )
        for labels, gpu in fresh.items():
            used.add_metric(labels, gpu.used)
            total.add_metric(labels, gpu.total)
            busy.add_metric(labels, gpu.busy)
        yield from (used, total, busy)

    def _watch(self) -> None:
        try:
            import pynvml
        except ImportError:
            return
        while not self._ended.is_set():
            with contextlib.suppress(pynvml.NVMLError):
                pynvml.nvmlInit()  # anew each time: it fails until the driver is there
                try:
                    self._seen = time.monotonic(), self._look(pynvml)
                finally:
                    pynvml.nvmlShutdown()
            self._ended.wait(self._pace)

    def _look(self, nvml: ModuleType) -> Mapping[tuple[str, str], Gpu]:
        seen = {}
        for labels, uuid in [*self._uuids.items()]:
            with contextlib.suppress(nvml.NVMLError):  # one that fell off the bus hides no other
                handle = nvml.nvmlDeviceGetHandleByUUID(uuid)
                memory = nvml.nvmlDeviceGetMemoryInfo(handle)
                busy = nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100
                seen[labels] = Gpu(memory.used, memory.total, busy)
        return seen
