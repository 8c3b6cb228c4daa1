"""In which number format the networks compute."""

import torch


def has_bfloat16(device: torch.device) -> bool:
    """Return whether the device multiplies bfloat16 matrices faster than float32 ones."""
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return torch.cuda.get_device_capability(device) >= (8, 0)


def autocast(device: torch.device) -> torch.autocast:
    """Compute in bfloat16 where the device is made for it, in float32 elsewhere."""
    return torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16(device))
