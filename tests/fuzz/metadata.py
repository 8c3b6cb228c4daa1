"""Files that say how they were made, forged: `generation.metadata.read` and `ImagineRequest.from_json`."""

import io
import json
import zlib
from dataclasses import replace
from functools import cache
from hashlib import sha256
from random import Random
from typing import Any

from hypothesis import strategies as st
from PIL import Image

from generation.errors import MetadataError
from generation.metadata import NO_REQUEST, Format, Metadata, Setup, encode, in_film, read
from generation.request import ImagineRequest
from generation.targets import Steering, Target
from tests.fuzz import target
from tests.fuzz.mutations import ODD, damaged, mutated, shuffled

REQUEST = ImagineRequest(
    "id",
    "a cat",
    7,
    64,
    32,
    9,
    "member",
    "noise",
    "guild",
    (Target("a dog", weight=-1.0, stop=-0.7, part=0), Target("a cat", part=1)),
    "0" * 64,
    without=("fog",),
    quality="best",
    rate=0.2,
    cutouts=16,
    augment=("flip", "noise"),
    grow=0.5,
    steering=(Steering("a lighthouse", 1.0, adds=True, step=3), Steering("fog", 0.0, step=7)),
)
SIGNATURE = b"\x89PNG\r\n\x1a\n"
FIRST = {"version": 1, "id": "r", "prompt": "a cat", "seed": 7, "width": 64, "height": 32, "steps": 9}


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    checked = kind + data
    return len(data).to_bytes(4, "big") + checked + zlib.crc32(checked).to_bytes(4, "big")


def text_chunk(random: Random, key: bytes, text: bytes) -> bytes:
    """Return a chunk that carries a text, in one of the ways there are, with some bytes that may be wrong."""
    packed = zlib.compress(text)
    if random.random() < 0.1:
        packed = damaged(random, packed)
    kind, data = random.choice(
        [
            (b"iTXt", b"\0\0\0en\0easel\0" + text),
            (b"iTXt", b"\0\0\0\0\0" + text),
            (b"iTXt", b"\0\1\0\0\0" + packed),
            (b"iTXt", b"\0\1\7\0\0" + packed),
            (b"tEXt", b"\0" + text),
            (b"zTXt", b"\0\0" + packed),
            (b"zTXt", b"\0\1" + packed),
        ]
    )
    return chunk(kind, key + data)


def some_json(random: Random) -> str:
    """Return what a request is written as, or nearly."""
    fields = json.loads(REQUEST.to_json()) if random.random() < 0.7 else FIRST
    if random.random() < 0.7:
        fields = mutated(random, fields)
    text = json.dumps(fields)
    match random.randrange(12):
        case 0:
            text = damaged(random, text.encode()).decode("utf-8", "surrogateescape")
        case 1:
            text = "[" * random.choice((10, 5000, 90_000)) + text
        case 2:
            text = json.dumps({**FIRST, "prompt": random.choice(ODD)}) + random.choice((" ", "\0", "{}", " " * 100_000))
    return text


@cache
def others() -> list[bytes]:
    """Return a picture in each of some other formats."""
    pictures = []
    for kind in ("GIF", "JPEG", "TIFF", "WEBP", "BMP", "PPM", "ICO"):
        out = io.BytesIO()
        Image.new("RGB", (16, 16)).save(out, kind, **({"comment": b"easel"} if kind == "GIF" else {}))
        pictures.append(out.getvalue())
    return [
        *pictures,
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",
        b"P6 99999999 99999999 255\n",
    ]


def picture(random: Random) -> bytes:
    """Return a PNG, of which something is odd, or something else."""
    if random.random() < 0.05:
        return damaged(random, random.choice(others()))
    sides = random.choice((*[(8, 8)] * 16, (0, 0), (2**31 - 1, 2**31 - 1), (2**32 - 1, 1), (20_000, 9_000)))
    header = (
        sides[0].to_bytes(4, "big")
        + sides[1].to_bytes(4, "big")
        + bytes([8, random.choice((2,) * 9 + (0, 9)), 0, 0, 0])
    )
    text = some_json(random).encode("utf-8", "surrogatepass")
    count = random.choice((1, 1, 1, 2, 40))
    if random.random() < 0.02:
        text, count = bytes(3 << 20), 1
    keys = [b"easel"] * 6 + [b"Easel", b"", b"\xff", b"x" * 90]
    chunks = [
        SIGNATURE,
        chunk(b"IHDR", header),
        *(text_chunk(random, random.choice(keys), text) for _ in range(count)),
        chunk(b"IDAT", zlib.compress(bytes(8 * 25))),
        chunk(b"IEND", b""),
    ]
    if random.random() < 0.2:
        chunks = shuffled(random, chunks)
    whole = b"".join(chunks)
    return damaged(random, whole) if random.random() < 0.3 else whole


@cache
def whole() -> list[bytes]:
    """Return files of all formats that say how they were made."""
    start = b"a picture that it was painted from" * 9
    request = replace(REQUEST, init_picture=sha256(start).hexdigest())
    metadata = Metadata(request, Setup("a", "b", "c", "d", "cpu", 2, "2", "0"), {request.init_picture: start})
    image = Image.new("RGB", (8, 8))
    formats: tuple[Format, ...] = ("PNG", "JPEG", "WEBP")
    stills = [encode(image, kind, metadata) for kind in formats]
    films = []
    for kind in ("GIF", "WEBP"):
        out = io.BytesIO()
        image.save(out, kind, save_all=True, append_images=[image.rotate(90)])
        films.append(in_film(out.getvalue(), metadata))
    tag = box(b"\xa9cmt", box(b"data", bytes(8) + metadata.note.encode()))
    movie = box(b"moov", box(b"trak", bytes(9)) + box(b"udta", box(b"meta", bytes(4) + box(b"ilst", tag))))
    return [*stills, *films, box(b"ftyp", b"isom") + movie]


def box(kind: bytes, data: bytes) -> bytes:
    """Return a box of an MP4."""
    return (8 + len(data)).to_bytes(4, "big") + kind + data


def some_file(random: Random) -> bytes:
    """Return a file of any format, of which something is odd."""
    found = random.choice(whole())
    if random.random() < 0.1:
        return found
    if random.random() < 0.3:
        note = json.dumps({"request": json.loads(REQUEST.to_json())}).encode()
        found = found.replace(note, some_json(random).encode("utf-8", "surrogatepass"))
    for _ in range(random.choice((0, 1, 1, 3))):
        place = random.randrange(len(found) or 1)
        found = found[:place] + random.choice(whole())[random.randrange(200) :]
    return damaged(random, found)


def read_file(data: bytes) -> str:
    """Check what is read from a file."""
    try:
        metadata = read(data)
    except MetadataError as error:
        return "without" if str(error) == NO_REQUEST else "refused"
    assert metadata.request.anonymous == metadata.request
    assert metadata.pictures.keys() <= metadata.request.pictures
    assert sum(map(len, metadata.pictures.values())) <= len(data)
    assert len(metadata.note) < 2 * len(data) + 10_000
    return stays(metadata.request)


def read_json(text: str) -> str:
    """Check what is read from a text."""
    try:
        request = ImagineRequest.from_json(text)
    except ValueError:
        return "refused"
    return stays(request)


def stays(request: ImagineRequest) -> str:
    """Check that a request is within its bounds, and the same once it was written and read."""
    assert ImagineRequest.from_json(request.to_json()) == request
    assert 0 <= request.seed < 2**32
    assert len(request.prompt) <= 10_000
    assert replace(request, prompt="").cost() < 2**63
    return "read"


RANDOM: Any = st.randoms(use_true_random=False)
PICTURES = target.Target(
    RANDOM.map(picture),
    lambda: target.as_it_is(read_file),
    frozenset({"read", "refused", "without"}),
    examples=600,
)
FILES = target.Target(
    RANDOM.map(some_file),
    lambda: target.as_it_is(read_file),
    frozenset({"read", "refused", "without"}),
    examples=2000,
)
REQUESTS = target.Target(
    RANDOM.map(some_json) | st.text(),
    lambda: target.as_it_is(read_json),
    frozenset({"read", "refused"}),
    examples=2000,
)
