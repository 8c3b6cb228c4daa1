"""CMA-ES beside the library ``cma``."""

from dataclasses import replace

import cma
import cma.sampler
import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from generation.engine.optimisers import evolution
from generation.engine.optimisers.evolution import Evolution, Mixed, constants
from generation.engine.optimisers.protocol import Tensors

N = 24
SCALES = torch.linspace(1, 10, N)
RATE = 0.5


def ellipsoid(parameters: Tensors) -> tuple[Tensor, Tensor]:
    vectors = torch.cat([each.flatten(1) for each in parameters], 1)
    return (SCALES * vectors).square().sum(1), vectors.new_zeros(len(vectors), 3, 1, 1)


def start(rows: int = 1) -> Tensors:
    return torch.ones(rows, 2, 5), torch.ones(rows, N - 10)


def test_its_means_are_the_librarys(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the rates at which the library's diagonal sampler learns, which are those of a whole matrix."""
    options = {"CMA_sampler": cma.sampler.GaussDiagonalSampler, "CMA_active": False, "verbose": -9, "seed": 1}
    library = cma.CMAEvolutionStrategy(np.ones(N), RATE, options)
    rates = library.sm.parameters(library.sp.weights.mueff, library.sp.weights.lambda_)
    own = replace(constants(N), c_1=rates["c1"], c_mu=rates["cmu"])
    monkeypatch.setattr(evolution, "constants", lambda _: own)
    parameters, optimiser, generator = start(), Evolution(), Generator().manual_seed(0)
    state = optimiser.init(parameters)
    for step in range(1, 31):
        row = optimiser.coefficients(parameters, RATE, step, generator)
        drawn = row[2 + len(own.weights) :].view(own.size, N).double().numpy()
        library.sm.randn = lambda *_, drawn=drawn: drawn
        candidates = library.ask()
        library.tell(candidates, [float(((SCALES.numpy() * each) ** 2).sum()) for each in candidates])
        parameters, state, _ = optimiser.step(parameters, state, row[None], ellipsoid)
        mean = torch.cat([each.flatten(1) for each in parameters], 1)[0]
        assert np.abs(mean.numpy() - library.mean).max() < 1e-4
    assert RATE * float(state[3].exp()) == pytest.approx(library.sigma, rel=1e-3)


@pytest.mark.parametrize("n", [2, 10, 500, 20_000])
def test_its_constants_are_in_their_ranges(n: int) -> None:
    own = constants(n)
    assert sum(own.weights) == pytest.approx(1)
    assert own.size == 4 + int(3 * np.log(n))
    assert 0 < own.c_1 + own.c_mu <= 1


@pytest.mark.parametrize("optimiser", [Evolution(), Mixed()])
def test_every_row_goes_as_it_goes_alone_and_finds_what_is_least(optimiser: Evolution | Mixed) -> None:
    alone = [start(), start()]
    states = [optimiser.init(each) for each in alone]
    together, joined = start(2), optimiser.init(start(2))
    generators, others = ([Generator().manual_seed(seed) for seed in (1, 2)] for _ in range(2))
    for step in range(1, 121):
        rows = [optimiser.coefficients(start(), RATE, step, each) for each in generators]
        together, joined, _ = optimiser.step(together, joined, torch.stack(rows), ellipsoid)
        for number in range(2):
            row = optimiser.coefficients(start(), RATE, step, others[number])
            alone[number], states[number], _ = optimiser.step(alone[number], states[number], row[None], ellipsoid)
        if step == 10:
            for number in range(2):
                for one, both in zip(alone[number], together, strict=True):
                    assert torch.allclose(one[0], both[number], atol=1e-5)
    assert (ellipsoid(together)[0] < 0.02 * ellipsoid(start(2))[0]).all()


def test_the_pictures_are_those_of_the_mean_and_candidates_come_at_once() -> None:
    asked: list[int] = []

    def evaluate(parameters: Tensors) -> tuple[Tensor, Tensor]:
        asked.append(len(parameters[0]))
        losses, _ = ellipsoid(parameters)
        return losses, parameters[0][:, :1, :1, None].expand(-1, 3, 1, 1)

    optimiser, parameters = Evolution(), start(2)
    rows = torch.stack([optimiser.coefficients(parameters, RATE, 1, Generator().manual_seed(k)) for k in (1, 2)])
    _, _, pictures = optimiser.step(parameters, optimiser.init(parameters), rows, evaluate)
    assert asked == [2 * (constants(N).size + 1)]
    assert torch.equal(pictures, torch.ones(2, 3, 1, 1))
