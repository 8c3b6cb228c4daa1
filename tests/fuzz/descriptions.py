"""YAML, forged: what a model's says of it, and the settings."""

import contextlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import yaml
from hypothesis import strategies as st

from config.layers import ConfigError, load
from generation.checkpoints.clip_description import describe_clip
from generation.checkpoints.clip_names import OPENAI, TRANSFORMERS
from generation.checkpoints.description import describe_vqgan
from generation.errors import MAX_SENTENCE, CheckpointError
from generation.pocket.description import describe_composer, describe_pocket
from tests.conftest import TINY_VQGAN
from tests.fuzz.mutations import damaged, mutated, shuffled
from tests.fuzz.target import Check, Target

SECRET = "squeamish-ossifrage"
"""The token."""
HIDDEN = "ossifrage-squeamish"
VARIABLE = "FUZZED"
"""Of the environment; no model may bring to light what it holds."""
MODEL = {
    "model": {"target": "taming.models.vqgan.VQModel", "params": TINY_VQGAN},
    "recipe": {
        "cutouts": 4,
        "init": "grey",
        "stages": [{"share": 0.5, "canvas": "latent", "optimiser": "adam", "learning_rate": 0.1, "pyramid": [1.0, 0.5]}]
        * 2,
    },
    "pocket": {"prior": {"weights": "a.yaml", "candidates": 2}, "negatives": {"distractors": ["a"], "nouns": ["b"]}},
    "data": {"root": "x"},
}
SHAPE = {"vocab_size": 9, "block_size": 20, "n_layer": 1, "n_head": 2, "n_embd": 8, "n_unmasked": 4}
COMPOSER = {
    "model": {"target": "taming.Net2NetTransformer", "params": {"transformer_config": {"params": SHAPE}}},
}
CLIPS: dict[str, Any] = {
    TRANSFORMERS: {
        "model_type": "clip",
        "text_config": {"hidden_act": "gelu", "num_attention_heads": 8, "layer_norm_eps": 1e-05},
        "vision_config": {"hidden_act": "gelu", "num_attention_heads": 12},
    },
    OPENAI: {
        "model_cfg": {
            "quick_gelu": True,
            "vision_cfg": {"head_width": 64, "layers": 12, "pool_type": "tok"},
            "text_cfg": {"heads": 8, "context_length": 77},
        },
        "preprocess_cfg": {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]},
    },
}
"""What is beside the weights of a CLIP, by what these are known."""
CHOSEN = {
    "discord": {"token": SECRET, "prefix": "."},
    "models": {"vqgan": "pocket", "clip": "pocket", "precision": "auto"},
    "painting": {"width": 128, "height": 128, "steps": 100, "max_side": 512},
    "executor": {"devices": ["cpu"]},
    "queue": {"per_member": 3},
    "data_dir": "/nowhere",
}
PIECES = [
    *(
        "!!python/object/apply:os.mkdir [executed]",
        "!!python/name:os.system ''",
        "!!python/module:os ''",
        "!x y",
        "!!set {a}",
    ),
    *("!!binary aGk=", "!!timestamp 2020-99-99", "2020-01-01", "!!int x", "!!float ''", "!!merge x", "0x1" + "0" * 900),
    *(
        "1" + ":1" * 400,
        "1e999",
        ".nan",
        "-.inf",
        "0b2",
        "0o9",
        "1_0",
        "yes",
        "~",
        "=",
        "<<",
        "? a",
        "- a",
        "a: b",
        "|\n  x",
    ),
    *(
        "&a [*a]",
        "&b {c: *b}",
        "*missing",
        "<<: *a",
        "{a: 1, a: 2}",
        "[" * 500,
        "{" * 500,
        "- " * 300,
        "? " * 300,
        "'",
        '"\\',
    ),
    *(
        f"${{oc.env:{VARIABLE}}}",
        f"${{oc.decode:${{oc.env:{VARIABLE}}}}}",
        "${discord.token}",
        "${",
        "${a:b",
        "${.}",
        "${..x}",
    ),
    *(
        "%YAML 9.9\n---",
        "%TAG ! !python/",
        "---",
        "...",
        "\t",
        "\0",
        "\ufeff",
        "\u2028",
        "\x85",
        "#",
        "é" * 20,
        '"\\ud800"',
    ),
]
BOMB = "a0: &a0 [1, 1]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))


def odd_yaml(random: Random, value: Any) -> bytes:
    """Return what stands for a value, with some of it odd in value or in the way it is written."""
    for _ in range(random.choice((0, 1, 1, 2))):
        value = mutated(random, value)
    if random.random() < 0.3:
        return json.dumps(value).encode()
    text = yaml.safe_dump(value, sort_keys=False, default_flow_style=random.choice((None, False, True)))
    lines = text.splitlines(keepends=True)
    for _ in range(random.choice((0, 1, 1, 2, 5))):
        place = random.randrange(len(lines))
        key, colon, _ = lines[place].partition(": ")
        piece = random.choice(PIECES)
        lines[place] = random.choice(
            (f"{key}{colon}{piece}\n", f"{piece}\n", f"{lines[place]}{piece}\n", f"{piece}: 1\n")
        )
    whole = [line.encode("utf-8", "surrogatepass") for line in lines]
    if random.random() < 0.2:
        whole = shuffled(random, whole)
    if random.random() < 0.05:
        whole.insert(0, BOMB.encode())
    return damaged(random, b"".join(whole)) if random.random() < 0.2 else b"".join(whole)


@contextlib.contextmanager
def files(read: Callable[[Path], str]) -> Iterator[Check]:
    """Write each input to a file, with a secret in the environment."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ[VARIABLE] = HIDDEN
        path = Path(folder) / "x.yaml"

        def check(content: bytes) -> str:
            path.write_bytes(content)
            return read(path)

        yield check


def read_model(path: Path) -> str:
    """Check what a model's YAML is read as, by each of its readers."""
    read = 0
    for describe in (describe_vqgan, describe_pocket, describe_composer):
        try:
            found = describe(path)
        except CheckpointError as error:
            assert len(str(error)) <= MAX_SENTENCE
            assert str(error).isprintable()
            shown = str(error)
        else:
            read += 1
            shown = repr(found)
        assert HIDDEN not in shown
    return "read" if read else "refused"


@contextlib.contextmanager
def clip_files() -> Iterator[Check]:
    """Write each input to a file beside weights that are not there."""
    with tempfile.TemporaryDirectory() as folder:

        def check(value: tuple[str, bytes]) -> str:
            known, content = value
            (Path(folder) / "x.json").write_bytes(content)
            try:
                describe_clip(Path(folder) / "x.pt", known)
            except CheckpointError as error:
                assert len(str(error)) <= MAX_SENTENCE
                assert str(error).isprintable()
                return "refused"
            return "read"

        yield check


def odd_json(random: Random, value: Any) -> bytes:
    """Return what stands for a value of which some is odd, or gone, or was damaged."""
    for _ in range(random.choice((0, 1, 1, 3))):
        value = mutated(random, value)
    whole = json.dumps(value).encode()
    return damaged(random, whole) if random.random() < 0.2 else whole


def read_settings(path: Path) -> str:
    """Check that settings are read, or refused in a line that holds no token."""
    try:
        settings = load(path, environment={})
    except ConfigError as error:
        assert SECRET not in str(error)
        assert len(str(error).splitlines()) == 1
        return "refused"
    assert SECRET not in repr(settings)
    return "read"


RANDOM: Any = st.randoms(use_true_random=False)
DESCRIPTIONS = Target(
    RANDOM.map(lambda random: odd_yaml(random, random.choice((MODEL, MODEL, COMPOSER)))),
    lambda: files(read_model),
    frozenset({"read", "refused"}),
    examples=400,
)
CLIP_DESCRIPTIONS = Target(
    st.tuples(st.sampled_from(sorted(CLIPS)), RANDOM).map(lambda pair: (pair[0], odd_json(pair[1], CLIPS[pair[0]]))),
    clip_files,
    frozenset({"read", "refused"}),
    examples=400,
)
SETTINGS = Target(
    RANDOM.map(lambda random: odd_yaml(random, CHOSEN)),
    lambda: files(read_settings),
    frozenset({"read", "refused"}),
    examples=200,
    loads=("omegaconf", "antlr4"),
)
