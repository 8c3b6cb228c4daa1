"""How many pictures a device has memory for: measured with a few steps when the models are loaded."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from generation.canvas import Canvas
from generation.capacity import Capacity
from generation.engine import batch
from generation.engine.engine import Engine
from generation.engine.equipment import Equipment
from generation.engine.optimisers import OPTIMISERS
from generation.engine.story import weights
from generation.recipe import Stage
from generation.request import ImagineRequest

SLOTS = {"cpu": 1, "cuda": batch.SLOTS}
"""Pictures painted at once, at most. A CPU has few idle units to fill: with two at once the pocket models paint a sixth
more, and each picture takes nearly twice as long."""
SIDE = 64
"""Of the smaller pictures that are painted to measure, in pixels, or somewhat more; the others are twice as large."""
WORKSPACE = 2.0
"""What a step takes altogether, as a multiple of what autograd keeps: gradients (with the pocket models all tensors are
1.2 to 1.5 times as much), and the libraries' workspaces, of which PyTorch does not tell."""
FREE_SHARE = 0.9
"""Of the free memory that is used: the allocator rounds up and leaves gaps."""
MEMINFO = Path("/proc/meminfo")


class Saved:
    """Counts the bytes that autograd keeps from a forward pass to its backward pass, each storage once.

    Attributes:
        peak: the most that was kept at a time.
    """

    def __init__(self) -> None:
        self.peak = 0
        self._bytes = 0
        self._uses: dict[int, int] = {}

    def hooks(self) -> torch.autograd.graph.saved_tensors_hooks:
        """Return a context in which everything that is saved is counted."""
        return torch.autograd.graph.saved_tensors_hooks(lambda tensor: _Kept(self, tensor), lambda kept: kept.tensor)

    def keep(self, tensor: Tensor) -> None:
        """Count a tensor."""
        storage = tensor.untyped_storage()
        uses = self._uses[storage.data_ptr()] = self._uses.get(storage.data_ptr(), 0) + 1
        if uses == 1:
            self._bytes += storage.nbytes()
            self.peak = max(self.peak, self._bytes)

    def release(self, tensor: Tensor) -> None:
        """Count a tensor no longer."""
        storage = tensor.untyped_storage()
        self._uses[storage.data_ptr()] -= 1
        if not self._uses[storage.data_ptr()]:
            self._bytes -= storage.nbytes()


class _Kept:
    """A saved tensor; it goes when the graph that saved it goes."""

    def __init__(self, saved: Saved, tensor: Tensor) -> None:
        self.tensor = tensor
        self._saved = saved
        saved.keep(tensor)

    def __del__(self) -> None:
        self._saved.release(self.tensor)


def capacity(equipment: Equipment, slots: Mapping[str, int] = SLOTS, meminfo: Path = MEMINFO) -> Capacity:
    """Return how much a device holds, with the models already on it.

    Of a device that paints one picture at a time only what its pixels and a few views take is measured.

    Args:
        equipment: that it paints with.
        slots: pictures painted at once, at most, by kind of device.
        meminfo: where Linux tells how much memory is free.
    """
    most = slots[equipment.device.type]
    step = step_bytes(equipment) if most > 1 else _alone(equipment)
    recipe = equipment.recipe
    views = max(stage.cutouts or recipe.cutouts for stage in (*recipe.stages, *(recipe.coarse_to_fine or ())))
    view_bytes = step.view_bytes * views / recipe.cutouts  # of a picture that asks for no number the most counts
    memory = free_memory(equipment.device, meminfo)
    return replace(step, slots=most, memory=memory, view_bytes=view_bytes, cutouts=recipe.cutouts)


def _alone(equipment: Equipment) -> Capacity:
    return Capacity(0, view_bytes=view_bytes(equipment), pixel_bytes=canvas_bytes(equipment))


def canvas_bytes(equipment: Equipment) -> float:
    """Return what a step takes for each pixel, by what autograd keeps when the canvases render two small pictures.

    That takes a fraction of a step, of which most is judging.
    """
    small = -(-SIDE // 2 // equipment.multiple) * equipment.multiple
    large = 2 * small
    canvases = [equipment.parts(stage).canvas for stage in equipment.recipe.stages]
    pixels = large**2 - small**2
    return WORKSPACE * max(
        (_rendered_bytes(canvas, large) - _rendered_bytes(canvas, small)) / pixels for canvas in canvases
    )


def _rendered_bytes(canvas: Canvas, side: int) -> int:
    """Return the bytes that autograd keeps when a canvas renders a picture of this side."""
    init = canvas.init(side, side, torch.Generator().manual_seed(0), None)
    parameters = [each[None].clone().requires_grad_() for each in init.parameters]
    saved = Saved()
    with saved.hooks():
        canvas.render(parameters, [each[None] for each in init.constants])
    return saved.peak


def view_bytes(equipment: Equipment) -> float:
    """Return what a step takes for each view, by what autograd keeps when one and two are judged.

    A CPU judges many in slices, and keeps less: how much less depends on how they are cut, and is not counted on.
    """
    one, two = (max(_judged_bytes(equipment, stage, count) for stage in equipment.recipe.stages) for count in (1, 2))
    return WORKSPACE * max(0, two - one)


def _judged_bytes(equipment: Equipment, stage: Stage, views: int) -> int:
    """Return the bytes that autograd keeps when so many views of a small picture are judged."""
    objective = equipment.parts(replace(stage, cutouts=views)).objective
    request, generator = ImagineRequest("probe", "", 0, SIDE, SIDE, 1), torch.Generator().manual_seed(0)
    pictures = torch.full((1, 3, SIDE, SIDE), 0.5, device=equipment.device, requires_grad=True)
    rows = [row[None] for row in objective.rows(request)]
    drawn, counts = objective.draw(1, generator).to(equipment.device), weights(request, 0)[None].to(equipment.device)
    saved = Saved()
    with saved.hooks():
        objective.loss(pictures, rows, counts, drawn)
    return saved.peak


def step_bytes(equipment: Equipment) -> Capacity:
    """Return what a step takes for each view and for each pixel, in bytes, measured with the models.

    Optimisers evaluate one time after the other, and a population a few candidates at a time, which without gradients
    takes less: so Adam stands for all. What is kept for ``n`` pictures of ``p`` pixels is taken to be
    ``fixed + n * (views * view + p * pixel)``; the fixed part is the weights, which are there already.
    """
    small = -(-SIDE // equipment.multiple) * equipment.multiple
    large = 2 * small
    adam = OPTIMISERS["adam"]()
    stages = equipment.recipe.stages
    recipe = replace(equipment.recipe, stages=tuple(replace(stage, share=1 / len(stages)) for stage in stages))
    probed = Equipment(recipe, lambda stage: replace(equipment.parts(stage), optimiser=adam), equipment.device)
    probe = Engine(probed)
    one, two, one_large = (_peak(probe, side, count) for side, count in ((small, 1), (small, 2), (large, 1)))
    pixel = max(0.0, (one_large - one) / (large**2 - small**2))
    picture = max(0.0, two - one - pixel * small**2)
    cutouts = equipment.recipe.cutouts
    return Capacity(0, view_bytes=WORKSPACE * picture / cutouts, pixel_bytes=WORKSPACE * pixel, cutouts=cutouts)


def _peak(engine: Engine, side: int, count: int) -> int:
    """Return the most bytes that autograd keeps while ``count`` pictures of this side are painted.

    They do not grow: steps that are painted smaller, or judged by fewer views, take less. Each stage has a step.
    """
    steps = len(engine.equipment.recipe.stages)
    for number in range(count):
        engine.add_request(ImagineRequest(f"probe {number}", "", number, side, side, steps, grow=0.0))
    saved = Saved()
    with saved.hooks():
        while len(engine):
            for state in engine.step():
                if state.fault:
                    raise RuntimeError(state.fault.traceback)
    return saved.peak


def free_memory(device: torch.device, meminfo: Path = MEMINFO) -> float:
    """Return how many bytes can be used on the device; infinitely many where the system does not tell."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
        free, _ = torch.cuda.mem_get_info(device)
        return FREE_SHARE * free
    try:
        found = re.search(r"MemAvailable:\s+(\d+) kB", meminfo.read_text("ascii"))
    except OSError:
        found = None
    return FREE_SHARE * 1024 * int(found[1]) if found else float("inf")
