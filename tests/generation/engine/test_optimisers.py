import pytest
import torch
from torch import Generator, Tensor

from generation.engine.optimisers import Adam, NormalisedMomentum, learning_rate
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


@pytest.mark.parametrize("name", ["adam", "normalised"])
def test_every_row_goes_as_it_would_alone(name: str) -> None:
    parameters = [torch.zeros(4, 2, 3), torch.zeros(4, 5)]
    descent = Adam(parameters) if name == "adam" else NormalisedMomentum(parameters)
    rates = [0.1, 0.3]
    for step in range(STEPS):
        stacked = [torch.stack(parts) for parts in zip(gradients(0)[step], gradients(1)[step], strict=True)]
        coefficients = torch.tensor([descent.coefficients(rate, step + 1) for rate in rates])
        descent.update(parameters, stacked, coefficients)
    for row, rate in enumerate(rates):
        for parameter, right in zip(parameters, expected(name, row, rate), strict=True):
            assert torch.allclose(parameter[row], right, atol=1e-5)
    assert all((parameter[2:] == 0).all() for parameter in parameters)


def test_the_learning_rate_falls_from_the_first_to_about_the_final_one() -> None:
    stage = Stage(learning_rate=2.0, final_learning_rate=0.1)
    rates = [learning_rate(stage, step, 50) for step in range(1, 51)]
    assert rates[0] == 2.0
    assert rates == sorted(rates, reverse=True)
    assert rates[-1] == pytest.approx(0.2, abs=0.01)
    assert learning_rate(Stage(), 7, 10) == learning_rate(Stage(), 1, 10)
