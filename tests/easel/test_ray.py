"""Commands and Python that have the machines of a Ray cluster paint for them."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from config.layers import load
from config.settings.models import ModelsSettings
from easel.dispatching import own_executor
from generation.errors import DeviceError
from tests.easel.processes import BARE, PATIENCE, finish, settings_for
from tests.ray_fixtures import Nodes, cluster, nodes

__all__ = ["cluster", "nodes"]

WALK = "class: owl | class: frog", "--frames", "2", "--hold", "0", "--out", "walk.gif"
PYTHON = """
import atexit, threading
from easel import paint

@atexit.register
def look():  # runs after what was registered later, as Ray's own end is
    assert "easel" not in [thread.name for thread in threading.enumerate()]

first, second = (paint(text, seed=1, size=(64, 64), steps=2) for text in ("a red apple", "a pear"))
assert first.image.size == second.image.size == (64, 64)
"""


def chosen(models: ModelsSettings, nodes: Nodes) -> list[str]:
    return [*settings_for(models), "executor.kind=ray", f"executor.address={nodes.address}"]


async def test_a_command_paints_there_and_its_worker_ends_with_it(
    tmp_path: Path, tiny_models: ModelsSettings, nodes: Nodes
) -> None:
    nodes.add()
    settings = chosen(tiny_models, nodes)
    (tmp_path / "a.txt").write_text("a cat --seed 1\na dog --seed 2\n")
    small = "--size", "64x64", "--steps", "2"
    for words in (("imagine", "a cat", *small, "--out", "cat.png"), ("walk", *WALK), ("batch", "a.txt")):
        more = ["painting.width=64", "painting.height=64", "painting.steps=2"] if words[0] == "batch" else []
        code, _, err = await asyncio.to_thread(finish, tmp_path, *words, *settings, *more)
        assert (code, err) == (0, ""), "each finds the cluster's only place free again"
    with Image.open(tmp_path / "cat.png") as picture:
        assert picture.size == (64, 64)
    assert (tmp_path / "walk.gif").exists()
    assert len(list((tmp_path / "a").glob("*.png"))) >= 2


def test_python_paints_there(tmp_path: Path, tiny_models: ModelsSettings, nodes: Nodes) -> None:
    nodes.add()
    models = {f"EASEL_MODELS__{name.upper()}": str(getattr(tiny_models, name)) for name in ("vqgan", "clip")}
    where = {"EASEL_EXECUTOR__KIND": "ray", "EASEL_EXECUTOR__ADDRESS": nodes.address, "EASEL_EXECUTOR__DEVICES": "cpu"}
    environment = {**BARE, **models, **where, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", PYTHON]
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("generation.executor.cluster")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(DeviceError, match=r"easel\[ray\]"):
        own_executor(load(environment={}, arguments=["executor.kind=ray"]), 1.0)
