"""What an engine paints with, built from models as their YAML says."""

from collections.abc import Callable, Iterable
from copy import copy

import torch

from generation.canvas import Canvas
from generation.canvas.biggan import BigGANCanvas
from generation.canvas.fourier import FourierCanvas
from generation.canvas.latent import LatentCanvas
from generation.canvas.pixels import PixelCanvas
from generation.canvas.siren import SirenCanvas
from generation.checkpoints.loader import Models
from generation.engine.batch import SLOTS
from generation.engine.engine import Engine
from generation.engine.equipment import Equipment
from generation.engine.neural_style import NeuralStyle
from generation.engine.objective import Likeness
from generation.engine.optimisers import OPTIMISERS
from generation.engine.parts import Parts
from generation.errors import CheckpointError
from generation.models.biggan import BigGAN
from generation.models.vgg import VGG
from generation.options import AUGMENTATIONS, NEURAL_STYLE
from generation.perceptor.views import METHODS, views_for
from generation.pocket.description import PocketSection, describe_pocket
from generation.pocket.objective import Contrast
from generation.pocket.prior import load_prior
from generation.recipe import Stage

CANVASES: dict[str, Callable[[Models, Stage, torch.device, float], Canvas]] = {
    "latent": lambda models, stage, *_: LatentCanvas(
        models.vqgan, models.recipe.init, stage.pyramid, stage.total_variation
    ),
    "pixels": lambda models, stage, device, _: PixelCanvas(
        models.perceptor.input_size, models.recipe.init, stage.pyramid, stage.total_variation, device
    ),
    NEURAL_STYLE: lambda models, stage, device, _: PixelCanvas(
        None, models.recipe.init, stage.pyramid, stage.total_variation, device
    ),
    "fourier": lambda models, stage, device, _: FourierCanvas(models.recipe.init, stage.total_variation, device),
    "siren": lambda models, stage, device, _: SirenCanvas(
        models.recipe.painters.network, models.perceptor.input_size, stage.total_variation, device
    ),
    "biggan": lambda models, stage, device, scale: BigGANCanvas(
        _biggan(models), stage.most_classes, stage.total_variation, device, scale
    ),
}
"""By the names that a recipe uses; the last of what they take is the objective's scale."""
NEURAL_STYLE_SECTION = "painters.neural_style"
"""Of a recipe, whose stages alone are judged by a VGG."""


def engine_for(models: Models, device: torch.device, pocket: PocketSection | None = None, slots: int = SLOTS) -> Engine:
    """Return an engine that paints with models, and with what small ones need beside the loop.

    Args:
        models: on the device.
        device: to paint on.
        slots: paintings that share a step, at most.
        pocket: what they need; by default what their YAML says.

    Raises:
        CheckpointError: the YAML names what there is not, or the weights of the prior cannot be read.
    """
    pocket = pocket or describe_pocket(models.path)
    recipe, perceptor = models.recipe, models.perceptor
    for section, stages in recipe.sections.items():
        for number, stage in enumerate(stages):
            is_style = section == NEURAL_STYLE_SECTION
            canvases = [name for name in CANVASES if (name == NEURAL_STYLE) == is_style]
            _check(models, f"{section}.{number}.canvas", [stage.canvas], canvases)
            _check(models, f"{section}.{number}.optimiser", [stage.optimiser], OPTIMISERS)
            _check(models, f"{section}.{number}.cut_method", [stage.cut_method], METHODS)
            _check(models, f"{section}.{number}.augmentations", stage.augmentations or (), AUGMENTATIONS)
    cutouts = views_for(recipe.cutouts, perceptor.input_size, device)
    usual = Contrast(perceptor, cutouts, pocket.negatives) if pocket.negatives else Likeness(perceptor, cutouts)

    def parts(stage: Stage) -> Parts:
        count = stage.cutouts or recipe.cutouts
        canvas, optimiser = CANVASES[stage.canvas](models, stage, device, usual.scale), OPTIMISERS[stage.optimiser]()
        if stage.canvas == NEURAL_STYLE:
            return Parts(canvas, NeuralStyle(_vgg(models)), optimiser)
        objective = copy(usual)  # what it knows by heart takes long to encode
        objective.cutouts = views_for(
            count, perceptor.input_size, device, stage.cut_method, stage.augmentations, stage.cut_power
        )
        return Parts(canvas, objective, optimiser)

    equipment = Equipment(
        recipe,
        parts,
        device,
        load_prior(models, pocket.prior, usual.distance, device) if pocket.prior else None,
        fingerprint=models.fingerprint,
        vqgan=models.vqgan_fingerprint,
        biggan=models.biggan_fingerprint,
        vgg=models.vgg_fingerprint,
        classes=models.biggan.classes if models.biggan else (),
        slots=slots,
    )
    return Engine(equipment)


def _biggan(models: Models) -> BigGAN:
    if models.biggan is None:
        raise CheckpointError.of(models.path, "cannot be used: its recipe paints by a BigGAN, and there is none")
    return models.biggan


def _vgg(models: Models) -> VGG:
    if models.vgg is None:
        raise CheckpointError.of(models.path, "cannot be used: its recipe judges by a VGG, and there is none")
    return models.vgg


def _check(models: Models, key: str, names: Iterable[str], known: Iterable[str]) -> None:
    """Raise ``CheckpointError`` where a stage names what is not known."""
    if not set(names) <= set(known):
        wanted = f"recipe.{key} should be one of {', '.join(map(repr, known))}"
        raise CheckpointError.of(models.path, f"cannot be used: {wanted}")
