"""Nothing that is read is obeyed: no file of any format, and no place in the source that could."""

import ast
import io
import os
import pickle
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import torch
from PIL import Image

from config.layers import ConfigError, load
from generation.checkpoints.clip_description import describe_clip
from generation.checkpoints.clip_names import OPENAI, TRANSFORMERS
from generation.checkpoints.loader import load_clip, load_vqgan
from generation.checkpoints.state_dict import read_state_dict
from generation.errors import CheckpointError, MetadataError
from generation.executor.protocol import unpack
from generation.metadata import KEY
from generation.pocket.description import describe_composer, describe_pocket
from generation.request import ImagineRequest
from generation.worker.images import read_request
from sandbox.files import picture_size
from tests.fuzz.metadata import SIGNATURE, chunk

ROOT = Path(__file__).parents[1]
CANARY = Path("executed")
APPLY = f"!!python/object/apply:os.mkdir [{CANARY}]"
MODEL = "model: {{target: taming.models.vqgan.VQModel, params: {}}}\n"


class Calls:
    """Makes a folder where its pickle is obeyed."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(CANARY),)


def saved(content: object, **options: bool) -> bytes:
    out = io.BytesIO()
    torch.save(content, out, **options)
    return out.getvalue()


def scripted() -> bytes:
    """Return an archive of TorchScript with a module whose class is a call, and code beside it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(
            "x/data.pkl", b"\x80\2c__torch__\nX\n)\x81}X\1\0\0\0a" + pickle.dumps(Calls(), 2)[2:-1] + b"sb."
        )
        archive.writestr("x/code/__torch__.py", f"import os\nos.mkdir('{CANARY}')\n")
        archive.writestr("x/constants.pkl", pickle.dumps(Calls(), 2))
    return out.getvalue()


def png(text: bytes) -> bytes:
    header = chunk(b"IHDR", b"\0\0\0\1\0\0\0\1\x08\0\0\0\0")
    keyed = chunk(b"iTXt", KEY.encode() + b"\0\0\0\0\0" + text) + chunk(b"zTXt", b"x\0\0" + zlib.compress(text))
    return SIGNATURE + header + keyed + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


BESIDE = {"state_dict": {"a": torch.ones(1)}, "callbacks": Calls()}
YAML = {
    "apply": APPLY,
    "new": f"!!python/object/new:os.mkdir [{CANARY}]",
    "name": "!!python/name:os.mkdir ''",
    "module": "!!python/module:antigravity ''",
    "environment": "${oc.env:EASEL_DISCORD__TOKEN}",
    "decoded": "${oc.decode:${oc.env:EASEL_DISCORD__TOKEN}}",
}
PICTURE_READERS: dict[str, Callable[[Path], object]] = {
    "metadata": lambda path: read_request(path.read_bytes()),
    "upload": lambda path: picture_size(path.read_bytes()),
}
FORGED: dict[str, tuple[Callable[[Path], object], str, bytes]] = {
    "archive": (read_state_dict, "x.ckpt", saved(BESIDE)),
    "archive of nothing else": (read_state_dict, "x.ckpt", saved(Calls())),
    "before archives": (read_state_dict, "x.ckpt", saved(BESIDE, _use_new_zipfile_serialization=False)),
    "pickle": (read_state_dict, "x.ckpt", pickle.dumps(Calls())),
    "TorchScript": (read_state_dict, "x.pt", scripted()),
    "safetensors": (read_state_dict, "x.safetensors", saved(Calls())),
    "CLIP": (load_clip, "x.pt", saved(BESIDE)),
    **{
        f"JSON of {known}, {kind}": (partial(describe_clip, known=known), "x.json", text.encode())
        for known, key in ((OPENAI, "model_cfg"), (TRANSFORMERS, "text_config"))
        for kind, text in {
            "request": '{"py/reduce": [{"py/function": "os.mkdir"}, ["executed"]]}',
            "interpolation": f'{{"{key}": "${{oc.env:EASEL_DISCORD__TOKEN}}", "model_type": "clip"}}',
        }.items()
    },
    **{
        f"{reads.__name__}, {kind}": (reads, "x.yaml", MODEL.format(text).encode())
        for reads in (load_vqgan, describe_pocket, describe_composer)
        for kind, text in YAML.items()
    },
    **{f"settings, {kind}": (load, "x.yaml", f"painting: {{steps: {text}}}".encode()) for kind, text in YAML.items()},
    **{
        f"{name}, {kind}": (reads, "x.png", png(text))
        for name, reads in PICTURE_READERS.items()
        for kind, text in {"pickle": pickle.dumps(Calls(), 0), "YAML": APPLY.encode()}.items()
    },
    "request": (
        lambda path: ImagineRequest.from_json(path.read_text()),
        "x.json",
        b'{"py/reduce": [{"py/function": "os.mkdir"}, ["executed"]]}',
    ),
}
"""What reads a file, its name and its content."""


@pytest.mark.parametrize("kind", FORGED)
def test_no_file_is_obeyed(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads, name, content = FORGED[kind]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EASEL_DISCORD__TOKEN", "squeamish-ossifrage")
    Path("x.ckpt").write_bytes(saved(BESIDE))
    Path(name).write_bytes(content)
    try:
        found = repr(reads(tmp_path / name))
    except (CheckpointError, ConfigError, MetadataError, ValueError) as error:
        found = str(error)
    assert "squeamish" not in found
    assert not CANARY.exists()


def test_the_forged_files_would_be_obeyed_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    unpack(pickle.dumps(Calls()))
    assert CANARY.exists()


def test_the_picture_that_is_forged_is_one() -> None:
    with Image.open(io.BytesIO(png(b"{}"))) as image:
        assert image.info[KEY] == "{}"


ROOMS = (
    "benchmarks",
    "bot",
    "config",
    "docs",
    "easel",
    "examples",
    "generation",
    "sandbox",
    "texts",
    "training",
    "weights",
)
DANGEROUS = {
    *("eval", "exec", "compile", "__import__", "input", "breakpoint"),
    *("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "asyncio.create_subprocess_shell"),
    *("pickle.load", "pickle.loads", "pickle.Unpickler", "torch.load", "torch.jit.load", "torch.hub.load"),
    *("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "OmegaConf.register_new_resolver"),
    *("marshal.loads", "shelve.open", "importlib.import_module", "runpy.run_path", "runpy.run_module"),
}
MODULES = {"cPickle", "cloudpickle", "code", "dill", "joblib", "jsonpickle", "marshal", "shelve"}
"""That nothing imports."""
ALLOWED = {
    ("generation/executor/protocol.py", "pickle.loads"),
    ("benchmarks/__main__.py", "importlib.import_module"),
    ("benchmarks/peer.py", "importlib.import_module"),
    ("benchmarks/peer.py", "runpy.run_path"),
}
"""Where a call stands, and which: on the pipe between two processes of ours, of a module in the same
room, and of the folder that whoever measures names on the command line."""


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield all calls with the full names of what is called, where imports tell."""
    names = {
        alias.asname or alias.name: f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            head, dot, rest = ast.unparse(node.func).partition(".")
            yield names.get(head, head) + dot + rest, node


def is_dangerous(name: str, call: ast.Call) -> bool:
    keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    if keywords.get("shell", "False") != "False" or keywords.get("allow_pickle", "False") != "False":
        return True
    if name == "torch.load" and keywords.get("weights_only") == "True":
        return False
    return name.removeprefix("omegaconf.") in DANGEROUS


SOURCES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def test_the_source_unpickles_and_evaluates_nothing() -> None:
    found = set()
    for path in SOURCES:
        tree = ast.parse(path.read_text("utf-8"))
        place = path.relative_to(ROOT).as_posix()
        found |= {(place, name) for name, call in calls(tree) if is_dangerous(name, call)}
        imported = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        modules = {alias.name for node in imported for alias in node.names} | {
            getattr(node, "module", "") for node in imported
        }
        assert not modules & MODULES, place
    assert found == ALLOWED


@pytest.mark.parametrize(
    "code",
    [
        "eval('1')",
        "import pickle as p; p.loads(b'')",
        "from pickle import loads; loads(b'')",
        "import torch; torch.load('x')",
        "import torch; torch.load('x', weights_only=False)",
        "import yaml; yaml.load('x', yaml.SafeLoader)",
        "import subprocess; subprocess.run('x', shell=True)",
        "import numpy as np; np.load('x', allow_pickle=True)",
        "from omegaconf import OmegaConf; OmegaConf.register_new_resolver('x', id)",
    ],
)
def test_the_scan_finds(code: str) -> None:
    assert any(is_dangerous(name, call) for name, call in calls(ast.parse(code)))
