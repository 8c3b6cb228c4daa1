"""VQGAN: pictures as grids of codes (Esser, Rombach and Ommer 2021, arXiv 2012.09841)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from generation.models.decoder import FrozenDecoder
from generation.models.frozen import FrozenConv2d
from generation.models.gradients import replace_gradient
from generation.models.layers import layers_for
from generation.models.precision import cast, compute
from generation.models.upstream import taming_decoder, taming_encoder


class VQGAN(nn.Module):
    """Encoder, codebook and decoder under the names of taming's ``VQModel``, so that its checkpoints fit.

    Or of its ``GumbelVQ``, whose encoder gives logits of the codes, learnt by Gumbel-softmax (Jang et al. 2017, arXiv
    1611.01144), and not what lies near one of them.

    Args:
        ddconfig: taming's description of encoder and decoder.
        n_embed: codes in the codebook.
        embed_dim: channels of a code.
        gumbel: which of the two it is.
        used: of a ``GumbelVQ``, how many of the codes the encoder may choose; None for all.
    """

    def __init__(
        self, ddconfig: dict[str, Any], n_embed: int, embed_dim: int, gumbel: bool = False, used: int | None = None
    ) -> None:
        super().__init__()
        self.encoder: nn.Module | None = taming_encoder(**ddconfig)
        self.read_encoder: Callable[[], nn.Module] | None = None
        """Reads it again: few pictures need it, so on a CPU it is let go of until one does."""
        self.decoder = taming_decoder(**ddconfig)
        self.quantize = nn.Module()
        if gumbel:
            self.quantize.embed = nn.Embedding(n_embed, embed_dim)
            self.quantize.proj = nn.Conv2d(ddconfig["z_channels"], n_embed, 1)
        else:
            self.quantize.embedding = nn.Embedding(n_embed, embed_dim)
        self.gumbel = gumbel
        if used is not None:
            self.quantize.register_buffer("used", torch.arange(used))
        self.quant_conv = nn.Conv2d(ddconfig["z_channels"], embed_dim, 1)
        self.post_quant_conv: nn.Module = nn.Conv2d(embed_dim, ddconfig["z_channels"], 1)
        self.dtype = torch.float32
        """Number format of the decoder."""
        self.factor: int = 2 ** (len(ddconfig["ch_mult"]) - 1)
        """Pixels a side that one code stands for."""

    @property
    def codebook(self) -> Tensor:
        """The codes, ``[n_embed, embed_dim]``."""
        embedding = self.quantize.embed if self.gumbel else self.quantize.embedding
        assert isinstance(embedding, nn.Embedding)
        return embedding.weight

    def freeze(self, dtype: torch.dtype, device: torch.device) -> None:
        """Go to the device, the decoder in this number format and arranged for speed; no weights learn any longer."""
        if self.read_encoder is not None and device.type == "cpu":
            self.encoder = None
        self.eval().requires_grad_(False).float()
        self.decoder = FrozenDecoder(self.decoder, layers_for(device, dtype))
        self.post_quant_conv = FrozenConv2d.of(self.post_quant_conv, dtype)
        cast(self.decoder, dtype, device)
        cast(self.post_quant_conv, dtype, device)
        self.to(device)
        self.dtype = dtype

    def encode(self, pictures: Tensor) -> Tensor:
        """Return the latents of pictures in [0, 1]: ``[B, 3, H, W] → [B, C, H/f, W/f]``.

        They are those before quantisation, or the likeliest codes where the encoder gives logits.

        Raises:
            CheckpointError: the encoder was let go of and cannot be read again.
        """
        if self.encoder is None:
            assert self.read_encoder is not None
            self.encoder = self.read_encoder()
        z: Tensor = self.quant_conv(self.encoder(pictures * 2 - 1)).float()
        return self.lookup(self._likeliest(z)) if self.gumbel else z

    def codes(self, z: Tensor) -> Tensor:
        """Return the indices of the nearest codes: ``[B, C, h, w] → [B, h, w]``."""
        flat = z.permute(0, 2, 3, 1).flatten(0, 2)
        distances = torch.addmm(self.codebook.square().sum(1), flat, self.codebook.T, alpha=-2)
        return distances.argmin(1).view(z.shape[0], *z.shape[2:])

    def _likeliest(self, z: Tensor) -> Tensor:
        """Return the codes that the encoder gives the highest logits, ``[B, C, h, w] → [B, h, w]``."""
        quantize: Any = self.quantize
        logits: Tensor = quantize.proj(z)
        used: Tensor | None = getattr(quantize, "used", None)
        return logits.argmax(1) if used is None else used[logits[:, used].argmax(1)]

    def lookup(self, codes: Tensor) -> Tensor:
        """Return the latents of code indices: ``[B, h, w] → [B, C, h, w]``."""
        return nn.functional.embedding(codes, self.codebook).permute(0, 3, 1, 2)

    def quantise(self, z: Tensor) -> Tensor:
        """Replace each latent by its nearest code; the gradient passes straight through (equation 2)."""
        return replace_gradient(self.lookup(self.codes(z)), z)

    def decode(self, z: Tensor) -> Tensor:
        """Return the pictures of quantised latents, about [0, 1]: ``[B, C, h, w] → [B, 3, h·f, w·f]``."""
        pictures = compute(lambda z: self.decoder(self.post_quant_conv(z)), z, self.dtype)
        return pictures.add(1).div(2)
