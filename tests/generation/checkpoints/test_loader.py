import os
import resource
import subprocess
import sys
import types
from importlib import resources
from pathlib import Path

import pytest
import torch
from omegaconf import OmegaConf
from safetensors.torch import load_file, save_file
from torch import nn

from config.settings.models import ModelsSettings
from generation.checkpoints.loader import load_clip, load_models, load_vqgan
from generation.checkpoints.state_dict import read_state_dict
from generation.errors import MAX_SENTENCE, CheckpointError
from generation.models.precision import Precision
from generation.models.upstream import clip_model
from generation.models.vqgan import VQGAN
from generation.recipe import Recipe
from tests.conftest import TINY_DDCONFIG, unprivileged


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


def test_weights_are_told_from_others_in_whichever_number_format(folder: Path) -> None:
    def fingerprint(precision: Precision = "float32") -> str:
        files = str(folder / "vqgan.yaml"), str(folder / "clip.pt")
        return load_models(*files, torch.device("cpu"), precision).fingerprint

    first = fingerprint()
    assert fingerprint("bfloat16") == first
    weights = load_file(folder / "vqgan.safetensors")
    weights["decoder.conv_out.weight"] += 1e-4
    save_file(weights, folder / "vqgan.safetensors")
    assert fingerprint() != first


def test_weights_may_be_named_instead_of_their_yaml(folder: Path) -> None:
    weights = load_file(folder / "vqgan.safetensors")
    weights["decoder.conv_out.weight"] += 1
    torch.save(weights, folder / "vqgan.ckpt")
    (folder / "other.yaml").write_bytes((folder / "vqgan.yaml").read_bytes())

    def loaded(vqgan: str, config: str | None = None) -> tuple[str, str]:
        apart = None if config is None else folder / config
        models = load_models(str(folder / vqgan), str(folder / "clip.pt"), torch.device("cpu"), vqgan_config=apart)
        return models.path.name, models.fingerprint

    first, other = loaded("vqgan.safetensors"), loaded("vqgan.ckpt")
    assert loaded("vqgan.yaml") == first
    assert other[0] == first[0] == "vqgan.yaml"
    assert other[1] != first[1]
    (folder / "vqgan.yaml").unlink()
    assert loaded("vqgan.ckpt", "other.yaml") == ("other.yaml", other[1])
    with pytest.raises(CheckpointError, match=r"vqgan\.yaml does not exist"):
        loaded("vqgan.ckpt")
    with pytest.raises(CheckpointError, match=r"gone\.ckpt does not exist"):
        loaded("gone.ckpt", "other.yaml")
    with pytest.raises(CheckpointError, match=r"is a folder: name the file in it"):
        loaded(".", "other.yaml")


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


def test_averages_of_a_vqgan_are_preferred(folder: Path) -> None:
    weights = load_file(folder / "vqgan.safetensors")
    averages = {f"model_ema.{name.replace('.', '')}": tensor + 1 for name, tensor in weights.items()}
    save_file(weights | averages | {"loss.discriminator.weight": torch.ones(1)}, folder / "vqgan.safetensors")
    vqgan, _ = load_vqgan(folder / "vqgan.yaml")
    for name, tensor in vqgan.state_dict().items():
        assert torch.equal(tensor, weights[name] + 1)


def test_the_first_stage_of_a_second_one_is_read(folder: Path) -> None:
    """As taming publishes those for faces, COCO and landscapes: both stages in one file, and another VQGAN."""
    config = OmegaConf.load(folder / "vqgan.yaml")
    second = {"target": "taming.models.cond_transformer.Net2NetTransformer"}
    config.model = {**second, "params": {"first_stage_config": config.model, "cond_stage_config": {"target": "x.VQ"}}}
    OmegaConf.save(config, folder / "vqgan.yaml")
    weights = load_file(folder / "vqgan.safetensors")
    other = {f"cond_stage_model.{name}": tensor + 1 for name, tensor in weights.items()}
    (folder / "vqgan.safetensors").unlink()
    whole = other | {f"first_stage_model.{name}": tensor for name, tensor in weights.items()}
    torch.save({"state_dict": whole | {"transformer.head.weight": torch.ones(1)}}, folder / "vqgan.ckpt")
    vqgan, recipe = load_vqgan(folder / "vqgan.yaml")
    assert torch.equal(vqgan.codebook, weights["quantize.embedding.weight"])
    assert recipe == Recipe(cutouts=4)


@pytest.mark.parametrize("suffix", [".safetensors", ".ckpt"])
def test_the_weights_may_be_named_in_place_of_their_yaml(folder: Path, suffix: str) -> None:
    weights = load_file(folder / "vqgan.safetensors")
    torch.save({name: tensor + 1 for name, tensor in weights.items()}, folder / "vqgan.ckpt")
    models = load_models(str(folder / f"vqgan{suffix}"), "pocket", torch.device("cpu"), "float32")
    added = 1.0 if suffix == ".ckpt" else 0.0
    assert torch.equal(models.vqgan.codebook, weights["quantize.embedding.weight"] + added)
    assert models.path == folder / "vqgan.yaml"
    (folder / "vqgan.yaml").unlink()
    with pytest.raises(CheckpointError, match=r"vqgan\.yaml does not exist"):
        load_vqgan(folder / f"vqgan{suffix}")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_read(folder: Path, dtype: torch.dtype) -> None:
    weights = {name: tensor.to(dtype) for name, tensor in load_file(folder / "vqgan.safetensors").items()}
    save_file(weights, folder / "vqgan.safetensors")
    vqgan, _ = load_vqgan(folder / "vqgan.yaml")
    assert torch.equal(vqgan.codebook, weights["quantize.embedding.weight"].float())


def save_gumbel(folder: Path, **more: torch.Tensor) -> None:
    """Make a ``GumbelVQ`` of the tiny VQGAN."""
    config = OmegaConf.load(folder / "vqgan.yaml")
    config.model.target = "taming.models.vqgan.GumbelVQ"
    config.model.params.embed_dim = 16
    OmegaConf.save(config, folder / "vqgan.yaml")
    save_file(VQGAN(TINY_DDCONFIG, 16, 16, gumbel=True).state_dict() | more, folder / "vqgan.safetensors")


def test_a_gumbel_vqgan_encodes_to_its_likeliest_codes(folder: Path) -> None:
    save_gumbel(folder)
    vqgan, _ = load_vqgan(folder / "vqgan.yaml")
    pictures = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    z = vqgan.encode(pictures)
    assert torch.equal(vqgan.lookup(vqgan.codes(z)), z)
    save_gumbel(folder, **{"quantize.used": torch.tensor([3, 11])})
    vqgan, _ = load_vqgan(folder / "vqgan.yaml")
    assert set(vqgan.codes(vqgan.encode(pictures)).flatten().tolist()) <= {3, 11}


@pytest.mark.parametrize(
    "used", [torch.tensor([16]), torch.tensor([-1]), torch.zeros(0).long(), torch.ones(1), torch.zeros(17).long()]
)
def test_codes_in_use_that_there_are_not_are_refused(folder: Path, used: torch.Tensor) -> None:
    save_gumbel(folder, **{"quantize.used": used})
    with pytest.raises(CheckpointError, match=r"quantize\.used names codes that there are not"):
        load_vqgan(folder / "vqgan.yaml")


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
    config.model.target = "taming.models.vqgan.VQSegmentationModel"
    OmegaConf.save(config, folder / "vqgan.yaml")
    with pytest.raises(CheckpointError, match="VQSegmentationModel"):
        load_vqgan(folder / "vqgan.yaml")


def test_something_else_than_clip_is_refused(folder: Path) -> None:
    torch.save({"weight": torch.ones(3)}, folder / "clip.pt")
    with pytest.raises(CheckpointError, match="CLIP"):
        load_clip(folder / "clip.pt")


def save_prefixed(folder: Path, prefix: str) -> None:
    """Save both models under names with a prefix."""
    vqgan = load_file(folder / "vqgan.safetensors")
    (folder / "vqgan.safetensors").unlink()
    torch.save({"state_dict": {f"{prefix}{name}": tensor for name, tensor in vqgan.items()}}, folder / "vqgan.ckpt")
    clip = torch.load(folder / "clip.pt", weights_only=True)
    torch.save({"model": {f"{prefix}{name}": tensor for name, tensor in clip.items()}}, folder / "clip.pt")


@pytest.mark.parametrize("prefix", ["module.", "model.", "first_stage_model.", "module.model."])
def test_what_training_puts_before_names_does_not_matter(folder: Path, prefix: str) -> None:
    before = load_vqgan(folder / "vqgan.yaml")[0].codebook, load_clip(folder / "clip.pt").clip.state_dict()
    save_prefixed(folder, prefix)
    assert torch.equal(load_vqgan(folder / "vqgan.yaml")[0].codebook, before[0])
    assert all(
        torch.equal(tensor, before[1][name]) for name, tensor in load_clip(folder / "clip.pt").clip.state_dict().items()
    )


@pytest.mark.parametrize("archive", [True, False])
@pytest.mark.parametrize("content", [{"state_dict": 5}, {"model": "vqgan"}, [1], 5, torch.ones(3), {}])
def test_a_checkpoint_of_an_odd_shape_is_refused_in_a_line(folder: Path, archive: bool, content: object) -> None:
    (folder / "vqgan.safetensors").unlink()
    for name in ("vqgan.ckpt", "clip.pt"):
        torch.save(content, folder / name, _use_new_zipfile_serialization=archive)
    for load, name in ((load_vqgan, "vqgan.yaml"), (load_clip, "clip.pt")):
        with pytest.raises(CheckpointError, match="a dict of tensors is missing") as caught:
            load(folder / name)
        assert len(str(caught.value).splitlines()) == 1
        assert len(str(caught.value)) <= MAX_SENTENCE


def test_what_is_missing_is_named_and_counted(folder: Path) -> None:
    weights = load_file(folder / "vqgan.safetensors")
    weights = {name: tensor for name, tensor in weights.items() if not name.startswith("decoder.")}
    save_file(weights, folder / "vqgan.safetensors")
    with pytest.raises(CheckpointError, match=r"decoder\.\S+ is missing and \d+ more\.") as caught:
        load_vqgan(folder / "vqgan.yaml")
    assert len(str(caught.value)) <= MAX_SENTENCE


@pytest.mark.parametrize(
    ("name", "shape", "complaint"),
    [
        ("ln_final.weight", (50_000_000,), "transformer_width is 50000000"),
        ("positional_embedding", (50_000_000, 1), "context_length is 50000000"),
        ("token_embedding.weight", (100, 64), "vocab_size is 100"),
        ("ln_final.weight", (200,), "transformer_width is 200, not a multiple of 64"),
        ("visual.layer1.0.conv1.weight", (9, 3, 3, 3), "vision_width is 9, not a multiple of 2"),
        ("text_projection", (64,), "text_projection has too few dimensions"),
        ("visual.attnpool.positional_embedding", (0, 256), "visual.attnpool.positional_embedding is empty"),
        ("text_projection", (64, 8192), "instead of"),
        ("visual.conv1.weight", (64, 3, 3), "instead of"),
    ],
)
def test_an_absurd_clip_is_refused_before_memory_is_taken(
    folder: Path, name: str, shape: tuple[int, ...], complaint: str
) -> None:
    weights = torch.load(folder / "clip.pt", weights_only=True)
    torch.save(weights | {name: torch.zeros(shape, dtype=torch.uint8)}, folder / "clip.pt")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(CheckpointError, match=complaint):
        load_clip(folder / "clip.pt")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000


def test_weights_that_are_no_numbers_of_the_kind_are_refused(folder: Path) -> None:
    weights = torch.load(folder / "clip.pt", weights_only=True)
    torch.save(weights | {"ln_final.weight": torch.ones(64, dtype=torch.complex64)}, folder / "clip.pt")
    with pytest.raises(CheckpointError, match="complex64"):
        load_clip(folder / "clip.pt")


def test_a_vision_transformer_without_a_head_is_refused(folder: Path) -> None:
    weights = clip_model.CLIP(16, 32, 2, 64, 8, 77, 49408, 64, 1, 2).state_dict()
    torch.save(weights | {"visual.conv1.weight": torch.zeros(32, 3, 8, 8)}, folder / "clip.pt")
    with pytest.raises(CheckpointError, match="vision_width is 32, not a multiple of 64"):
        load_clip(folder / "clip.pt")


def test_weights_that_are_not_finite_are_refused(folder: Path) -> None:
    weights = torch.load(folder / "clip.pt", weights_only=True)
    torch.save(weights | {"ln_final.weight": torch.full((64,), torch.nan)}, folder / "clip.pt")
    with pytest.raises(CheckpointError, match=r"ln_final\.weight holds values that are no numbers"):
        load_clip(folder / "clip.pt")


def test_a_path_that_cannot_be_looked_up_is_refused(folder: Path) -> None:
    for load, suffix in ((load_clip, "pt"), (load_vqgan, "yaml")):
        with pytest.raises(CheckpointError, match=r"cannot be read: File name too long"):
            load(folder / f"{'a' * 300}.{suffix}")


def test_a_file_that_may_not_be_read_is_called_so(folder: Path) -> None:
    (folder / "clip.pt").chmod(0)
    folder.chmod(0)
    with unprivileged(), pytest.raises(CheckpointError, match=r"clip\.pt cannot be read: Permission denied"):
        load_clip(folder / "clip.pt")
    folder.chmod(0o700)
    with unprivileged(), pytest.raises(CheckpointError, match=r"clip\.pt cannot be read: Permission denied"):
        read_state_dict(folder / "clip.pt")


def test_a_vision_transformer_is_read(folder: Path) -> None:
    clip = clip_model.CLIP(16, 32, 2, 64, 8, 77, 49408, 64, 1, 2)
    torch.save(clip.state_dict() | {"input_resolution": torch.tensor(32)}, folder / "clip.pt")
    loaded = load_clip(folder / "clip.pt")
    assert loaded.input_size == 32
    assert not loaded.clip.training
    for name, tensor in clip.state_dict().items():
        assert torch.allclose(loaded.clip.state_dict()[name], tensor, atol=1e-3)


def test_shipped_weights_are_what_torch_reads() -> None:
    path = Path(str(resources.files("generation"))) / "weights" / "pocket" / "clip.pt"
    wanted = clip_model.build_model(torch.load(path, weights_only=True)).float().state_dict()
    found = load_clip(path).clip.state_dict()
    assert found.keys() == wanted.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in wanted.items())


def test_loading_does_not_import_the_compiler() -> None:
    code = """
import sys, torch
from generation.checkpoints.loader import load_models
load_models("pocket", "pocket", torch.device("cpu"))
print("torch._dynamo" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_encoder_is_let_go_of_until_a_picture_needs_it(folder: Path) -> None:
    files = str(folder / "vqgan.yaml"), str(folder / "clip.pt")
    whole, _ = load_vqgan(folder / "vqgan.yaml")
    loaded = load_models(*files, torch.device("cpu"), "float32").vqgan
    picture = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert loaded.encoder is None
    with torch.no_grad():
        assert loaded.encode(picture).equal(whole.encode(picture))
    assert loaded.encoder is not None
    (folder / "vqgan.safetensors").unlink()
    assert loaded.encode(picture).equal(loaded.encode(picture)), "it is read once"


@pytest.mark.parametrize("change", ["other", "gone"])
def test_an_encoder_that_is_no_longer_there_is_not_replaced_by_another(folder: Path, change: str) -> None:
    loaded = load_models(str(folder / "vqgan.yaml"), str(folder / "clip.pt"), torch.device("cpu")).vqgan
    weights = load_file(folder / "vqgan.safetensors")
    (folder / "vqgan.safetensors").unlink()
    if change == "other":
        save_file({name: each + 1 for name, each in weights.items()}, folder / "vqgan.safetensors")
    with pytest.raises(CheckpointError, match="not what it was" if change == "other" else "missing"):
        loaded.encode(torch.zeros(1, 3, 32, 32))


def test_no_weights_lie_in_their_files_when_they_are_prepared(folder: Path) -> None:
    torch.save(load_file(folder / "vqgan.safetensors"), folder / "vqgan.ckpt")
    models = load_models(str(folder / "vqgan.ckpt"), str(folder / "clip.pt"), torch.device("cpu"), "float32")
    maps = [line.split() for line in Path("/proc/self/maps").read_text().splitlines()]
    named = [line for line in maps if line[-1].startswith(str(folder))]
    assert named == []
    assert models.vqgan.codebook.isfinite().all()


@pytest.mark.parametrize("values", ["halves", "singles"])
def test_halves_stay_halves_and_give_the_same_vectors(folder: Path, values: str) -> None:
    weights = torch.load(folder / "clip.pt", weights_only=True)
    if values == "halves":
        torch.save(
            {name: each.half() if each.is_floating_point() else each for name, each in weights.items()},
            folder / "clip.pt",
        )
    single = load_clip(folder / "clip.pt")
    loaded = load_models(str(folder / "vqgan.yaml"), str(folder / "clip.pt"), torch.device("cpu"), "float32").perceptor
    assert loaded.encode_texts(["a red apple"]).equal(single.encode_texts(["a red apple"]))
    kept = next(iter(loaded.members)).clip.state_dict()["token_embedding.weight"].dtype
    assert kept == (torch.float16 if values == "halves" else torch.float32)
