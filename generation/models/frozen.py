"""Layers whose weights do not learn, arranged for speed: only the gradient to their input is ever asked for.

The gradient to the input of a convolution with stride 1 is itself a convolution, with the kernel turned by half a
turn and its channels exchanged. Prepared once, it runs as fast as the forward pass, and no input is kept for it.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class _Convolve(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, turned: Tensor, padding: int) -> Tensor:
        ctx.save_for_backward(turned)
        ctx.padding = turned.shape[2] - 1 - padding
        return F.conv2d(x, weight, bias, padding=padding)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None, None]:
        (turned,) = ctx.saved_tensors
        return F.conv2d(gradients[0], turned, padding=ctx.padding), None, None, None, None


class FrozenConv2d(nn.Module):
    """A convolution with stride 1 of ``[B, C, H, W]`` in channels-last memory.

    Args:
        weight: ``[O, C, k, k]``.
        bias: ``[O]``.
        padding: zeros on every side, less than ``k``.
        dtype: in which it computes.
    """

    weight: Tensor
    bias: Tensor | None
    turned: Tensor

    def __init__(self, weight: Tensor, bias: Tensor | None, padding: int, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.padding = padding
        weight = weight.detach().to(dtype)
        self.register_buffer("weight", _arranged(weight))
        self.register_buffer("bias", None if bias is None else bias.detach().to(dtype))
        self.register_buffer("turned", _arranged(weight.flip(2, 3).transpose(0, 1)))

    @classmethod
    def of(cls, convolution: Any, dtype: torch.dtype = torch.float32) -> "FrozenConv2d":
        """Return the same as an ``nn.Conv2d`` with stride 1 that learned."""
        assert convolution.stride == (1, 1)
        return cls(convolution.weight, convolution.bias, convolution.padding[0], dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve."""
        out: Tensor = _Convolve.apply(x, self.weight, self.bias, self.turned, self.padding)  # type: ignore[no-untyped-call]
        return out

    def gradient(self, gradient: Tensor) -> Tensor:
        """Return the gradient to its input of that to its output."""
        return F.conv2d(gradient, self.turned, padding=self.turned.shape[2] - 1 - self.padding)


class FrozenUpsample(nn.Module):
    """Doubles each side by nearest neighbours and convolves with a 3×3 kernel, in one go.

    Doubling and convolving are together a transposed convolution with stride 2 whose 4×4 kernel holds sums of the
    3×3 one, for less than half of the multiplications.

    Args:
        convolution: the 3×3 convolution with padding 1.
        biased: whether its bias is added.
        dtype: in which it computes.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(self, convolution: nn.Conv2d, biased: bool = True, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        kernel = convolution.weight.detach().float()
        sums = kernel.new_tensor([[0.0, 0, 1], [0, 1, 1], [1, 1, 0], [1, 0, 0]])
        weight = torch.einsum("ak,bl,oikl->ioab", sums, sums, kernel)
        self.register_buffer("weight", _arranged(weight.to(dtype)))
        bias = convolution.bias if biased else None
        self.register_buffer("bias", None if bias is None else bias.detach().to(dtype))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``[B, C, H, W]`` as ``[B, O, 2H, 2W]``."""
        return F.conv_transpose2d(x, self.weight, self.bias, stride=2, padding=1)


class FrozenLinear(nn.Module):
    """A linear map of ``[N, T, C]`` for a CPU.

    It runs as a convolution of 1×1, which oneDNN computes on every make of processor about as fast as it can: in
    float32 up to four times, in bfloat16 a sixth faster than the product behind ``F.linear``.

    Args:
        weight: ``[O, C]``.
        bias: ``[O]``.
        dtype: in which it computes.
    """

    weight: Tensor
    bias: Tensor | None
    turned: Tensor

    def __init__(self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        weight = weight.detach().to(dtype)
        self.register_buffer("weight", weight.contiguous())
        self.register_buffer("bias", None if bias is None else bias.detach().to(dtype))
        self.register_buffer("turned", weight.T.contiguous())

    def forward(self, x: Tensor) -> Tensor:
        """Map the last dimension."""
        pixels = x.flatten(0, 1)[None, :, None].permute(0, 3, 1, 2)
        weight, turned = self.weight[..., None, None], self.turned[..., None, None]
        out: Tensor = _Convolve.apply(pixels, weight, self.bias, turned, 0)  # type: ignore[no-untyped-call]
        return out.permute(0, 2, 3, 1).view(*x.shape[:-1], -1)


class PlainLinear(nn.Module):
    """A linear map of ``[N, T, C]`` for CUDA.

    Args:
        weight: ``[O, C]``.
        bias: ``[O]``.
        dtype: in which it computes.
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(self, weight: Tensor, bias: Tensor | None, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.register_buffer("weight", weight.detach().to(dtype).contiguous())
        self.register_buffer("bias", None if bias is None else bias.detach().to(dtype))

    def forward(self, x: Tensor) -> Tensor:
        """Map the last dimension."""
        return F.linear(x, self.weight, self.bias)


def _arranged(weight: Tensor) -> Tensor:
    return weight.contiguous(memory_format=torch.channels_last)
