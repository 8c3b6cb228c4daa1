"""Pictures with captions, drawn from a seed."""

from training.drawings.compose import CAPTIONS, THINGS, Drawing, draw
from training.drawings.pen import SIZE

__all__ = ["CAPTIONS", "SIZE", "THINGS", "Drawing", "draw"]
