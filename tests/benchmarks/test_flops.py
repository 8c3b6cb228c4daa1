import pytest
import torch

from benchmarks.flops import ceiling, step_flops


@pytest.mark.parametrize(("side", "tflop"), [(256, 1.07), (512, 2.61)])
def test_a_step_with_the_official_shapes_is_so_much_arithmetic(side: int, tflop: float) -> None:
    assert step_flops(side, side, 32) / 1e12 == pytest.approx(tflop, rel=0.005)


def test_half_the_cutouts_are_half_the_judging() -> None:
    judging = step_flops(256, 256, 32) - step_flops(256, 256, 16)
    assert 2 * judging / 1e12 == pytest.approx(0.567, rel=0.005)


def test_the_ceiling_is_measured() -> None:
    assert ceiling(torch.device("cpu")) > 0
