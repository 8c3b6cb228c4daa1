"""In which number format the networks compute."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from generation.models.gradients import scale_gradient

Precision = Literal["auto", "float32", "bfloat16", "float16"]
"""``auto`` is bfloat16 where the device has units for it, float32 elsewhere."""
FORMATS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


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
    return FORMATS[precision]


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


def compute(network: Callable[[Tensor], Tensor], x: Tensor, dtype: torch.dtype) -> Tensor:
    """Return what a network in a number format makes of ``x``, both in float32 and with as many rows."""

    def cast_around(x: Tensor) -> Tensor:
        return network(x.to(dtype)).float()

    return scale_gradient(cast_around, x) if dtype == torch.float16 else cast_around(x)


def autocast(device: torch.device) -> torch.autocast:
    """Compute in bfloat16 where the device is made for it, in float32 elsewhere: for networks that learn."""
    return torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16(device))
