import pytest

from generation.capacity import Capacity, memory_refusal
from generation.load import Load

SMALL, LARGE = Capacity(1, memory=1e6, pixel_bytes=10), Capacity(8, memory=4e6, view_bytes=1e6 / 32, pixel_bytes=10)


def test_a_picture_that_some_device_holds_is_not_refused() -> None:
    assert memory_refusal(Load((512, 512)), [SMALL, LARGE], 16) is None
    assert memory_refusal(Load((4096, 4096)), [], 16) is None, "nothing is known while no device is up"
    assert memory_refusal(Load((4096, 4096)), [SMALL, Capacity(1)], 16) is None, "one has never told"


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
    refused = memory_refusal(Load(shape), [SMALL, LARGE], multiple)
    assert refused == f"No device here has the memory for {width}×{height}; {advice}."


def test_what_is_advised_fits() -> None:
    for side in range(640, 4096, 64):
        refused = memory_refusal(Load((side, 2 * side)), [SMALL, LARGE], 16) or ""
        width, height = map(int, refused.partition("--size ")[2].partition("`")[0].split("x"))
        assert LARGE.holds(Load((width, height)))
        assert not LARGE.holds(Load((width + 16, height + 16)))


@pytest.mark.parametrize(
    ("cutouts", "times", "asked"),
    [(None, 1.0, None), (32, 1.0, None), (98, 1.0, None), (99, 1.0, 99), (None, 4.0, 128)],
)
def test_more_cutouts_than_fit_at_once_are_refused_with_the_most_that_do(
    cutouts: int | None, times: float, asked: int | None
) -> None:
    load = Load((300, 312), cutouts, times)
    refused = memory_refusal(load, [Capacity(1, memory=1e6, view_bytes=1e5, pixel_bytes=10), LARGE], 16)
    assert refused == (
        f"No device here has the memory to judge {asked} cutouts of 300×312 in a step; ask for no more with "
        "`--cutouts 98`."
        if asked
        else None
    )


def test_as_many_cutouts_as_are_usual_are_never_refused() -> None:
    assert memory_refusal(Load((64, 64)), [Capacity(1, memory=1e5, view_bytes=1e6, pixel_bytes=1)], 16) is None
    short = [Capacity(1, memory=1e5, view_bytes=1e6, pixel_bytes=1)]
    assert "`--cutouts 32`" in str(memory_refusal(Load((64, 64), 33), short, 16))
