"""What a file says of how it was made: written into the files that Easel makes, and read from files by anybody.

::

    PNG     iTXt "easel": the request; iTXt "easel-setup"; chunks eaPs: the pictures that it was painted from
    JPEG    XMP, <easel:made>: request and setup; segments APP15 "Easel": the pictures
    WebP    XMP; chunks EASL: the pictures
    GIF     comment: request and setup
    MP4     comment (©cmt): request and setup

Reading looks at no other blocks of a file than these and copies nothing else; see ``generation.containers``. EXIF is
left alone: its directories can name the same bytes any number of times, and readers copy them as often.
"""

import io
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, Literal
from xml.sax.saxutils import escape, unescape

from PIL import Image
from PIL.PngImagePlugin import PngInfo
from pydantic import ConfigDict, Field, TypeAdapter
from pydantic_core import from_json, to_json

from config.settings.executor import Reproducible
from generation.containers import (
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
from generation.errors import MetadataError
from generation.fields import VISIBLE
from generation.request import LONGEST_JSON, ImagineRequest

KEY = "easel"
"""Of the text chunk of a PNG that is the request as JSON."""
SETUP_KEY = "easel-setup"
LONGEST_NOTE = LONGEST_JSON + 10_000
"""Characters of a request with its setup, as JSON."""
LONGEST_SHOWN = 2000
"""Characters of a prompt that are written for other programs to show."""
ROOM = 2 << 20
"""Bytes of pictures that go into a file, together."""
JPEG_ROOM = 60_000
"""Characters of a request that a JPEG has room for: its blocks end at 64 kB."""
MOST_BYTES = 64 << 20
"""Of a file that is read."""
MOST_PICTURES = 66

NO_FILE = "It is no PNG, JPEG, WebP, GIF or MP4 file."
NO_REQUEST = "It does not say how it was made: Easel did not make it, or another program has taken that out."
DAMAGED = "What it says of how it was made is damaged, forged or of a later version of Easel."

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Easel" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:easel="urn:easel">'
    '<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt></dc:description>'
    "<easel:made>{}</easel:made></rdf:Description></rdf:RDF></x:xmpmeta>"
)
MADE = re.compile(b"<easel:made>([^<]*)</easel:made>")
CONTROLS = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""What XML has no room for, and line ends."""
XMP_SEGMENT = b"http://ns.adobe.com/xap/1.0/\0"
PICTURE_KIND = 0xEF
"""Of a segment, APP15."""
PICTURE_SEGMENT = b"Easel\0"

Format = Literal["PNG", "JPEG", "WEBP"]
Name = Annotated[str, Field(max_length=1000, pattern=VISIBLE)]


@dataclass(frozen=True, slots=True)
class Setup:
    """What decides a picture beside its request.

    Args:
        vqgan: name of the model, or of its file.
        clip: likewise, several with ``+`` between them.
        fingerprint: of both, see ``generation.checkpoints.loader.Models``.
        precision: number format of the networks.
        device: ``cpu``, or what the GPU is called.
        threads: for arithmetic on a CPU.
        torch: version.
        easel: version.
        biggan: name of the BigGAN, or of its file, where that painted it.
        biggan_fingerprint: of that one alone.
        vgg: name of the file of the VGG, where that judged.
        vgg_fingerprint: of that one alone.
        reproducible: ``exact`` where nothing else decides the pixels, ``fast`` where also the number of workers may, or
            what they painted beside it; None in older files, which do not tell.
    """

    __pydantic_config__ = ConfigDict(extra="ignore", strict=True)

    vqgan: Name
    clip: Name
    fingerprint: Name
    precision: Name
    device: Name
    threads: Annotated[int, Field(ge=1, le=100_000)]
    torch: Name
    easel: Name
    biggan: Name = ""
    biggan_fingerprint: Name = ""
    vgg: Name = ""
    vgg_fingerprint: Name = ""
    reproducible: Reproducible | None = None


@dataclass(frozen=True, slots=True)
class Metadata:
    """How a picture was made.

    Args:
        request: that asked for it.
        setup: with what; None where the file does not tell.
        pictures: that the request names, PNGs by their SHA-256, as far as they are there.
    """

    request: ImagineRequest
    setup: Setup | None = None
    pictures: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def note(self) -> str:
        """Request and setup as one line of JSON, without who asked."""
        request = from_json(self.request.anonymous.to_json())
        return to_json({"request": request, "setup": self.setup}, ensure_ascii=True).decode()

    @property
    def xmp(self) -> bytes:
        """The same as XMP, with the prompt as its description."""
        prompt = CONTROLS.sub(" ", self.request.prompt[:LONGEST_SHOWN])
        return XMP.format(escape(prompt), escape(self.note)).encode()

    def fits(self, kind: Format) -> bool:
        """Return whether the request can go into a file of a format."""
        return kind != "JPEG" or len(escape(self.request.to_json())) <= JPEG_ROOM


def encode(image: Image.Image, kind: Format, metadata: Metadata) -> bytes:
    """Return a picture as a file that says how it was made, but not who asked, since pictures travel.

    PNG and WebP keep every pixel. Pictures that it was painted from go along where all of them fit into :data:`ROOM`.
    """
    packed = _packed(metadata.pictures.values())
    packed = packed if len(packed) <= ROOM else b""
    buffer = io.BytesIO()
    match kind:
        case "PNG":
            image.save(buffer, "PNG", pnginfo=_png_info(metadata, packed))
        case "JPEG":
            extra = as_segments(PICTURE_KIND, PICTURE_SEGMENT, packed)
            image.save(buffer, "JPEG", quality=95, subsampling=0, xmp=metadata.xmp, extra=extra)
        case "WEBP":
            image.save(buffer, "WEBP", lossless=True, xmp=metadata.xmp)
            return with_chunk(buffer.getvalue(), b"EASL", packed) if packed else buffer.getvalue()
    return buffer.getvalue()


def in_film(film: bytes, metadata: Metadata) -> bytes:
    """Return a GIF or an animated WebP that says how it was made; an MP4 says so in a comment already."""
    if film.startswith(b"GIF"):
        return with_comment(film, metadata.note.encode())
    if film.startswith(b"RIFF"):
        return with_xmp(film, metadata.xmp)
    return film


def read(data: bytes) -> Metadata:
    """Return what a file says of how it was made, without who asked.

    Raises:
        MetadataError: it says nothing, or something else; the sentence says so.
    """
    if len(data) > MOST_BYTES:
        raise MetadataError(f"It is larger than {MOST_BYTES >> 20} MB, as no picture of Easel's is.")
    reader = next((reader for pattern, reader in READERS.items() if re.match(pattern, data, re.DOTALL)), None)
    if reader is None:
        raise MetadataError(NO_FILE)
    try:
        request, setup, packed = reader(memoryview(data))
    except (ValueError, TypeError, LookupError, struct.error):
        raise MetadataError(DAMAGED) from None
    if request is None:
        raise MetadataError(NO_REQUEST)
    pictures = {sha256(picture).hexdigest(): picture for picture in _unpacked(packed)}
    named = {digest: picture for digest, picture in pictures.items() if digest in request.pictures}
    return Metadata(request.anonymous, setup, named)


def read_note(note: str) -> Metadata:
    """Return what a line of JSON says, as :attr:`Metadata.note` has it, without who asked.

    Raises:
        MetadataError: as :func:`read` raises it.
    """
    try:
        request, setup = _noted(note.encode())
    except (ValueError, TypeError, LookupError):
        raise MetadataError(DAMAGED) from None
    if request is None:
        raise MetadataError(NO_REQUEST)
    return Metadata(request.anonymous, setup)


Found = tuple[ImagineRequest | None, Setup | None, bytes]


def _png_info(metadata: Metadata, packed: bytes) -> PngInfo:
    info = PngInfo()
    info.add_text("Software", "Easel")
    info.add_itxt("Description", metadata.request.prompt)
    info.add_itxt(KEY, metadata.request.anonymous.to_json())
    if metadata.setup is not None:
        info.add_itxt(SETUP_KEY, to_json(metadata.setup, ensure_ascii=True).decode())
    if packed:
        info.add(b"eaPs", packed)
    return info


def _packed(pictures: Iterable[bytes]) -> bytes:
    return b"".join(len(picture).to_bytes(4, "big") + picture for picture in pictures)


def _unpacked(packed: bytes) -> Iterator[bytes]:
    place = 0
    for _ in range(MOST_PICTURES):
        length = int.from_bytes(packed[place : place + 4], "big")
        if length == 0 or place + 4 + length > len(packed):
            return
        yield packed[place + 4 : place + 4 + length]
        place += 4 + length


def _noted(note: bytes | None) -> tuple[ImagineRequest | None, Setup | None]:
    """Return what a line of JSON says, with ``request`` and ``setup`` in it; of other comments nothing."""
    if note is None or not note.lstrip().startswith(b"{"):
        return None, None
    if len(note) > LONGEST_NOTE:
        raise ValueError
    fields = from_json(note)
    if not isinstance(fields, Mapping) or "request" not in fields:
        return None, None
    return ImagineRequest.from_json(to_json(fields["request"]).decode()), _setup(to_json(fields.get("setup")))


def _setup(text: bytes) -> Setup | None:
    """Return what a setup says; None where it is damaged, which takes nothing from the request."""
    try:
        setup: Setup = _adapter().validate_json(text)
    except ValueError:
        return None
    return setup


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(Setup)


def _xmp(found: Iterable[memoryview]) -> tuple[ImagineRequest | None, Setup | None]:
    for xmp in found:
        made = MADE.search(xmp[: 8 * LONGEST_NOTE])
        if made is not None:
            return _noted(unescape(made[1].decode()).encode())
    return None, None


def _from_png(data: memoryview) -> Found:
    texts: dict[bytes, bytes] = {}
    packed = b""
    for kind, block in png_chunks(data):
        if kind == b"eaPs":
            packed = packed or bytes(block)
        elif kind == b"iTXt":
            key, end, _ = bytes(block[:80]).partition(b"\0")
            if end and key.decode("latin-1") in (KEY, SETUP_KEY) and key not in texts:
                texts[key] = bytes(block[len(key) + 1 : len(key) + LONGEST_NOTE])
    request = texts.get(KEY.encode())
    setup = texts.get(SETUP_KEY.encode())
    return (
        None if request is None else ImagineRequest.from_json(itxt(request)),
        None if setup is None else _setup(itxt(setup).encode()),
        packed,
    )


def _from_jpeg(data: memoryview) -> Found:
    segments = list(jpeg_segments(data))
    request, setup = _xmp(
        block[len(XMP_SEGMENT) :] for kind, block in segments if kind == 0xE1 and block[:29] == XMP_SEGMENT
    )
    mine = (block for kind, block in segments if kind == PICTURE_KIND and block[:6] == PICTURE_SEGMENT)
    return request, setup, b"".join(block[len(PICTURE_SEGMENT) :] for block in mine)


def _from_webp(data: memoryview) -> Found:
    chunks = list(riff_chunks(data))
    request, setup = _xmp(block for kind, block in chunks if kind == b"XMP ")
    return request, setup, next((bytes(block) for kind, block in chunks if kind == b"EASL"), b"")


def _from_gif(data: memoryview) -> Found:
    note = next((bytes(block) for kind, block in gif_extensions(data, LONGEST_NOTE) if kind == 0xFE), None)
    return *_noted(note), b""


def _from_mp4(data: memoryview) -> Found:
    for name, skipped in MP4_PATH:
        inner = next((block for kind, block in mp4_boxes(data) if kind == name), None)
        if inner is None:
            return None, None, b""
        data = inner[skipped:]
    return *_noted(bytes(data[: LONGEST_NOTE + 1])), b""


MP4_PATH = ((b"moov", 0), (b"udta", 0), (b"meta", 4), (b"ilst", 0), (b"\xa9cmt", 0), (b"data", 8))
"""Boxes that lie in one another, each with the bytes of its own before the next."""


READERS: dict[bytes, Callable[[memoryview], Found]] = {
    rb"\x89PNG\r\n\x1a\n": _from_png,
    rb"\xff\xd8\xff": _from_jpeg,
    rb"RIFF....WEBP": _from_webp,
    rb"GIF8[79]a.{7}": _from_gif,
    rb"....ftyp": _from_mp4,
}
"""By how their files begin."""
