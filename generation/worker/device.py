"""The device of a worker: which one it is, and how PyTorch computes on it."""

import structlog
import torch

from generation.errors import DeviceError

NO_DRIVER = "install NVIDIA's driver, or give the container its GPUs, until nvidia-smi works"

_log = structlog.get_logger(__name__)


def choose_device(name: str, gpus: int) -> torch.device:
    """Return the device of that name among so many GPUs; ``auto`` is the first, or else the CPU.

    Raises:
        DeviceError: it is not there.
    """
    lacks_driver = torch.version.cuda is not None and not gpus
    if name == "auto":
        if lacks_driver:
            _log.warning("paints on the CPU: torch is built for CUDA and sees no GPU", advice=NO_DRIVER)
        name = "cuda" if gpus else "cpu"
    device = torch.device("cuda:0" if name == "cuda" else name)
    if device.type == "cuda" and device.index >= gpus:
        advice = NO_DRIVER if lacks_driver else "name another device (executor.devices)"
        raise DeviceError(f"There is no device {name}: torch sees {gpus} GPUs; {advice}.")
    return device


def uuid_of(device: torch.device) -> str:
    """Return by which name NVIDIA's driver knows a GPU, ``""`` of a CPU."""
    return f"GPU-{torch.cuda.get_device_properties(device).uuid}" if device.type == "cuda" else ""


def prepare(device: torch.device, threads: int) -> None:
    """Have PyTorch compute there, with so many threads on a CPU."""
    torch.set_num_threads(threads)
    if device.type == "cuda":
        torch.cuda.set_device(device)
        # The same picture each time, as far as PyTorch can; it says on stderr where it cannot.
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
