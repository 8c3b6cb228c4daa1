"""Where and with what it was measured."""

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from benchmarks import processor

PACKAGES = ("torch", "kornia", "numpy", "openai-clip", "taming-transformers", "discord.py", "aiohttp", "triton")


def describe() -> dict[str, object]:
    """Return the machine, the versions of what takes part, and the date."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": name(),
        **processor.describe(),
        "cores": cores(),
        "bfloat16_units": _bfloat16_units(),
        "gpus": [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())],
        "cuda": torch.version.cuda,
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "threads": {"torch": torch.get_num_threads(), "OMP_WAIT_POLICY": os.environ.get("OMP_WAIT_POLICY")},
        "versions": {package: found for package in PACKAGES if (found := _version(package))},
    }


def name() -> str:
    """Return a short name of the machine that can be part of a file's."""
    words = torch.cuda.get_device_name(0) if torch.cuda.is_available() else f"{processor.name()} {cores()} cores"
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-")


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor_times() -> list[int] | None:
    """Return for how long the cores have been in each of their states, as the kernel counts it; None without it."""
    try:
        return [int(each) for each in Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1:]]
    except OSError:
        return None


def cpu_seconds(pid: int) -> float:
    """Return how long a process has computed, all its threads together.

    Raises:
        OSError: this is not Linux, or there is no such process.
    """
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy_share(before: list[int] | None, after: list[int] | None) -> float | None:
    """Return which share of the cores' time between two moments was not idle."""
    if before is None or after is None:
        return None
    passed = [later - earlier for earlier, later in zip(before, after, strict=True)]
    user, nice, system, idle, waiting, *_ = passed
    return (user + nice + system) / max(1, user + nice + system + idle + waiting)


def _bfloat16_units() -> list[str]:
    capabilities = torch.cpu.get_capabilities()
    return [unit for unit in ("avx512_bf16", "amx_bf16") if capabilities.get(unit)]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
