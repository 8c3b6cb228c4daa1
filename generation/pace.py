"""How fast a device paints: measured, shape by shape."""

from dataclasses import dataclass

from generation.request import Shape, step_cost

GUESS = 2.5e-7
"""Seconds per unit of cost before anything has been measured: a laptop with the pocket models."""
HALF_LIFE = 60.0
"""Seconds of painting after which a measurement counts half."""


@dataclass(slots=True)
class _Mean:
    seconds: float
    steps: float


class Pace:
    """Seconds of a step, by the shape and the number of the pictures in it, forgetting the past exponentially."""

    def __init__(self) -> None:
        self._measured: dict[tuple[Shape, int], _Mean] = {}
        self._overall = _Mean(0.0, 0.0)

    def observe(self, shape: Shape, batch: int, seconds: float, steps: int = 1) -> None:
        """Take note that ``steps`` steps of ``batch`` pictures each took ``seconds`` together."""
        mean = self._measured.setdefault((shape, batch), _Mean(0.0, 0.0))
        _blend(mean, seconds, steps)
        _blend(self._overall, seconds, steps * batch * step_cost(shape))

    def step_seconds(self, shape: Shape, batch: int) -> float:
        """Return how long a step of ``batch`` pictures of a shape takes.

        What was never measured is derived from the nearest batch of the same shape, or else from all there is, in
        proportion to the cost.
        """
        sizes = [size for measured, size in self._measured if measured == shape]
        if sizes:
            nearest = min(sizes, key=lambda size: abs(size - batch))
            mean = self._measured[shape, nearest]
            return mean.seconds / mean.steps * batch / nearest
        cost = batch * step_cost(shape)
        return cost * (self._overall.seconds / self._overall.steps if self._overall.steps else GUESS)


def _blend(mean: _Mean, seconds: float, steps: float) -> None:
    keep = 0.5 ** (seconds / HALF_LIFE)
    mean.seconds = mean.seconds * keep + seconds
    mean.steps = mean.steps * keep + steps
