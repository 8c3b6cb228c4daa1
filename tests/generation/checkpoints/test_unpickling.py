import builtins
import io
import os
import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest

from generation.checkpoints.unpickling import MAX_NAME, Record, unpickle

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


class Settings(dict[str, Any]):
    """What Lightning keeps as `hyper_parameters`, say."""


class Places(list[int]): ...


class Loop:
    """Takes arguments and state, and pickles by other opcodes in each protocol."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __getnewargs_ex__(self) -> tuple[tuple[()], dict[str, float]]:
        return (), {"rate": self.rate}

    def __new__(cls, **_: float) -> "Loop":
        return super().__new__(cls)


def read(pickled: bytes) -> Any:
    return unpickle(io.BytesIO(pickled)).value


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_values_and_containers_of_every_protocol(protocol: int) -> None:
    value = {
        "numbers": [0, 255, 65535, -1, 2**40, -(2**70), 1.5, True, False, None],
        "texts": ("red", "grün", "", "x" * 300, "\n\\"),
        "tuples": ((), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)),
        "bytes": {"b": {}, "a": []},
    }
    assert read(pickle.dumps(value, protocol)) == value
    twice = ["shared"]
    first, second = read(pickle.dumps([twice, twice], protocol))
    assert first is second


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_is_no_plain_value_becomes_a_record(protocol: int) -> None:
    value = {
        "settings": Settings(x=1),
        "ordered": OrderedDict(weight=2),
        "places": Places([1]),
        "path": Path("somewhere"),
        "sets": [{1}, frozenset({2}), bytearray(b"3"), b"4", 5j],
        5: "dropped",
    }
    found = read(pickle.dumps(value, protocol))
    assert set(found) == {"settings", "ordered", "places", "path", "sets"}
    assert found["settings"].entries == {"x": 1}
    assert found["ordered"].entries == {"weight": 2}
    assert isinstance(found["path"], Record)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_instances_keep_their_class_and_state(protocol: int) -> None:
    record = read(pickle.dumps(Loop(rate=0.5), protocol))
    assert record.state == {"rate": 0.5}
    assert protocol < 4 or record.kind == f"{__name__}.Loop"


class Calls:
    """Pickles as a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nothing_is_called(protocol: int, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    calls = [
        Calls(os.mkdir, str(mark)),
        Calls(builtins.eval, f"__import__('os').mkdir({str(mark)!r})"),
        Calls(getattr, Path(mark), "mkdir"),
        Calls(builtins.exec, f"open({str(mark)!r}, 'w')"),
    ]
    found = read(pickle.dumps(calls, protocol))
    assert not mark.exists()
    assert all(isinstance(record, Record) for record in found)


@pytest.mark.parametrize(
    "pickled",
    [
        b"cos\nmkdir\n(Vexecuted\ntR.",
        b"(Vexecuted\nios\nmkdir\n.",
        b"(cos\nmkdir\nVexecuted\no.",
        b"\x80\x04\x8c\x02os\x8c\x05mkdir\x93\x8c\x08executed\x85R.",
        b"\x80\x04\x8c\x02os\x8c\x0apath.mkdir\x93\x8c\x08executed\x85\x81.",
        b"\x80\x04\x8c\x02os\x8c\x05mkdir\x93\x8c\x08executed\x85}\x92.",
        b"cos\nmkdir\n(Vexecuted\ntR}(V__class__\ncos\nsystem\nub.",
        b"cbuiltins\ngetattr\n(cos\n\nVmkdir\ntRVexecuted\n\x85R.",
    ],
)
def test_nothing_is_called_by_any_opcode(pickled: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(read(pickled), Record)
    assert not (tmp_path / "executed").exists()


def bomb(width: int, depth: int) -> bytes:
    """Return a pickle of lists of lists of lists that are all the same."""
    return b"](" + b"K\x01" * width + b"e" + (b"q\x00](" + b"h\x00" * width + b"e") * depth + b"."


def test_what_is_there_often_is_kept_once() -> None:
    assert len(read(bomb(200, 40))) == 200


ENDLESS = b")" + b"2\x86" * 200
"""A tuple of which both halves are one tuple, and so on: to write it out, or to hash it, takes for ever."""


def test_what_is_endless_to_write_out_is_read_at_once() -> None:
    assert len(read(b"\x80\x02" + ENDLESS + b".")) == 2


def test_an_instance_of_what_has_no_name_is_an_object() -> None:
    record = read(b"ccopy_reg\n_reconstructor\n(K\x01K\x02}tR.")
    assert (record.kind, record.entries) == ("object", {})


@pytest.mark.parametrize(
    "pickled",
    [
        b"",
        b".",
        b"not a pickle at all",
        b"\x80\x05\x95" + struct.pack("<Q", 2**62) + b"}",
        b"\x80\x04\x8d" + struct.pack("<Q", 2**40) + b"text.",
        b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"text.",
        b"\x80\x05\x96" + struct.pack("<Q", 2**62) + b"text.",
        b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b"\x01.",
        b"\x80\x02\x8b" + struct.pack("<i", -1) + b"\x01.",
        b"L" + b"9" * 100_000 + b"L\n.",
        b"\x80\x02\x82\x01.",
        b"\x80\x05\x97.",
        b"e.",
        b"(e.",
        b"K\x01K\x02a.",
        b"K\x01K\x02K\x03s.",
        b"cos\nmkdir\nK\x01R.",
        b"h\x07.",
        b"t.",
        b"Np4294967296\n.",
        b"Np-1\n.",
        b"c" + b"m" * MAX_NAME + b"\nname\n.",
        b"\x80\x04" + ENDLESS + b"\x8c\x01a\x93.",
        b"\x80\x04\x8c\x01a" + ENDLESS + b"\x93.",
    ],
    ids=lambda pickled: repr(pickled[:12]),
)
def test_what_is_no_pickle_is_refused_at_once(pickled: bytes) -> None:
    with pytest.raises((ValueError, LookupError, TypeError)):
        read(pickled)


def test_a_pickle_has_so_many_opcodes_at_most() -> None:
    assert unpickle(io.BytesIO(b"}" * 9 + b"."), max_opcodes=10).value == {}
    with pytest.raises(ValueError, match="too many"):
        unpickle(io.BytesIO(b"}" * 10 + b"."), max_opcodes=10)


def test_a_memo_of_a_far_place_takes_no_memory() -> None:
    assert read(b"K\x01r\xff\xff\xff\xff0j\xff\xff\xff\xff.") == 1


def test_depth_has_no_bottom() -> None:
    value = read(b"N" + b"\x85" * 1_000_000 + b".")
    assert len(value) == 1
