"""How much a device holds at once."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from generation.load import Load
from generation.options import MOST_TIMES, USUAL_CUTOUTS


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much a device holds at once, of pictures by one model.

    Args:
        slots: pictures in progress, at most.
        memory: bytes for them, where no other models are loaded.
        view_bytes: that a step takes for each view of a picture that is judged, whatever its size.
        pixel_bytes: that it takes more for each pixel.
        cutouts: views that are judged of a picture that asks for no number.
        weights: bytes of the models themselves.
    """

    slots: int
    memory: float = inf
    view_bytes: float = 0.0
    pixel_bytes: float = 0.0
    cutouts: int = USUAL_CUTOUTS
    weights: float = 0.0

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

    def step_bytes(self, load: Load, count: int) -> float:
        """Return what a step of so many pictures takes; batches are rounded up to powers of two, as they are recorded.

        Args:
            load: of each.
            count: of them, at least 1.
        """
        picture = self.view_bytes * load.views(self.cutouts) + self.pixel_bytes * load.pixels
        return float((1 << (count - 1).bit_length()) * picture)


def memory_left(loads: Iterable[Load], capacities: Mapping[str, Capacity]) -> float:
    """Return how many bytes of a device are left while it paints these; fewer than 0 where they do not fit together.

    Batches take turns, so what counts is the costliest step, beside the weights of the models that paint them. Models
    that paint nothing can be unloaded. Of one of which nothing is known nothing is taken to be needed.

    Args:
        loads: of the pictures.
        capacities: of the device, by model.
    """
    counts = Counter(load for load in loads if load.model in capacities)
    weights = sum(capacities[model].weights for model in {load.model for load in counts})
    return whole_memory(capacities) - weights - costliest_step(counts, capacities)


def whole_memory(capacities: Mapping[str, Capacity]) -> float:
    """Return how many bytes a device has for models and pictures together; infinitely many where that is unknown."""
    return max((each.memory + each.weights for each in capacities.values()), default=inf)


def costliest_step(counts: Mapping[Load, int], capacities: Mapping[str, Capacity]) -> float:
    """Return how many bytes the costliest step takes of so many pictures of each load, by models that are known."""
    steps = (capacities[load.model].step_bytes(load, count) for load, count in counts.items())
    return max(steps, default=0.0)


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
