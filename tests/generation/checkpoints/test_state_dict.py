"""The three kinds of files that torch writes, `.safetensors`, and what is wrong with some."""

import io
import os
import pickle
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from generation.checkpoints.state_dict import MAX_HEADER_BYTES, MAX_TENSORS, read_state_dict, without_prefix
from generation.errors import MAX_SENTENCE, CheckpointError

WEIGHTS = {
    "encoder.weight": torch.arange(12.0).view(3, 4),
    "encoder.bias": torch.arange(3.0).to(torch.bfloat16),
    "turned": torch.arange(12.0).view(3, 4).T,
    "part": torch.arange(20, dtype=torch.int64)[4:10:2],
    "one": torch.tensor(7),
    "none": torch.zeros(0, 4),
    "mask": torch.tensor([True, False]),
    "half": torch.tensor([0.5, -1.0]).half(),
    "byte": torch.tensor([255], dtype=torch.uint8),
    "complex": torch.tensor([1 + 2j]),
    "double": torch.tensor([0.1], dtype=torch.float64),
}
Save = Callable[[Any, Path], object]


def old(content: Any, path: Path) -> None:
    torch.save(content, path, _use_new_zipfile_serialization=False)


def packed(content: Any, path: Path) -> None:
    """Save, and pack the archive again with compression."""
    torch.save(content, path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)


def with_protocol(protocol: int, **options: Any) -> Save:
    return lambda content, path: torch.save(content, path, pickle_protocol=protocol, **options)


SAVES: dict[str, Save] = {
    "zip": torch.save,
    "old": old,
    "packed": packed,
    **{f"protocol {number}": with_protocol(number) for number in (2, 3, 4, 5)},
    "old, protocol 4": with_protocol(4, _use_new_zipfile_serialization=False),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.ckpt"


def same(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> bool:
    return found.keys() == wanted.keys() and all(
        found[name].dtype == tensor.dtype and torch.equal(found[name], tensor) for name, tensor in wanted.items()
    )


@pytest.mark.parametrize("save", SAVES.values(), ids=SAVES)
def test_every_kind_of_file_is_read(path: Path, save: Save) -> None:
    save(WEIGHTS, path)
    assert same(read_state_dict(path), WEIGHTS)


class Settings(dict[str, Any]): ...


class Steps(list[int]): ...


class Callback:
    best = 1.0


@pytest.mark.parametrize("save", SAVES.values(), ids=SAVES)
@pytest.mark.parametrize("wrapped", [lambda sd: {"state_dict": sd}, lambda sd: {"model": {"state_dict": Settings(sd)}}])
def test_what_lies_beside_the_weights_is_not_looked_at(
    path: Path, save: Save, wrapped: Callable[[dict[str, Tensor]], dict[str, Any]]
) -> None:
    network = nn.Linear(3, 4)
    optimizer = torch.optim.Adam(network.parameters())
    network(torch.ones(3)).sum().backward()
    optimizer.step()
    beside = {
        "hyper_parameters": Settings(x=1),
        "steps": Steps([1, 2]),
        "callbacks": {Callback: Callback()},
        "optimizer_states": [optimizer.state_dict()],
    }
    save(wrapped(dict(network.state_dict())) | beside, path)
    assert same(read_state_dict(path), dict(network.state_dict()))


def test_parameters_and_tensors_with_attributes(path: Path) -> None:
    tagged = torch.ones(2)
    tagged.tag = "mine"  # type: ignore[attr-defined]
    shared = nn.Parameter(torch.ones(3))
    torch.save({"shared": shared, "again": shared, "tagged": tagged}, path)
    assert same(read_state_dict(path), {"shared": shared.data, "again": shared.data, "tagged": torch.ones(2)})


class Inner(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2, 3))
        self.register_buffer("count", torch.tensor(5))

    def forward(self, x: Tensor) -> Tensor:
        return x


class Outer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = Inner(), Inner()

    def forward(self, x: Tensor) -> Tensor:
        return x


SCRIPT = pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")


@SCRIPT
def test_torchscript_is_read_by_its_attributes(path: Path) -> None:
    network = Outer()
    torch.jit.script(network).save(path)
    assert same(read_state_dict(path), dict(network.state_dict()))


class Hostile(nn.Module):
    """Whose exported `__setstate__` would run at load."""

    def __init__(self, endless: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))
        self.training = False
        self.endless = endless

    def forward(self, x: Tensor) -> Tensor:
        return x

    @torch.jit.export
    def __getstate__(self) -> tuple[Tensor, bool]:
        return self.weight, self.endless

    @torch.jit.export
    def __setstate__(self, state: tuple[Tensor, bool]) -> None:
        print("executed")
        while state[1]:
            pass


@SCRIPT
@pytest.mark.parametrize("endless", [False, True])
def test_code_of_torchscript_does_not_run(path: Path, capfd: pytest.CaptureFixture[str], endless: bool) -> None:
    torch.jit.script(Hostile(endless)).save(path)
    with pytest.raises(CheckpointError, match="holds no weights"):
        read_state_dict(path)
    assert capfd.readouterr() == ("", "")


class Calls:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("executed",)


@pytest.mark.parametrize("save", SAVES.values(), ids=SAVES)
def test_code_of_pickles_does_not_run(path: Path, save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    save({"state_dict": WEIGHTS, "callbacks": Calls()}, path)
    assert same(read_state_dict(path), WEIGHTS)
    assert not Path("executed").exists()


@pytest.mark.parametrize(
    "content",
    [{"state_dict": 5}, {"state_dict": {}}, {}, [], [torch.ones(2)], torch.ones(2), 5, None, "x" * 10_000, Calls()],
    ids=lambda content: repr(content)[:20],
)
@pytest.mark.parametrize("save", [torch.save, old])
def test_odd_content_is_refused_in_a_line(path: Path, save: Save, content: Any) -> None:
    save(content, path)
    with pytest.raises(CheckpointError, match="holds no weights: a dict of tensors is missing") as caught:
        read_state_dict(path)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) <= MAX_SENTENCE


def test_tensors_of_another_kind_are_refused(path: Path) -> None:
    torch.save({"weight": torch.eye(3).to_sparse()}, path)
    with pytest.raises(CheckpointError, match="of a kind that is not read"):
        read_state_dict(path)


def test_a_line_stays_a_line() -> None:
    error = CheckpointError.of(Path("/" + "long/" * 100 + "a\nb"), "holds \x1b[31m" + "x" * 1000)
    assert len(str(error)) <= MAX_SENTENCE
    assert str(error).isprintable()


def rebuilt(shape: tuple[int, ...], stride: tuple[int, ...], offset: int, length: int, key: str = "0") -> bytes:
    """Return a pickle of one tensor with this description, as torch would write it."""

    class Rebuilt:
        def __reduce__(self) -> tuple[Any, ...]:
            return torch._utils._rebuild_tensor_v2, (Storage(), offset, shape, stride, False, {})

    class Storage: ...

    class Pickler(pickle.Pickler):
        def persistent_id(self, value: object) -> Any:
            return ("storage", torch.FloatStorage, key, "cpu", length) if isinstance(value, Storage) else None

    stream = io.BytesIO()
    Pickler(stream, 2).dump({"weight": Rebuilt()})
    return stream.getvalue()


def archive(path: Path, pickled: bytes, storage: bytes = bytes(64), **more: bytes) -> None:
    with zipfile.ZipFile(path, "w") as file:
        for name, data in {"data.pkl": pickled, "data/0": storage, **more}.items():
            file.writestr(f"model/{name}", data)


def test_a_description_that_fits_is_read(path: Path) -> None:
    archive(path, rebuilt((2, 8), (8, 1), 0, 16))
    assert read_state_dict(path)["weight"].shape == (2, 8)


@pytest.mark.parametrize(
    "pickled",
    [
        rebuilt((2, 8), (8, 1), 1, 16),
        rebuilt((2, 8), (8, 1), 0, 15),
        rebuilt((2, 8), (8, 1), 0, 2**40),
        rebuilt((2**40,), (0,), 0, 16),
        rebuilt((2**20, 2**20), (0, 0), 0, 16),
        rebuilt((2, 2), (-1, 1), 4, 16),
        rebuilt((-2, 2), (1, 1), 0, 16),
        rebuilt((2, 2), (1,), 0, 16),
        rebuilt((1,) * 100, (1,) * 100, 0, 16),
        rebuilt((2**70, 0), (1, 1), 0, 16),
        rebuilt((2,), (2**62,), 0, 16),
        rebuilt((2,), (1,), -1, 16),
        rebuilt((2,), (1,), 0, -16),
        rebuilt((2,), (1,), 0, 16, key="../../../etc/passwd"),
        b"}.",
    ],
)
def test_a_description_that_does_not_fit_is_refused(path: Path, pickled: bytes) -> None:
    archive(path, pickled)
    with pytest.raises(CheckpointError, match=r"model\.ckpt"):
        read_state_dict(path)


def test_many_names_for_one_tensor_are_refused(path: Path) -> None:
    tensor = torch.ones(1000)
    torch.save({str(number): tensor for number in range(500)}, path)
    with pytest.raises(CheckpointError, match="larger together than their storages"):
        read_state_dict(path)


def test_a_bomb_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("model/data.pkl", rebuilt((2, 8), (8, 1), 0, 16))
        file.writestr("model/data/0", bytes(10_000_000))
    with pytest.raises(CheckpointError, match="compressed"):
        read_state_dict(path)


def test_a_length_of_nothing_is_no_way_around_that(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("model/data.pkl", rebuilt((2, 8), (8, 1), 0, 16))
        file.writestr("model/data/0", bytes(10_000_000))
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.rindex(b"PK\x01\x02") + 24, 0)
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        read_state_dict(path)


ENDLESS = b")" + b"2\x86" * 200
"""A tuple of which both halves are one tuple, and so on: to write it out, or to hash it, takes for ever."""
KEY = b"X\x01\x00\x00\x000"


def test_a_storage_whose_key_is_endless_is_refused(path: Path) -> None:
    pickled = rebuilt((2, 8), (8, 1), 0, 16)
    assert pickled.count(KEY) == 1
    archive(path, pickled.replace(KEY, ENDLESS))
    with pytest.raises(CheckpointError, match="damaged"):
        read_state_dict(path)


def test_an_endless_key_before_archives_is_refused(path: Path) -> None:
    old({"a": torch.ones(1)}, path)
    whole = path.read_bytes()
    keys = whole.rindex(b"\x80\x02]")
    start = whole.index(b"X", keys)
    end = start + 5 + int.from_bytes(whole[start + 1 : start + 5], "little")
    path.write_bytes(whole[:start] + ENDLESS + whole[end:])
    with pytest.raises(CheckpointError, match="damaged"):
        read_state_dict(path)


def within_itself(*names: str) -> bytes:
    """Return a pickle of a module of TorchScript that has itself as attributes of these names."""
    module = b"\x80\x02c__torch__\nLoop\n)\x81q\x00}("
    return module + b"".join(b"X" + struct.pack("<I", len(name)) + name.encode() + b"h\x00" for name in names) + b"ub."


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        ([str(number) for number in range(100_000)], "more than 10000 modules"),
        (["a" * 10_000], "damaged"),
        (["a", "b"], "damaged"),
    ],
    ids=["many", "long", "deep"],
)
def test_modules_within_themselves_are_refused(path: Path, names: list[str], complaint: str) -> None:
    archive(path, within_itself(*names))
    with pytest.raises(CheckpointError, match=complaint):
        read_state_dict(path)


def test_another_order_of_bytes_is_refused(path: Path) -> None:
    archive(path, rebuilt((2, 8), (8, 1), 0, 16), byteorder=b"big")
    with pytest.raises(CheckpointError, match="big-endian"):
        read_state_dict(path)


@pytest.mark.parametrize("prefix", ["", "module.", "model.", "first_stage_model.", "model.module.first_stage_model."])
def test_prefixes_are_taken_off(prefix: str) -> None:
    weights = {f"{prefix}encoder.weight": torch.ones(2), f"{prefix}known": torch.ones(3), "other.known": torch.ones(4)}
    found = without_prefix(weights, "known")
    assert found["known"].shape == (3,)
    assert found["encoder.weight"].shape == (2,)


def test_without_the_known_name_there_is_nothing() -> None:
    assert without_prefix({"teacher.known": torch.ones(2), "known.weight": torch.ones(2)}, "known") == {}


LAST, AVERAGE = torch.zeros(3), torch.ones(3)


@pytest.mark.parametrize("last", ["", "module.", "model.", "first_stage_model."])
@pytest.mark.parametrize("average", ["ema.", "model_ema.", "ema_model.", "ema.module.", "model.ema."])
def test_averages_are_preferred(last: str, average: str) -> None:
    weights = {f"{last}known": LAST, f"{last}count": LAST, f"{average}known": AVERAGE, "loss.known": LAST}
    for found in (without_prefix(weights, "known"), without_prefix(dict(reversed(weights.items())), "known")):
        assert torch.equal(found["known"], AVERAGE)
        assert torch.equal(found["count"], LAST)
    assert torch.equal(without_prefix({f"{average}known": AVERAGE}, "known")["known"], AVERAGE)


@pytest.mark.parametrize("prefix", ["", "module.", "first_stage_model."])
def test_so_are_those_without_dots_in_their_names(prefix: str) -> None:
    names = ("encoder.conv_in.weight", "known", "encoder.norm")
    weights = {f"{prefix}{name}": LAST for name in names}
    averages = {f"{prefix}model_ema.{name.replace('.', '')}": AVERAGE for name in names[:2]}
    found = without_prefix(weights | averages | {"model_ema.decay": torch.tensor(0.9)}, "known")
    assert [torch.equal(found[name], AVERAGE) for name in names] == [True, True, False]


@pytest.mark.parametrize("key", ["ema", "model_ema", "ema_state_dict", "state_dict_ema"])
@pytest.mark.parametrize("wrap", [lambda sd: sd, lambda sd: {"state_dict": sd}, lambda sd: {"model": {"model": sd}}])
@pytest.mark.parametrize("save", [torch.save, old])
def test_averages_beside_a_state_dict_are_found(
    path: Path, key: str, wrap: Callable[[dict[str, Tensor]], dict[str, Any]], save: Save
) -> None:
    save({**wrap({"module.known": LAST, "module.count": LAST}), key: {"known": AVERAGE}, "epoch": 3}, path)
    found = without_prefix(read_state_dict(path), "known")
    assert torch.equal(found["known"], AVERAGE)
    assert torch.equal(found["count"], LAST)
    save({**wrap({"module.known": LAST}), key: {"decay": 0.9, "shadow_params": [AVERAGE]}}, path)
    assert torch.equal(without_prefix(read_state_dict(path), "known")["known"], LAST)


def test_a_safetensors_that_says_too_much_of_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    save_file({str(number): torch.zeros(0) for number in range(MAX_TENSORS + 1)}, path)
    with pytest.raises(CheckpointError, match="has more than 10000 entries"):
        read_state_dict(path)
    save_file({"a": torch.zeros(1)}, path, metadata={"x": "y" * MAX_HEADER_BYTES})
    with pytest.raises(CheckpointError, match="has a header of more than 4 MB"):
        read_state_dict(path)


@SCRIPT
@pytest.mark.filterwarnings("ignore:invalid escape sequence:DeprecationWarning")
@pytest.mark.parametrize("kind", ["zip", "old", "packed", "protocol 4", "script", "safetensors"])
def test_damage_is_refused_and_nothing_worse(path: Path, kind: str) -> None:
    if kind == "script":
        torch.jit.script(Outer()).save(path)
    elif kind == "safetensors":
        path = path.with_suffix(".safetensors")
        save_file({"a": torch.ones(3, 2), "b": torch.ones(2).half()}, path)
    else:
        SAVES[kind](
            {"state_dict": {"a": torch.ones(3, 2), "b": torch.ones(2).half()}, "more": Settings(x=[1, "y"])}, path
        )
    whole = path.read_bytes()
    chance = random.Random(kind)
    sentences = []
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 8))):
            place = chance.randrange(len(damaged))
            match chance.randrange(4):
                case 0:
                    damaged[place] = chance.randrange(256)
                case 1:
                    del damaged[place : place + chance.randrange(1, 64)]
                case 2:
                    damaged[place:place] = chance.randbytes(chance.randrange(1, 16))
                case _:
                    damaged[place : place + 8] = struct.pack("<Q", chance.choice((0, 2**31, 2**62, 2**64 - 1)))
            damaged = damaged or bytearray(b"x")
        path.write_bytes(damaged)
        try:
            read_state_dict(path)
        except CheckpointError as error:
            sentences.append(str(error))
    assert len(sentences) > 20
    assert max(map(len, sentences)) <= MAX_SENTENCE
