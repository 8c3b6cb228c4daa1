from collections.abc import Callable
from typing import Any

import pytest
import pytorch_optimizer
import torch
from torch import Generator, Tensor, optim

from generation import options
from generation.engine.optimisers import OPTIMISERS, Evaluate, Tensors, learning_rate
from generation.recipe import Stage

STEPS = 12
SHAPES = (4, 3, 5), (2, 3), (5,)
LIBRARY: dict[str, Callable[..., Any]] = {
    "adam": optim.Adam,
    "adamw": optim.AdamW,
    "radam": optim.RAdam,
    "adamax": optim.Adamax,
    "adamp": pytorch_optimizer.AdamP,
    "diffgrad": pytorch_optimizer.DiffGrad,
    "adagrad": optim.Adagrad,
    "rmsprop": optim.RMSprop,
    "sgd": lambda parameters, lr: optim.SGD(parameters, lr, momentum=0.9),
    "normalised": lambda parameters, lr: optim.SGD(parameters, 0.8 * lr, momentum=0.8),
}


def gradients(row: int) -> list[list[Tensor]]:
    generator = Generator().manual_seed(row)
    return [[torch.randn(shape, generator=generator) for shape in SHAPES] for _ in range(STEPS)]


def expected(name: str, row: int, rate: float) -> list[Tensor]:
    """Return where the library's optimiser leads, from zero."""
    parameters = [torch.zeros(shape, requires_grad=True) for shape in SHAPES]
    library = LIBRARY[name](parameters, lr=rate)
    for step in gradients(row):
        length = torch.cat([gradient.flatten() for gradient in step]).norm() if name == "normalised" else 1
        for parameter, gradient in zip(parameters, step, strict=True):
            parameter.grad = gradient / length
        library.step()
    return [parameter.detach() for parameter in parameters]


def losses_with(gradients: list[Tensor]) -> Evaluate:
    """Return what evaluates to these gradients, and to black pictures."""

    def evaluate(parameters: Tensors) -> tuple[Tensor, Tensor]:
        products = [(each * own).flatten(1).sum(1) for each, own in zip(parameters, gradients, strict=True)]
        return torch.stack(products).sum(0), torch.zeros(len(gradients[0]), 3, 1, 1)

    return evaluate


def test_all_that_can_be_chosen_are_there_and_compared() -> None:
    assert LIBRARY.keys() == options.OPTIMISERS.keys() <= OPTIMISERS.keys()


@pytest.mark.parametrize("name", LIBRARY)
def test_every_row_goes_where_the_library_leads_it_alone(name: str) -> None:
    optimiser = OPTIMISERS[name]()
    parameters: Tensors = tuple(torch.zeros(2, *shape) for shape in SHAPES)
    state = optimiser.init(parameters)
    rates = [0.1, 0.3]
    for step in range(STEPS):
        stacked = [torch.stack(parts) for parts in zip(gradients(0)[step], gradients(1)[step], strict=True)]
        rows = [optimiser.coefficients(parameters, rate, step + 1, Generator()) for rate in rates]
        given = [each.clone() for each in (*parameters, *state)]
        moved, remembered, pictures = optimiser.step(parameters, state, torch.stack(rows), losses_with(stacked))
        assert all(map(torch.equal, given, (*parameters, *state))), "nothing is changed in place"
        assert not any(each.requires_grad for each in (*moved, *remembered, pictures))
        parameters, state = moved, remembered
    for row, rate in enumerate(rates):
        for parameter, right in zip(parameters, expected(name, row, rate), strict=True):
            assert torch.allclose(parameter[row], right, atol=1e-5)


def test_adamp_turns_what_is_long_and_adam_does_not() -> None:
    """The library's switch between channels, the whole and neither, each by a gradient for which it is made."""
    generator = Generator().manual_seed(0)
    start = torch.randn(3, 4, 5, 5, generator=generator)
    gradient = torch.randn(3, 4, 5, 5, generator=generator)
    by_channel = gradient - start * (gradient * start).sum((2, 3), True) / start.square().sum((2, 3), True)
    whole = gradient - start * (gradient * start).sum((1, 2, 3), True) / start.square().sum((1, 2, 3), True)
    stacked = torch.stack([by_channel[0], whole[1], gradient[2] + start[2]])
    optimiser = OPTIMISERS["adamp"]()
    row = optimiser.coefficients((start,), 0.1, 1, Generator())
    (moved,), _, _ = optimiser.step((start,), optimiser.init((start,)), row.expand(3, -1), losses_with([stacked]))
    for number in range(3):
        parameter = start[number].clone().requires_grad_()
        parameter.grad = stacked[number].clone()
        pytorch_optimizer.AdamP([parameter], lr=0.1).step()
        assert torch.allclose(moved[number], parameter, atol=1e-5)
    lengths = (moved - start).mul(start).sum((1, 2, 3)).abs()
    assert lengths[0] < 1e-3
    assert lengths[1] < 1e-3
    assert lengths[2] > 1


def test_the_learning_rate_falls_from_the_first_to_about_the_final_one() -> None:
    stage = Stage(learning_rate=2.0, final_learning_rate=0.1)
    rates = [learning_rate(stage, step, 50) for step in range(1, 51)]
    assert rates[0] == 2.0
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(0.2, abs=0.01)
    assert learning_rate(Stage(), 7, 10) == learning_rate(Stage(), 1, 10)
