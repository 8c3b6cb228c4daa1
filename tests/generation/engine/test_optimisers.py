import pytest
import torch
from torch import Generator, Tensor

from generation.engine.optimisers import OPTIMISERS, Evaluate, Tensors, learning_rate
from generation.recipe import Stage

STEPS = 6


def gradients(row: int) -> list[list[Tensor]]:
    generator = Generator().manual_seed(row)
    return [[torch.randn(2, 3, generator=generator), torch.randn(5, generator=generator)] for _ in range(STEPS)]


def expected(optimizer: str, row: int, rate: float) -> list[Tensor]:
    """Return where torch's own optimiser leads, from zero."""
    parameters = [torch.zeros(2, 3, requires_grad=True), torch.zeros(5, requires_grad=True)]
    torchs: torch.optim.Optimizer = (
        torch.optim.Adam(parameters, lr=rate)
        if optimizer == "adam"
        else torch.optim.SGD(parameters, lr=0.8 * rate, momentum=0.8)
    )
    for step in gradients(row):
        length = torch.cat([gradient.flatten() for gradient in step]).norm() if optimizer != "adam" else 1
        for parameter, gradient in zip(parameters, step, strict=True):
            parameter.grad = gradient / length
        torchs.step()
    return [parameter.detach() for parameter in parameters]


def losses_with(gradients: list[Tensor]) -> Evaluate:
    """Return what evaluates to these gradients, and to black pictures."""

    def evaluate(parameters: Tensors) -> tuple[Tensor, Tensor]:
        products = [(each * own).flatten(1).sum(1) for each, own in zip(parameters, gradients, strict=True)]
        return torch.stack(products).sum(0), torch.zeros(len(gradients[0]), 3, 1, 1)

    return evaluate


@pytest.mark.parametrize("name", ["adam", "normalised"])
def test_every_row_goes_as_it_would_alone(name: str) -> None:
    optimiser = OPTIMISERS[name]()
    parameters: Tensors = (torch.zeros(2, 2, 3), torch.zeros(2, 5))
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


def test_the_learning_rate_falls_from_the_first_to_about_the_final_one() -> None:
    stage = Stage(learning_rate=2.0, final_learning_rate=0.1)
    rates = [learning_rate(stage, step, 50) for step in range(1, 51)]
    assert rates[0] == 2.0
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(0.2, abs=0.01)
    assert learning_rate(Stage(), 7, 10) == learning_rate(Stage(), 1, 10)
