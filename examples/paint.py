"""Paint a picture with the pocket models in a plain loop: ``python examples/paint.py "a red apple" 30 apple.png``."""

import sys

import torch
from PIL import Image
from torch import Generator, Tensor

from generation.canvas.latent import LatentCanvas
from generation.canvas.pixels import PixelCanvas
from generation.checkpoints.loader import POCKET, Models, load_models
from generation.engine.optimisers import OPTIMISERS, learning_rate
from generation.engine.step import step
from generation.engine.story import weights
from generation.perceptor.cutouts import Cutouts
from generation.pocket.composer import finish
from generation.pocket.description import describe_pocket
from generation.pocket.objective import Contrast
from generation.pocket.prior import load_prior
from generation.recipe import Stage
from generation.request import ImagineRequest

CPU = torch.device("cpu")
SIDE = 128


def paint(prompt: str, steps: int) -> Tensor:
    """Return a picture of a prompt, ``[3, SIDE, SIDE]``: a sketch, painted over with so many steps in each stage."""
    models = load_models(POCKET, POCKET, CPU)
    pocket = describe_pocket(models.path)
    assert pocket.negatives is not None
    objective = Contrast(models.perceptor, Cutouts(8, models.perceptor.input_size, CPU), pocket.negatives)
    request, generator = ImagineRequest("example", prompt, 0, SIDE, SIDE, steps), Generator().manual_seed(0)
    rows = objective.rows(request)
    assert pocket.prior is not None
    prior = load_prior(models, pocket.prior, objective.distance, CPU)
    assert prior is not None
    counts = weights(request, 0)
    picture = finish(prior.begin(request, rows, counts, generator))
    for stage in models.recipe.stages[1:]:
        canvas, optimiser = canvas_of(models, stage), OPTIMISERS[stage.optimiser]()
        init = canvas.init(SIDE, SIDE, generator, picture)
        parameters, fixed = (tuple(each[None] for each in some) for some in (init.parameters, init.constants))
        state, wanted = optimiser.init(parameters), [row[None] for row in rows]
        for number, drawn in enumerate(objective.draw(steps, generator)[:, None], 1):
            rate = learning_rate(stage, number, steps)
            moves = optimiser.coefficients(parameters, rate, number, generator)[None]
            parameters, state, _ = step(
                canvas, objective, optimiser, parameters, state, fixed, wanted, counts[None], moves, drawn
            )
        picture = canvas.render(parameters, fixed)[0]
    return picture


def canvas_of(models: Models, stage: Stage) -> LatentCanvas | PixelCanvas:
    """Return what a stage of the pocket models optimises."""
    if stage.canvas == "latent":
        return LatentCanvas(models.vqgan, "grey", stage.pyramid, stage.total_variation)
    return PixelCanvas(models.perceptor.input_size, "grey", stage.pyramid, stage.total_variation, CPU)


if __name__ == "__main__":
    pixels = paint(sys.argv[1], int(sys.argv[2])).mul(255).round().byte().permute(1, 2, 0)
    Image.fromarray(pixels.numpy()).save(sys.argv[3])
