"""What only a GPU can show: recorded steps, their memory, and pictures that are the same each time."""

import gc
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from benchmarks.networks import Networks
from generation.engine import batch
from generation.engine.cuda_graph import Recording, Run, give_back
from generation.engine.engine import Engine
from generation.engine.host_copy import HostCopy
from generation.models.layers import has_kernels
from generation.models.upstream import clip_model
from generation.models.vqgan import VQGAN
from generation.recipe import Recipe
from generation.request import ImagineRequest

pytestmark = pytest.mark.cuda

DDCONFIG = {
    "ch": 32, "out_ch": 3, "ch_mult": [1, 1, 2, 2], "num_res_blocks": 1, "attn_resolutions": [8], "in_channels": 3,
    "resolution": 64, "z_channels": 32, "double_z": False, "dropout": 0.0,
}  # fmt: skip
STEPS = 20
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def networks() -> Networks:
    torch.manual_seed(0)
    vqgan = VQGAN(DDCONFIG, 64, 16)
    torch.nn.init.normal_(vqgan.codebook)  # as wide as one that has learned, in which a picture can move
    clip = clip_model.CLIP(32, 64, 3, 128, 16, 77, 49408, 64, 1, 2)
    return Networks(DDCONFIG, 16, dict(vqgan.state_dict()), dict(clip.state_dict()))


@pytest.fixture
def engine(networks: Networks) -> Iterator[Engine]:
    device = torch.device("cuda:0")
    torch.cuda.set_device(device)
    yield networks.engine(Recipe(cutouts=8), device, "bfloat16")
    torch.cuda.set_per_process_memory_fraction(1.0)
    gc.collect()
    torch.cuda.empty_cache()


def paint(engine: Engine, count: int, side: int = 64, steps: int = STEPS) -> Tensor:
    requests = [ImagineRequest(str(seed), "a red apple", seed, side, side, steps) for seed in range(count)]
    states = [engine.add_request(request) for request in requests]
    while len(engine):
        engine.step()
    assert not any(state.fault for state in states), next(state.fault for state in states if state.fault)
    return torch.stack([state.picture for state in states if state.picture is not None]).clone()


def test_kernels_run_there(engine: Engine) -> None:
    assert has_kernels(engine.equipment.device)


@pytest.mark.parametrize("count", [1, 3, 8])
def test_the_same_pictures_each_time(engine: Engine, count: int) -> None:
    assert torch.equal(paint(engine, count), paint(engine, count))


def test_a_replayed_step_is_the_step(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    replayed = paint(engine, 2)
    engine.drop_idle()
    monkeypatch.setattr(batch, "Recording", lambda _: None)
    assert torch.equal(replayed, paint(engine, 2))


def test_the_next_picture_needs_no_recording(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded: list[int] = []
    record = Recording._record

    def noted(own: Recording, run: Run, rows: int) -> torch.cuda.CUDAGraph:
        recorded.append(rows)
        return record(own, run, rows)

    monkeypatch.setattr(Recording, "_record", noted)
    paint(engine, 1, steps=3)
    torch.cuda.synchronize()
    before = torch.cuda.memory_reserved()
    for _ in range(20):
        paint(engine, 1, steps=3)
    assert recorded == [1]
    assert torch.cuda.memory_reserved() == before


def test_recordings_share_memory(engine: Engine) -> None:
    paint(engine, 8, 128, steps=2)
    before = torch.cuda.memory_reserved()
    paint(engine, 4, 128, steps=2)
    paint(engine, 8, 64, steps=2)
    assert torch.cuda.memory_reserved() < 1.2 * before


def test_memory_of_recordings_is_given_back_with_the_last(engine: Engine) -> None:
    paint(engine, 8, 128, steps=2)
    before = torch.cuda.memory_reserved()
    engine.drop_idle()
    gc.collect()
    give_back()
    assert torch.cuda.memory_reserved() < before / 2
    paint(engine, 8, 128, steps=2)


def test_an_old_recording_that_is_freed_does_not_spoil_a_new_one(engine: Engine, networks: Networks) -> None:
    other = networks.engine(Recipe(cutouts=8), engine.equipment.device, "bfloat16")
    paint(other, 1, steps=2)
    other._own = other  # type: ignore[attr-defined]
    thresholds = gc.get_threshold()
    gc.disable()
    try:
        del other
        gc.set_threshold(1)
        gc.enable()
        paint(engine, 1, steps=2)
    finally:
        gc.set_threshold(*thresholds)


def test_out_of_memory_eight_go_on_in_parts(engine: Engine) -> None:
    paint(engine, 1, 256, steps=2)
    torch.cuda.reset_peak_memory_stats()
    base = torch.cuda.memory_allocated()
    engine.drop_idle()
    gc.collect()
    torch.cuda.empty_cache()
    paint(engine, 1, 256, steps=2)
    one = torch.cuda.max_memory_allocated() - base
    engine.drop_idle()
    gc.collect()
    torch.cuda.empty_cache()
    _, total = torch.cuda.mem_get_info()
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + 4 * one) / total)
    assert len(paint(engine, 8, 256, steps=3)) == 8


def test_a_picture_leaves_while_the_next_is_painted(engine: Engine) -> None:
    state = engine.add_request(ImagineRequest("1", "a red apple", 1, 64, 64, STEPS))
    engine.step()
    assert state.picture is not None
    shown, copy = state.picture.clone(), HostCopy([state.picture])
    engine.step()
    assert torch.equal(copy.tensors()[0], shown.cpu())


CHILD = """
import sys, torch
held = torch.empty(2**30, dtype=torch.uint8, device="cuda:0")
torch.cuda.synchronize()
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_killed_process_gives_its_memory_back() -> None:
    before, _ = torch.cuda.mem_get_info()
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", CHILD], stdin=pipe, stdout=pipe, text=True, cwd=ROOT) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        held, _ = torch.cuda.mem_get_info()
        child.send_signal(signal.SIGKILL)
        child.wait()
    after, _ = torch.cuda.mem_get_info()
    assert held < before - 2**30
    assert after > before - 2**28
