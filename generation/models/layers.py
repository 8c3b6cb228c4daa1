"""Of what the networks are made on each kind of device: the one place that knows what is fast where."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from generation.models.frozen import FrozenLinear, PlainLinear
from generation.models.groupnorm import group_norm
from generation.models.residual import GroupNorm, ResnetBlock
from generation.models.transformer import Attend, Linear, Transformer, attend_at_once, attend_by_products

SLOW = "Painting takes about twice as long as it could on {device}, for Triton does not run: {error}"

MOST_KEPT = 100 << 20
"""Bytes, of the input of one of the decoder's residual blocks on a CPU: the official one's last three have more in
bfloat16 from 656×656 pixels on, in float32 from 464×464."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Makes parts of networks.

    Args:
        dtype: in which they compute.
        group_norm: normalises pictures.
        resnet_block: makes a residual block of taming's.
        takes_bias: whether ``resnet_block`` makes it also of a bias, ``[C]``, that is added to what it is given.
        linear: makes a linear map.
        transformer: makes one of openai-clip's blocks and of its norm of the class token.
        attend: attention of queries, ``[B, heads, T, C]``, to keys and values, not scaled.
    """

    dtype: torch.dtype
    group_norm: GroupNorm
    resnet_block: Callable[..., nn.Module]
    linear: Linear
    transformer: Callable[[nn.Sequential, nn.LayerNorm], nn.Module]
    attend: Attend
    takes_bias: bool = False


def _native_group_norm(x: Tensor, norm: nn.GroupNorm, silu: bool) -> Tensor:
    normed = F.group_norm(x, norm.num_groups, norm.weight.to(x.dtype), norm.bias.to(x.dtype), norm.eps)
    return F.silu(normed) if silu else normed


def plain_layers(dtype: torch.dtype) -> Layers:
    """Return the layers for a CPU."""
    linear = partial(FrozenLinear, dtype=dtype)
    block = partial(ResnetBlock, group_norm=group_norm, dtype=dtype, most_kept=MOST_KEPT)
    transformer = partial(Transformer, linear=linear, attend=attend_by_products)
    return Layers(dtype, group_norm, block, linear, transformer, attend_by_products)


def native_layers(dtype: torch.dtype) -> Layers:
    """Return the layers for CUDA where Triton does not run."""
    linear = partial(PlainLinear, dtype=dtype)
    block = partial(ResnetBlock, group_norm=_native_group_norm, dtype=dtype)
    transformer = partial(Transformer, linear=linear, attend=attend_at_once)
    return Layers(dtype, _native_group_norm, block, linear, transformer, attend_at_once)


def layers_for(device: torch.device, dtype: torch.dtype) -> Layers:
    """Return the layers that are fast on a device."""
    if device.type == "cpu":
        return plain_layers(dtype)
    if not has_kernels(device):
        return native_layers(dtype)
    from generation.models.fused import fused_layers

    return fused_layers(dtype)


@cache
def has_kernels(device: torch.device) -> bool:
    """Return whether Triton kernels run on a device: it comes with PyTorch for CUDA, and needs a C compiler there."""
    if device.type != "cuda":
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
