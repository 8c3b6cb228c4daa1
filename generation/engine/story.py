"""How much each target of a request counts in each step."""

from functools import lru_cache
from itertools import pairwise

import torch
from torch import Tensor

from generation.request import ImagineRequest
from generation.targets import Target

FADE = 0.2
"""Of a part's steps: over so many, half of them before its end, a story goes over to the next part.

A part has four fifths of its steps to itself, and at 50 steps a part the turn takes as many as Adam's first moment
remembers, ten.
"""


def weights(request: ImagineRequest, step: int) -> Tensor:
    """Return how much each target counts in a step, counted from 0: ``[T]``, whose sizes add up to 1.

    The parts of a story have equal shares of the steps, and in each its own targets and those of all parts count.
    Targets that steering adds in a later step are not among them.
    """
    parts = _by_part(request.until(step).judged_by)
    if len(parts) == 1:
        return parts[0]
    position = (step + 0.5) * len(parts) / request.steps
    reached = [min(1.0, max(0.0, (position - number) / FADE + 0.5)) for number in range(1, len(parts))]
    return torch.tensor([a - b for a, b in pairwise([1.0, *reached, 0.0])]) @ parts


@lru_cache(maxsize=64)
def _by_part(targets: tuple[Target, ...]) -> Tensor:
    """Return the weights of targets in each part of a story, over the sum of their sizes: ``[parts, T]``."""
    parts: list[int | None] = [*sorted({target.part for target in targets if target.part is not None})] or [None]
    shared = [[target.weight * (target.part in (None, part)) for target in targets] for part in parts]
    table = torch.tensor(shared)
    return table / table.abs().sum(1, keepdim=True)
