"""Pictures with captions, drawn from a seed."""

from training.drawings.compose import CAPTIONS, VARIANTS, Drawing, draw
from training.drawings.pen import SIZE
from training.drawings.placing import THINGS

__all__ = ["CAPTIONS", "SIZE", "THINGS", "VARIANTS", "Drawing", "draw"]
