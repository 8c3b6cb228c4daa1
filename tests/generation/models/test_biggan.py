"""BigGAN beside the package whose weights it reads."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from generation.checkpoints.biggan import load_biggan
from generation.models.biggan import BigGAN
from generation.models.biggan_frozen import FrozenGenerator
from generation.models.layers import native_layers
from generation.models.transformer import attend_at_once
from tests.generation.models.biggans import CONFIG, published

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a network in the published format."""
    folder = tmp_path_factory.mktemp("biggan")
    torch.save(published().state_dict(), folder / "biggan-pytorch_model.bin")
    (folder / "biggan-config.json").write_text(json.dumps(CONFIG))
    return folder


@pytest.fixture
def own(folder: Path) -> BigGAN:
    return load_biggan(folder / "biggan-config.json").eval()


def drawn() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(3, 1, 8, generator=generator), torch.rand(3, 1, 5, generator=generator)


@pytest.mark.parametrize("truncation", [1.0, 0.5, 0.4, 0.41, 0.407])
@pytest.mark.parametrize("is_frozen", [False, True])
def test_its_pictures_are_the_packages(own: BigGAN, truncation: float, is_frozen: bool) -> None:
    z, classes = drawn()
    if is_frozen:
        own.freeze(torch.float32, CPU)
    with torch.no_grad():
        expected = published()(z[:, 0], classes[:, 0], truncation)
        shown = own(z, classes, own.shape.statistics(torch.full((3,), truncation)))
    assert expected.std() > 0.1
    assert (shown - expected).abs().max() < 1e-5


def test_its_gradients_are_the_packages(own: BigGAN) -> None:
    own.freeze(torch.float32, CPU)
    z, classes = drawn()
    z.requires_grad_()
    (expected,) = torch.autograd.grad(published()(z[:, 0], classes[:, 0], 1.0).sum(), z)
    (found,) = torch.autograd.grad(own(z, classes, own.shape.statistics(torch.ones(3))).sum(), z)
    assert (found - expected).norm() < 1e-4 * expected.norm()


def test_every_layer_has_a_condition_of_its_own(own: BigGAN) -> None:
    own.freeze(torch.float32, CPU)
    z, classes = drawn()
    z, classes = (each.expand(-1, own.shape.latents, -1).clone() for each in (z, classes))
    z.requires_grad_()
    (gradient,) = torch.autograd.grad(own(z, classes, own.shape.statistics(torch.ones(3))).square().sum(), z)
    assert own.shape.latents == len(CONFIG["layers"]) + 1
    assert (gradient.abs().amax((0, 2)) > 0).all()


def test_rows_with_truncations_of_their_own_do_not_depend_on_each_other(own: BigGAN) -> None:
    own.freeze(torch.float32, CPU)
    z, classes = drawn()
    mix = own.shape.statistics(torch.tensor([1.0, 0.41, 0.5]))
    with torch.no_grad():
        together = own(z, classes, mix)
        alone = torch.cat([own(*(each[row : row + 1] for each in (z, classes, mix))) for row in range(3)])
    assert (together - alone).abs().max() < 1e-5


def test_half_precision_is_near(own: BigGAN) -> None:
    z, classes = drawn()
    mix = own.shape.statistics(torch.ones(3))
    with torch.no_grad():
        expected = own(z, classes, mix)
        own.freeze(torch.bfloat16, CPU)
        shown = own(z, classes, mix)
    assert shown.dtype == torch.float32
    assert (shown - expected).abs().mean() < 0.05


def test_it_is_made_of_the_layers_of_the_device(own: BigGAN, monkeypatch: pytest.MonkeyPatch) -> None:
    z, classes = drawn()
    mix = own.shape.statistics(torch.ones(3))
    with torch.no_grad():
        expected = own(z, classes, mix)
        monkeypatch.setattr("generation.models.biggan.layers_for", lambda _, dtype: native_layers(dtype))
        own.freeze(torch.float32, CPU)
        assert (own(z, classes, mix) - expected).abs().max() < 1e-5
    attention = next(each for each in own.modules() if hasattr(each, "attend"))
    assert attention.attend is attend_at_once


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_no_part_of_it_stays_where_it_was_or_computes_in_another_format(own: BigGAN, dtype: torch.dtype) -> None:
    meta = torch.device("meta")
    own.freeze(dtype, meta)
    assert isinstance(own.generator, FrozenGenerator)
    tensors = {name: each for name, each in own.generator.layers.state_dict().items() if each.is_floating_point()}
    assert {each.dtype for each in tensors.values()} == {dtype}
    z, classes = (each.to(meta).requires_grad_() for each in drawn())
    pictures = own(z, classes, own.shape.statistics(torch.ones(3, device=meta)))
    assert (pictures.device, pictures.shape, pictures.dtype) == (meta, (3, 3, 16, 16), torch.float32)
    (gradient,) = torch.autograd.grad(pictures.sum(), z)
    assert gradient.shape == z.shape
