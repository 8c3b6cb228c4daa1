"""Shapes that come of others."""

from generation.sizes import smaller_shape


def test_about_half_the_sides_are_left_in_multiples() -> None:
    assert smaller_shape((144, 80), 16, 32) == (64, 32)
    assert smaller_shape((144, 80), 16, 64) is None
