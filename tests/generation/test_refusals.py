"""Refusals that models owe to what they offer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.refusals import class_refusal, cutouts_refusal, painter_refusal, size_refusal
from generation.sizes import Shape


@pytest.mark.parametrize(
    ("shape", "multiple", "sizes"),
    [
        ((144, 80), 32, ["128x64", "160x96"]),
        ((128, 80), 32, ["128x64", "128x96"]),
        ((64, 64), 128, ["128x128"]),
    ],
)
def test_the_nearest_sizes_are_named(shape: Shape, multiple: int, sizes: list[str]) -> None:
    refusal = size_refusal(shape, multiple)
    assert refusal is not None
    assert f"multiples of {multiple} pixels" in refusal
    assert refusal.endswith(f"ask for {' or '.join(f'`--size {size}`' for size in sizes)}.")


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 8, 16]))
def test_multiples_are_painted(width: int, height: int, multiple: int) -> None:
    assert size_refusal((16 * width, 16 * height), multiple) is None


def test_the_most_cutouts_are_named() -> None:
    assert cutouts_refusal(None, 64) is cutouts_refusal(64, 64) is None
    refusal = cutouts_refusal(65, 64)
    assert refusal is not None
    assert refusal.endswith("ask for no more with `--cutouts 64`.")


def test_the_nearest_classes_are_named() -> None:
    known = ("tench, Tinca tinca", "golden retriever", "owl")
    assert class_refusal([], known) is class_refusal([" TENCH", "Tinca  tinca", "owl"], known) is None
    refusal = class_refusal(["owl", "golden retreiver"], known)
    assert refusal == "There is no class 'golden retreiver'; there is for example golden retriever."
    assert (
        class_refusal(["xyz"], known)
        == "There is no class 'xyz'; there are for example tench, golden retriever and owl."
    )
    assert class_refusal(["xyz"], ("heart", "owl")) == "There is no class 'xyz'; there are for example heart and owl."


def test_the_painters_are_named() -> None:
    assert painter_refusal("vqgan", ["vqgan"]) is None
    refusal = painter_refusal("siren", ["vqgan", "pixels"])
    assert refusal is not None
    assert refusal.endswith("ask for `--painter vqgan` or `--painter pixels`.")
