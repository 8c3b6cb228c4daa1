import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.request import ImagineRequest, Shape, size_refusal


def test_json_and_back() -> None:
    request = ImagineRequest("a", "ein Schloß", 7, 128, 64, 20, member="m", init="noise")
    assert ImagineRequest.from_json(request.to_json()) == request


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
