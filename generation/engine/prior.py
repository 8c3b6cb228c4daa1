"""Where a painting can begin from."""

from collections.abc import Generator as Slices
from collections.abc import Sequence
from typing import Protocol

from torch import Generator, Tensor

from generation.request import ImagineRequest


class Prior(Protocol):
    """Returns pictures to begin from."""

    @property
    def name(self) -> str:
        """As a request's ``init`` says it."""

    def begin(
        self, request: ImagineRequest, rows: Sequence[Tensor], weights: Tensor, generator: Generator
    ) -> Slices[None, None, Tensor]:
        """Return a picture for a request, ``[3, height, width]`` in [0, 1], in slices none of which takes long.

        Args:
            request: to be painted.
            rows: what it wants, as the objective says it.
            weights: of its targets in the first step.
            generator: source of all that is random.
        """
