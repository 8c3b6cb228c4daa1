"""The second stage of VQGAN: a transformer that writes codes from a text (Esser et al. 2021, section 3.2)."""

from collections.abc import Generator as Slices
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from generation.checkpoints.loader import filled, read_described
from generation.models.upstream import taming_gpt
from generation.models.vqgan import VQGAN
from generation.perceptor.clip import CLIPPerceptor
from generation.pocket.description import describe_composer

T = TypeVar("T")


class Composer(nn.Module):
    """taming's ``GPT`` over a text and the codes of a square picture, row by row, under taming's names.

    What it reads of a text are the perceptor's features of each word, `CLIPPerceptor.read`.

    Args:
        width: channels of those features.
        vocab_size: codes in the codebook.
        block_size: places, those of the text and those of the codes together.
        n_layer: blocks.
        n_head: heads of attention of a block.
        n_embd: channels.
        n_unmasked: places of the text, which see one another.
    """

    def __init__(
        self, width: int, vocab_size: int, block_size: int, n_layer: int, n_head: int, n_embd: int, n_unmasked: int
    ) -> None:
        super().__init__()
        self.condition = nn.Linear(width, n_embd)
        self.transformer = taming_gpt(
            vocab_size=vocab_size,
            block_size=block_size,
            n_layer=n_layer,
            n_head=n_head,
            n_embd=n_embd,
            n_unmasked=n_unmasked,
        )
        self.words = n_unmasked
        """Places of the text."""
        self.codes = vocab_size
        """Different codes that it knows."""
        self.length = block_size - n_unmasked
        """Codes of a picture."""

    def suits(self, vqgan: VQGAN, perceptor: CLIPPerceptor) -> bool:
        """Return whether it reads what the perceptor writes, and writes what the VQGAN reads."""
        return self.condition.in_features == perceptor.text_width and self.codes == len(vqgan.codebook)

    def forward(self, text: Tensor, codes: Tensor) -> Tensor:
        """Return the logits of every code of pictures, each from those before it.

        ``[B, words, width], [B, length] → [B, length, vocab_size]``.
        """
        logits: Tensor = self.transformer(codes[:, :-1], embeddings=self.condition(text))[0]
        return logits[:, self.words - 1 :]

    def read(self, features: Tensor, tokens: Tensor) -> Tensor:
        """Put the features of texts into their places: ``[B, context, width], [B, context] → [B, words, width]``.

        First that of the end, which has read the whole text, then those of the words in order; zeros after them.
        """
        ends = tokens.argmax(1)
        places = torch.arange(self.words - 1, device=tokens.device)
        words = features[:, : self.words - 1] * (places < ends[:, None])[..., None]
        whole = features[torch.arange(len(features)), ends]
        return torch.cat([whole[:, None], words], dim=1)

    @torch.no_grad()
    def compose(
        self, text: Tensor, nothing: Tensor, guidance: float, temperature: float, generator: Generator
    ) -> Slices[None, None, Tensor]:
        """Write the codes of pictures, ``[B, words, width] → [B, length]``, with a break after each.

        Args:
            text: what they show.
            nothing: an empty text, ``[words, width]``.
            guidance: how far to go from what follows from nothing to what follows from the text, and beyond at
                more than 1 (Ho and Salimans 2022, arXiv 2207.12598).
            temperature: at 0 the likeliest code is taken.
            generator: on the CPU.
        """
        transformer: Any = self.transformer
        count = len(text)
        chances = torch.rand(self.length, count, generator=generator).to(text.device)
        memory = _Memory(transformer, 2 * count, text.device)
        logits = memory.read(self.condition(torch.cat([text, nothing.expand_as(text)])))
        codes: list[Tensor] = []
        for chance in chances:
            with_text, without = logits.chunk(2)
            guided = without + guidance * (with_text - without)
            codes.append(_sample(guided, temperature, chance))
            yield
            if len(codes) < self.length:
                logits = memory.read(transformer.tok_emb(codes[-1].repeat(2))[:, None])
        return torch.stack(codes, dim=1)


def finish(slices: Slices[None, None, T]) -> T:
    """Run what is done in slices to its end and return its result."""
    while True:
        try:
            next(slices)
        except StopIteration as end:
            result: T = end.value
            return result


def load_composer(path: Path) -> Composer:
    """Build the composer of a taming YAML and fill it from the weights beside it, in float32 on the CPU.

    Raises:
        CheckpointError: a file is missing, damaged or not of taming's ``Net2NetTransformer``.
    """
    shape, state_dict, weights = read_described(path, describe_composer, "condition.weight", "composer")
    width = state_dict["condition.weight"].shape[-1]
    return filled(lambda: Composer(width, **shape.model_dump()), state_dict, weights)


class _Memory:
    """A transformer that keeps the keys and values of what it has read, so that it reads everything once."""

    def __init__(self, transformer: Any, batch: int, device: torch.device) -> None:
        self._transformer = transformer
        self._length = 0
        config = transformer.config
        shape = (batch, config.n_head, config.block_size, config.n_embd // config.n_head)
        self._kept = [
            (torch.empty(shape, device=device), torch.empty(shape, device=device)) for _ in transformer.blocks
        ]

    def read(self, x: Tensor) -> Tensor:
        """Read further places, all of which see one another, and return the logits after the last: ``[B, V]``."""
        start, end = self._length, self._length + x.shape[1]
        x = x + self._transformer.pos_emb[:, start:end]
        for block, (keys, values) in zip(self._transformer.blocks, self._kept, strict=True):
            attention, seen = block.attn, block.ln1(x)
            query, key, value = (
                layer(seen).unflatten(2, (attention.n_head, -1)).transpose(1, 2)
                for layer in (attention.query, attention.key, attention.value)
            )
            keys[:, :, start:end], values[:, :, start:end] = key, value
            mixed = F.scaled_dot_product_attention(query, keys[:, :, :end], values[:, :, :end])
            x = x + attention.proj(mixed.transpose(1, 2).flatten(2))
            x = x + block.mlp(block.ln2(x))
        self._length = end
        logits: Tensor = self._transformer.head(self._transformer.ln_f(x[:, -1]))
        return logits


def _sample(logits: Tensor, temperature: float, chance: Tensor) -> Tensor:
    """Draw a code for each row by a number in [0, 1): ``[B, V], [B] → [B]``."""
    if temperature == 0:
        return logits.argmax(1)
    steps = (logits / temperature).softmax(1).cumsum(1)
    return (steps < chance[:, None] * steps[:, -1:]).sum(1).clamp(max=logits.shape[1] - 1)
