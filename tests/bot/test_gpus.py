"""What NVML says of GPUs, by a library in the place of NVIDIA's."""

import asyncio
import ctypes
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pynvml
import pytest
from prometheus_client import CollectorRegistry

from bot import gpus
from bot.gpus import Gpus
from bot.metrics import DEVICE, Metrics
from generation.capacity import Capacity
from generation.events import Offer, Ready

FIRST, SECOND = "GPU-11111111-2222-3333-4444-555555555555", "GPU-66666666-7777-8888-9999-000000000000"
USED, TOTAL, BUSY = ("easel_device_memory_used_bytes", "easel_device_memory_bytes", "easel_device_utilisation_ratio")
GB = 10**9


class Library:
    """``libnvidia-ml.so.1``: takes what pynvml passes, writes where it points, and returns NVML's codes.

    Attributes:
        gpus: bytes in use, bytes, and percent of work, by UUID.
        start: what ``nvmlInit`` returns.
        lost: UUIDs of GPUs that fell off the bus.
        calls: how many there were of each function.
    """

    def __init__(self) -> None:
        self.gpus = {FIRST: (10 * GB, 80 * GB, 95), SECOND: (1 * GB, 40 * GB, 0)}
        self.start = 0
        self.lost: set[str] = set()
        self.is_open = 0
        self._handles: list[str] = []
        self.hangs = threading.Event()
        self.hangs.set()

    def __getattr__(self, name: str) -> Callable[..., int]:
        functions: dict[str, Callable[..., int]] = {
            "nvmlInitWithFlags": self._init,
            "nvmlShutdown": self._shutdown,
            "nvmlDeviceGetHandleByUUID": self._handle,
            "nvmlDeviceGetMemoryInfo": self._memory,
            "nvmlDeviceGetUtilizationRates": self._utilisation,
        }
        if name not in functions:
            raise AttributeError(name)
        return functions[name]

    def _init(self, _: Any) -> int:
        self.hangs.wait(60)
        self.is_open += self.start == 0
        return self.start

    def _shutdown(self) -> int:
        self.is_open -= 1
        return 0

    def _handle(self, uuid: Any, handle: Any) -> int:
        name = uuid.value.decode()
        if name not in self.gpus:
            return int(pynvml.NVML_ERROR_NOT_FOUND)
        self._handles.append(name)
        ctypes.cast(handle, ctypes.POINTER(ctypes.c_void_p))[0] = len(self._handles)
        return 0

    def _memory(self, handle: Any, memory: Any) -> int:
        name = self._named(handle)
        if name in self.lost:
            return int(pynvml.NVML_ERROR_GPU_IS_LOST)
        memory._obj.used, memory._obj.total, _ = self.gpus[name]
        return 0

    def _utilisation(self, handle: Any, rates: Any) -> int:
        rates._obj.gpu = self.gpus[self._named(handle)][2]
        return 0

    def _named(self, handle: Any) -> str:
        return self._handles[ctypes.cast(handle, ctypes.c_void_p).value - 1]  # type: ignore[operator]


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    """Have pynvml load this library."""
    made = Library()

    def load(name: str) -> Library:
        assert name == "libnvidia-ml.so.1"
        return made

    monkeypatch.setattr(pynvml, "CDLL", load)
    monkeypatch.setattr(pynvml, "nvmlLib", None)
    monkeypatch.setattr(pynvml, "_nvmlGetFunctionPointer_cache", {})
    yield made
    made.hangs.set()


Samples = dict[tuple[str, str], float]


def samples(registry: CollectorRegistry) -> Samples:
    """Return what is measured of GPUs, by the name and the number of the device."""
    return {
        (sample.name, sample.labels["device"]): sample.value
        for family in registry.collect()
        for sample in family.samples
        if sample.name in (USED, TOTAL, BUSY)
    }


async def until(registry: CollectorRegistry, condition: Callable[[Samples], object]) -> Samples:
    async with asyncio.timeout(60):
        while not condition(found := samples(registry)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found


def join() -> None:
    """Wait for the threads that look at GPUs."""
    for thread in threading.enumerate():
        if thread.name == "nvml":
            thread.join(60)


def watching(pace: float = 0.01) -> tuple[Gpus, CollectorRegistry]:
    registry, made = CollectorRegistry(), Gpus(DEVICE, pace)
    registry.register(made)
    made.add("0", "cuda:0", FIRST)
    made.add("1", "cuda:1", SECOND)
    return made, registry


@pytest.mark.usefixtures("library")
async def test_of_each_device_its_own_gpu_is_measured() -> None:
    metrics = Metrics()
    for number, uuid in enumerate([SECOND, FIRST, "", "GPU-of-another-machine"]):
        metrics.note(number, Ready(f"cuda:{number}" if uuid else "cpu", Offer(Capacity(1), 16), uuid=uuid))
    assert not samples(metrics.registry)
    with metrics.gpus.watched():
        found = await until(metrics.registry, len)
    assert found == {
        (USED, "0"): 1 * GB,
        (TOTAL, "0"): 40 * GB,
        (BUSY, "0"): 0.0,
        (USED, "1"): 10 * GB,
        (TOTAL, "1"): 80 * GB,
        (BUSY, "1"): 0.95,
    }


async def test_what_changes_is_seen_and_what_is_lost_hides_nothing(library: Library) -> None:
    made, registry = watching()
    with made.watched():
        await until(registry, lambda found: found.get((USED, "0")) == 10 * GB)
        library.gpus[FIRST] = (20 * GB, 80 * GB, 5)
        await until(registry, lambda found: found.get((USED, "0")) == 20 * GB)
        library.lost.add(FIRST)
        left = await until(registry, lambda found: (USED, "0") not in found)
        assert left[USED, "1"] == GB
    await asyncio.to_thread(join)
    assert library.is_open == 0


async def test_a_driver_that_comes_later(library: Library) -> None:
    library.start = int(pynvml.NVML_ERROR_DRIVER_NOT_LOADED)
    made, registry = watching()
    with made.watched():
        assert not samples(registry)
        library.start = 0
        await until(registry, len)


async def test_a_driver_that_hangs_is_not_waited_for(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    made, registry = watching()
    with made.watched():
        await until(registry, len)
        library.hangs.clear()
        monkeypatch.setattr(gpus, "OLDEST", 0.0)
        assert not samples(registry)


async def test_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = threading.Event()

    def load(_: str) -> None:
        looked.set()
        raise OSError("libnvidia-ml.so.1: cannot open shared object file")

    monkeypatch.setattr(pynvml, "CDLL", load)
    monkeypatch.setattr(pynvml, "nvmlLib", None)
    made, registry = watching()
    with made.watched():
        assert await asyncio.to_thread(looked.wait, 60)
        assert not samples(registry)


async def test_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pynvml", None)
    made, registry = watching()
    with made.watched():
        await asyncio.to_thread(join)
        assert not samples(registry)
