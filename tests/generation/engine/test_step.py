"""What holds on every device, shown where there is one: on `meta`, whose tensors have a device and no numbers.

It refuses tensors of another device, and whatever would wait for a number: on CUDA neither can be recorded.
"""

from pathlib import Path

import pytest
import torch
from torch import Generator

from config.settings.models import ModelsSettings
from generation.checkpoints.loader import Models, load_clip, load_vqgan, prepare
from generation.engine.optimisers import OPTIMISERS
from generation.engine.step import step
from generation.models.precision import Precision
from generation.options import AUGMENTATIONS, CUT_METHODS
from generation.pocket.description import PocketSection
from generation.recipe import Recipe, Stage
from generation.worker.build import engine_for

META = torch.device("meta")
PAINTINGS = 2


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    "stage",
    [
        Stage(),
        Stage(optimiser="normalised", pyramid=(1.0, 0.5), total_variation=1.0),
        Stage(canvas="pixels", pyramid=(1.0, 0.5)),
        Stage(canvas="fourier"),
        *(Stage(optimiser=name) for name in OPTIMISERS),
        *(Stage(cut_method=name, augmentations=AUGMENTATIONS) for name in CUT_METHODS),
    ],
)
def test_a_step_stays_on_its_device_and_does_not_wait_for_it(
    tiny_models: ModelsSettings, precision: Precision, stage: Stage
) -> None:
    path = Path(tiny_models.vqgan)
    vqgan, _ = load_vqgan(path)
    models = prepare(Models(vqgan, load_clip(Path(tiny_models.clip)), Recipe(stages=(stage,)), path), META, precision)
    engine = engine_for(models, META, PocketSection())
    parts = engine.equipment.parts(stage)
    canvas, optimiser, objective = parts.canvas, parts.optimiser, parts.objective
    generator = Generator().manual_seed(0)
    init = canvas.init(64, 64, generator, torch.zeros(3, 64, 64, device=META))
    parameters, constants = (
        tuple(each.expand(PAINTINGS, *each.shape) for each in tensors) for tensors in (init.parameters, init.constants)
    )
    width = models.perceptor.encode_image(torch.zeros(1, 3, 32, 32, device=META)).shape[1]
    rows = torch.zeros(PAINTINGS, 1, width, device=META), torch.zeros(PAINTINGS, 1, device=META)
    weights = torch.ones(PAINTINGS, 1, device=META)
    coefficients = optimiser.coefficients(parameters, 0.1, 1, generator).expand(PAINTINGS, -1).to(META)
    drawn = objective.draw(PAINTINGS, generator).to(META)
    state = optimiser.init(parameters)
    moved, remembered, pictures = step(
        canvas, objective, optimiser, parameters, state, constants, rows, weights, coefficients, drawn
    )
    assert [each.shape for each in moved] == [each.shape for each in parameters]
    assert [each.shape for each in remembered] == [each.shape for each in state]
    assert pictures.shape == (PAINTINGS, 3, 64, 64)
    assert {each.device for each in (*moved, *remembered, pictures)} == {META}
