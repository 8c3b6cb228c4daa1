"""What a step asks of a device."""

from generation.load import Load


def test_views_are_those_that_are_asked_for_or_as_many_as_suit() -> None:
    assert Load((64, 64), times=0.5).views(32) == 16
    assert Load((64, 64), cutouts=7, times=0.5).views(32) == 7


def test_pixels_of_another_painter_count_for_fewer() -> None:
    assert Load((64, 64)).pixels == 64 * 64
    assert Load((64, 64), canvas="pixels").pixels < 64 * 64
