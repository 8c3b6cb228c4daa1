"""What the steps of a stage are made of."""

from dataclasses import dataclass

from generation.canvas import Canvas
from generation.engine.objective import Objective
from generation.engine.optimisers import Optimiser


@dataclass(frozen=True, slots=True)
class Parts:
    """What the steps of a stage are made of.

    Args:
        canvas: what is optimised.
        objective: what judges.
        optimiser: what moves.
    """

    canvas: Canvas
    objective: Objective
    optimiser: Optimiser
