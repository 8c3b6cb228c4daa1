"""Blocks of files: that what is written among them is read again, and that walks over what is forged come to an end."""

import io
from collections.abc import Callable

import pytest
from PIL import Image

from generation.containers import (
    LONGEST_SEGMENT,
    MOST_BLOCKS,
    Blocks,
    as_segments,
    gif_extensions,
    itxt,
    jpeg_segments,
    mp4_boxes,
    png_chunks,
    riff_chunks,
    with_chunk,
    with_comment,
    with_xmp,
)

PICTURE = Image.effect_noise((63, 33), 60).convert("RGB")
LONG = bytes(range(256)) * 1000


def saved(kind: str, *others: Image.Image) -> bytes:
    """Return the picture as a file, or as a film of it and others."""
    buffer = io.BytesIO()
    PICTURE.save(buffer, kind, **({"save_all": True, "append_images": list(others)} if others else {}))
    return buffer.getvalue()


def gif(data: memoryview) -> Blocks:
    return gif_extensions(data, len(LONG))


def test_a_png_is_made_of_chunks() -> None:
    kinds = [kind for kind, _ in png_chunks(memoryview(saved("PNG")))]
    assert (kinds[0], kinds[-1]) == (b"IHDR", b"IEND")


def test_what_is_long_goes_into_several_segments_of_a_jpeg() -> None:
    segments = as_segments(0xEF, b"name\0", LONG)
    file = b"\xff\xd8" + segments + saved("JPEG")[2:]
    mine = [bytes(block) for kind, block in jpeg_segments(memoryview(file)) if kind == 0xEF]
    assert len(mine) == -(-len(LONG) // LONGEST_SEGMENT)
    assert b"".join(block.removeprefix(b"name\0") for block in mine) == LONG
    with Image.open(io.BytesIO(file)) as image:
        image.load()


@pytest.mark.parametrize("length", [256, 257])
def test_a_chunk_at_the_end_of_a_webp_is_read_and_others_stay(length: int) -> None:
    before = dict(riff_chunks(memoryview(saved("WEBP"))))
    after = dict(riff_chunks(memoryview(with_chunk(saved("WEBP"), b"MINE", LONG[:length]))))
    assert after == {**before, b"MINE": LONG[:length]}


@pytest.mark.parametrize("others", [[PICTURE.rotate(90)], [PICTURE]], ids=["moving", "still"])
def test_an_animated_webp_gets_xmp_that_others_read(others: list[Image.Image]) -> None:
    with Image.open(io.BytesIO(with_xmp(saved("WEBP", *others), b"<xmp/>"))) as image:
        assert image.info["xmp"] == b"<xmp/>"
        image.load()


def test_a_long_comment_of_a_gif_is_read_and_its_pictures_stay() -> None:
    file = with_comment(saved("GIF", PICTURE.rotate(90)), LONG)
    assert next(bytes(block) for kind, block in gif(memoryview(file)) if kind == 0xFE) == LONG
    with Image.open(io.BytesIO(file)) as image:
        assert getattr(image, "n_frames", 1) == 2


def test_boxes_lie_in_one_another() -> None:
    inner = b"\0\0\0\x0cdataLINE"
    outer = (8 + len(inner)).to_bytes(4, "big") + b"moov" + inner
    large = b"\0\0\0\1free" + (16 + 3).to_bytes(8, "big") + b"xyz"
    (free, xyz), (moov, data) = mp4_boxes(memoryview(large + outer))
    assert (free, bytes(xyz), moov) == (b"free", b"xyz", b"moov")
    assert [(kind, bytes(block)) for kind, block in mp4_boxes(data)] == [(b"data", b"LINE")]


def test_a_packed_text_is_not_read() -> None:
    assert itxt(b"\0\0en\0name\0text") == "text"
    with pytest.raises(ValueError):  # noqa: PT011, of no further kind
        itxt(b"\1\0en\0name\0text")


@pytest.mark.parametrize(
    ("walk", "file"),
    [
        (png_chunks, b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0tEXt\0\0\0\0" * 100_000),
        (jpeg_segments, b"\xff\xd8" + b"\xff\xe1\0\0" * 100_000),
        (riff_chunks, b"RIFF\xff\xff\xff\xffWEBP" + b"XMP \0\0\0\0" * 100_000),
        (gif, b"GIF89a\1\0\1\0\0\0\0" + b"\x21\xff\1x\0" * 100_000),
        (mp4_boxes, b"\0\0\0\x08free" * 100_000),
    ],
)
def test_no_more_blocks_are_looked_at_than_a_file_of_ours_has(
    walk: Callable[[memoryview], Blocks], file: bytes
) -> None:
    assert sum(1 for _ in walk(memoryview(file))) == MOST_BLOCKS
