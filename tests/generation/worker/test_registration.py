"""A canvas and an optimiser of somebody else's, registered with a line each, in a worker process that paints by them.

This module is that process' program too.
"""

import io
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from PIL import Image
from torch import Generator, Tensor
from torch.nn import functional as F

from config.settings.models import ModelsSettings
from generation.canvas import Init
from generation.checkpoints.loader import POCKET, load_models
from generation.engine.optimisers import OPTIMISERS, Evaluate, Tensors
from generation.events import Finished, Ready
from generation.executor.process import COMMAND, WorkerProcess
from generation.executor.protocol import FromWorker, Hello, LoadFailed, LoadModels, Paint, Weights
from generation.perceptor.distance import spherical_distance
from generation.request import ImagineRequest
from generation.worker.__main__ import main
from generation.worker.build import CANVASES

CHILDREN = 8


class Grid:
    """A grid of four by four colours."""

    multiple = 4

    def init(self, width: int, height: int, _: Generator, __: Tensor | None) -> Init:
        return Init((torch.zeros(1, height, width),), (torch.zeros(3, 4, 4),))

    def render(self, parameters: Sequence[Tensor], constants: Sequence[Tensor]) -> Tensor:
        return F.interpolate(parameters[0].sigmoid(), size=constants[0].shape[2:])

    def regulariser(self, parameters: Sequence[Tensor], _: Sequence[Tensor], __: Tensor) -> Tensor:
        return 1e-4 * self.distance_to_start(parameters)

    def latents(self, _: Sequence[Tensor], constants: Sequence[Tensor]) -> None:
        """Return none."""

    def distance_to_start(self, parameters: Sequence[Tensor]) -> Tensor:
        return parameters[0].square().mean((1, 2, 3))


class Evolution:
    """The best of the parameters and some children goes on; its state counts how often that was a child."""

    evaluations = 1 + CHILDREN
    powers = ()

    def init(self, parameters: Tensors) -> Tensors:
        return (parameters[0].new_zeros(len(parameters[0]), 1),)

    def coefficients(self, parameters: Tensors, rate: float, _: int, generator: Generator) -> Tensor:
        return rate * torch.randn(CHILDREN * parameters[0][0].numel(), generator=generator)

    def step(
        self, parameters: Tensors, state: Tensors, coefficients: Tensor, evaluate: Evaluate
    ) -> tuple[Tensors, Tensors, Tensor]:
        (parent,) = best = parameters
        least, pictures = evaluate(parameters)
        for mutation in coefficients.unflatten(1, (CHILDREN, *parent.shape[1:])).unbind(1):
            losses, _ = evaluate((parent + mutation,))
            better = losses < least
            least = torch.where(better, losses, least)
            best = (torch.where(better[:, None, None, None], parent + mutation, best[0]),)
        return best, (state[0] + (best[0] != parent).flatten(1).any(1, keepdim=True),), pictures


CANVASES["grid"] = lambda *_: Grid()
OPTIMISERS["evolution"] = Evolution


@pytest.fixture
def models(tiny_models: ModelsSettings, tmp_path: Path) -> ModelsSettings:
    """Give a tiny VQGAN, which is not used, whose recipe names both, and the pocket CLIP, which knows apples."""
    source = Path(tiny_models.vqgan)
    content = yaml.safe_load(source.read_text("utf-8"))
    stage = {"canvas": "grid", "optimiser": "evolution", "learning_rate": 0.1}
    content["recipe"] = {"cutouts": 4, "stages": [stage]}
    (tmp_path / "vqgan.yaml").write_text(yaml.safe_dump(content), "utf-8")
    (tmp_path / "vqgan.safetensors").write_bytes(source.with_suffix(".safetensors").read_bytes())
    return tiny_models.model_copy(update={"vqgan": str(tmp_path / "vqgan.yaml"), "clip": POCKET})


async def said(worker: WorkerProcess) -> FromWorker:
    message = await worker.receive()
    assert message is not None
    return message


async def loaded(worker: WorkerProcess, models: ModelsSettings) -> FromWorker:
    """Let a worker load models and return what it says then."""
    worker.send(LoadModels({"default": Weights(models.vqgan, models.clip, "float32")}, "cpu", 1, 1000.0, 1000.0))
    assert isinstance(await said(worker), Hello)
    return await said(worker)


async def test_a_worker_paints_by_what_was_registered(models: ModelsSettings) -> None:
    request = ImagineRequest("a", "a red apple", seed=1, width=64, height=48, steps=60)
    worker = await WorkerProcess.spawn((sys.executable, __file__))
    try:
        ready = await loaded(worker, models)
        assert isinstance(ready, Ready)
        assert (ready.offer.multiple, ready.offer.evaluations, ready.offer.inits) == (
            4,
            9,
            ("noise", "pixels", "gradient", "fractal"),
        )
        worker.send(Paint(request))
        while not isinstance(message := await said(worker), Finished):
            pass
    finally:
        await worker.stop()
    with Image.open(io.BytesIO(message.png)) as image:
        picture = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None].float() / 255
    assert picture.shape == (1, 3, 48, 64)
    assert (picture[..., :12, :16] == picture[..., :1, :1]).all(), "a colour of the grid"
    perceptor = load_models(models.vqgan, models.clip, torch.device("cpu"), "float32").perceptor
    shown = F.interpolate(torch.cat([torch.full_like(picture, 0.5), picture]), size=perceptor.input_size, mode="area")
    before, after = spherical_distance(perceptor.encode_image(shown), perceptor.encode_texts([request.prompt]))
    assert after < before - 0.2


async def test_a_name_that_nothing_is_registered_by_is_refused_in_a_line(models: ModelsSettings) -> None:
    worker = await WorkerProcess.spawn(COMMAND)
    try:
        refused = await loaded(worker, models)
    finally:
        await worker.stop()
    wanted = "recipe.stages.0.canvas should be one of 'latent', 'pixels', 'fourier', 'siren', 'biggan'."
    assert refused == LoadFailed("CheckpointError", f"{models.vqgan} cannot be used: {wanted}")


if __name__ == "__main__":
    main()
