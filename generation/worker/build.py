"""What an engine paints with, built from models as their YAML says."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import torch

from generation.canvas import Canvas
from generation.canvas.latent import LatentCanvas
from generation.canvas.pixels import PixelCanvas
from generation.checkpoints.loader import Models
from generation.engine.engine import Engine
from generation.engine.objective import Likeness
from generation.engine.optimisers import OPTIMISERS
from generation.errors import CheckpointError
from generation.perceptor.cutouts import Cutouts
from generation.pocket.description import PocketSection, describe_pocket
from generation.pocket.objective import Contrast
from generation.pocket.prior import load_prior
from generation.recipe import Stage

T = TypeVar("T")

CANVASES: dict[str, Callable[[Models, Stage, torch.device], Canvas]] = {
    "latent": lambda models, stage, _: LatentCanvas(
        models.vqgan, models.recipe.init, stage.pyramid, stage.total_variation
    ),
    "pixels": lambda models, stage, device: PixelCanvas(
        models.perceptor.input_size, models.recipe.init, stage.pyramid, stage.total_variation, device
    ),
}
"""By the names that a recipe uses."""


def engine_for(models: Models, device: torch.device, pocket: PocketSection | None = None) -> Engine:
    """Return an engine that paints with models, and with what small ones need beside the loop.

    Args:
        models: on the device.
        device: to paint on.
        pocket: what they need; by default what their YAML says.

    Raises:
        CheckpointError: the YAML names what there is not, or the weights of the prior cannot be read.
    """
    pocket = pocket or describe_pocket(models.path)
    recipe, perceptor = models.recipe, models.perceptor
    canvases = _named(models, "canvas", CANVASES, (stage.canvas for stage in recipe.stages))
    optimisers = _named(models, "optimiser", OPTIMISERS, (stage.optimiser for stage in recipe.stages))
    cutouts = Cutouts(recipe.cutouts, perceptor.input_size, device)
    objective = Contrast(perceptor, cutouts, pocket.negatives) if pocket.negatives else Likeness(perceptor, cutouts)
    return Engine(
        recipe,
        [canvas(models, stage, device) for canvas, stage in zip(canvases, recipe.stages, strict=True)],
        [optimiser() for optimiser in optimisers],
        objective,
        device,
        load_prior(models, pocket.prior, objective.distance, device) if pocket.prior else None,
        fingerprint=models.fingerprint,
    )


def _named(models: Models, key: str, known: Mapping[str, T], names: Iterable[str]) -> list[T]:
    """Return what the stages name under a key."""
    found = []
    for number, name in enumerate(names):
        if name not in known:
            wanted = f"recipe.stages.{number}.{key} should be one of {', '.join(map(repr, known))}"
            raise CheckpointError.of(models.path, f"cannot be used: {wanted}")
        found.append(known[name])
    return found
