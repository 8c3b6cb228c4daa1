"""The tensors of a checkpoint by name, whatever of the known formats it has, without running anything in it."""

import re
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from torch import Tensor

from generation.checkpoints.containers import Content, Reference, UnsupportedError, read_container
from generation.checkpoints.unpickling import Name, Record
from generation.errors import CheckpointError

MAX_TENSORS = 10_000
"""Of one file."""
MAX_HEADER_BYTES = 1 << 22
"""Of what a ``.safetensors`` says of its tensors. A tensor takes about 150."""
MAX_NAME = 1000
"""Characters in the dotted name of an attribute of TorchScript."""
MAX_SHARING = 2
"""So many times as large as their storages tensors may be together: some have two names."""
WRAPPERS = ("state_dict", "model")
"""Under which of its keys a checkpoint may have the state dict."""
AVERAGES = ("ema", "ema_model", "model_ema", "ema_state_dict", "state_dict_ema")
"""Under which of its keys it may have averages of the weights over the training, which are preferred."""
PREFIX = re.compile(r"(?:module|model|first_stage_model)\.")
"""What training programs put before the names of a network inside theirs."""
AVERAGE = re.compile(rf"(?:{'|'.join(AVERAGES)})\.")
"""What they put before the names of averages."""
PLAIN = {"torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2"}
PARAMETERS = {"torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"}
SUBCLASSED = "torch._tensor._rebuild_from_type_v2"
"""With which tensors are kept that have attributes: function, class, its arguments, the attributes."""
MAX_DIMENSIONS = 16
SCRIPTED = "__torch__."
"""With which the classes of TorchScript begin."""

StateDict = dict[str, Tensor]


def read_state_dict(path: Path) -> StateDict:
    """Return the tensors of a file by name, on the CPU, as views of the file where that can be.

    It may be a ``.safetensors``, a state dict of ``torch.save`` of any version, alone or as the ``state_dict`` or the
    ``model`` of something else, or an archive of TorchScript. Averages that lie beside a state dict have ``ema.``
    before their names.

    Raises:
        CheckpointError: it is something else, or damaged.
    """
    try:
        if path.suffix == ".safetensors":
            return _read_safetensors(path)
        content = read_container(path)
        tensors = {name: _tensor(record, content) for name, record in _records(content.value)}
        if sum(tensor.nbytes for tensor in tensors.values()) > MAX_SHARING * content.size:
            raise UnsupportedError("has tensors that are larger together than their storages")
    except UnsupportedError as error:
        raise CheckpointError.of(path, str(error)) from None
    except PermissionError as error:
        raise CheckpointError.of(path, f"cannot be read: {error.strerror}") from None
    except Exception as error:
        # A file can be wrong in more ways than the libraries that read it have names for.
        raise CheckpointError.of(path, "is damaged or not a checkpoint: fetch the file again") from error
    if not tensors:
        raise CheckpointError.of(path, "holds no weights: a dict of tensors is missing, alone or as its state_dict")
    return tensors


def without_prefix(state_dict: StateDict, known: str) -> StateDict:
    """Return what has the same prefix as the tensor ``known``, without it; empty where that is missing.

    Of tensors of which there is an average that is returned. Some write the average of ``a.b`` as ``model_ema.ab``.
    """
    prefixes = sorted((name.removesuffix(known) for name in state_dict if name.endswith(known)), key=len)
    last = next((each for each in prefixes if not PREFIX.sub("", each)), None)
    averaged = next((each for each in prefixes if each != last and not PREFIX.sub("", AVERAGE.sub("", each))), None)
    found: StateDict = {}
    if last is not None:
        found = {name.removeprefix(last): each for name, each in state_dict.items() if name.startswith(last)}
        dotless = {name: f"{last}model_ema.{name.replace('.', '')}" for name in found}
        found |= {name: state_dict[average] for name, average in dotless.items() if average in state_dict}
    if averaged is not None:
        found |= {name.removeprefix(averaged): each for name, each in state_dict.items() if name.startswith(averaged)}
    return found


def _read_safetensors(path: Path) -> StateDict:
    """Read a file of the library's own after a look at how much it says of itself."""
    with path.open("rb") as file:
        header = int.from_bytes(file.read(8), "little")
    if MAX_HEADER_BYTES < header <= path.stat().st_size:
        raise UnsupportedError(f"has a header of more than {MAX_HEADER_BYTES >> 20} MB")
    with safe_open(path, "pt") as opened:
        names = opened.keys()
        if len(names) > MAX_TENSORS:
            raise UnsupportedError(f"has more than {MAX_TENSORS} entries")
        return {name: opened.get_tensor(name) for name in names}


def _records(value: Any) -> Iterator[tuple[str, Record]]:
    """Yield what stands for a tensor, with its name."""
    scripted = isinstance(value, Record) and value.kind.startswith(SCRIPTED)
    for count, (name, each) in enumerate(_attributes(value) if scripted else _unwrapped(value)):
        if count == MAX_TENSORS:
            raise UnsupportedError(f"has more than {MAX_TENSORS} entries")
        if isinstance(each, Record) and each.kind.startswith(("torch._utils._rebuild", SUBCLASSED)):
            yield name, each


def _unwrapped(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the entries of the innermost state dict, of which others hold the one that is looked for, and averages."""
    averages: Mapping[str, Any] = {}
    for _ in range(len(WRAPPERS) + 1):
        entries = _entries(value)
        averages = next(filter(None, (_entries(entries.get(key)) for key in AVERAGES)), averages)
        inner = next((entries[key] for key in WRAPPERS if _entries(entries.get(key))), None)
        if inner is None:
            break
        value = inner
    yield from _entries(value).items()
    yield from ((f"ema.{name}", each) for name, each in averages.items())


def _entries(value: Any) -> Mapping[str, Any]:
    """Return what a dict holds, or an instance of a subclass of one; nothing where it is something else."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, Record):
        return {}
    if value.kind == "collections.OrderedDict" and value.arguments:
        return {key: entry for key, entry in value.arguments[0] if isinstance(key, str)}
    return value.entries


def _attributes(module: Record) -> Iterator[tuple[str, Any]]:
    """Yield the attributes of a module of TorchScript and of the modules in it, by their dotted names."""
    within = [("", module)]
    modules = 1
    while within:
        prefix, module = within.pop()
        for name, value in (module.state if isinstance(module.state, dict) else {}).items():
            if len(prefix) + len(name) > MAX_NAME:
                raise ValueError("The name of an attribute is too long.")
            if isinstance(value, Record) and value.kind.startswith(SCRIPTED):
                modules += 1
                if modules > MAX_TENSORS:
                    raise UnsupportedError(f"has more than {MAX_TENSORS} modules")
                within.append((f"{prefix}{name}.", value))
            else:
                yield f"{prefix}{name}", value


def _tensor(record: Record, content: Content) -> Tensor:
    """Return a tensor after its description was checked against what is in the file."""
    if record.kind == SUBCLASSED and isinstance(record.arguments[0], Name):
        record = Record(record.arguments[0].text, record.arguments[2])
    if record.kind in PARAMETERS:
        record = record.arguments[0]
    if record.kind not in PLAIN:
        raise UnsupportedError(f"has tensors of a kind that is not read ({record.kind})")
    storage, offset, size, stride = record.arguments[:4]
    numbers = (offset, *size, *stride)
    if any(type(number) is not int or not 0 <= number < 1 << 63 for number in numbers):
        raise ValueError("A shape is not made of lengths.")
    if len(size) != len(stride) or len(size) > MAX_DIMENSIONS:
        raise ValueError("A tensor has too many dimensions, or some without a stride.")
    reference = Reference.of(storage.persistent_id)
    data, width = content.storage(reference.key), reference.dtype.itemsize
    count = prod(size)
    if count == 0:
        return torch.empty(size, dtype=reference.dtype)
    last = offset + sum((side - 1) * step for side, step in zip(size, stride, strict=True))
    if last >= reference.length or count > reference.length or reference.bytes > len(data):
        raise ValueError("A tensor does not lie in its storage.")
    elements = torch.frombuffer(data[offset * width : (last + 1) * width], dtype=reference.dtype)
    if elements.data_ptr() % width:
        elements = elements.clone()
    return elements.as_strided(size, stride)
