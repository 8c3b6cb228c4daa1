"""How much a device holds at once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from generation.request import Shape


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much a device holds at once.

    Args:
        slots: pictures in progress, at most.
        memory: bytes for them.
        picture_bytes: that a step takes for each picture, whatever its size.
        pixel_bytes: that it takes more for each pixel.
    """

    slots: int
    memory: float = inf
    picture_bytes: float = 0.0
    pixel_bytes: float = 0.0

    def has_room(self, running: Iterable[Shape], shape: Shape) -> bool:
        """Return whether one more of ``shape`` fits beside those that run; alone, anything may try."""
        shapes = [*running, shape]
        return len(shapes) == 1 or (len(shapes) <= self.slots and self._bytes(shapes) <= self.memory)

    def _bytes(self, shapes: Sequence[Shape]) -> float:
        """Return what the costliest step takes: shapes take turns, so the largest batch counts.

        Batches are rounded up to powers of two, as they are recorded.
        """
        batches = Counter(shapes)
        return max(
            (1 << (count - 1).bit_length()) * (self.picture_bytes + self.pixel_bytes * width * height)
            for (width, height), count in batches.items()
        )
