"""CMA-ES with a diagonal covariance (Ros and Hansen 2008, PPSN X, "sep-CMA-ES"; Hansen 2016, arXiv 1604.00772).

A painting's parameters are one vector, whose candidates are all evaluated at once. No gradient is asked for. The
constants are those of the two papers, and the library ``cma`` gives the same means from the same random numbers.
"""

import math
from dataclasses import dataclass

import torch
from torch import Generator, Tensor

from generation.engine.optimisers.protocol import Evaluate, Tensors
from generation.engine.optimisers.rules import ADAM, ByRule
from generation.options import EVOLUTION_RATE, POPULATION


@dataclass(frozen=True, slots=True)
class Constants:
    """What follows from the number of dimensions (Hansen 2016, table 1), and from the diagonal (Ros and Hansen 2008).

    Args:
        weights: of the better half of the candidates, the best first; they add up to 1.
        size: of the whole population.
        mass: variance effective selection mass.
        c_sigma: share of the newest in the path of the step size.
        damping: of the step size.
        c_c: share of the newest in the path of the covariance.
        c_1: share of that path in the covariance.
        c_mu: share of the candidates in it.
        length: that a normal vector has on average.
    """

    weights: tuple[float, ...]
    size: int
    mass: float
    c_sigma: float
    damping: float
    c_c: float
    c_1: float
    c_mu: float
    length: float


def constants(n: int) -> Constants:
    """Return the constants for so many dimensions."""
    size = 4 + math.floor(3 * math.log(n))
    raw = [math.log((size + 1) / 2) - math.log(rank) for rank in range(1, size // 2 + 1)]
    weights = tuple(weight / sum(raw) for weight in raw)
    mass = 1 / sum(weight**2 for weight in weights)
    c_sigma = (mass + 2) / (n + mass + 3)
    damping = 1 + 2 * max(0.0, math.sqrt((mass - 1) / (n + 1)) - 1) + c_sigma
    c_c = (4 + mass / n) / (n + 4 + 2 * mass / n)
    faster = (n + 2) / 3  # a diagonal has fewer numbers to learn
    c_1 = min(1.0, faster * 2 / ((n + 1.3) ** 2 + mass))
    c_mu = min(1 - c_1, faster * 2 * (mass - 2 + 1 / mass) / ((n + 2) ** 2 + mass))
    length = math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n**2))
    return Constants(weights, size, mass, c_sigma, damping, c_c, c_1, c_mu, length)


class Evolution:
    """An `Optimiser` that moves the mean of a population; the learning rate is the standard deviation at first.

    Its state: path of the step size, path of the covariance and diagonal less 1, ``[B, n]``; logarithm of the step
    size's growth, ``[B, 1]``.
    """

    evaluations = round(POPULATION)
    """In steps with gradients, of which this has none."""
    powers = ()

    def init(self, parameters: Tensors) -> Tensors:
        """Return paths, diagonal and step size of a population that has not moved."""
        flat = _joined(parameters)
        return (*(torch.zeros_like(flat) for _ in range(3)), flat.new_zeros(len(flat), 1))

    def coefficients(self, parameters: Tensors, rate: float, step: int, generator: Generator) -> Tensor:
        """Return the rate, by what the path of the step size is divided, the weights, and what candidates are drawn of.

        All that comes from the host is in them, so that a step can be recorded.
        """
        n = sum(parameter[0].numel() for parameter in parameters)
        own = constants(n)
        grown = math.sqrt(1 - (1 - own.c_sigma) ** (2 * step))
        return torch.cat([torch.tensor([rate, grown, *own.weights]), torch.randn(own.size * n, generator=generator)])

    @torch.no_grad()
    def step(
        self, parameters: Tensors, state: Tensors, coefficients: Tensor, evaluate: Evaluate
    ) -> tuple[Tensors, Tensors, Tensor]:
        """Move the mean towards the better half of the candidates; the pictures are those of the mean."""
        mean = _joined(parameters)
        (batch, n), own = mean.shape, constants(mean.shape[1])
        path, drift, spread, growth = state
        rate, grown, weights, normal = coefficients.split([1, 1, len(own.weights), own.size * n], 1)
        weights, normal = weights[..., None], normal.view(batch, own.size, n)
        deviation = (1 + spread).sqrt()
        far = rate * growth.exp() * deviation
        candidates = torch.cat([mean[:, None], mean[:, None] + far[:, None] * normal], 1)
        losses, pictures = evaluate(_parted(candidates.flatten(0, 1), parameters))
        losses, pictures = losses.view(batch, -1)[:, 1:], pictures.unflatten(0, (batch, -1))[:, 0]
        best = losses.argsort(dim=1, stable=True)[:, : len(own.weights)]
        chosen = normal.gather(1, best[..., None].expand(-1, -1, n))
        moved = (weights * chosen).sum(1)
        path = (1 - own.c_sigma) * path + math.sqrt(own.c_sigma * (2 - own.c_sigma) * own.mass) * moved
        length = path.norm(dim=1, keepdim=True)
        steady = (length / grown < (1.4 + 2 / (n + 1)) * own.length).float()
        drift = (1 - own.c_c) * drift + steady * math.sqrt(own.c_c * (2 - own.c_c) * own.mass) * deviation * moved
        kept = 1 - own.c_1 - own.c_mu + (1 - steady) * own.c_1 * own.c_c * (2 - own.c_c)
        seen = (weights * (deviation[:, None] * chosen).square()).sum(1)
        variance = kept * (1 + spread) + own.c_1 * drift.square() + own.c_mu * seen
        growth = growth + (own.c_sigma / own.damping * (length / own.length - 1)).clamp(max=1.0)
        return _parted(mean + far * moved, parameters), (path, drift, variance - 1, growth), pictures


class Mixed:
    """An `Optimiser` that after each move of a population lets Adam take a step from its mean."""

    evaluations = Evolution.evaluations + 1
    powers = ()

    def __init__(self) -> None:
        self._evolution, self._gradient = Evolution(), ByRule(ADAM)

    def init(self, parameters: Tensors) -> Tensors:
        """Return the states of both."""
        return *self._evolution.init(parameters), *self._gradient.init(parameters)

    def coefficients(self, parameters: Tensors, rate: float, step: int, generator: Generator) -> Tensor:
        """Return those of both; the rate is the population's."""
        slower = rate / EVOLUTION_RATE
        own = self._gradient.coefficients(parameters, slower, step, generator)
        return torch.cat([own, self._evolution.coefficients(parameters, rate, step, generator)])

    def step(
        self, parameters: Tensors, state: Tensors, coefficients: Tensor, evaluate: Evaluate
    ) -> tuple[Tensors, Tensors, Tensor]:
        """Move the population, and then its mean by its gradients."""
        first, own = coefficients.split([2, coefficients.shape[1] - 2], 1)
        parameters, population, pictures = self._evolution.step(parameters, state[:4], own, evaluate)
        parameters, means, _ = self._gradient.step(parameters, state[4:], first, evaluate)
        return parameters, (*population, *means), pictures


def _joined(parameters: Tensors) -> Tensor:
    """Return the parameters of each painting as one vector, ``[B, n]``."""
    return torch.cat([parameter.flatten(1) for parameter in parameters], 1)


def _parted(vectors: Tensor, like: Tensors) -> Tensors:
    """Return vectors, ``[K, n]``, as parameters of such shapes."""
    parts = vectors.split([parameter[0].numel() for parameter in like], 1)
    return tuple(part.unflatten(1, parameter.shape[1:]) for part, parameter in zip(parts, like, strict=True))
