import os
import sys
import types
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf
from safetensors.torch import load_file
from torch import nn

from config.settings import ModelsSettings
from generation.checkpoints import load_clip, load_vqgan
from generation.errors import CheckpointError
from generation.recipe import Recipe


@pytest.fixture
def folder(tiny_models: ModelsSettings, tmp_path: Path) -> Path:
    """Copy the tiny models, so that a test may damage them."""
    for name in ("vqgan.yaml", "vqgan.safetensors", "clip.pt"):
        (tmp_path / name).write_bytes(Path(tiny_models.vqgan).with_name(name).read_bytes())
    return tmp_path


def test_vqgan_and_recipe_are_read(folder: Path) -> None:
    vqgan, recipe = load_vqgan(folder / "vqgan.yaml")
    assert vqgan.factor == 8
    assert vqgan.codebook.shape == (16, 8)
    assert recipe == Recipe(cutouts=4)


def test_lightning_checkpoint_is_read_without_lightning(folder: Path) -> None:
    state_dict = load_file(folder / "vqgan.safetensors")
    (folder / "vqgan.safetensors").unlink()
    module = types.ModuleType("pytorch_lightning.callbacks.model_checkpoint")
    callback = type("ModelCheckpoint", (), {"__module__": module.__name__, "best": 1.0})
    module.ModelCheckpoint = callback  # type: ignore[attr-defined]
    content = {
        "epoch": 3,
        "state_dict": {**state_dict, "loss.perceptual_loss.net.weight": torch.ones(1)},
        "callbacks": {callback: {"best_model_score": torch.tensor(0.5)}, "instance": callback()},
    }
    parents = ("pytorch_lightning", "pytorch_lightning.callbacks")
    with pytest.MonkeyPatch.context() as patch:
        for name in parents:
            patch.setitem(sys.modules, name, types.ModuleType(name))
        patch.setitem(sys.modules, module.__name__, module)
        torch.save(content, folder / "vqgan.ckpt")
    vqgan, _ = load_vqgan(folder / "vqgan.yaml")
    assert torch.equal(vqgan.codebook, state_dict["quantize.embedding.weight"])


class Hostile:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("executed",)


def test_code_in_a_checkpoint_is_not_executed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "vqgan.safetensors").unlink()
    torch.save({"state_dict": {}, "callbacks": Hostile()}, folder / "vqgan.ckpt")
    with pytest.raises(CheckpointError):
        load_vqgan(folder / "vqgan.yaml")
    assert not (folder / "executed").exists()


class Archive(nn.Module):
    """The tensors of a network under their names, in a form that TorchScript takes."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        for name, child in network.named_children():
            self.add_module(name, Archive(child))
        for name, parameter in network.named_parameters(recurse=False):
            self.register_parameter(name, parameter)
        for name, buffer in network.named_buffers(recurse=False):
            self.register_buffer(name, buffer)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_openai_archive_is_read(folder: Path) -> None:
    clip = load_clip(folder / "clip.pt").clip
    torch.jit.script(Archive(clip)).save(folder / "archive.pt")
    loaded = load_clip(folder / "archive.pt").clip
    for name, tensor in clip.state_dict().items():
        assert torch.allclose(loaded.state_dict()[name], tensor, atol=1e-3)


@pytest.mark.parametrize("name", ["vqgan.yaml", "vqgan.safetensors", "clip.pt"])
def test_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=name):
        load_clip(folder / name) if name == "clip.pt" else load_vqgan(folder / "vqgan.yaml")


@pytest.mark.parametrize("damage", [b"", b"not a checkpoint" * 100])
@pytest.mark.parametrize("name", ["vqgan.yaml", "vqgan.safetensors", "clip.pt"])
def test_damaged_file_is_named(folder: Path, name: str, damage: bytes) -> None:
    (folder / name).write_bytes(damage)
    with pytest.raises(CheckpointError, match=name) as caught:
        load_clip(folder / name) if name == "clip.pt" else load_vqgan(folder / "vqgan.yaml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["vqgan.safetensors", "clip.pt"])
def test_half_a_file_is_named(folder: Path, name: str) -> None:
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match=name):
        load_clip(folder / name) if name == "clip.pt" else load_vqgan(folder / "vqgan.yaml")


def test_weights_of_another_shape_are_refused(folder: Path) -> None:
    config = OmegaConf.load(folder / "vqgan.yaml")
    config.model.params.n_embed = 17
    OmegaConf.save(config, folder / "vqgan.yaml")
    with pytest.raises(CheckpointError, match="does not fit"):
        load_vqgan(folder / "vqgan.yaml")


def test_another_kind_of_model_is_refused(folder: Path) -> None:
    config = OmegaConf.load(folder / "vqgan.yaml")
    config.model.target = "taming.models.vqgan.GumbelVQ"
    OmegaConf.save(config, folder / "vqgan.yaml")
    with pytest.raises(CheckpointError, match="GumbelVQ"):
        load_vqgan(folder / "vqgan.yaml")


def test_something_else_than_clip_is_refused(folder: Path) -> None:
    torch.save({"weight": torch.ones(3)}, folder / "clip.pt")
    with pytest.raises(CheckpointError, match="CLIP"):
        load_clip(folder / "clip.pt")
