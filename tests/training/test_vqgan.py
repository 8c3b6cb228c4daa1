from pathlib import Path

import pytest
import torch

from generation.checkpoints.loader import load_vqgan
from training import vqgan
from training.dataset import Dataset
from training.vqgan import Shape, Stage, VQGANTraining

TINY = Shape(ch_mult=(1, 1), num_res_blocks=0, z_channels=64, n_embed=32, embed_dim=8)


@pytest.fixture(autouse=True)
def small_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the sheet show few drawings: a network of few levels takes long for whole ones."""
    monkeypatch.setattr(vqgan, "SHOWN", 2)


def make_training(drawings: Dataset, folder: Path) -> VQGANTraining:
    training = VQGANTraining(drawings, folder / "vqgan.pt", minutes=60, shape=TINY)
    training.stages, training.quantised_from = (Stage(0.0, 16, 4),), 0.0
    return training


def test_learns_and_writes_what_the_loader_reads(drawings: Dataset, tmp_path: Path) -> None:
    training = make_training(drawings, tmp_path)
    losses = training.run(steps=40)
    assert sum(losses[-10:]) < 0.8 * sum(losses[:10])
    assert 2 <= int((training.uses > 0).sum()) <= TINY.n_embed

    sections = {"recipe": {"init": "grey", "cutouts": 8}}
    vqgan.write(training.state_dict(), TINY, tmp_path / "out", sections)
    loaded, loaded_recipe = load_vqgan(tmp_path / "out" / "vqgan.yaml")
    assert loaded_recipe.init == "grey"
    assert loaded_recipe.cutouts == 8
    pictures = drawings.batch(range(2))
    loaded.eval()
    training.vqgan.eval()
    with torch.no_grad():
        difference = loaded.encode(pictures) - training.vqgan.encode(pictures)
    assert difference.abs().mean() < 0.05 * training.vqgan.encode(pictures).std()


def test_resumes_where_it_stopped(drawings: Dataset, tmp_path: Path) -> None:
    first = make_training(drawings, tmp_path)
    first.run(steps=17)
    second = make_training(drawings, tmp_path)
    assert second.step == 17
    assert torch.equal(first.uses, second.uses)
    for name, tensor in first.vqgan.state_dict().items():
        assert torch.equal(tensor, second.vqgan.state_dict()[name])
