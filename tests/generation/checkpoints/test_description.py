import random
from pathlib import Path
from typing import Any

import pytest
import yaml
from omegaconf import OmegaConf

from generation.checkpoints.description import describe_vqgan
from generation.errors import MAX_SENTENCE, CheckpointError
from generation.recipe import Recipe
from tests.conftest import TINY_VQGAN

TARGET = "taming.models.vqgan.VQModel"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "vqgan.yaml"


def described(**changes: Any) -> dict[str, Any]:
    """Return the tiny VQGAN's YAML with changes, by dotted key with `__` for the dot."""
    content = OmegaConf.create({"model": {"target": TARGET, "params": TINY_VQGAN}, "recipe": {"cutouts": 4}})
    for key, value in changes.items():
        OmegaConf.update(content, key.replace("__", "."), value)
    plain = OmegaConf.to_container(content)
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}


def refusal(path: Path) -> str:
    """Return the one line with which a YAML is refused."""
    with pytest.raises(CheckpointError) as caught:
        describe_vqgan(path)
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert len(sentence) <= MAX_SENTENCE
    return sentence


def write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content), "utf-8")


def test_what_is_for_training_is_not_looked_at(path: Path) -> None:
    more = {
        "data": {"root": "${oc.env:NOT_SET}", "broken": "${"},
        "lightning": {"callbacks": [1, {"a": None}]},
        "model": {"base_learning_rate": 4.5e-6},
        "recipe": {},
    }
    content = described(model__params__lossconfig={"target": "x", "params": {"disc_start": "${y}"}})
    write(path, more | content)
    with path.open("a", encoding="utf-8") as file:
        file.write("again: !!python/object/apply:os.system [exit]\n")
    description = describe_vqgan(path)
    assert description.recipe == Recipe(cutouts=4)
    assert description.params.n_embed == 16


def test_nothing_is_interpolated(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EASEL_DISCORD__TOKEN", "sentinel")
    write(path, described(model__target="${oc.env:EASEL_DISCORD__TOKEN}"))
    assert "describes a ${oc.env:EASEL_DISCORD__TOKEN};" in refusal(path)
    write(path, described(recipe__init="${oc.env:EASEL_DISCORD__TOKEN}"))
    assert "recipe.init should be" in refusal(path)


DDCONFIG = "model__params__ddconfig__"


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("recipe__cutouts", 1_000_000_000, "recipe.cutouts should be a whole number from 1 to 512"),
        ("recipe__cutouts", 0, "recipe.cutouts should be a whole number from 1 to 512"),
        ("recipe__cutouts", "8", "recipe.cutouts should be a whole number from 1 to 512"),
        ("recipe__cutouts", True, "recipe.cutouts should be a whole number from 1 to 512"),
        ("recipe__cutouts", None, "recipe.cutouts should be a whole number from 1 to 512"),
        ("recipe__cutuots", 8, "recipe.cutuots is not known"),
        ("recipe__init", "gray", "recipe.init should be 'noise' or 'grey'"),
        ("recipe__stages", [{"canvas": 5}], "recipe.stages.0.canvas should be a name"),
        ("recipe__stages", [{"optimiser": "a\nb"}], "recipe.stages.0.optimiser should be a name"),
        ("recipe__stages", [{"descent": "adam"}], "recipe.stages.0.descent is not known"),
        ("recipe__stages", [{"learning_rate": float("nan")}], "learning_rate should be a number from 1e-06 to 100"),
        ("recipe__stages", [{"learning_rate": float("inf")}], "learning_rate should be a number from 1e-06 to 100"),
        ("recipe__stages", [{"share": 0.5}], "recipe.stages should have shares that add up to 1"),
        ("recipe__stages", [{"share": -0.1}], "recipe.stages.0.share should be a number from 0 to 1"),
        ("recipe__stages", [{}, {"share": 0}], "recipe.stages should have no share of 0"),
        (
            "recipe__coarse_to_fine",
            [{}, {"share": 0}],
            "recipe.coarse_to_fine should have no share of 0 in its first two stages",
        ),
        ("recipe__stages", [], "recipe.stages should have at least 1 item"),
        ("recipe__stages", [{"pyramid": [1.0] * 13}], "recipe.stages.0.pyramid should have at most 12 items"),
        ("recipe", 5, "recipe should be an object"),
        ("model__target", "taming.models.vqgan.NoVQ", "model.target should be a VQModel or GumbelVQ"),
        ("model__target", "x.GumbelVQ", "cannot be used: it should have z_channels as its embed_dim"),
        ("model__target", 5, "model.target is missing"),
        ("model__params__n_embed", 0, "model.params.n_embed should be a whole number from 1 to 1048576"),
        ("model__params__n_embed", "${oc.env:HOME}", "model.params.n_embed should be a whole number"),
        (f"{DDCONFIG}resamp_with_conv", False, "model.params.ddconfig.resamp_with_conv should be true"),
        (f"{DDCONFIG}double_z", True, "model.params.ddconfig.double_z should be false"),
        (f"{DDCONFIG}give_pre_end", True, "model.params.ddconfig.give_pre_end should be false"),
        (f"{DDCONFIG}attn_type", "linear", "model.params.ddconfig.attn_type should be 'vanilla'"),
        (f"{DDCONFIG}tanh_out", True, "model.params.ddconfig.tanh_out is not known"),
        (f"{DDCONFIG}in_channels", 1, "model.params.ddconfig.in_channels should be 3"),
        (f"{DDCONFIG}ch", 48, "model.params.ddconfig.ch should be a multiple of 32 up to 1024"),
        (f"{DDCONFIG}ch_mult", [1] * 9, "model.params.ddconfig.ch_mult should have at most 8 items"),
        (f"{DDCONFIG}ch_mult", [], "model.params.ddconfig.ch_mult should have at least 1 item"),
        (f"{DDCONFIG}num_res_blocks", 10**9, "model.params.ddconfig.num_res_blocks should be a whole number"),
    ],
)
def test_what_cannot_be_painted_with_is_refused_by_its_key(path: Path, key: str, value: Any, complaint: str) -> None:
    write(path, described(**{key: value}))
    assert complaint in refusal(path)


def test_a_missing_key_is_named(path: Path) -> None:
    content = described()
    del content["model"]["params"]["ddconfig"]["z_channels"]
    write(path, content)
    assert "model.params.ddconfig.z_channels is missing" in refusal(path)


def test_numbers_with_exponents_are_numbers(path: Path) -> None:
    write(path, described())
    text = path.read_text("utf-8").replace("cutouts: 4", "stages: [{learning_rate: 1e-2}, {share: 1e-0}]")
    path.write_text(text.replace("{learning_rate: 1e-2}, ", ""), "utf-8")
    assert describe_vqgan(path).recipe.stages[0].share == 1


BOMB = "a0: &a0 [1, 1]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "should hold key: value lines"),
        ("- 1\n", "should hold key: value lines"),
        ("a: [", "cannot be read"),
        ("a: 1\n---\nb: 2\n", "cannot be read"),
        ("\0", "cannot be read"),
        ("model: {target: 1}\n", "model.target is missing"),
        ("model:\n  target: a\n  target: b\n", "a key is there twice"),
        ("model: !!python/object/apply:os.mkdir [executed]\n", "the tag"),
        ("model: {target: !!python/name:os.mkdir }\n", "cannot be read"),
        ("model: {target: !!python/object/new:os.mkdir [executed]}\n", "the tag"),
        ("model: &m {target: x, params: *m}\n", "too deep"),
        (f"{BOMB}model: {{target: *a29}}\n", "too many values"),
        (f"model: {'[' * 100_000}\n", "cannot be read"),
        (f"model: {{target: {'x' * 2_000_000}}}\n", "more than 1 MB"),
        (f"model: {{target: {'9' * 100_000}}}\n", "cannot be read"),
        ("model: {target: !!int ''}\n", "'' is no int"),
        ("model: {target: !!bool x}\n", "'x' is no bool"),
        ("model: {target: !!timestamp x}\n", "'x' is no timestamp"),
        (f"model: {{target: 1{':1' * 300}.0}}\n", "is no float"),
        (f"model: {{target: 0x1{'0' * 5000}}}\n", "more than 1000 characters"),
        ("model: {target: 'a\\nb'}\n", "model.target should be a VQModel or GumbelVQ"),
    ],
    ids=lambda text: text[:20],
)
def test_odd_files_are_refused(
    path: Path, text: str, complaint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    path.write_text(text, "utf-8")
    assert complaint in refusal(path)
    assert not Path("executed").exists()


def test_a_section_that_is_not_needed_may_have_a_bomb(path: Path) -> None:
    write(path, described())
    path.write_text(f"{BOMB}{path.read_text('utf-8')}", "utf-8")
    assert describe_vqgan(path).recipe == Recipe(cutouts=4)


def test_damage_is_refused_and_nothing_worse(path: Path) -> None:
    write(path, described(recipe__stages=[{"share": 0.5, "pyramid": [1, 0.5]}, {"share": 0.5}]))
    whole = path.read_text("utf-8")
    chance = random.Random(0)
    refused = 0
    for _ in range(300):
        damaged = list(whole)
        for _ in range(chance.choice((1, 2, 8))):
            place = chance.randrange(len(damaged))
            damaged[place : place + chance.randrange(3)] = chance.choice("0-9eE.'\"\n\t {}[]&*!:$#|>%@`,~\x07é\ud7ff")
        path.write_text("".join(damaged), "utf-8")
        try:
            describe_vqgan(path)
        except CheckpointError:
            refused += 1
    assert refused > 100
