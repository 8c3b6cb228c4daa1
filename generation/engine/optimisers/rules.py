"""Optimisers that move each parameter by its own gradients, each a rule of a few lines.

Their constants are those of ``torch.optim``, and of the papers where it has no such optimiser.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor
from torch.nn.functional import cosine_similarity

from generation.engine.optimisers.protocol import Evaluate, Tensors, columns, gradients_of

BETA_1 = 0.9
"""Share of the old mean in the mean of the gradients."""
BETA_2 = 0.999
"""Share of the old mean square in their mean square."""
EPSILON = 1e-8
DECAY = 0.01
"""Of AdamW: share of what was added to the beginning that is taken back in a step, at a learning rate of 1."""
MEAN_SQUARE_SHARE = 0.99
"""Of RMSprop, in the place of `BETA_2`."""
MOMENTUM = 0.9
"""Of SGD."""
RADIAL = 0.1
"""Of AdamP: times the square root of the size, the cosine below which a gradient counts as perpendicular."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How one tensor moves.

    Args:
        powers: of the gradient, one for each tensor of its shape that is kept between steps, zeros at first.
        coefficients: of a learning rate and the number of the step, from 1.
        move: returns parameter and kept tensors after a step, given both, the gradient and the coefficients' columns.
    """

    powers: tuple[float, ...]
    coefficients: Callable[[float, int], Sequence[float]]
    move: Callable[[Tensor, Tensor, Tensors, Sequence[Tensor]], tuple[Tensor, Tensors]]


class ByRule:
    """Moves all parameters by one rule, an `Optimiser`."""

    evaluations = 1

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.powers = rule.powers

    def init(self, parameters: Tensors) -> Tensors:
        """Return what is kept: the first of each parameter, then the second of each, and so on."""
        return tuple(torch.zeros_like(parameter) for _ in self.powers for parameter in parameters)

    def coefficients(self, _: Tensors, rate: float, step: int, __: Generator) -> Tensor:
        """Return those of the rule."""
        return torch.tensor(self.rule.coefficients(rate, step))

    def step(
        self, parameters: Tensors, state: Tensors, coefficients: Tensor, evaluate: Evaluate
    ) -> tuple[Tensors, Tensors, Tensor]:
        """Move each parameter by its gradient."""
        gradients, pictures = gradients_of(parameters, evaluate)
        moved, kept = [], []
        for number, (parameter, gradient) in enumerate(zip(parameters, gradients, strict=True)):
            numbers = columns(coefficients, gradient)
            new, own = self.rule.move(parameter, gradient, state[number :: len(parameters)], numbers)
            moved.append(new)
            kept.append(own)
        return tuple(moved), tuple(each for kind in zip(*kept, strict=True) for each in kind), pictures


def _corrected(rate: float, step: int) -> Sequence[float]:
    """Return the rate and the root of Adam, both corrected for the means that began at zero."""
    return rate / (1 - BETA_1**step), math.sqrt(1 - BETA_2**step)


def _means(gradient: Tensor, mean: Tensor, square: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and mean square of the gradients with one more."""
    return mean.lerp(gradient, 1 - BETA_1), square.mul(BETA_2).addcmul(gradient, gradient, value=1 - BETA_2)


def _adam(parameter: Tensor, gradient: Tensor, kept: Tensors, numbers: Sequence[Tensor]) -> tuple[Tensor, Tensors]:
    rate, correction = numbers
    mean, square = _means(gradient, *kept)
    return parameter - rate * mean / (square.sqrt() / correction + EPSILON), (mean, square)


def _adamw(parameter: Tensor, gradient: Tensor, kept: Tensors, numbers: Sequence[Tensor]) -> tuple[Tensor, Tensors]:
    remaining, *others = numbers
    return _adam(parameter * remaining, gradient, kept, others)


def _rectified(rate: float, step: int) -> Sequence[float]:
    """Return how far to go by the mean alone and by its quotient, one of which is 0 (RAdam, algorithm 2)."""
    rate, correction = _corrected(rate, step)
    longest = 2 / (1 - BETA_2) - 1
    length = longest - 2 * step * BETA_2**step / (1 - BETA_2**step)
    if length <= 5:
        return rate, 0.0
    shares = (length - 4) * (length - 2) * longest, (longest - 4) * (longest - 2) * length
    return 0.0, rate * math.sqrt(shares[0] / shares[1]) * correction


def _radam(parameter: Tensor, gradient: Tensor, kept: Tensors, numbers: Sequence[Tensor]) -> tuple[Tensor, Tensors]:
    plain, rectified = numbers
    mean, square = _means(gradient, *kept)
    return parameter - mean * (plain + rectified / (square.sqrt() + EPSILON)), (mean, square)


def _adamax(parameter: Tensor, gradient: Tensor, kept: Tensors, numbers: Sequence[Tensor]) -> tuple[Tensor, Tensors]:
    (rate,) = numbers
    mean, largest = kept
    mean, largest = mean.lerp(gradient, 1 - BETA_1), torch.maximum(largest * BETA_2, gradient.abs() + EPSILON)
    return parameter - rate * mean / largest, (mean, largest)


def _adagrad(parameter: Tensor, gradient: Tensor, kept: Tensors, numbers: Sequence[Tensor]) -> tuple[Tensor, Tensors]:
    (rate,), (total,) = numbers, kept
    total = total.addcmul(gradient, gradient)
    return parameter - rate * gradient / (total.sqrt() + 1e-10), (total,)


def _rmsprop(parameter: Tensor, gradient: Tensor, kept: Tensors, numbers: Sequence[Tensor]) -> tuple[Tensor, Tensors]:
    (rate,), (square,) = numbers, kept
    square = square.mul(MEAN_SQUARE_SHARE).addcmul(gradient, gradient, value=1 - MEAN_SQUARE_SHARE)
    return parameter - rate * gradient / (square.sqrt() + EPSILON), (square,)


def _sgd(parameter: Tensor, gradient: Tensor, kept: Tensors, numbers: Sequence[Tensor]) -> tuple[Tensor, Tensors]:
    (rate,), (direction,) = numbers, kept
    direction = MOMENTUM * direction + gradient
    return parameter - rate * direction, (direction,)


def _diffgrad(parameter: Tensor, gradient: Tensor, kept: Tensors, numbers: Sequence[Tensor]) -> tuple[Tensor, Tensors]:
    rate, correction = numbers
    mean, square, previous = kept
    mean, square = _means(gradient, mean, square)
    friction = (previous - gradient).abs().sigmoid()
    return parameter - rate * correction * friction * mean / (square.sqrt() + EPSILON), (mean, square, gradient)


def _adamp(parameter: Tensor, gradient: Tensor, kept: Tensors, numbers: Sequence[Tensor]) -> tuple[Tensor, Tensors]:
    rate, correction = numbers
    mean, square = _means(gradient, *kept)
    change = correction * mean / (square.sqrt() + EPSILON)
    if parameter.dim() > 2:
        by_channel, channels_turn = _tangential(change, parameter, gradient, parameter.shape[1])
        as_a_whole, whole_turns = _tangential(change, parameter, gradient, 1)
        change = torch.where(channels_turn, by_channel, torch.where(whole_turns, as_a_whole, change))
    return parameter - rate * change, (mean, square)


def _tangential(change: Tensor, parameter: Tensor, gradient: Tensor, vectors: int) -> tuple[Tensor, Tensor]:
    """Return a change without the part that makes a parameter longer, and whether only that turns it.

    A parameter of each painting is looked at as so many ``vectors``. They turn where no gradient has a part along them
    (Heo et al. 2021, equation 12).
    """
    p, g, c = (each.reshape(len(each), vectors, -1) for each in (parameter, gradient, change))
    along = cosine_similarity(g, p, dim=2, eps=EPSILON).abs().amax(1)
    unit = p / (p.norm(dim=2, keepdim=True) + EPSILON)
    tangential = (c - unit * (unit * c).sum(2, keepdim=True)).view_as(parameter)
    turns = along < RADIAL / math.sqrt(p.shape[2])
    return tangential, turns.view(-1, *[1] * (parameter.dim() - 1))


ADAM = Rule((1, 2), _corrected, _adam)
"""Kingma and Ba 2015, algorithm 1."""
ADAMW = Rule((1, 2), lambda rate, step: (1 - rate * DECAY, *_corrected(rate, step)), _adamw)
"""Loshchilov and Hutter 2019, algorithm 2: what was added to the beginning decays."""
RADAM = Rule((1, 2), _rectified, _radam)
"""Liu et al. 2020, algorithm 2: the first steps are small."""
ADAMAX = Rule((1, 1), lambda rate, step: (rate / (1 - BETA_1**step),), _adamax)
"""Kingma and Ba 2015, algorithm 2: by the largest gradient, not by the mean square."""
ADAMP = Rule((1, 2), _corrected, _adamp)
"""Heo et al. 2021, algorithm 2: turns what is optimised rather than making it longer."""
DIFFGRAD = Rule((1, 2, 1), _corrected, _diffgrad)
"""Dubey et al. 2020, algorithm 1: slower where the gradient stays the same."""
ADAGRAD = Rule((2,), lambda rate, _: (rate,), _adagrad)
"""Duchi et al. 2011: slower the further it has gone."""
RMSPROP = Rule((2,), lambda rate, _: (rate,), _rmsprop)
"""Hinton 2012: by the mean square, without momentum."""
SGD = Rule((1,), lambda rate, _: (rate,), _sgd)
"""Polyak 1964: along the gradient, with momentum, without regard to its size."""
