"""CLIP's residual network with frozen weights, arranged for speed (Radford et al. 2021, section 2.4)."""

from typing import Any

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from generation.models.frozen import FrozenConv2d


def freeze_resnet(visual: nn.Module) -> None:
    """Work the batch norms of openai-clip's ``ModifiedResNet``, in evaluation mode, into the convolutions before them.

    Names, shapes and results stay what they were.
    """
    for block in visual.modules():
        for number in (1, 2, 3):
            _fold(block, f"conv{number}", f"bn{number}")
        downsample = getattr(block, "downsample", None)
        if downsample is not None:
            _fold(downsample, "0", "1")


def _fold(block: Any, convolution: str, norm: str) -> None:
    if isinstance(getattr(block, norm, None), nn.BatchNorm2d):
        folded = fuse_conv_bn_eval(getattr(block, convolution), getattr(block, norm))
        setattr(block, convolution, FrozenConv2d.of(folded) if folded.stride == (1, 1) else folded)
        setattr(block, norm, nn.Identity())
