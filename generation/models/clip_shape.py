"""Which shape of openai-clip's ``CLIP`` weights belong to."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import isqrt
from typing import Any, Self

from torch import Tensor, nn

from generation.models.upstream import clip_model

LIMITS = {
    "embed_dim": (1, 8192),
    "image_resolution": (8, 2048),
    "vision_width": (1, 8192),
    "vision_patch_size": (1, 256),
    "context_length": (3, 4096),
    "vocab_size": (49408, 1 << 20),
    "transformer_width": (64, 8192),
    "transformer_heads": (1, 128),
    "transformer_layers": (1, 256),
}
"""The least and the most; the tokeniser has 49408 different tokens."""
HEAD_WIDTH = 64
"""Channels of a head of attention in all that OpenAI has published."""
OPEN_CLIP_HEAD_WIDTHS = {1280: 80, 1408: 88, 1664: 104}
"""The same by the width of the vision transformers that only OpenCLIP has: H, g and bigG. All but few have GELU."""


@dataclass(frozen=True, slots=True)
class CLIPShape:
    """The arguments of ``CLIP``, in its order, and in what OpenCLIP's networks of the same names differ.

    Args:
        vision_heads: of a vision transformer; ``CLIP`` takes one for 64 channels.
        quick_gelu: whether the activations are ``CLIP``'s approximation, or GELU itself.
    """

    embed_dim: int
    image_resolution: int
    vision_layers: int | tuple[int, ...]
    vision_width: int
    vision_patch_size: int | None
    context_length: int
    vocab_size: int
    transformer_width: int
    transformer_heads: int
    transformer_layers: int
    vision_heads: int
    quick_gelu: bool

    @classmethod
    def of(cls, weights: Mapping[str, Tensor]) -> Self:
        """Return the shape, as openai-clip's ``build_model`` reads it off the weights.

        What they do not say is as in what OpenAI published, or OpenCLIP where it alone has such a width.

        Raises:
            ValueError: a tensor is missing, or something is larger or smaller than in any CLIP.
        """

        def side(name: str, dimension: int) -> int:
            if name not in weights:
                raise ValueError(f"{name} is missing")
            if weights[name].ndim <= dimension:
                raise ValueError(f"{name} has too few dimensions")
            if weights[name].numel() == 0:
                raise ValueError(f"{name} is empty")
            return weights[name].shape[dimension]

        def blocks(place: str) -> int:
            return len({name.removeprefix(place).split(".")[0] for name in weights if name.startswith(place)})

        layers: int | tuple[int, ...]
        if "visual.proj" in weights:
            width, patch = side("visual.conv1.weight", 0), side("visual.conv1.weight", 3)
            layers = blocks("visual.transformer.resblocks.")
            resolution = patch * isqrt(side("visual.positional_embedding", 0) - 1)
        else:
            width, patch = side("visual.layer1.0.conv1.weight", 0), None
            layers = tuple(blocks(f"visual.layer{number}.") for number in (1, 2, 3, 4))
            resolution = 32 * isqrt(side("visual.attnpool.positional_embedding", 0) - 1)
        text_width = side("ln_final.weight", 0)
        shape = cls(
            embed_dim=side("text_projection", 1),
            image_resolution=resolution,
            vision_layers=layers,
            vision_width=width,
            vision_patch_size=patch,
            context_length=side("positional_embedding", 0),
            vocab_size=side("token_embedding.weight", 0),
            transformer_width=text_width,
            transformer_heads=text_width // HEAD_WIDTH,
            transformer_layers=blocks("transformer.resblocks."),
            vision_heads=width // OPEN_CLIP_HEAD_WIDTHS.get(width, HEAD_WIDTH),
            quick_gelu=width not in OPEN_CLIP_HEAD_WIDTHS,
        )
        shape._check()
        return shape

    def but(
        self, quick_gelu: bool | None, vision_heads: int | None, head_width: int | None, text_heads: int | None
    ) -> Self:
        """Return the shape with what is known from elsewhere and not None.

        Raises:
            ValueError: it cannot be.
        """
        if head_width is not None:
            vision_heads = self.vision_width // head_width
        shape = replace(
            self,
            quick_gelu=self.quick_gelu if quick_gelu is None else quick_gelu,
            vision_heads=self.vision_heads if vision_heads is None else vision_heads,
            transformer_heads=self.transformer_heads if text_heads is None else text_heads,
        )
        shape._check()
        return shape

    def build(self) -> nn.Module:
        """Build the network."""
        clip: Any = clip_model.CLIP(*(getattr(self, name) for name in self.__slots__[:-2]))
        towers = [clip.transformer]
        if self.vision_patch_size is not None:
            towers.append(clip.visual.transformer)
            for block in clip.visual.transformer.resblocks:
                block.attn.num_heads, block.attn.head_dim = self.vision_heads, self.vision_width // self.vision_heads
        if not self.quick_gelu:
            for block in (block for tower in towers for block in tower.resblocks):
                block.mlp.gelu = nn.GELU()
        network: nn.Module = clip
        return network

    def _check(self) -> None:
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"its {name} is {value}, not from {low} to {high}")
        # A head of attention takes 64 channels; the last layer of a ResNet has 32 times the width.
        of_vision = 2 if self.vision_patch_size is None else HEAD_WIDTH
        for name, multiple in (("transformer_width", HEAD_WIDTH), ("vision_width", of_vision)):
            if getattr(self, name) % multiple:
                raise ValueError(f"its {name} is {getattr(self, name)}, not a multiple of {multiple}")
        if self.vision_patch_size is not None and (self.vision_heads < 1 or self.vision_width % self.vision_heads):
            raise ValueError(f"its vision_width is {self.vision_width}, which {self.vision_heads} heads cannot share")
        if self.transformer_width % self.transformer_heads:
            heads = self.transformer_heads
            raise ValueError(f"its transformer_width is {self.transformer_width}, which {heads} heads cannot share")
        layers = self.vision_layers if isinstance(self.vision_layers, tuple) else (self.vision_layers,)
        if not all(1 <= each <= 256 for each in layers):
            raise ValueError(f"its vision_layers are {self.vision_layers}, not from 1 to 256")
