"""Tells a worker that hangs from one that takes its time."""

import asyncio
from dataclasses import dataclass

from generation.dispatch.devices import Device
from generation.executor.protocol import FromWorker, Heartbeat
from generation.request import Shape


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a worker that has work may be silent, in seconds.

    Args:
        loading: before its models are loaded: a cold disk, eight workers at once.
        first_step: before its first step of a shape: the libraries warm up, and nobody knows yet how slow it is.
        step: afterwards, at least.
        factor: afterwards, at least so many times its slowest step as measured.
    """

    loading: float = 300.0
    first_step: float = 300.0
    step: float = 60.0
    factor: float = 20.0

    def limit(self, device: Device, warm: set[Shape]) -> float:
        """Return how long the device's worker may be silent now.

        Args:
            device: with its capacity, throughput and what it paints.
            warm: shapes of which this worker has made a step.
        """
        if not device.capacity.slots:
            return self.loading
        batches = device.batches
        if batches.keys() - warm:
            return self.first_step
        slowest = max((device.throughput.step_seconds(shape, batch) for shape, batch in batches.items()), default=0.0)
        return max(self.step, self.factor * slowest)


PATIENCE = Patience()


class Watchdog:
    """Watches one worker.

    Silence is counted in ticks and not read off the clock: while this process itself is stopped, by Ctrl-Z or with the
    machine, it hears nobody.

    Args:
        device: that the worker serves.
        patience: how long it may be silent.
    """

    def __init__(self, device: Device, patience: Patience) -> None:
        self._device = device
        self._patience = patience
        self._warm: set[Shape] = set()
        self._heard = False

    def hear(self, message: FromWorker) -> None:
        """Take note that the worker said something."""
        self._heard = True
        if isinstance(message, Heartbeat):
            self._warm.add(message.shape)

    async def wait_until_silent(self) -> float:
        """Return when the worker has been silent for too long, and for how long, in seconds."""
        tick = min(1.0, self._patience.step / 4)
        silent = 0.0
        while silent <= self._patience.limit(self._device, self._warm):
            await asyncio.sleep(tick)
            silent = silent + tick if self._has_work and not self._heard else 0.0
            self._heard = False
        return silent

    @property
    def _has_work(self) -> bool:
        return not self._device.capacity.slots or bool(self._device.running)
