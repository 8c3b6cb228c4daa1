"""How fast a device paints: measured, shape by shape."""

from dataclasses import dataclass

from generation.course import step_cost
from generation.sizes import Shape

GUESS = 2.5e-7
"""Seconds per unit of cost and evaluation before anything has been measured: a laptop with the pocket models."""
HALF_LIFE_SECONDS = 60.0
"""Seconds of painting after which a measurement counts half, unless the steps come first."""
HALF_LIFE_STEPS = 1000.0
"""Steps after which it does: a fast device soon forgets that its first step took long."""


@dataclass(slots=True)
class _Mean:
    seconds: float = 0.0
    amount: float = 0.0

    @property
    def value(self) -> float:
        return self.seconds / self.amount

    def blend(self, seconds: float, amount: float, keep: float) -> None:
        self.seconds = self.seconds * keep + seconds
        self.amount = self.amount * keep + amount


class Pace:
    """Steps of pictures a second, whatever their sizes, forgetting the past exponentially."""

    def __init__(self) -> None:
        self._mean = _Mean()

    def observe(self, batch: int, seconds: float, steps: int = 1) -> None:
        """Take note that ``steps`` steps of ``batch`` pictures each took ``seconds`` together."""
        self._mean.blend(seconds, steps * batch, _keep(seconds, steps))

    @property
    def steps_per_second(self) -> float | None:
        """Of all pictures together; None before any were measured."""
        return self._mean.amount / self._mean.seconds if self._mean.seconds else None


class Throughput:
    """Seconds of a step, by the shape and the number of the pictures in it, forgetting the past exponentially.

    Args:
        evaluations: of the loss in a step, as far as is known before anything has been measured.
    """

    def __init__(self, evaluations: int = 1) -> None:
        self._measured: dict[Shape, dict[int, _Mean]] = {}
        self._overall = _Mean(GUESS * evaluations, 1.0)

    def observe(self, shape: Shape, batch: int, seconds: float, steps: int = 1) -> None:
        """Take note that ``steps`` steps of ``batch`` pictures each took ``seconds`` together."""
        keep = _keep(seconds, steps)
        mean = self._measured.setdefault(shape, {}).setdefault(batch, _Mean())
        mean.blend(seconds, steps, keep)
        self._overall.blend(seconds, steps * batch * step_cost(shape), keep)

    def step_seconds(self, shape: Shape, batch: int) -> float:
        """Return how long a step of ``batch`` pictures of a shape takes.

        A batch that was never measured lies on the line between the next smaller and the next larger one that was;
        with one of them only it is in proportion to that, and a new shape to all there is, by its cost.
        """
        means = self._measured.get(shape)
        if means is None:
            return self._overall.value * batch * step_cost(shape)
        if batch in means:
            return means[batch].value
        smaller = max((size for size in means if size < batch), default=None)
        larger = min((size for size in means if size > batch), default=None)
        if smaller is None or larger is None:
            nearest = smaller or larger
            assert nearest is not None
            return means[nearest].value * batch / nearest
        share = (batch - smaller) / (larger - smaller)
        return means[smaller].value * (1 - share) + means[larger].value * share


def _keep(seconds: float, steps: int) -> float:
    """Return how much of what was measured before counts after so many steps, which took so many seconds."""
    keep: float = 0.5 ** max(seconds / HALF_LIFE_SECONDS, steps / HALF_LIFE_STEPS)
    return keep
