"""Which canvases a recipe asks for."""

import torch

from generation.canvas import Canvas
from generation.canvas.latent import LatentCanvas
from generation.canvas.pixels import PixelCanvas
from generation.checkpoints import Models


def canvases_for(models: Models, device: torch.device) -> list[Canvas]:
    """Return the canvas of each stage of the models' recipe."""
    recipe = models.recipe
    return [
        LatentCanvas(models.vqgan, recipe.init, stage.pyramid)
        if stage.canvas == "latent"
        else PixelCanvas(models.perceptor.input_size, recipe.init, stage.pyramid, device)
        for stage in recipe.stages
    ]
