"""How long a step took, for whoever forecasts."""

from dataclasses import dataclass

from generation.sizes import Shape


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a step took.

    Args:
        shape: of its pictures.
        pictures: that took part.
        seconds: that it would have taken in the size and with the cutouts of the recipe, where its stage or its
            requests have others; with what the prior took for pictures of which it is the first step.
        taken: seconds that it took, with the same.
    """

    shape: Shape
    pictures: int
    seconds: float
    taken: float
