"""What files say of how they were made: that it stays the same, who does not read it, and what is forged."""

import io
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from xml.etree import ElementTree

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pydantic_core import to_json

from generation.errors import MetadataError
from generation.fields import SEED_LIMIT
from generation.metadata import (
    DAMAGED,
    KEY,
    LONGEST_NOTE,
    NO_FILE,
    NO_REQUEST,
    ROOM,
    Format,
    Metadata,
    Setup,
    encode,
    in_film,
    read,
)
from generation.request import ImagineRequest
from generation.targets import Steering, Target
from generation.versions import VERSION
from tests.fuzz.metadata import SIGNATURE, chunk

REQUEST = ImagineRequest(
    "id", "ein <Apfel> 🍎, «مرحبا» & 'x' \"y\"\n]]>\x7f", 2**32 - 1, 63, 33, 7, "somebody", guild="somewhere"
)
SETUP = Setup("imagenet-16384", "ViT-B/32+RN50", "f" * 64, "float32", "cpu", 2, "2.13.0", "0.1.0")
STILL: tuple[Format, ...] = ("PNG", "JPEG", "WEBP")
PICTURE = Image.effect_noise((63, 33), 60).convert("RGB")


def film(kind: str, metadata: Metadata) -> bytes:
    """Return a film of two pictures."""
    buffer = io.BytesIO()
    if kind == "mp4":
        with av.open(buffer, "w", format="mp4") as container:
            container.metadata["comment"] = metadata.note
            stream = container.add_stream("mpeg4", rate=5)
            stream.width, stream.height = 64, 32
            container.mux(
                stream.encode(
                    av.VideoFrame.from_ndarray(np.asarray(PICTURE), format="rgb24").reformat(64, 32, "yuv420p")
                )
            )
            container.mux(stream.encode())
    else:
        PICTURE.save(buffer, kind, save_all=True, append_images=[PICTURE.rotate(90)])
    return in_film(buffer.getvalue(), metadata)


def a_file(kind: str, metadata: Metadata) -> bytes:
    return encode(PICTURE, kind, metadata) if kind in STILL else film(kind.partition(" ")[0], metadata)


KINDS = (*STILL, "mp4", "gif", "webp film")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("setup", [None, SETUP])
def test_every_format_says_how_it_was_made_and_not_who_asked(kind: str, setup: Setup | None) -> None:
    file = a_file(kind, Metadata(REQUEST, setup))
    assert read(file) == Metadata(replace(REQUEST, member="", guild=""), setup)
    assert b"somebody" not in file
    assert b"somewhere" not in file


texts = st.text(st.characters(codec="utf-8"), max_size=300)
requests = st.builds(
    ImagineRequest,
    id=st.text(st.characters(codec="utf-8"), max_size=100),
    prompt=texts,
    seed=st.integers(0, SEED_LIMIT - 1),
    width=st.integers(1, 65536),
    height=st.integers(1, 65536),
    steps=st.integers(1, 1_000_000),
    targets=st.lists(st.builds(Target, text=texts, weight=st.floats(-1000, 1000)), max_size=4).map(tuple),
    init_picture=st.sampled_from(["", "0f" * 32]),
    init_weight=st.floats(0, 1000),
    fit=st.sampled_from(["crop", "pad"]),
    outputs=st.lists(st.sampled_from(["png", "mp4", "gif"]), max_size=3).map(tuple),
    length=st.none() | st.floats(1, 600),
)


@settings(max_examples=40, deadline=None)
@given(requests)
def test_any_request_comes_back_from_any_format(request: ImagineRequest) -> None:
    metadata = Metadata(request, SETUP)
    for kind in KINDS:
        assert read(a_file(kind, metadata)) == metadata, kind


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_pixels_are_kept(kind: Format) -> None:
    with Image.open(io.BytesIO(encode(PICTURE, kind, Metadata(REQUEST, SETUP)))) as image:
        assert image.convert("RGB").tobytes() == PICTURE.tobytes()


def test_other_programs_show_the_prompt() -> None:
    request = replace(REQUEST, prompt="a <red> apple & a pear")
    with Image.open(io.BytesIO(encode(PICTURE, "PNG", Metadata(request)))) as image:
        assert image.info["Description"] == request.prompt
    for kind in ("JPEG", "WEBP"):
        with Image.open(io.BytesIO(encode(PICTURE, kind, Metadata(request)))) as image:
            xmp = ElementTree.fromstring(image.info["xmp"])  # noqa: S314, it is ours
        assert [each.text for each in xmp.iterfind(".//{*}description//{*}li")] == [request.prompt]
    with av.open(io.BytesIO(film("mp4", Metadata(request, SETUP))), "r") as container:
        assert container.metadata["comment"] == Metadata(request, SETUP).note


@pytest.mark.parametrize("kind", STILL)
def test_pictures_that_it_was_painted_from_go_along_as_far_as_there_is_room(kind: Format) -> None:
    small, large = os.urandom(150_001), os.urandom(ROOM)
    request = replace(REQUEST.anonymous, init_picture=sha256(small).hexdigest())
    both = replace(request, mask=sha256(large).hexdigest())
    pictures = {request.init_picture: small}
    file = encode(PICTURE, kind, Metadata(request, SETUP, pictures))
    assert read(file) == Metadata(request, SETUP, pictures)
    with Image.open(io.BytesIO(file)) as image:
        image.load()
    assert not read(encode(PICTURE, kind, Metadata(both, SETUP, {**pictures, both.mask: large}))).pictures
    another = encode(PICTURE, kind, Metadata(REQUEST, SETUP, pictures))
    assert not read(another).pictures, "which the request does not name"


def test_a_jpeg_has_no_room_for_what_is_very_long() -> None:
    longest = replace(REQUEST, targets=tuple(Target("x" * 1000) for _ in range(64)))
    assert [Metadata(longest).fits(kind) for kind in STILL] == [True, False, True]
    nearly = replace(REQUEST, prompt="x" * 9000, targets=tuple(Target("&" * 100) for _ in range(64)))
    assert Metadata(nearly).fits("JPEG")
    assert read(encode(PICTURE, "JPEG", Metadata(nearly, SETUP))).request == nearly.anonymous


def bare(kind: str) -> bytes:
    """Return a picture that says nothing."""
    buffer = io.BytesIO()
    PICTURE.save(buffer, kind)
    return buffer.getvalue()


def png(*chunks: bytes) -> bytes:
    header = chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0")
    return b"".join([SIGNATURE, header, *chunks, chunk(b"IDAT", zlib.compress(b"\0\0")), chunk(b"IEND", b"")])


def itxt(text: bytes, key: bytes = KEY.encode()) -> bytes:
    return chunk(b"iTXt", key + b"\0\0\0\0\0" + text)


def box(kind: bytes, *inner: bytes) -> bytes:
    data = b"".join(inner)
    return struct.pack(">I4s", 8 + len(data), kind) + data


def mp4(note: bytes) -> bytes:
    tag = box(b"\xa9cmt", box(b"data", bytes(8), note))
    return box(b"ftyp", b"isom") + box(b"moov", box(b"udta", box(b"meta", bytes(4), box(b"ilst", tag))))


def gif(note: bytes) -> bytes:
    pieces = b"".join(bytes([len(note[at : at + 255])]) + note[at : at + 255] for at in range(0, len(note), 255))
    return b"GIF89a\1\0\1\0\0\0\0" + b"\x21\xfe" + pieces + b"\0;"


def jpeg(note: bytes) -> bytes:
    xmp = b"http://ns.adobe.com/xap/1.0/\0<easel:made>" + note[:65_000] + b"</easel:made>"
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", 2 + len(xmp)) + xmp + b"\xff\xd9"


def webp(note: bytes) -> bytes:
    xmp = b"<easel:made>" + note + b"</easel:made>"
    body = b"WEBP" + struct.pack("<4sI", b"XMP ", len(xmp)) + xmp
    return b"RIFF" + struct.pack("<I", len(body)) + body


FORGERS: dict[str, Callable[[bytes], bytes]] = {
    "PNG": lambda note: png(itxt(note)),
    "JPEG": jpeg,
    "WebP": webp,
    "GIF": gif,
    "MP4": mp4,
}
NOTE = Metadata(REQUEST.anonymous, SETUP).note.encode()


def test_the_forgers_make_what_is_read() -> None:
    for kind, forged in FORGERS.items():
        note = REQUEST.anonymous.to_json().encode() if kind == "PNG" else NOTE
        note = (
            note.replace(b"<", b"&lt;").replace(b"&lt;Apfel>", b"&lt;Apfel&gt;") if kind in ("JPEG", "WebP") else note
        )
        assert read(forged(note)).request == REQUEST.anonymous, kind


HOSTILE = {
    "nested": b'{"request":' + b"[" * 100_000,
    "long": b'{"request": "' + b"x" * (LONGEST_NOTE + 1) + b'"}',
    "later": NOTE.replace(f'"version":{VERSION}'.encode(), f'"version":{VERSION + 1}'.encode()),
    "no JSON": b"{not json",
    "no text": b'{"request": "\xff\xfe"}',
    "another type": b'{"request": [1]}',
    "huge": b'{"request": {"seed": ' + b"9" * 5000 + b"}}",
    "a path": NOTE.replace(b'"init_picture":""', b'"init_picture":"../../etc/passwd"'),
}


@pytest.mark.parametrize("kind", FORGERS)
@pytest.mark.parametrize("forged", HOSTILE)
def test_what_is_forged_ends_in_a_sentence(kind: str, forged: str) -> None:
    note = HOSTILE[forged]
    note = note.removeprefix(b'{"request":') if kind == "PNG" and forged != "no JSON" else note
    with pytest.raises(MetadataError) as raised:
        read(FORGERS[kind](note))
    assert str(raised.value) in (DAMAGED, NO_REQUEST)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"", NO_FILE),
        (b"no picture", NO_FILE),
        (bare("BMP"), NO_FILE),
        *((bare(kind), NO_REQUEST) for kind in (*STILL, "GIF")),
        (box(b"ftyp", b"isom") + box(b"moov"), NO_REQUEST),
        (gif(b"made by somebody else"), NO_REQUEST),
        (gif(b'{"camera": 1}'), NO_REQUEST),
        (png(chunk(b"zTXt", b"easel\0\0" + zlib.compress(bytes(100 << 20)))), NO_REQUEST),
        (png(chunk(b"iTXt", b"easel\0\1\0\0\0" + zlib.compress(bytes(100 << 20)))), DAMAGED),
        (SIGNATURE + b"\x7f\xff\xff\xffiTXteasel\0\0\0\0\0{", DAMAGED),
        (SIGNATURE + b"\0\0\0\0tEXt\0\0\0\0" * 1_000_000, NO_REQUEST),
        (b"GIF89a\1\0\1\0\0\0\0\x21\xfe\xff", DAMAGED),
        (b"GIF89a\1\0\1\0\0\0\0" + b"\x21\xff\1x" * 100_000, NO_REQUEST),
        (b"\xff\xd8\xff\xe1\0\0" * 1_000_000, NO_REQUEST),
        (box(b"ftyp", b"isom") + struct.pack(">I4sQ", 1, b"moov", 2**63), NO_REQUEST),
        (box(b"ftyp", b"isom") + bytes(8 << 20), NO_REQUEST),
        (b"RIFF\xff\xff\xff\xffWEBPXMP \xff\xff\xff\xff<easel:made>{", NO_REQUEST),
        (bytes((64 << 20) + 1), "It is larger than 64 MB, as no picture of Easel's is."),
    ],
    ids=range(21),
)
def test_what_says_nothing_ends_in_a_sentence(file: bytes, sentence: str) -> None:
    with pytest.raises(MetadataError) as raised:
        read(file)
    assert str(raised.value) == sentence


def test_a_setup_that_is_damaged_takes_nothing_from_the_request() -> None:
    texts = itxt(REQUEST.to_json().encode()) + itxt(b'{"vqgan": 7}', b"easel-setup")
    assert read(png(texts)) == Metadata(REQUEST.anonymous)
    newer = NOTE.replace(b'"vqgan":', b'"something": [], "vqgan":')
    assert read(gif(newer)).setup == SETUP


@pytest.mark.parametrize("control", [r"\u001b]0;name\u0007", r"\n", r"\u009b", r"\u202e"])
def test_nothing_in_a_file_commands_the_terminal_on_which_it_is_shown(control: str) -> None:
    setup = to_json(SETUP).replace(b'"vqgan":"', f'"vqgan":"{control}'.encode())
    assert read(png(itxt(REQUEST.to_json().encode()) + itxt(setup, b"easel-setup"))).setup is None
    steered = replace(REQUEST, steering=(Steering("fog", 1.0),)).to_json().replace('"fog"', f'"fog{control}"')
    with pytest.raises(MetadataError, match="forged"):
        read(png(itxt(steered.encode())))


@pytest.mark.parametrize("packed", [b"\0", b"\0\0\0\5abc", b"\0\0\0\0" * 1000, b"\0\0\0\1x" * 100_000])
def test_pictures_that_are_damaged_are_left_out(packed: bytes) -> None:
    assert not read(png(itxt(REQUEST.to_json().encode()), chunk(b"eaPs", packed))).pictures
