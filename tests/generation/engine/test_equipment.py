from dataclasses import replace

import pytest
import torch

from config.settings.models import ModelsSettings
from generation.checkpoints.loader import load_models
from generation.engine.equipment import Equipment
from generation.request import ImagineRequest
from generation.worker.build import engine_for

CPU = torch.device("cpu")
REQUEST = ImagineRequest("a", "a red apple", seed=1, width=64, height=64, steps=4)


@pytest.fixture
def equipment(tiny_models: ModelsSettings) -> Equipment:
    return engine_for(load_models(tiny_models.vqgan, tiny_models.clip, CPU), CPU).equipment


@pytest.mark.parametrize(
    ("request_", "has_kernels", "repeats"),
    [
        (REQUEST, True, True),
        (REQUEST, False, False),
        (replace(REQUEST, cuts="crops"), True, False),
        (replace(REQUEST, augment=("sharpness",)), True, False),
        (replace(REQUEST, canvas="fourier"), True, False),
    ],
)
def test_on_cuda_only_what_our_kernels_add_up_repeats(
    equipment: Equipment, monkeypatch: pytest.MonkeyPatch, request_: ImagineRequest, has_kernels: bool, repeats: bool
) -> None:
    assert equipment.repeats(request_), "on a CPU"
    monkeypatch.setattr("generation.engine.equipment.has_kernels", lambda _: has_kernels)
    equipment.device = torch.device("cuda")
    assert equipment.repeats(request_) is repeats
