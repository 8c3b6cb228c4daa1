"""What is read as a BigGAN, and what is refused in a line."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from generation.checkpoints.biggan import imagenet, load_biggan, pocket
from generation.checkpoints.loader import fingerprint
from generation.errors import CheckpointError
from tests.generation.models.biggans import CONFIG, published


def write(folder: Path, **changes: Any) -> Path:
    weights = {name: tensor.contiguous() for name, tensor in published().state_dict().items()}
    save_file(weights, folder / "a.safetensors")
    (folder / "a.json").write_text(json.dumps(CONFIG | changes))
    return folder / "a.json"


def test_the_pocket_one_knows_its_classes() -> None:
    network = load_biggan(pocket())
    assert network.shape.side == 64
    assert len(network.classes) == network.shape.num_classes >= 20
    assert pocket().with_suffix(".safetensors").stat().st_size <= 8_000_000


def test_any_number_of_threads_reads_the_same() -> None:
    usual, read = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            read.append(fingerprint(load_biggan(pocket())))
    finally:
        torch.set_num_threads(usual)
    assert len({*read}) == 1


def test_a_thousand_classes_are_those_of_imagenet() -> None:
    names = imagenet()
    assert len(names) == 1000
    assert (names[0], names[207], names[985]) == ("tench, Tinca tinca", "golden retriever", "daisy")


def test_classes_without_names_are_numbers(tmp_path: Path) -> None:
    assert load_biggan(write(tmp_path)).classes == ("0", "1", "2", "3", "4")
    assert load_biggan(tmp_path / "a.safetensors").classes == ("0", "1", "2", "3", "4")
    assert load_biggan(write(tmp_path, classes=list("abcde"))).classes == tuple("abcde")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"output_dim": 32}, "should have an output_dim of 4, doubled by its layers"),
        ({"z_dim": "8"}, "z_dim should be a whole number from 1 to 1024"),
        ({"layers": [[True, 16, 8], [False, 4, 1]]}, "should have layers that go on from 16"),
        ({"classes": ["one"]}, "should have a name for each class"),
        ({"classes": ["a:b", "b", "c", "d", "e"]}, "a name of up to 200 characters without a colon"),
        ({"num_classes": 6}, "embeddings.weight is [8, 5] of torch.float32 instead of [8, 6]"),
        ({"n_stats": 1 << 40}, "n_stats should be a whole number from 2 to 1001"),
        ({"class_embed_dim": 9}, "should have z_dim as its class_embed_dim"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        load_biggan(write(tmp_path, **changes))
    assert sentence in str(caught.value)


def test_other_files_are_refused(tmp_path: Path) -> None:
    config = write(tmp_path)
    config.write_text("{")
    with pytest.raises(CheckpointError, match="cannot be read as JSON"):
        load_biggan(config)
    config.unlink()
    with pytest.raises(CheckpointError, match=r"cannot be used alone: put a\.json beside it"):
        load_biggan(tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match="does not exist"):
        load_biggan(config)


def test_a_spectral_norm_without_its_vectors_is_refused(tmp_path: Path) -> None:
    config = write(tmp_path)
    weights = dict(published().state_dict())
    del weights["generator.gen_z.weight_u"]
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, tmp_path / "a.safetensors")
    with pytest.raises(CheckpointError, match="a spectral norm is not whole"):
        load_biggan(config)
    torch.save({"a": torch.zeros(1)}, tmp_path / "b.bin")
    (tmp_path / "b.json").write_text(json.dumps(CONFIG))
    with pytest.raises(CheckpointError, match="does not hold the weights of a BigGAN"):
        load_biggan(tmp_path / "b.json")
