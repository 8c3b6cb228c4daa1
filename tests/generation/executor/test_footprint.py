import os

import pytest

from generation.executor.footprint import Footprint, resident_bytes

GB = 10**9
SMALL, LARGE = (256, 256), (512, 512)


@pytest.mark.parametrize(
    ("finished", "grown"),
    [
        ([(SMALL, 1 * GB), (SMALL, 3.5 * GB)], 2.5 * GB),
        ([(LARGE, 1 * GB), (SMALL, 3.5 * GB)], 2.5 * GB),
        ([(SMALL, 1 * GB), (SMALL, 1.9 * GB)], 0),
        ([(SMALL, 4 * GB), (SMALL, 7 * GB)], 0),
        ([(SMALL, 1 * GB), (LARGE, 9 * GB), (SMALL, 9 * GB)], 0),
        ([(SMALL, 0), (SMALL, 0)], 0),
    ],
)
def test_what_has_grown_more_than_pictures_have_is_a_leak(
    finished: list[tuple[tuple[int, int], float]], grown: float
) -> None:
    sizes = iter(finished)
    footprint = Footprint(lambda: int(next(sizes)[1]))
    for shape, _ in finished:
        outgrown = footprint.finish(shape)
    assert outgrown == grown


def test_the_memory_of_a_process_is_known() -> None:
    assert resident_bytes(os.getpid()) > 10**7
    assert resident_bytes(2**30) == 0
