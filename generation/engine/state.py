"""A request in progress."""

from dataclasses import dataclass

from torch import Generator, Tensor

from generation.request import ImagineRequest, Shape

Turn = tuple[Shape, int]
"""What paintings must share to share a batch: shape and stage."""


@dataclass(slots=True, eq=False)
class RequestState:
    """A request in progress.

    Args:
        request: what is painted.
        text: unit vector of the prompt, ``[D]``.
        swaps: those of the prompt with another noun in it, ``[S, D]``; S is the same for all prompts, and where there
            are fewer swaps, the prompt stands in for them.
        generator: source of all that is random in this painting.
        left_out: tail of the prompt for which the perceptor had no room.
        first_stage: number of the recipe's stage in which it began.
        stage: number of the recipe's stage that it is in.
        step: steps done.
        stage_start: steps done before this stage.
        stage_end: steps done when this stage is over.
        drawn: what is random about the cutouts of some steps, ``[steps, count, DRAWN]``, and from which step on.
        picture: as it is now, ``[3, height, width]`` in [0, 1], None before the first step. It is valid until the next
            step of its batch.
    """

    request: ImagineRequest
    text: Tensor
    swaps: Tensor
    generator: Generator
    left_out: str
    first_stage: int = 0
    stage: int = 0
    step: int = 0
    stage_start: int = 0
    stage_end: int = 0
    drawn: tuple[Tensor, int] | None = None
    picture: Tensor | None = None

    @property
    def done(self) -> bool:
        """Whether the last step is behind."""
        return self.step == self.request.steps

    @property
    def turn(self) -> Turn:
        """With whom it can share a batch."""
        return self.request.shape, self.stage
