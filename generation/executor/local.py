"""Workers on this machine: one process per device."""

import asyncio
import os
from collections.abc import Sequence
from functools import partial
from typing import Literal, Self

from config.settings.executor import Reproducible
from config.settings.models import DEFAULT_MODEL, ModelsSettings
from generation.executor.process import COMMAND, WorkerProcess
from generation.executor.protocol import LoadModels, Weights
from generation.executor.supervised import SupervisedExecutor
from generation.executor.supervisor import RESTARTS, Restarts
from generation.executor.watchdog import PATIENCE, Patience

CHECKPOINT_SECONDS = 5.0


class LocalExecutor(SupervisedExecutor):
    """One spawned process per device; see :class:`generation.executor.Executor`.

    A process that dies or hangs is replaced. The processes end with this one, even when it is killed.

    Args:
        models: which weights there are, and how to compute with them.
        devices: ``auto``, every GPU or else one worker on the CPU; or a list, where ``["cpu", "cpu"]`` means two.
        preview_seconds: about so often a preview of a request can be shown.
        patience: how long a worker may be silent.
        restarts: when a worker that died is replaced.
        command: that starts a worker.
        checkpoint_seconds: so often there is a checkpoint of a request; so much is lost when a worker dies.
        first: name of the model that is loaded at the start.
        reproducible: ``exact``, every CPU worker computes with as many threads as there are cores, however many workers
            there are, since rounding depends on that number; or ``fast``, they divide the cores.
    """

    def __init__(
        self,
        models: ModelsSettings,
        devices: Literal["auto"] | Sequence[str],
        preview_seconds: float,
        patience: Patience = PATIENCE,
        restarts: Restarts = RESTARTS,
        command: Sequence[str] = COMMAND,
        checkpoint_seconds: float = CHECKPOINT_SECONDS,
        first: str = DEFAULT_MODEL,
        reproducible: Reproducible = "exact",
    ) -> None:
        super().__init__(patience, restarts)
        self._models = weights_of(models, first)
        self._names = ["auto"] if devices == "auto" else list(devices)
        self._preview_seconds = preview_seconds
        self._checkpoint_seconds = checkpoint_seconds
        self._command = command
        self._reproducible = reproducible

    async def __aenter__(self) -> Self:
        try:
            for name in self._names:
                self._serve(name)
            if self._names == ["auto"]:
                for index in range(1, await self._supervisors[0].gpus):
                    self._serve(f"cuda:{index}")
            outcomes = await asyncio.gather(*(supervisor.first for supervisor in self._supervisors))
            failures = [outcome for outcome in outcomes if outcome is not None]
            if len(failures) == len(outcomes):
                raise failures[0]
        except BaseException:
            await self.stop()
            raise
        return self

    def _serve(self, name: str) -> None:
        """Begin to serve a device."""
        load = LoadModels(
            models=self._models,
            device=name,
            threads=self._threads,
            preview_seconds=self._preview_seconds,
            checkpoint_seconds=self._checkpoint_seconds,
            reproducible=self._reproducible,
        )
        self.supervise(load, partial(WorkerProcess.loading, command=self._command))

    @property
    def _threads(self) -> int:
        """For arithmetic, of a worker on the CPU."""
        on_cpu = 1 if self._reproducible == "exact" else sum(each in ("cpu", "auto") for each in self._names)
        return max(1, _cores() // max(1, on_cpu))


def weights_of(models: ModelsSettings, first: str = DEFAULT_MODEL) -> dict[str, Weights]:
    """Return where the weights of all models are, by their names, those of ``first`` first."""
    names = sorted(models.names, key=lambda name: name != first)
    return {name: Weights(**dict(models.named(name))) for name in names}


def _cores() -> int:
    """Return how many cores this process may use, or where the system does not tell, how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
