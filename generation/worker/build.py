"""What an engine paints with, built from models as their recipe says."""

import torch

from generation.canvas import Canvas
from generation.canvas.latent import LatentCanvas
from generation.canvas.pixels import PixelCanvas
from generation.checkpoints.loader import Models
from generation.pocket.sketch import Sketcher


def canvases_for(models: Models, device: torch.device) -> list[Canvas]:
    """Return the canvas of each stage of the models' recipe."""
    recipe = models.recipe
    return [
        LatentCanvas(models.vqgan, recipe.init, stage.pyramid)
        if stage.canvas == "latent"
        else PixelCanvas(models.perceptor.input_size, recipe.init, stage.pyramid, device)
        for stage in recipe.stages
    ]


def sketcher_for(models: Models) -> Sketcher | None:
    """Return what draws sketches with these models, if they can."""
    if models.composer is None or models.recipe.sketch is None:
        return None
    return Sketcher(models.composer, models.vqgan, models.perceptor, models.recipe.sketch)
