"""The Ray cluster: who is in it, and whether a machine of it paints."""

import asyncio
from collections.abc import Awaitable, Callable

from config.settings import Settings
from easel.dispatching import NO_RAY
from easel.doctor.finding import Finding
from easel.models import with_paths
from generation.errors import GenerationError
from generation.executor import Executor

LEASE_SECONDS = 5.0
"""For which the worker that is tried waits when it is left."""
NAME = "cluster"


async def examine_cluster(
    settings: Settings, paint: Callable[[Settings, Executor], Awaitable[str]] | None
) -> list[Finding]:
    """Say which devices a cluster has, and how long a step takes on one that is free.

    Args:
        settings: where it is, and which devices are wanted.
        paint: says how long; None where nothing is to be painted.
    """
    try:
        import ray

        from generation.executor.cluster.executor import RayExecutor, connect
    except ImportError:
        return [Finding(NAME, "error", "Ray is not installed", NO_RAY.partition(": ")[2].rstrip("."))]
    chosen = settings.executor
    try:
        await connect(chosen.address, chosen.namespace)
    except GenerationError as error:
        return [
            Finding(NAME, "error", str(error).rstrip("."), "start it with ray start, and look at what ray status says")
        ]
    nodes, there, free = await asyncio.to_thread(
        lambda: (ray.nodes(), ray.cluster_resources(), ray.available_resources())
    )
    await asyncio.to_thread(ray.shutdown)
    gpus, cpus = int(there.get("GPU", 0)), int(there.get("CPU", 0))
    machines = sum(bool(node["Alive"]) for node in nodes)
    text = f"Ray {ray.__version__}, {machines} machine{'s' * (machines != 1)}, {gpus} GPUs and {cpus} CPUs, "
    text += f"of which are free {free.get('GPU', 0):.0f} and {free.get('CPU', 0):.0f}"
    if chosen.devices == "auto" and not gpus:
        return [Finding(NAME, "error", text, "add machines with GPUs, or name devices in executor.devices")]
    wanted = ["cuda"] * gpus if chosen.devices == "auto" else chosen.devices
    lacking = max(wanted.count("cuda") - gpus, 0) + max(wanted.count("cpu") - cpus, 0)
    found = [Finding(NAME, "ok", text)]
    if lacking:
        found = [Finding(NAME, "warning", text, f"{lacking} of the devices in executor.devices wait for machines")]
    name = next((each for each in wanted if free.get("GPU" if each == "cuda" else "CPU", 0) >= 1), None)
    if paint is None or name is None:
        return found
    ready = with_paths(settings)
    executor = RayExecutor(
        ready.models,
        [name],
        ready.painting.preview_seconds,
        chosen.address,
        f"{chosen.namespace}-doctor",
        lease_seconds=LEASE_SECONDS,
    )
    try:
        return [*found, Finding(name, "ok", await paint(ready, executor))]
    except (GenerationError, TimeoutError) as error:
        advice = "its machine needs the same Easel, and the weights at the same path; Ray keeps what its worker wrote"
        return [*found, Finding(name, "error", str(error) or "it has not painted in time", advice)]
