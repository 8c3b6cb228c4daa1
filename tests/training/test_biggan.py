"""The BigGAN's training, at a size at which a step takes a moment."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from generation.checkpoints.biggan import load_biggan
from generation.models.biggan import BigGANShape
from tests.generation.models.biggans import package
from training import biggan
from training.__main__ import main
from training.biggan import BigGANTraining, Sizes, sample_sheet, write
from training.dataset import make_classes
from training.drawings.classes import CLASSES, SIDE, draw_class
from training.projection import ProjectionDiscriminator, changed

LAYERS = ((False, 16, 16), (True, 16, 8), (False, 8, 4), (False, 4, 2), (False, 2, 1))
SHAPE = BigGANShape(4, 8, 3, LAYERS, 3, n_stats=3)
SIZES = Sizes(SHAPE, discriminator=8, batch=6)


@pytest.fixture(autouse=True)
def _little_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(biggan, "MEASURED", 2)


def drawings() -> np.ndarray:
    """Return pictures of three classes, which are three colours."""
    colours = np.array([[250, 20, 20], [20, 250, 20], [20, 20, 250]], np.uint8)
    return np.broadcast_to(colours[np.arange(30) % 3, None, None], (30, 8, 8, 3))


def test_drawings_of_a_class_differ_and_are_the_same_for_a_seed() -> None:
    first = draw_class("owl", "1")
    assert first.shape == (SIDE, SIDE, 3)
    assert np.array_equal(first, draw_class("owl", "1"))
    assert not np.array_equal(first, draw_class("owl", "2"))
    assert len(set(CLASSES)) == len(CLASSES)
    assert set(biggan.LEFT_OUT) < set(CLASSES)


def test_drawings_are_kept(tmp_path: Path) -> None:
    made = make_classes(tmp_path, 31, "a", processes=1)
    assert np.array_equal(made[30], draw_class(CLASSES[30 % len(CLASSES)], f"a-{30 // len(CLASSES)}"))
    assert np.array_equal(make_classes(tmp_path, 31, "a"), made)


def test_it_learns_goes_on_and_is_read_as_what_is_published(tmp_path: Path) -> None:
    checkpoint = tmp_path / "biggan.pt"
    training = BigGANTraining(drawings(), checkpoint, 60, SIZES)
    before = [weights.detach().clone() for weights in training.biggan.parameters()]
    losses = training.run(steps=4)
    assert len(losses) == 4
    assert all(np.isfinite(losses))
    for old, new, mean in zip(before, training.biggan.parameters(), training.mean.parameters(), strict=True):
        assert mean.equal(old) == new.equal(old), "the mean moves with the weights"
    again = BigGANTraining(drawings(), checkpoint, 60, SIZES)
    assert again.step == 4
    for optimizer, rate in zip(again.optimizers, again.rates, strict=True):
        assert optimizer.param_groups[0]["lr"] is rate
    state_dict = again.state_dict()
    write(state_dict, SHAPE, tmp_path, left_out=(CLASSES[1],))
    network = load_biggan(tmp_path / "biggan.json").eval()
    assert network.classes == (CLASSES[0], CLASSES[2])
    config = package().BigGANConfig.from_json_file(tmp_path / "biggan.json")
    published = package().BigGAN(config).eval()
    published.load_state_dict({name: each.float() for name, each in load_file(tmp_path / "biggan.safetensors").items()})
    z, classes = torch.randn(2, 4), torch.eye(2)
    with torch.no_grad():
        expected = published(z, classes, 0.5)
        found = network(z[:, None], classes[:, None], network.shape.statistics(torch.full((2,), 0.5)))
    assert (found - expected).abs().max() < 1e-4
    page, names = sample_sheet(network, seed=1)
    assert sorted(names) == sorted(network.classes)
    assert page.width > 0


def test_the_discriminator_knows_the_classes() -> None:
    torch.manual_seed(0)
    discriminator, pictures = ProjectionDiscriminator(3, 8, 8), torch.rand(3, 3, 8, 8)
    one, other = (discriminator(pictures, torch.full((3,), label)) for label in (0, 1))
    assert one.shape == (3,)
    assert not torch.allclose(one, other)


def test_what_it_sees_is_moved_and_has_a_hole() -> None:
    torch.manual_seed(0)
    shown = changed(torch.ones(64, 3, 64, 64))
    empty = (shown == 0).float().mean((1, 2, 3))
    assert (empty > 0).any()
    assert empty.max() < 0.17, "the hole is two fifths of a side at most"
    assert ((shown == 0) | (shown == 1)).all()


def test_samples_come_without_names_and_the_names_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["samples", "--out", str(tmp_path / "samples.png")])
    main(["samples", "--named", "--out", str(tmp_path / "named.png")])
    assert (tmp_path / "samples.png").stat().st_size > 1000
    assert "owl" in capsys.readouterr().out
