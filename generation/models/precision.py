"""In which number format the networks compute."""

from typing import Literal

import torch

Precision = Literal["auto", "float32", "bfloat16"]
"""``auto`` is bfloat16 where the device has units for it, float32 elsewhere."""


def has_bfloat16(device: torch.device) -> bool:
    """Return whether the device multiplies bfloat16 matrices faster than float32 ones."""
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return torch.cuda.get_device_capability(device) >= (8, 0)


def choose_format(precision: Precision, device: torch.device) -> torch.dtype:
    """Return the number format of a precision on a device."""
    if precision == "auto":
        precision = "bfloat16" if has_bfloat16(device) else "float32"
    return torch.bfloat16 if precision == "bfloat16" else torch.float32


def cast(network: torch.nn.Module, dtype: torch.dtype, device: torch.device) -> None:
    """Give a frozen network its number format on a device, once.

    Norms keep float32 parameters on a CPU, where they may differ from what they are applied to.
    """
    for module in network.modules():
        if isinstance(module, torch.nn.GroupNorm | torch.nn.LayerNorm) and device.type == "cpu":
            continue
        for tensor in (*module.parameters(recurse=False), *module.buffers(recurse=False)):
            if tensor.is_floating_point():
                tensor.data = tensor.data.to(dtype)


def autocast(device: torch.device) -> torch.autocast:
    """Compute in bfloat16 where the device is made for it, in float32 elsewhere: for networks that learn."""
    return torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16(device))
