"""Pictures with captions, drawn from a seed."""

from training.drawings.compose import CAPTIONS, THINGS, VARIANTS, Drawing, draw
from training.drawings.pen import SIZE

__all__ = ["CAPTIONS", "SIZE", "THINGS", "VARIANTS", "Drawing", "draw"]
