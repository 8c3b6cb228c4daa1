"""Of what the networks are made on each kind of device: the one place that knows what is fast where."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation.models.frozen import FrozenLinear, PlainLinear
from generation.models.groupnorm import group_norm
from generation.models.residual import GroupNorm, ResnetBlock
from generation.models.transformer import Linear, Transformer, attend_at_once, attend_by_products

SLOW = "Painting takes about twice as long as it could on {device}, for Triton does not run: {error}"


@dataclass(frozen=True, slots=True)
class Layers:
    """Makes parts of networks.

    Args:
        group_norm: normalises pictures.
        resnet_block: makes a residual block of taming's.
        takes_bias: whether ``resnet_block`` makes it also of a bias, ``[C]``, that is added to what it is given.
        linear: makes a linear map.
        transformer: makes one of openai-clip's blocks and of its norm of the class token.
    """

    group_norm: GroupNorm
    resnet_block: Callable[..., nn.Module]
    linear: Linear
    transformer: Callable[[Sequence[Any], nn.LayerNorm], nn.Module]
    takes_bias: bool = False


def _native_group_norm(x: Tensor, norm: nn.GroupNorm, silu: bool) -> Tensor:
    normed = F.group_norm(x, norm.num_groups, norm.weight.to(x.dtype), norm.bias.to(x.dtype), norm.eps)
    return F.silu(normed) if silu else normed


PLAIN = Layers(
    group_norm,
    partial(ResnetBlock, group_norm=group_norm),
    FrozenLinear,
    partial(Transformer, linear=FrozenLinear, attend=attend_by_products),
)
"""For a CPU."""
NATIVE = Layers(
    _native_group_norm,
    partial(ResnetBlock, group_norm=_native_group_norm),
    PlainLinear,
    partial(Transformer, linear=PlainLinear, attend=attend_at_once),
)
"""For CUDA where Triton does not run."""


def layers_for(device: torch.device) -> Layers:
    """Return the layers that are fast on a device."""
    if device.type == "cpu":
        return PLAIN
    if not has_kernels(device):
        return NATIVE
    from generation.models.fused import FUSED

    return FUSED


@cache
def has_kernels(device: torch.device) -> bool:
    """Return whether Triton kernels run on a device: it comes with PyTorch for CUDA, and needs a C compiler there."""
    if device.type == "cpu":
        return False
    try:
        from generation.kernels.group_norm import add

        with torch.cuda.device(device):
            ones = torch.ones(1, 1, 1, 1, device=device)
            add(ones, ones, ones.flatten())
    except Exception as error:  # whatever a compiler or a driver can say
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        warnings.warn(SLOW.format(device=torch.cuda.get_device_name(device), error=reason), stacklevel=2)
        return False
    return True
