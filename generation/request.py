"""What travels down: the one request type between whoever asks and whoever paints."""

import json
from dataclasses import asdict, dataclass
from typing import Literal, Self

SEED_LIMIT = 2**32
"""Seeds are integers in ``[0, SEED_LIMIT)``."""
JUDGING = 256 * 256
"""Pixels whose painting takes as long as judging the cutouts does, which do not grow with the picture."""

Init = Literal["auto", "sketch", "noise"]
"""What a painting begins from: a sketch, where the models can draw one, or nothing; ``auto`` is what suits them."""

Shape = tuple[int, int]
"""Width and height: requests of one shape can share a batch."""


def size_refusal(shape: Shape, multiple: int) -> str | None:
    """Return why models do not paint a shape whose sides have to be multiples of some pixels, None where they do.

    The sentence names the nearest sizes below and above.
    """
    if not any(side % multiple for side in shape):
        return None
    below = [side // multiple * multiple for side in shape]
    above = [-(-side // multiple) * multiple for side in shape]
    asked = " or ".join(f"`--size {width}x{height}`" for width, height in (below, above) if width and height)
    return f"The models in use paint sizes in multiples of {multiple} pixels; ask for {asked}."


def step_cost(shape: Shape) -> int:
    """Return how much work one step of a picture is, in pixels."""
    width, height = shape
    return width * height + JUDGING


@dataclass(frozen=True, slots=True)
class ImagineRequest:
    """One picture to be painted.

    Args:
        id: unique among all requests; events carry it back.
        prompt: what to paint.
        seed: ``0 <= seed < 2**32``; when it repeats a picture, ``generation.engine.engine.Engine`` says.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        steps: of gradient descent, at least 1.
        member: opaque key of the one who asked; the scheduler is fair between members.
        init: what to begin from.
    """

    id: str
    prompt: str
    seed: int
    width: int
    height: int
    steps: int
    member: str = ""
    init: Init = "auto"

    @property
    def shape(self) -> Shape:
        """Width and height."""
        return self.width, self.height

    @property
    def cost(self) -> int:
        """How much work the picture is, in pixels painted."""
        return step_cost(self.shape) * self.steps

    def to_json(self) -> str:
        """Return the request as one line of JSON, as the PNG carries it."""
        return json.dumps(asdict(self), ensure_ascii=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read back what :meth:`to_json` wrote."""
        return cls(**json.loads(text))
