"""How much a device holds at once."""

import math
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

    def holds(self, shape: Shape) -> bool:
        """Return whether a picture can be painted at all, alone and its views judged a few at a time."""
        width, height = shape
        return self.pixel_bytes * width * height <= self.memory

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


def memory_refusal(shape: Shape, capacities: Sequence[Capacity], multiple: int) -> str | None:
    """Return why no device has the memory for a shape, None where one has, or none is known.

    The sentence names the largest size of this aspect for which one has.

    Args:
        shape: of the picture.
        capacities: of the devices.
        multiple: of which sides have to be multiples, in pixels.
    """
    if not capacities or any(each.holds(shape) for each in capacities):
        return None
    width, height = shape
    pixels = max(each.memory / each.pixel_bytes for each in capacities)
    shrink = math.sqrt(pixels / (width * height))
    largest = [math.floor(side * shrink / multiple) * multiple for side in shape]
    advice = "ask for `--size {}x{}` or less".format(*largest) if all(largest) else "none fits"
    return f"No device here has the memory for {width}×{height}; {advice}."
