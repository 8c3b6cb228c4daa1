import gc
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from config.settings.models import DEFAULT_MODEL, ModelsSettings
from generation.capacity import Capacity, memory_left
from generation.checkpoints.loader import Models, load_models, prepare
from generation.engine.engine import Engine
from generation.engine.equipment import Equipment
from generation.load import Load
from generation.pocket.description import PocketSection
from generation.recipe import Recipe, Stage
from generation.request import ImagineRequest
from generation.worker.build import engine_for
from generation.worker.memory import WORKSPACE, Saved, canvas_bytes, capacity, free_memory, step_bytes, view_bytes
from tests.conftest import tiny_vqgan
from tests.generation.worker.test_registration import Evolution

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def engine(tiny_models: ModelsSettings) -> Engine:
    models = load_models(tiny_models.vqgan, tiny_models.clip, CPU)
    return engine_for(models, CPU, PocketSection())


def test_each_storage_counts_once_and_only_while_it_is_kept() -> None:
    saved = Saved()
    x = torch.ones(1000, requires_grad=True)
    with saved.hooks():
        y = x * 2
        (y * y.view(10, 100).flatten()).sum().backward()
        assert saved.peak == 4000, "both factors are one storage, and a constant factor is not kept"
        z = torch.ones(500, requires_grad=True)
        (z * z).sum().backward()
    gc.collect()
    assert saved.peak == 4000


def kept(engine: Engine, side: int, count: int) -> int:
    """Return the bytes that autograd keeps in a step of so many pictures."""
    for number in range(count):
        engine.add_request(ImagineRequest(f"{number}", "a red apple", number, side, side, 1))
    saved = Saved()
    with saved.hooks():
        engine.step()
    return saved.peak


def test_two_small_sizes_foretell_larger_ones(engine: Engine) -> None:
    step = step_bytes(engine.equipment)
    assert len(engine) == 0
    assert engine.timings() == [], "the device has painted nothing yet"
    assert step.pixel_bytes > 0
    fixed = kept(engine, 64, 1) - (step.view_bytes * step.cutouts + step.pixel_bytes * 64**2) / WORKSPACE
    for side, count in ((96, 2), (256, 1), (256, 3)):
        expected = count * (step.view_bytes * step.cutouts + step.pixel_bytes * side**2) / WORKSPACE + fixed
        assert kept(engine, side, count) == pytest.approx(expected, rel=0.1)


def test_what_an_evaluation_takes_counts_whatever_the_optimiser_does(engine: Engine) -> None:
    """Of one that takes no gradients nothing is kept, and yet it takes something."""
    optimiser = Evolution()
    assert optimiser.evaluations > 1
    usual = engine.equipment
    other = Engine(Equipment(usual.recipe, lambda stage: replace(usual.parts(stage), optimiser=optimiser), CPU))
    assert kept(other, 64, 1) == 0
    assert step_bytes(other.equipment) == step_bytes(engine.equipment)


def test_steps_from_coarse_to_fine_are_taken_to_be_as_costly_as_all(engine: Engine) -> None:
    coarse = Stage("pixels", 0.9, side=32, cutouts=1), Stage(share=0.1)
    other = Equipment(replace(engine.equipment.recipe, coarse_to_fine=coarse), engine.equipment.parts, CPU)
    assert step_bytes(other) == step_bytes(engine.equipment)


def test_models_of_coarse_codes_are_measured_with_larger_pictures(tiny_models: ModelsSettings) -> None:
    perceptor = load_models(tiny_models.vqgan, tiny_models.clip, CPU).perceptor
    models = prepare(Models(tiny_vqgan(levels=8), perceptor, Recipe(cutouts=4), Path()), CPU)
    engine = engine_for(models, CPU, PocketSection())
    assert engine.equipment.multiple == 128
    assert step_bytes(engine.equipment).pixel_bytes > 0


def test_a_cpu_paints_one_at_a_time_and_is_measured_by_its_canvas(engine: Engine, tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemAvailable:    10000 kB\n")
    held = capacity(engine.equipment, meminfo=meminfo)
    views, canvas, memory = view_bytes(engine.equipment), canvas_bytes(engine.equipment), 0.9 * 10000 * 1024
    assert held == Capacity(1, memory, view_bytes=views, pixel_bytes=canvas, cutouts=engine.equipment.recipe.cutouts)
    assert held.view_bytes == pytest.approx(step_bytes(engine.equipment).view_bytes, rel=0.2)
    assert held.pixel_bytes == pytest.approx(step_bytes(engine.equipment).pixel_bytes, rel=0.2)
    assert held.holds(Load((64, 64)))
    assert not held.holds(Load((256, 256)))


def test_capacity_is_what_is_free_and_what_a_step_takes(engine: Engine, tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemAvailable:    1000 kB\n")
    held = capacity(engine.equipment, {"cpu": 8}, meminfo)
    assert held == replace(step_bytes(engine.equipment), slots=8, memory=0.9 * 1000 * 1024)
    assert memory_left([Load((512, 512))] * 2, {DEFAULT_MODEL: held}) < 0 < memory_left([], {DEFAULT_MODEL: held})


def test_free_memory_of_a_cpu(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:       24683520 kB\nMemFree:         1000000 kB\nMemAvailable:    2000000 kB\n")
    assert free_memory(CPU, meminfo) == pytest.approx(0.9 * 2_000_000 * 1024)
    assert free_memory(CPU, tmp_path / "absent") == float("inf")
