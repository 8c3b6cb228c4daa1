import zipfile
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from generation.checkpoints.loader import load_clip
from training import clip
from training.attack import attack
from training.clip import CLIPTraining, Shape, Stage
from training.dataset import Dataset

TINY = Shape(embed_dim=32, vision_width=8, transformer_width=64, transformer_layers=1)


def _training(drawings: Dataset, folder: Path) -> CLIPTraining:
    return CLIPTraining(drawings, ["unicorn"], folder / "clip.pt", minutes=60, batch=24, shape=TINY)


def test_learns_and_writes_what_the_loader_reads(drawings: Dataset, tmp_path: Path) -> None:
    training = _training(drawings, tmp_path)
    losses = training.run(steps=25)
    assert sum(losses[-5:]) < 0.95 * sum(losses[:5])

    path = tmp_path / "out" / "clip.pt"
    clip.write(training.state_dict(), path)
    perceptor = load_clip(path).eval()
    training.clip.load_state_dict(training.average)
    training.perceptor.eval()
    pictures = F.interpolate(drawings.batch(range(8)), size=64, mode="area")
    captions = drawings.captions[0]
    tokens = torch.cat([perceptor.tokens(caption) for caption in captions])
    compact = training.words.encode(training.words.rows(captions))
    with torch.no_grad():
        seen, own = perceptor.encode_image(pictures), training.perceptor.encode_image(pictures)
        said, told = perceptor.encode_text(tokens), training.perceptor.encode_text(compact)
    assert (seen * own).sum(1).min() > 0.99
    assert (said * told).sum(1).min() > 0.999
    with zipfile.ZipFile(path) as archive:
        assert all(entry.compress_type == zipfile.ZIP_DEFLATED for entry in archive.infolist())


def test_resumes_where_it_stopped(drawings: Dataset, tmp_path: Path) -> None:
    first = _training(drawings, tmp_path)
    first.run(steps=3)
    second = _training(drawings, tmp_path)
    assert second.step == 3
    assert second.budget.spent >= torch.load(tmp_path / "clip.pt", weights_only=True)["spent"] > 0
    for name, tensor in first.clip.state_dict().items():
        assert torch.equal(tensor, second.clip.state_dict()[name])
    assert second.optimizer.state_dict()["muon"]["state"].keys() == first.optimizer.state_dict()["muon"]["state"].keys()


def test_attacked_pictures_do_not_move_the_statistics(drawings: Dataset, tmp_path: Path) -> None:
    training = _training(drawings, tmp_path)
    training.stages = (Stage(0.0, 2, (1.0, 1.0)),)
    training.run(steps=1)
    assert training.clip.visual.bn1.num_batches_tracked == 3  # type: ignore[union-attr]  # two attack passes and one that learns
    assert training.clip.visual.bn1.momentum == 0.1  # type: ignore[union-attr]


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_attack_climbs_within_its_radius(steps: int) -> None:
    pictures, uphill = torch.rand(4, 3, 8, 8), torch.randn(3, 8, 8)
    radius = torch.tensor([0.5, 1.0, 2.0, 0.1]).view(-1, 1, 1, 1)
    attacked = attack(pictures, radius, steps, lambda x: (x * uphill).sum())
    change = attacked - pictures
    assert torch.all(change.flatten(1).norm(dim=1) <= radius.flatten() * 1.0001)
    climbed = (change * uphill).sum((1, 2, 3))
    assert torch.all(climbed > 0.8 * radius.flatten() * uphill.norm())
