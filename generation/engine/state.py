"""A request in progress."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Generator, Size, Tensor

from generation.canvas import resized
from generation.engine.faults import Fault
from generation.recipe import Stage
from generation.request import ImagineRequest
from generation.sizes import Shape

Key = tuple[Shape, Stage, tuple[Size, ...], bool, bool]
"""What paintings must share to share a batch: shape, stage, the shapes of the objective's rows, whether there is a
mask, and whether there is a pull."""


@dataclass(slots=True, eq=False)
class RequestState:
    """A request in progress.

    Args:
        request: what is painted.
        stages: in which it is painted.
        known: the request with as much of the steering as the rows tell of.
        rows: what it wants, as the objective says it.
        generator: source of all that is random in this painting.
        pictures: that it takes, ``[3, height, width]`` in [0, 1], by the digests that the request names.
        left_out: tail of a text for which the perceptor had no room.
        stage: number of the one that it is in.
        step: steps done.
        stage_start: steps done before this stage.
        stage_end: steps done when this stage is over.
        counted_from: steps done when what is optimised now began, which may have been carried over from other stages.
        prior_seconds: that the prior took for what it begins from.
        drawn: what is random about the objective in this and some further steps, ``[STEPS_DRAWN, …]``, and the state
            of the generator before it was drawn.
        input: of its next step but for the weights, where that was begun and broke off, see
            ``generation.engine.batch``.
        seen: as it looked when it was last compared, and the number of its stage then, see
            ``generation.engine.stillness``.
        fault: why it has left without being done.
        rendered: the picture as it is now, ``[3, H, W]`` in [0, 1], in the size in which it is painted; None before the
            first step. It is valid until the next step of its batch.
        latent: what the picture is decoded from, of one that is done and whose request asks for it.
    """

    request: ImagineRequest
    stages: tuple[Stage, ...]
    known: ImagineRequest
    rows: tuple[Tensor, ...]
    generator: Generator
    left_out: str
    pictures: Mapping[str, Tensor] = field(default_factory=dict)
    stage: int = 0
    step: int = 0
    stage_start: int = 0
    stage_end: int = 0
    counted_from: int = 0
    prior_seconds: float = 0.0
    drawn: tuple[Tensor, Tensor] | None = None
    input: Tensor | None = None
    seen: tuple[int, Tensor] | None = None
    fault: Fault | None = None
    rendered: Tensor | None = None
    latent: Tensor | None = None

    @property
    def done(self) -> bool:
        """Whether the last step is behind."""
        return self.step == self.request.end_step

    @property
    def has_picture(self) -> bool:
        """Whether there is something to be seen of it."""
        return self.rendered is not None

    @property
    def picture(self) -> Tensor | None:
        """The picture as it is now in the size that was asked for, ``[3, height, width]``, None before the first step.

        It is valid until the next step of its batch. To make it takes time where it is painted smaller, so that is done
        for who looks at it.
        """
        return None if self.rendered is None else resized(self.rendered, self.request.shape)

    @property
    def turns(self) -> bool:
        """Whether it has other targets from now on than its rows tell of."""
        if not self.request.steering:
            return False
        now = self.request.until(self.step).judged_by
        return [target.text for target in now] != [target.text for target in self.known.judged_by]

    @property
    def key(self) -> Key:
        """With whom it can share a batch."""
        request = self.request
        rows = tuple(row.shape for row in self.rows)
        return request.shape, self.stages[self.stage], rows, bool(request.mask), request.init_weight > 0
