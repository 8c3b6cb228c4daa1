"""Captions as tokens, numbered compactly: only those that occur have an embedding to train."""

from collections.abc import Sequence

import torch
from torch import Tensor

from generation.models.upstream import SimpleTokenizer

CONTEXT = 24  # tokens of the longest caption, with start and end


class Words:
    """The tokens that occur in some captions, numbered from 0 in CLIP's order, so that the end token is the last.

    Args:
        captions: all that will ever be encoded.
    """

    def __init__(self, captions: Sequence[str]) -> None:
        tokenizer = SimpleTokenizer()
        start, end = tokenizer.encoder["<|startoftext|>"], tokenizer.encoder["<|endoftext|>"]
        unique = sorted(set(captions))
        encoded = [[start, *tokenizer.encode(caption)[: CONTEXT - 2], end] for caption in unique]
        self.tokens = sorted({0, *(token for tokens in encoded for token in tokens)})
        """CLIP's number of each token."""
        number = {token: index for index, token in enumerate(self.tokens)}
        self._table = torch.zeros(len(unique), CONTEXT, dtype=torch.long)
        for row, tokens in enumerate(encoded):
            self._table[row, : len(tokens)] = torch.tensor([number[token] for token in tokens])
        self._row = {caption: row for row, caption in enumerate(unique)}

    def rows(self, captions: Sequence[str]) -> Tensor:
        """Numbers of captions, equal for equal captions, [n]."""
        return torch.tensor([self._row[caption] for caption in captions])

    def encode(self, rows: Tensor) -> Tensor:
        """Compact tokens of the captions with these numbers, [n, CONTEXT]."""
        return self._table[rows]
