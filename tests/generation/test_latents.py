"""That a file of a latent is read as it was written, and nothing else is read."""

import json
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from generation.errors import MetadataError, RequestError
from generation.latents import DAMAGED, KEY, MOST_BYTES, Latent, is_latent, pack, read_metadata, unpack
from generation.metadata import DAMAGED as DAMAGED_NOTE
from generation.metadata import NO_REQUEST, Metadata, encode
from generation.request import ImagineRequest

LATENT = Latent("f" * 64, 64, 32, 3, 4, 8)
NUMBERS = bytes(range(96)) * 4
METADATA = Metadata(ImagineRequest("a", "a red apple", 7, 64, 32, 3, member="m"))
FILE = pack(LATENT, NUMBERS, METADATA)


def changed(change: Callable[[dict[str, Any]], object], numbers: bytes = NUMBERS) -> bytes:
    """Return the file with another header."""
    length = int.from_bytes(FILE[:8], "little")
    header = json.loads(FILE[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + numbers


def says(**fields: Any) -> Callable[[dict[str, Any]], object]:
    """Return a change of what the latent belongs to."""

    def change(header: dict[str, Any]) -> None:
        about = json.loads(header["__metadata__"][KEY])
        header["__metadata__"][KEY] = json.dumps(about | fields)

    return change


def noted(note: str, header: dict[str, Any]) -> None:
    """Say something else of how its picture was made."""
    header["__metadata__"]["easel"] = note


def test_it_is_read_as_it_was_written() -> None:
    assert unpack(FILE) == (LATENT, NUMBERS)


def test_other_programs_read_it_and_what_made_it_but_not_who_asked() -> None:
    from safetensors.numpy import load

    assert load(FILE)["z"].shape == (3, 4, 8)
    length = int.from_bytes(FILE[:8], "little")
    note = json.loads(json.loads(FILE[8 : 8 + length])["__metadata__"]["easel"])
    assert (note["request"]["prompt"], note["request"]["member"]) == ("a red apple", "")


def test_what_made_its_picture_is_read_too() -> None:
    assert is_latent(FILE)
    assert read_metadata(FILE) == (replace(METADATA, request=METADATA.request.anonymous), LATENT)
    for data in (b"", FILE[1:], encode(Image.new("RGB", (8, 8)), "PNG", METADATA)):
        assert not is_latent(data)
    notes = {"": NO_REQUEST, "words": NO_REQUEST, '{"request": 7}': DAMAGED_NOTE, "{": DAMAGED_NOTE}
    for note, sentence in notes.items():
        with pytest.raises(MetadataError, match=f"^{re.escape(sentence)}$"):
            read_metadata(changed(partial(noted, note)))
    with pytest.raises(MetadataError, match=f"^{re.escape(NO_REQUEST)}$"):
        read_metadata(changed(lambda header: header["__metadata__"].pop("easel")))
    with pytest.raises(RequestError, match=f"^{re.escape(DAMAGED)}$"):
        read_metadata(FILE[:-1])


HOSTILE: Mapping[str, bytes] = {
    "empty": b"",
    "text": b"no latent at all, but some words",
    "pickle": b"\x80\x02cos\nsystem\n(S'true'\ntR.",
    "a header that never ends": struct.pack("<Q", 2**63) + FILE[8:],
    "a header as long as may be, of nothing": struct.pack("<Q", 100_000) + b"[" * 100_000,
    "cut": FILE[:-1],
    "longer": FILE + b"\0",
    "another shape": changed(lambda header: header["z"].update(shape=[3, 8, 8])),
    "a shape that is not its size": changed(says(rows=5)),
    "huge": changed(says(channels=65536, rows=65536, columns=65536)),
    "negative": changed(says(rows=-4, columns=-8)),
    "half": changed(lambda header: header["z"].update(dtype="F16")),
    "elsewhere": changed(lambda header: header["z"].update(data_offsets=[96, 480])),
    "more tensors": changed(lambda header: header.update(y=header["z"])),
    "nothing of ours": changed(lambda header: header["__metadata__"].pop(KEY)),
    "no metadata": changed(lambda header: header.pop("__metadata__")),
    "unknown": changed(says(command="rm")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_latent_is_refused_in_a_sentence(name: str) -> None:
    with pytest.raises(RequestError) as refusal:
        unpack(HOSTILE[name])
    assert str(refusal.value) == DAMAGED


def test_more_than_a_latent_has_is_not_looked_at() -> None:
    with pytest.raises(RequestError, match="larger than 64 MB"):
        unpack(bytes(MOST_BYTES + 1))


@given(st.integers(0, len(FILE) - 1), st.binary(max_size=9), st.integers(0, 9))
def test_what_is_damaged_is_read_or_refused(at: int, bytes_there: bytes, gone: int) -> None:
    try:
        latent, numbers = unpack(FILE[:at] + bytes_there + FILE[at + gone :])
    except RequestError:
        return
    assert len(numbers) == 4 * latent.channels * latent.rows * latent.columns
