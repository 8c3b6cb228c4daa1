from pathlib import Path
from typing import Any

import pytest
import yaml

from generation.checkpoints.description import describe_vqgan
from generation.errors import CheckpointError
from generation.pocket.description import (
    ComposerShape,
    NegativesSection,
    PocketSection,
    PriorSection,
    describe_composer,
    describe_pocket,
)
from generation.recipe import Recipe
from tests.conftest import TINY_VQGAN

COMPOSER = {"vocab_size": 16, "block_size": 20, "n_layer": 1, "n_head": 2, "n_embd": 16, "n_unmasked": 4}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vqgan.yaml"


def write_vqgan(path: Path, pocket: object = None) -> None:
    content = {"model": {"target": "taming.models.vqgan.VQModel", "params": TINY_VQGAN}}
    path.write_text(yaml.safe_dump(content | ({} if pocket is None else {"pocket": pocket})), "utf-8")


def test_most_weights_have_no_such_section(path: Path) -> None:
    write_vqgan(path)
    assert describe_pocket(path) == PocketSection(prior=None, negatives=None)


def test_both_parts_are_read_and_are_nothing_to_the_loop(path: Path) -> None:
    write_vqgan(path, {"prior": {"guidance": 2}, "negatives": {"distractors": ["a dog", "${oc.env:HOME}"]}})
    pocket = describe_pocket(path)
    assert pocket.prior == PriorSection(guidance=2.0)
    assert pocket.negatives == NegativesSection(distractors=("a dog", "${oc.env:HOME}"))
    assert describe_vqgan(path).recipe == Recipe()


@pytest.mark.parametrize(
    ("pocket", "complaint"),
    [
        (5, "pocket should be an object"),
        ({"sketch": {}}, "pocket.sketch is not known"),
        ({"prior": {"weights": "../other.yaml"}}, "pocket.prior.weights should be the name of a .yaml beside"),
        ({"prior": {"candidates": 0}}, "pocket.prior.candidates should be a whole number from 1 to 256"),
        ({"negatives": {"distractors": [""]}}, "pocket.negatives.distractors.0 should be a text of 1 to 1000"),
        ({"negatives": {"distractors": []}}, "pocket.negatives.distractors should have at least 1 item"),
        ({"negatives": {"nouns": ["cat"]}}, "pocket.negatives.distractors is missing"),
    ],
)
def test_what_cannot_be_is_refused_by_its_key(path: Path, pocket: object, complaint: str) -> None:
    write_vqgan(path, pocket)
    with pytest.raises(CheckpointError, match=complaint):
        describe_pocket(path)


def composer(**changes: int) -> dict[str, Any]:
    shape = COMPOSER | changes
    target = "taming.models.cond_transformer.Net2NetTransformer"
    return {"model": {"target": target, "params": {"transformer_config": {"params": shape}}}}


def test_a_composer_is_read(path: Path) -> None:
    path.write_text(yaml.safe_dump(composer()), "utf-8")
    assert describe_composer(path) == ComposerShape(**COMPOSER)


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("block_size", 21, "a square of places after those of the text"),
        ("block_size", 4, "a square of places"),
        ("n_head", 3, "n_embd as a multiple of n_head"),
        ("n_layer", 10**9, "n_layer should be a whole number from 1 to 64"),
        ("n_heads", 1, "n_heads is not known"),
    ],
)
def test_a_composer_that_cannot_be_built_is_refused(path: Path, key: str, value: int, complaint: str) -> None:
    path.write_text(yaml.safe_dump(composer(**{key: value})), "utf-8")
    with pytest.raises(CheckpointError, match=complaint):
        describe_composer(path)
