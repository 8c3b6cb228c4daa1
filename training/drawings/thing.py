"""What a drawn thing is."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from training.drawings.colors import Color
from training.drawings.pen import Pen

Draw = Callable[[Pen, Color, random.Random], None]


@dataclass(frozen=True, slots=True)
class Thing:
    """A nameable thing that can be drawn in a colour.

    `draw` fills about one unit: x from -0.5 to 0.5, y from -1 (top) to 0 (the ground it stands on).
    """

    names: tuple[str, ...]  # the plain name first
    draw: Draw
    colors: tuple[str, ...]  # its usual colours, the likeliest first
    places: tuple[str, ...]  # of "land", "sea", "sky", "table", "plain"
    recolored: float = 0.35  # how often it has any colour at all
    colored_name: float = 0.75  # how often a caption tells the colour

    @property
    def name(self) -> str:
        """The plain name."""
        return self.names[0]
