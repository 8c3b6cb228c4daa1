import shutil
from concurrent.futures import BrokenExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from generation.models.upstream import clip_model
from generation.models.vqgan import VQGAN
from generation.perceptor.clip import CLIPPerceptor
from generation.pocket.composer import Composer, load_composer
from training import sketch
from training.dataset import Dataset
from training.sketch import Codes, ComposerTraining, Shape, divergence, encode, soft_codes
from training.vqgan import Shape as CanvasShape
from training.vqgan import write as write_vqgan

CANVAS = CanvasShape(ch_mult=(1, 1, 1, 1), num_res_blocks=0, n_embed=32, embed_dim=8)
TINY = Shape(vocab_size=32, n_layer=1, n_head=2, n_embd=32)


@pytest.fixture(scope="module")
def vqgan() -> VQGAN:
    torch.manual_seed(0)
    return VQGAN(CANVAS.ddconfig, CANVAS.n_embed, CANVAS.embed_dim).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def folder(drawings_folder: Path, vqgan: VQGAN, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Put the VQGAN beside the drawings."""
    folder = tmp_path_factory.mktemp("sketches")
    shutil.copytree(drawings_folder, folder, dirs_exist_ok=True)
    write_vqgan({name: tensor.half() for name, tensor in vqgan.state_dict().items()}, CANVAS, folder)
    return folder


@pytest.fixture(scope="module")
def codes(folder: Path) -> Codes:
    return encode(folder, folder / "vqgan.yaml")


def _training(drawings: Dataset, codes: Codes, vqgan: VQGAN, folder: Path) -> ComposerTraining:
    torch.manual_seed(0)
    clip = clip_model.CLIP(32, 32, (1, 1, 1, 1), 8, None, 77, 49408, 64, 1, 1)
    path = folder / "sketch.pt"
    return ComposerTraining(drawings, codes, vqgan, CLIPPerceptor(clip), path, minutes=60, batch=8, shape=TINY)


def test_codes_are_those_of_the_drawings_and_are_kept(
    drawings: Dataset, folder: Path, vqgan: VQGAN, codes: Codes
) -> None:
    assert codes.near.shape == codes.shares.shape == (120, 144, sketch.NEAR)
    assert codes.near.dtype == np.int16
    assert np.allclose(codes.shares.astype(np.float32).sum(2), 1, atol=0.01)
    assert (np.diff(codes.shares) <= 0).all()
    for some in (range(3), range(117, 120)):
        pictures = F.interpolate(drawings.batch(some), size=sketch.SIDE, mode="area")
        right = vqgan.codes(vqgan.encode(pictures)).flatten(1)
        assert (torch.from_numpy(codes.near[some, :, 0].astype(np.int64)) == right).float().mean() > 0.8
    kept = np.ones_like(codes.near)
    np.save(folder / "codes.npy", kept)
    assert np.array_equal(encode(folder, folder / "vqgan.yaml").near, kept)


def test_shares_fall_with_the_distance(vqgan: VQGAN) -> None:
    codebook = vqgan.codebook
    between = (0.75 * codebook[3] + 0.25 * codebook[5]).view(1, -1, 1, 1)
    near, shares = soft_codes(vqgan, between)
    assert near.shape == shares.shape == (1, 1, sketch.NEAR)
    far = (codebook - between.flatten()).square().sum(1)
    assert torch.equal(near.flatten(), far.argsort()[: sketch.NEAR])
    ratio = ((far[near.flatten()[1]] - far[near.flatten()[0]]) / sketch.SOFTNESS).exp()
    assert float(shares[0, 0, 0] / shares[0, 0, 1]) == pytest.approx(float(ratio), rel=1e-3)


def test_a_guess_of_the_shares_is_not_off() -> None:
    shares = torch.rand(2, 3, sketch.NEAR).softmax(-1)
    near = torch.stack([torch.randperm(32)[: sketch.NEAR] for _ in range(6)]).view(2, 3, -1)
    right = torch.full((2, 3, 32), -30.0).scatter(2, near, shares.log())
    assert float(divergence(right, near, shares)) == pytest.approx(0, abs=1e-4)
    assert float(divergence(torch.zeros(2, 3, 32), near, shares)) > 1


def test_a_vqgan_that_cannot_be_read_ends_the_encoding(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy", ignore=shutil.ignore_patterns("shares.npy"))
    with pytest.raises(BrokenExecutor):
        encode(tmp_path / "copy", tmp_path / "missing.yaml")


def test_learns_and_writes_what_the_loader_reads(drawings: Dataset, codes: Codes, vqgan: VQGAN, tmp_path: Path) -> None:
    training = _training(drawings, codes, vqgan, tmp_path)
    losses = training.run(steps=20)
    assert sum(losses[-4:]) < 0.9 * sum(losses[:4])
    assert (tmp_path / "sketch-sheet.webp").exists()

    sketch.write(training.state_dict(), TINY, tmp_path / "out")
    loaded = load_composer(tmp_path / "out" / "sketch.yaml").eval()
    assert loaded.suits(vqgan, training.perceptor)
    text, written = torch.randn(2, 16, 64), torch.from_numpy(codes.near[:2, :, 0].astype(np.int64))
    with torch.no_grad():
        assert (loaded(text, written) - training.composer(text, written)).abs().max() < 0.05


def test_resumes_where_it_stopped(drawings: Dataset, codes: Codes, vqgan: VQGAN, tmp_path: Path) -> None:
    first = _training(drawings, codes, vqgan, tmp_path)
    first.run(steps=3)
    second = _training(drawings, codes, vqgan, tmp_path)
    assert second.step == 3
    for name, tensor in sketch.without_masks(first.composer.state_dict()).items():
        assert torch.equal(tensor, second.composer.state_dict()[name])


def test_some_captions_are_hidden(drawings: Dataset, codes: Codes, vqgan: VQGAN, tmp_path: Path) -> None:
    training = _training(drawings, codes, vqgan, tmp_path)
    (caption,) = training.perceptor.tokens("a red apple on the sea")
    (empty,) = training.perceptor.tokens("")
    hidden = training._hide(caption.repeat(4, 1), torch.tensor([0.4, 0.6, 0.9, 1.1]))
    assert torch.equal(hidden[0], empty)
    kept = hidden[1:, 1:7] != 0
    assert kept.tolist() == [[True, False, False, True, True, False], [False] * 6, [True] * 6]
    assert torch.equal(hidden[1:, 7], caption[7].expand(3))


def test_hastened_attention_mixes_as_tamings() -> None:
    torch.manual_seed(0)
    composer = _composer()
    text, codes = torch.randn(2, 16, 64), torch.randint(32, (2, 144))
    with torch.no_grad():
        right = composer(text, codes)
        sketch.hasten(composer)
        assert torch.allclose(composer(text, codes), right, atol=1e-5)


def _composer() -> Composer:
    return Composer(64, 32, 160, n_layer=2, n_head=2, n_embd=32, n_unmasked=16).eval()
