"""What ``easel imagine`` takes, and what it refuses."""

from pathlib import Path

import pytest

from easel.imagine_cli import ELSEWHERE, signature
from tests.easel.conftest import Easel


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["imagine"], "Missing option"),
        (["imagine", "a red apple"], "--out"),
        (["imagine", "a red apple", "--out", "apple.bmp"], "should end in .png"),
        (["imagine", "a red apple", "--out", "nowhere/apple.png"], "no folder nowhere"),
        (["imagine", "a red apple", "--out", "folder.png"], "is a folder"),
        (["imagine", "a red apple", "--out", "."], "and . is a folder"),
        (["imagine", "a --painter neural-style", "--out", "a.png"], "name its weights with models.vgg=FILE"),
        (["imagine", "a", "--painter", "neural-style", "--out", "a.png"], "name its weights with models.vgg=FILE"),
        (["imagine", "", "--out", "a.png"], "Say what to paint"),
        (["imagine", "a", "--out", "a.png", "--size", "0x0"], "64 to 512 pixels"),
        (["imagine", "a", "--out", "a.png", "--size", "128"], "width and height"),
        (["imagine", "a", "--out", "a.png", "--size", "100x64"], "multiples of 16"),
        (["imagine", "a", "--out", "a.png", "--seed", "-1"], "--seed takes a whole number"),
        (["imagine", "a", "--out", "a.png", "--seed", "x"], "--seed takes a whole number"),
        (["imagine", "a", "--out", "a.png", "--init", "7"], "--init takes a word"),
        (["imagine", "a", "--out", "a.png", "--steps", "0"], "--steps takes a whole number"),
        (["imagine", "a --seed 1", "--out", "a.png", "--seed", "2"], "twice"),
        (["imagine", "a --sead 1", "--out", "a.png"], "did you mean --seed?"),
        (["imagine", "a", "--out", "a.png", "--device", "tpu"], "cpu, cuda or cuda:N"),
        (["imagine", "a", "--out", "a.png", "--device", "cpu,tpu"], "cpu, cuda or cuda:N"),
        (["imagine", "a", "red", "apple", "--out", "a.png"], "in quotes"),
        (["imagine", "a", "--out", "a.png", "--precision", "fp8"], "'fp32', 'bf16'"),
        (["imagine", "a", "--out", "a.png", "--augment", "Af Pe"], "should be one word, with commas instead of blanks"),
    ],
)
def test_wrong_usage(easel: Easel, arguments: list[str], complaint: str) -> None:
    Path("folder.png").mkdir()
    code, out, err = easel(*arguments)
    assert (code, out) == (2, "")
    assert complaint in " ".join(err.replace("│", " ").split())


def test_flags_are_options_where_they_are_asked_about() -> None:
    without, with_flags = signature(["show"]).parameters, signature(["imagine"]).parameters
    assert without.keys() < with_flags.keys()
    assert {name.replace("-", "_") for name in ELSEWHERE} <= with_flags.keys()
