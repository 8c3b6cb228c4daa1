"""What painting a picture asks of a device, step by step."""

from typing import NamedTuple

from config.settings.models import DEFAULT_MODEL
from generation.course import painted_pixels
from generation.options import VQGAN
from generation.sizes import Shape


class Kind(NamedTuple):
    """What tells pictures apart whose steps take unlike long: requests of one kind can share a batch.

    Args:
        shape: of the picture.
        model: that paints it, by its name.
    """

    shape: Shape
    model: str = DEFAULT_MODEL


class Load(NamedTuple):
    """What a step of a picture asks of a device.

    Args:
        shape: of the picture.
        cutouts: views that are judged; None for so many as suit the models.
        times: as many of these, where no number is named.
        canvas: by which painter it is painted.
        model: by which models, by their name.
    """

    shape: Shape
    cutouts: int | None = None
    times: float = 1.0
    canvas: str = VQGAN
    model: str = DEFAULT_MODEL

    @property
    def pixels(self) -> float:
        """To how many pixels painted by a VQGAN it comes."""
        return painted_pixels(self.shape, self.canvas)

    def views(self, usual: int) -> int:
        """Return how many views are judged by models that are usually shown so many."""
        return round(usual * self.times) if self.cutouts is None else self.cutouts
