"""What float16 changes: rounding, and nothing else, however small the gradient is."""

from pathlib import Path

import pytest
import torch
from torch import Generator, Tensor

from config.settings.models import ModelsSettings
from generation.checkpoints.loader import Models, load_models
from generation.engine.objective import Likeness
from generation.perceptor.cutouts import Cutouts
from generation.request import ImagineRequest
from tests.generation.checkpoints.clips import residual_network, vision_transformer

CPU = torch.device("cpu")
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=4)


def loss_and_gradient(models: Models, strength: float) -> tuple[Tensor, Tensor]:
    """Return the loss of two latents, which it is multiplied by before the gradient is taken, and that."""
    objective = Likeness(models.perceptor, Cutouts(8, models.perceptor.input_size, CPU))
    drawn = torch.cat([objective.draw(1, Generator().manual_seed(seed)) for seed in (0, 1)])
    rows = [row.expand(2, *row.shape) for row in objective.rows(REQUEST)]
    codes = torch.randint(len(models.vqgan.codebook), (2, 8, 8), generator=Generator().manual_seed(0))
    z = models.vqgan.lookup(codes).detach().requires_grad_()
    loss = objective.loss(models.vqgan.decode(z), rows, torch.ones(2, 1), drawn)
    (gradient,) = torch.autograd.grad(strength * loss.sum(), z)
    return loss.detach(), gradient


def distance(a: Tensor, b: Tensor) -> float:
    """Return the difference's L2 norm over that of ``b``."""
    return float((a - b).norm() / b.norm())


@pytest.mark.parametrize(("kind", "tolerance"), [("vision transformer", 0.01), ("residual network", 0.1)])
@pytest.mark.parametrize("strength", [1.0, 2.0**-40])
def test_in_float16_loss_and_gradient_are_those_of_float32_but_for_rounding(
    tiny_models: ModelsSettings, tmp_path: Path, kind: str, tolerance: float, strength: float
) -> None:
    """The residual network's gradient jumps where rounding carries a value across zero."""
    clip = vision_transformer() if kind == "vision transformer" else residual_network()
    torch.save(clip.state_dict(), tmp_path / "clip.pt")
    names = tiny_models.vqgan, str(tmp_path / "clip.pt"), CPU
    full = loss_and_gradient(load_models(*names, "float32"), 1.0)
    half = loss_and_gradient(load_models(*names, "float16"), strength)
    assert distance(half[0], full[0]) < 0.002
    assert distance(half[1] / strength, full[1]) < tolerance
