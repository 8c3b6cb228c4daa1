"""Weights that can be read and fit no network, or nearly one."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
import yaml
from hypothesis import strategies as st
from torch import Tensor

from generation.checkpoints.loader import load_clip, load_vqgan
from generation.errors import MAX_SENTENCE, CheckpointError
from generation.models.upstream import clip_model
from tests.conftest import TINY_VQGAN, tiny_vqgan
from tests.fuzz.target import Check, Target
from tests.generation.checkpoints.clips import of_open_clip, of_transformers, vision_transformer

Edit = tuple[int, int, int]
"""Of which tensor, in which way, to what."""
VALUES = (0.0, 1e30, 1e38, float("nan"), float("inf"), float("-inf"))
DTYPES = (torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.uint8, torch.bool, torch.complex64)
SIDES = (0, 1, 2, 3, 63, 64, 65, 4097)
SHAPES = ((), (0,), (1,), (64,), (3, 3), (1,) * 5, (0, 64), (64, 0), (64, 3, 0, 0))
KINDS = 5
"""CLIPs of two kinds, one of them under three kinds of names, and a VQGAN."""
NAMES = ("1", "2", "-1", "9" * 30, "x", "")


def edited(weights: dict[str, Tensor], edits: list[Edit]) -> dict[str, Tensor]:
    """Return weights of which some are of an odd shape, type or value, or gone."""
    weights = dict(weights)
    for which, way, number in edits:
        if not weights:
            break
        name = sorted(weights)[which % len(weights)]
        tensor = weights.pop(name)
        match way:
            case 1:
                weights[name] = torch.full_like(tensor, VALUES[number % len(VALUES)], dtype=torch.float32)
            case 2:
                weights[name] = tensor.to(DTYPES[number % len(DTYPES)])
            case 3:
                weights[name] = torch.zeros(SHAPES[number % len(SHAPES)])
            case 4:
                weights[name] = torch.zeros(SIDES[number % len(SIDES)], *tensor.shape[1:])
            case 5:
                weights[name] = torch.zeros(*tensor.shape[:-1], SIDES[number % len(SIDES)])
            case 6:
                weights[name] = tensor
                weights[name.replace("0", NAMES[number % len(NAMES)])] = tensor
            case _:
                pass
    return weights


@contextlib.contextmanager
def files() -> Iterator[Check]:
    """Save the weights of small networks with what is odd, and load them."""
    torch.manual_seed(0)
    clips = [
        clip_model.CLIP(8, *vision, 3, 49408, 64, 1, 1).state_dict()
        for vision in ((16, 1, 64, 8), (32, (1,) * 4, 8, None))
    ]
    clips += [of_open_clip(vision_transformer(64, 64)), of_transformers(vision_transformer(64, 64))]
    vqgan = tiny_vqgan(4).state_dict()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vqgan.yaml"
        path.write_text(yaml.safe_dump({"model": {"target": "x.VQModel", "params": TINY_VQGAN}}), "utf-8")

        def check(value: tuple[int, list[Edit]]) -> str:
            which, edits = value
            file = path.with_suffix(".ckpt")
            torch.save(edited(([*clips, vqgan])[which], edits), file)
            try:
                if which == len(clips):
                    load_vqgan(path)
                else:
                    load_clip(file)
            except CheckpointError as error:
                assert len(str(error)) <= MAX_SENTENCE
                assert str(error).isprintable()
                return "refused"
            return "loaded"

        # What torch imports at the first time is not what an input leads to.
        assert {check((which, [])) for which in range(KINDS)} == {"loaded"}
        yield check


EDITS = st.lists(st.tuples(st.integers(0, 999), st.integers(0, 6), st.integers(0, 99)), max_size=4)
NETWORKS = Target(
    st.tuples(st.integers(0, KINDS - 1), EDITS),
    files,
    frozenset({"loaded", "refused"}),
    examples=60,
    loads=("torch", "sympy", "mpmath"),
)
