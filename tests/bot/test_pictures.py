import pytest

from bot.pictures import shape_of
from tests.generation.scripted import picture


def test_the_shape_of_a_picture_is_read() -> None:
    assert shape_of(picture()) == (64, 64)


@pytest.mark.parametrize("data", [b"", b"png", picture()[:20], picture(kind="JPEG")])
def test_what_is_no_picture_has_no_shape(data: bytes) -> None:
    assert shape_of(data) is None
