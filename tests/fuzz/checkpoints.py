"""Weights files, forged: the pickles in them, and all kinds of containers."""

import contextlib
import io
import json
import os
import pickle
import pickletools
import re
import struct
import tempfile
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import torch
from hypothesis import strategies as st
from safetensors.torch import save
from torch import Tensor, nn

from generation.checkpoints.containers import MAX_RATIO
from generation.checkpoints.state_dict import MAX_SHARING, read_state_dict
from generation.checkpoints.unpickling import unpickle
from generation.errors import MAX_SENTENCE, CheckpointError
from tests.fuzz.mutations import LENGTHS, damaged, mutated, shuffled
from tests.fuzz.target import Check, Target, as_it_is

Parts = dict[str, bytes]
"""Entries of an archive by their names."""


class Settings(dict[str, Any]):
    """What training programs keep beside the weights."""


class Calls:
    """Makes a folder where its pickle is obeyed."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("executed",)


class Script(nn.Module):
    """What becomes an archive of TorchScript."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(2, 3)

    def forward(self, x: Tensor) -> Tensor:
        """Do something."""
        return self.inner(x)  # type: ignore[no-any-return]


def parts_of(save: Callable[[io.BytesIO], object]) -> bytes:
    """Return what is written into a file."""
    out = io.BytesIO()
    save(out)
    return out.getvalue()


@cache
def archives() -> list[bytes]:
    """Return one of each kind of what torch writes as archives."""
    few = {
        "a": torch.ones(3, 2),
        "b": torch.ones(2).half(),
        "turned": torch.ones(2, 3).T,
        "p": nn.Parameter(torch.ones(1)),
    }
    beside = {"state_dict": OrderedDict(few), "more": Settings(x=[1, "y"]), "calls": Calls()}
    found = [
        parts_of(partial(torch.save, content, pickle_protocol=protocol))
        for content in (few, beside)
        for protocol in (2, 3, 4, 5)
    ]
    return [*found, parts_of(lambda out: torch.jit.save(torch.jit.script(Script()), out))]


@cache
def old() -> bytes:
    """Return what torch wrote before archives."""
    content = {"state_dict": {"a": torch.ones(3, 2), "b": torch.ones(2).half()}, "calls": Calls()}
    return parts_of(lambda out: torch.save(content, out, _use_new_zipfile_serialization=False))


@cache
def plain() -> list[bytes]:
    """Return pickles without tensors, of every protocol."""
    content = {
        "a": [1, 2.5, 2**70, -1],
        "b": ("x", b"y", None, True),
        "c": Settings(x=Calls()),
        "d": {1, 2},
        "e": Calls,
    }
    return [pickle.dumps(content, protocol) for protocol in range(6)]


def opcodes(pickled: bytes) -> list[bytes]:
    """Part a pickle into its opcodes, each with its argument."""
    starts = [place for _, _, place in pickletools.genops(pickled)]
    return [pickled[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]


ARGUMENTS = {
    "uint1": [b"\0", b"\1", b"\xff"],
    "uint2": [b"\0\0", b"\xff\xff"],
    "int4": [struct.pack("<i", number) for number in (0, 1, -1, -(2**31), 2**31 - 1)],
    "uint4": [struct.pack("<I", number) for number in (0, 1, 2**31, 2**32 - 1)],
    "uint8": [struct.pack("<Q", number) for number in LENGTHS],
    "float8": [bytes(8), b"\x7f\xf0" + bytes(6), b"\xff" * 8],
    "stringnl": [b"'a'\n", b"'\\x00'\n", b"a\n", b'"\n', b"''\n"],
    "stringnl_noescape": [b"a\n", b"\n", b"\xff\n"],
    "stringnl_noescape_pair": [
        b"os\nmkdir\n",
        b"builtins\neval\n",
        b"torch._utils\n_rebuild_tensor_v2\n",
        b"\n\n",
        b" \n \n",
    ],
    "unicodestringnl": [b"a\n", b"\\u0000\n", b"\\ud800\n", b"\\u\n"],
    "decimalnl_short": [b"0\n", b"1\n", b"-1\n", b"00\n", b"01\n", b"9" * 5000 + b"\n", b"x\n"],
    "decimalnl_long": [b"0L\n", b"-1\n", b"9" * 4000 + b"L\n", b"9" * 5000 + b"L\n", b"\n"],
    "floatnl": [b"0\n", b"nan\n", b"1e999\n", b"x\n", b"1" * 5000 + b"\n"],
}
COUNTED = {"1": "B", "4": "<I", "8": "<Q"}
"""How long a text or bytes are, by the digit with which the name of their kind ends."""
PUSHES = {b"X", b"K", b"M", b"J", b"c", b")", b"}", b"N", b"\x8c", b"h", b"V", b"g"}
"""Opcodes that push one thing, for which another can stand."""
GADGETS = [
    b")" + b"2\x86" * 60,
    b"]" + b"2\x86" * 60,
    b"]2a",
    b"}\x940X\1\0\0\0ah\0s",
    b"cos\nmkdir\n(X\x08\0\0\0executedtR",
    b"(X\x08\0\0\0executedios\nmkdir\n",
    b"cos\nsystem\n)\x81",
    b"c__torch__\nLoop\n)\x81}X\1\0\0\0ah\0sb",
    b"\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R",
    b"ccopy_reg\n_reconstructor\n(K\1K\2}tR",
    b"ctorch._utils\n_rebuild_parameter\n(K\1tR",
    b"ctorch._tensor\n_rebuild_from_type_v2\n(tR",
    b"ccollections\nOrderedDict\n]K\1a\x85R",
    b"(K\1K\2K\3K\4K\5t",
    b"(" * 50,
    b"2" * 500,
    b"\x82\1",
    b"\x97\x98",
    b"\x8b\4\0\0\0\xff\xff\xff\xff",
    b"\x8a\xff" + b"\xff" * 255,
    b"N",
    b"K\1",
    b"X\1\0\0\0a",
]
"""Each of which pushes something: what shares its parts, what holds itself, what would be called."""


def some_opcode(random: Random) -> bytes:
    """Return any opcode with an argument that fits, or nearly."""
    opcode = random.choice(pickletools.opcodes)
    if opcode.arg is None:
        argument = b""
    elif opcode.arg.name in ARGUMENTS:
        argument = random.choice(ARGUMENTS[opcode.arg.name])
    else:
        text = random.choice((b"", b"a", b"\xff", b"storage", b"x" * 200))
        kind = COUNTED[opcode.arg.name[-1]]
        length = len(text) if random.random() < 0.8 else random.choice(LENGTHS) % 256 ** struct.calcsize(kind)
        argument = struct.pack(kind, length) + text
    return opcode.code.encode("latin-1") + argument


def odd_pickle(random: Random, pickled: bytes) -> bytes:
    """Return a pickle with opcodes that are others, in other places, or forged."""
    if random.random() < 0.1:
        return damaged(random, pickled)
    parts = opcodes(pickled)
    for _ in range(random.choice((1, 1, 1, 3))):
        place = random.randrange(len(parts))
        if random.random() < 0.5:
            place = random.choice([place for place, part in enumerate(parts) if part[:1] in PUSHES] or [place])
            parts[place] = random.choice(GADGETS)
        else:
            parts[place : place + random.randrange(2)] = [some_opcode(random)]
    return b"".join(shuffled(random, parts) if random.random() < 0.1 else parts)


def odd_archive(random: Random) -> bytes:
    """Return an archive with entries that are odd, gone, doubled or packed, and headers that lie."""
    with zipfile.ZipFile(io.BytesIO(random.choice(archives()))) as archive:
        entries = [(name, archive.read(name)) for name in archive.namelist()]
    if random.random() < 0.7:
        entries = [(n, odd_pickle(random, data) if n.endswith("data.pkl") else data) for n, data in entries]
    if random.random() < 0.3:
        place = random.randrange(len(entries))
        name, data = entries.pop(place)
        name, data = random.choice(
            [
                (name, damaged(random, data)),
                (name + "x", data),
                ("x/data.pkl", data),
                (name, bytes(1 << 16)),
                (name, b""),
            ]
        )
        entries.insert(place, (name, data))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries:
            packing = random.choice(
                (*[zipfile.ZIP_STORED] * 9, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
            )
            archive.writestr(name, data, packing)
    whole = bytearray(out.getvalue())
    if random.random() < 0.3:
        headers = [found.start() for found in re.finditer(rb"PK(?:\x01\x02|\x03\x04|\x05\x06)", whole)]
        place = random.choice(headers) + random.randrange(4, 46)
        width, kind = random.choice(((4, "<I"), (2, "<H")))
        whole[place : place + width] = struct.pack(kind, random.choice(LENGTHS) % 256**width)
    return damaged(random, bytes(whole)) if random.random() < 0.1 else bytes(whole)


def odd_old(random: Random) -> bytes:
    """Return what torch wrote before archives, with one of its pickles or storages odd."""
    stream = io.BytesIO(old())
    pickles = []
    for _ in range(5):
        start = stream.tell()
        list(pickletools.genops(stream))
        pickles.append(old()[start : stream.tell()])
    place = random.choice((0, 1, 2, 3, 3, 3, 4, 4))
    pickles[place] = odd_pickle(random, pickles[place])
    storages = stream.read()
    return b"".join(pickles) + (damaged(random, storages) if random.random() < 0.2 else storages)


def odd_safetensors(random: Random) -> bytes:
    """Return a `.safetensors` of which the header lies, or its length."""
    whole = save({"a": torch.ones(3, 2), "b": torch.ones(2).half()})
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + length])
    for _ in range(random.choice((1, 1, 2))):
        header = mutated(random, header)
    text = json.dumps(header).encode() + b" " * random.randrange(9)
    if random.random() < 0.2:
        text = damaged(random, text)
    said = len(text) if random.random() < 0.9 else random.choice(LENGTHS)
    return said.to_bytes(8, "little") + text + whole[8 + length :]


KINDS: dict[str, Callable[[Random], bytes]] = {
    "archive.pt": odd_archive,
    "old.pt": odd_old,
    "file.safetensors": odd_safetensors,
}
KIND = st.sampled_from(["archive.pt"] * 4 + ["old.pt"] * 2 + ["file.safetensors"] * 2)
RANDOM: Any = st.randoms(use_true_random=False)


@contextlib.contextmanager
def files() -> Iterator[Check]:
    """Read each input from a file in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        before = Path.cwd()
        os.chdir(folder)
        try:
            yield lambda value: read_file(Path(folder) / value[0], value[1])
        finally:
            os.chdir(before)


def read_file(path: Path, content: bytes) -> str:
    """Check what is read from a file: tensors that lie in it, or one line."""
    path.write_bytes(content)
    try:
        tensors = read_state_dict(path)
    except CheckpointError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert sum(each.nbytes for each in tensors.values()) <= MAX_SHARING * MAX_RATIO * len(content)
        for name, tensor in tensors.items():
            assert isinstance(name, str)
            tensor.clone()
    assert len(refusal) <= MAX_SENTENCE
    assert not refusal or refusal.isprintable()
    return "refused" if refusal else "read"


def read_pickle(pickled: bytes) -> str:
    """Check that a pickle is read, or refused by one of the errors that are documented."""
    try:
        unpickle(io.BytesIO(pickled))
    except (ValueError, LookupError, TypeError):
        return "refused"
    return "read"


PICKLES = Target(
    RANDOM.map(lambda random: odd_pickle(random, random.choice(plain()))),
    lambda: as_it_is(read_pickle),
    frozenset({"read", "refused"}),
    examples=2000,
)
WEIGHTS = Target(
    st.tuples(KIND, RANDOM).map(lambda drawn: (drawn[0], KINDS[drawn[0]](drawn[1]))),
    files,
    frozenset({"read", "refused"}),
    examples=1000,
    loads=("safetensors", "torch", "numpy"),
)
