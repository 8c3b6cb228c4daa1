from pathlib import Path

import pytest
import torch

from generation.checkpoints.loader import load_vqgan
from training import vqgan
from training.dataset import Dataset
from training.vqgan import Shape, Stage, VQGANTraining

TINY = Shape(ch_mult=(1, 1), num_res_blocks=0, z_channels=64, n_embed=32, embed_dim=8)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vqgan, "STAGES", (Stage(0.0, 16, 4),))
    monkeypatch.setattr(vqgan, "QUANTISED_FROM", 0.0)


def test_learns_and_writes_what_the_loader_reads(drawings: Dataset, tmp_path: Path) -> None:
    training = VQGANTraining(drawings, tmp_path / "vqgan.pt", minutes=60, shape=TINY)
    losses = training.run(steps=40)
    assert sum(losses[-10:]) < 0.8 * sum(losses[:10])
    assert 2 <= int((training.uses > 0).sum()) <= TINY.n_embed

    recipe = {"init": "grey", "cutouts": 8}
    vqgan.write(training.state_dict(), TINY, tmp_path / "out", recipe)
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
    first = VQGANTraining(drawings, tmp_path / "vqgan.pt", minutes=60, shape=TINY)
    first.run(steps=17)
    second = VQGANTraining(drawings, tmp_path / "vqgan.pt", minutes=60, shape=TINY)
    assert second.step == 17
    assert torch.equal(first.uses, second.uses)
    for name, tensor in first.vqgan.state_dict().items():
        assert torch.equal(tensor, second.vqgan.state_dict()[name])
