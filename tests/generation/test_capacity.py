import pytest

from generation.capacity import Capacity, memory_refusal

SMALL, LARGE = Capacity(1, memory=1e6, pixel_bytes=10), Capacity(8, memory=4e6, picture_bytes=1e6, pixel_bytes=10)


def test_a_picture_that_some_device_holds_is_not_refused() -> None:
    assert memory_refusal((512, 512), [SMALL, LARGE], 16) is None
    assert memory_refusal((4096, 4096), [], 16) is None, "nothing is known while no device is up"
    assert memory_refusal((4096, 4096), [SMALL, Capacity(1)], 16) is None, "one has never told"


@pytest.mark.parametrize(
    ("shape", "multiple", "advice"),
    [
        ((1024, 1024), 16, "ask for `--size 624x624` or less"),
        ((1024, 1024), 128, "ask for `--size 512x512` or less"),
        ((4096, 1024), 16, "ask for `--size 1264x304` or less"),
        ((1024, 1024), 1024, "none fits"),
    ],
)
def test_what_none_holds_is_refused_with_the_largest_size_that_one_does(
    shape: tuple[int, int], multiple: int, advice: str
) -> None:
    width, height = shape
    refused = memory_refusal(shape, [SMALL, LARGE], multiple)
    assert refused == f"No device here has the memory for {width}×{height}; {advice}."


def test_what_is_advised_fits() -> None:
    for side in range(640, 4096, 64):
        refused = memory_refusal((side, 2 * side), [SMALL, LARGE], 16) or ""
        width, height = map(int, refused.partition("--size ")[2].partition("`")[0].split("x"))
        assert LARGE.holds((width, height))
        assert not LARGE.holds((width + 16, height + 16))
