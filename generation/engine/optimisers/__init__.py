"""How the paintings of a batch are optimised, each at its own step."""

import math
from collections.abc import Callable
from functools import partial

from generation.engine.optimisers import rules
from generation.engine.optimisers.evolution import Evolution, Mixed
from generation.engine.optimisers.normalised import NormalisedMomentum
from generation.engine.optimisers.protocol import Evaluate, Optimiser, Tensors
from generation.options import CMA, CMA_MIXED
from generation.recipe import Stage

__all__ = ["OPTIMISERS", "Evaluate", "Optimiser", "Tensors", "learning_rate"]

OPTIMISERS: dict[str, Callable[[], Optimiser]] = {
    "adam": partial(rules.ByRule, rules.ADAM),
    "adamw": partial(rules.ByRule, rules.ADAMW),
    "radam": partial(rules.ByRule, rules.RADAM),
    "adamax": partial(rules.ByRule, rules.ADAMAX),
    "adamp": partial(rules.ByRule, rules.ADAMP),
    "diffgrad": partial(rules.ByRule, rules.DIFFGRAD),
    "adagrad": partial(rules.ByRule, rules.ADAGRAD),
    "rmsprop": partial(rules.ByRule, rules.RMSPROP),
    "sgd": partial(rules.ByRule, rules.SGD),
    "normalised": NormalisedMomentum,
    CMA: Evolution,
    CMA_MIXED: Mixed,
}
"""By the names that a recipe and a request use."""


def learning_rate(stage: Stage, step: int, steps: int) -> float:
    """Return the rate of a stage's ``step``-th of ``steps`` steps, from 1, which falls along a cosine."""
    floor = stage.final_learning_rate
    return stage.learning_rate * (floor + (1 - floor) * (1 + math.cos(math.pi * (step - 1) / steps)) / 2)
