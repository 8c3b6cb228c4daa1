"""CLIP judges how well a picture fits a text (Radford et al. 2021, arXiv 2103.00020)."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import cached_property
from typing import Any

import regex
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from generation.models.heap import give_back
from generation.models.layers import layers_for
from generation.models.precision import cast, compute
from generation.models.resnet import freeze_resnet
from generation.models.upstream import SimpleTokenizer, clip_model
from generation.models.vit import FrozenVisionTransformer
from generation.perceptor.pieces import pieces
from generation.targets import Target

CHANNEL_MEAN = (0.48145466, 0.4578275, 0.40821073)
CHANNEL_STD = (0.26862954, 0.26130258, 0.27577711)
WORDS = regex.compile(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", regex.IGNORECASE)
"""openai-clip's own pattern without its two special tokens: typed in a prompt they are plain text."""
MAX_CACHED = 10_000
"""Words of which the tokeniser remembers the tokens."""
MAX_ENCODED = 256
"""Prompts of which the vectors are remembered."""


class CLIPPerceptor(nn.Module):
    """Text and picture encoders into one space of unit vectors.

    Args:
        clip: openai-clip's ``CLIP``, any tower and size.
        mean: of the colours that it was trained with, in [0, 1].
        std: their standard deviation.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, clip: nn.Module, mean: Sequence[float] = CHANNEL_MEAN, std: Sequence[float] = CHANNEL_STD
    ) -> None:
        super().__init__()
        self.clip = clip
        self.dtype = torch.float32
        """Number format of the picture encoder."""
        self._encoded: dict[tuple[str, ...], Tensor] = {}
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    @property
    def input_size(self) -> int:
        """Side of the cutouts that it looks at, in pixels."""
        size: int = self.clip.visual.input_resolution  # type: ignore[union-attr, assignment]
        return size

    @property
    def context_length(self) -> int:
        """Tokens of a text that it reads, with start and end."""
        clip: Any = self.clip
        length: int = clip.context_length
        return length

    @property
    def width(self) -> int:
        """Channels of the unit vectors."""
        clip: Any = self.clip
        width: int = clip.text_projection.shape[1]
        return width

    @property
    def members(self) -> "tuple[CLIPPerceptor]":
        """All perceptors in it, of which an `Ensemble` has several."""
        return (self,)

    @property
    def text_width(self) -> int:
        """Channels of what the text encoder makes of a token."""
        clip: Any = self.clip
        return len(clip.ln_final.weight)

    @cached_property
    def _tokenizer(self) -> SimpleTokenizer:
        tokenizer = SimpleTokenizer()
        tokenizer.pat = WORDS
        return tokenizer

    def cut(self, text: str) -> tuple[str, str]:
        """Return as much of a text as there is room for, and the tail for which there is none.

        The tail stands as it stood in the text and begins with a whole word; a word is cut only where it has no room
        even by itself, as texts have that are written without blanks.
        """
        if self._fits(text):
            return text, ""
        ends, tails = self._cuts(text)
        cut = tails[bisect_right(ends, 0, key=lambda end: not self._fits(text[:end])) - 1]
        return text[:cut], text[cut:]

    def tokens(self, text: str) -> Tensor:
        """Return the tokens of a text, ``[1, context_length]``; those for which there is no room are left out."""
        encoder = self._tokenizer.encoder
        kept = self._encode(text)[: self.context_length - 2]
        tokens = torch.zeros(1, self.context_length, dtype=torch.long)
        tokens[0, : len(kept) + 2] = torch.tensor([encoder["<|startoftext|>"], *kept, encoder["<|endoftext|>"]])
        return tokens

    def _encode(self, text: str) -> list[int]:
        if len(self._tokenizer.cache) > MAX_CACHED:
            self._tokenizer.cache.clear()
        encoded: list[int] = self._tokenizer.encode(text)
        return encoded

    def _fits(self, text: str) -> bool:
        return len(self._encode(text)) <= self.context_length - 2

    def _cuts(self, prompt: str) -> tuple[list[int], list[int]]:
        """Return where a prompt may end, from nothing on, and where what is left out begins then."""
        ends, tails = [0], []
        for word in regex.finditer(r"\S+", prompt):
            tails.append(word.start())
            if not self._fits(word[0]):
                inner = [word.start() + letter.end() for letter in regex.finditer(r"\X", word[0])][:-1]
                ends += inner
                tails += inner
            ends.append(word.end())
        return ends, [*tails, len(prompt)]

    def freeze(self, dtype: torch.dtype, device: torch.device) -> None:
        """Go to the device, the picture encoder in this number format and arranged for speed; no weights learn then."""
        self.eval().requires_grad_(False)
        self._encoded.clear()
        visual: Any = self.clip.visual
        for parameter in self.clip.parameters():
            parameter.data = _shortest(parameter.data) if device.type == "cpu" else parameter.data.float()
        if isinstance(visual, clip_model.VisionTransformer):
            visual = self.clip.visual = FrozenVisionTransformer(visual, self.mean, self.std, layers_for(device, dtype))
        else:
            freeze_resnet(visual.float())
        visual.to(memory_format=torch.channels_last)
        cast(visual, dtype, device)
        self.to(device)
        self.dtype = dtype

    def encode_text(self, tokens: Tensor) -> Tensor:
        """Return the unit vectors of tokens: ``[B, context_length] → [B, D]``."""
        clip: Any = self.clip
        words = self.read(tokens[:, : int(tokens.argmax(1).max()) + 1])
        end = words[torch.arange(len(words)), tokens.argmax(1)]
        return F.normalize(end @ clip.text_projection.float(), dim=-1)

    @torch.no_grad()
    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """Return the unit vectors of texts, ``[n, D]``, of which the tokens that have no room are left out.

        Those of the prompts that came last are remembered: one is often painted several times.
        """
        key = tuple(texts)
        if key not in self._encoded:
            if len(self._encoded) == MAX_ENCODED:
                del self._encoded[next(iter(self._encoded))]
            tokens = torch.cat([self.tokens(text) for text in texts])
            self._encoded[key] = self.encode_text(tokens.to(self.mean.device))
            give_back()
        return self._encoded[key]

    def encode_targets(self, targets: Sequence[Target], long: str) -> Tensor:
        """Return the unit vectors of texts and noise, ``[T, D]``.

        A text that is longer than is read at once is the mean of its pieces, each as often as it has tokens; if
        ``long`` is ``cut`` it is its beginning.
        """
        split = [
            [self.cut(target.text)[0]] if long == "cut" else pieces(target.text, self.cut)
            for target in targets
            if target.noise is None
        ]
        texts = [piece for own in split for piece in own]
        vectors = self.encode_texts(texts).split([len(own) for own in split]) if texts else ()
        means = (self._mean(*each) for each in zip(split, vectors, strict=True))
        return torch.stack([next(means) if each.noise is None else self._noise(each.noise) for each in targets])

    def left_out(self, targets: Sequence[Target], long: str) -> str:
        """Return the tail of the first text for all of which there is no room, ``""`` if there is none."""
        if long != "cut":
            return ""
        return next(filter(None, (self.cut(target.text)[1] for target in targets)), "")

    def _noise(self, seed: int) -> Tensor:
        """Return a random unit vector, ``[D]``, the same for a seed on every device."""
        clip: Any = self.clip
        vector = torch.randn(clip.text_projection.shape[1], generator=Generator().manual_seed(seed))
        return F.normalize(vector, dim=-1).to(self.mean.device)

    def _mean(self, texts: Sequence[str], vectors: Tensor) -> Tensor:
        """Return the unit vector of a text from those of its pieces."""
        if len(texts) == 1:
            return vectors[0]
        sizes = torch.tensor([len(self._encode(text)) for text in texts], device=vectors.device)
        return F.normalize((sizes[:, None] * vectors).sum(0), dim=-1)

    def read(self, tokens: Tensor) -> Tensor:
        """Return what the text encoder makes of each token: ``[B, n] → [B, n, width]``.

        No token sees those after it, so they may be left out: n is the context length or less.
        """
        clip: Any = self.clip
        length = tokens.shape[1]
        x = (clip.token_embedding(tokens).float() + clip.positional_embedding[:length].float()).transpose(0, 1)
        for block in map(_in_float32, clip.transformer.resblocks):
            y = block.ln_1(x)
            x = x + block.attn(y, y, y, need_weights=False, attn_mask=block.attn_mask[:length, :length].to(x))[0]
            x = x + block.mlp(block.ln_2(x))
        words: Tensor = clip.ln_final(x.transpose(0, 1))
        return words

    def encode_image(self, cutouts: Tensor) -> Tensor:
        """Return the unit vectors of pictures in [0, 1]: ``[N, 3, input_size, input_size] → [N, D]``."""
        visual = self.clip.visual
        assert isinstance(visual, nn.Module)
        if not isinstance(visual, FrozenVisionTransformer):
            cutouts = (cutouts - self.mean) / self.std
        return F.normalize(compute(visual, cutouts, self.dtype), dim=-1)

    def encode_cutouts(self, cutouts: Tensor) -> Tensor:
        """Return the unit vectors of several views of each picture: ``[B, n, 3, size, size] → [B, n, D]``."""
        return encode_cutouts(self.encode_image, cutouts)

    def normalised(self, vectors: Tensor) -> Tensor:
        """Return vectors of length 1."""
        return F.normalize(vectors, dim=-1)

    def averaged(self, function: Callable[..., Tensor], *vectors: Tensor) -> Tensor:
        """Return what a function makes of vectors; an `Ensemble` has several spaces of them."""
        return function(*vectors)


def _shortest(weight: Tensor) -> Tensor:
    """Return a matrix in float16 if all its values are such, as those of published weights are."""
    if weight.ndim < 2 or weight.dtype != torch.float32:
        return weight
    half = weight.half()
    return half if half.float().equal(weight) else weight


def _in_float32(block: Any) -> Any:
    """Return a block in float32: a copy of one that is kept in half precision."""
    return block if all(each.dtype == torch.float32 for each in block.parameters()) else deepcopy(block).float()


def encode_cutouts(encode_image: Callable[[Tensor], Tensor], cutouts: Tensor) -> Tensor:
    """Return what is made of several views of each picture: ``[B, n, 3, size, size] → [B, n, D]``."""
    image: Tensor = encode_image(cutouts.flatten(0, 1)).unflatten(0, cutouts.shape[:2])
    return image
