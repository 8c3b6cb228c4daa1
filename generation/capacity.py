"""How much a device holds at once."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from generation.options import MOST_TIMES, USUAL_CUTOUTS
from generation.request import Load


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much a device holds at once.

    Args:
        slots: pictures in progress, at most.
        memory: bytes for them.
        view_bytes: that a step takes for each view of a picture that is judged, whatever its size.
        pixel_bytes: that it takes more for each pixel.
        cutouts: views that are judged of a picture that asks for no number.
    """

    slots: int
    memory: float = inf
    view_bytes: float = 0.0
    pixel_bytes: float = 0.0
    cutouts: int = USUAL_CUTOUTS

    @property
    def most_cutouts(self) -> int:
        """Views of a picture in each step that a request may ask for."""
        return MOST_TIMES * self.cutouts

    def holds(self, load: Load) -> bool:
        """Return whether a picture can be painted at all, alone and its views judged a few at a time."""
        return self.pixel_bytes * load.pixels <= self.memory

    def views(self, load: Load) -> float:
        """Return how many views of a picture that it holds can be judged: those that are usual, or that fit at once."""
        left = self.memory - self.pixel_bytes * load.pixels
        return max(self.cutouts, left / self.view_bytes if self.view_bytes else inf)

    def has_room(self, running: Iterable[Load], load: Load) -> bool:
        """Return whether one more picture fits beside those that run; alone, anything may try."""
        loads = [*running, load]
        return len(loads) == 1 or (len(loads) <= self.slots and self.bytes_of(loads) <= self.memory)

    def bytes_of(self, loads: Iterable[Load]) -> float:
        """Return what the costliest step takes: batches take turns, so the largest counts.

        Batches are rounded up to powers of two, as they are recorded.
        """
        counts = Counter(loads).items()
        return max(((1 << (count - 1).bit_length()) * self._picture_bytes(load) for load, count in counts), default=0.0)

    def _picture_bytes(self, load: Load) -> float:
        return self.view_bytes * load.views(self.cutouts) + self.pixel_bytes * load.pixels


def memory_refusal(load: Load, capacities: Sequence[Capacity], multiple: int) -> str | None:
    """Return why no device has the memory for a picture, None where one has, or none is known.

    The sentence names the largest size of this aspect for which one has, or the most views.

    Args:
        load: of the picture.
        capacities: of the devices.
        multiple: of which sides have to be multiples, in pixels.
    """
    able = [each for each in capacities if each.holds(load)]
    if not capacities or any(load.views(each.cutouts) <= each.views(load) for each in able):
        return None
    width, height = load.shape
    if able:
        views, most = max(load.views(each.cutouts) for each in able), math.floor(max(each.views(load) for each in able))
        advice = f"ask for no more with `--cutouts {most}`"
        return f"No device here has the memory to judge {views} cutouts of {width}×{height} in a step; {advice}."
    pixels = max(each.memory / each.pixel_bytes for each in capacities)
    shrink = math.sqrt(pixels / load.pixels)
    largest = [math.floor(side * shrink / multiple) * multiple for side in load.shape]
    advice = "ask for `--size {}x{}` or less".format(*largest) if all(largest) else "none fits"
    return f"No device here has the memory for {width}×{height}; {advice}."
