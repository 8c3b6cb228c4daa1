"""The canvas in the documentation paints."""

import re
from dataclasses import replace
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
import torch
import yaml
from torch import Generator
from torch.nn import functional as F

from generation.canvas.noise import fractal
from generation.checkpoints.loader import load_models
from generation.recipe import Recipe, Stage
from generation.request import ImagineRequest
from generation.worker.build import CANVASES, engine_for

PAGE = Path(__file__).parents[3] / "docs" / "painters.md"
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def waves(tmp_path_factory: pytest.TempPathFactory) -> Any:
    found = re.search(r"```python\n(.+?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    module = tmp_path_factory.mktemp("canvas") / "waves.py"
    module.write_text(found[1], "utf-8")
    return run_path(str(module))["Waves"]()


def test_it_begins_with_a_picture(waves: Any) -> None:
    picture = 0.1 + 0.8 * fractal(32, 24, Generator().manual_seed(0))
    init = waves.init(32, 24, Generator(), picture)
    shown = waves.render([each[None] for each in init.parameters], [each[None] for each in init.constants])
    assert (shown[0] - picture).abs().max() < 1e-3


def test_it_paints(waves: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CANVASES, "waves", lambda *_: waves)
    pocket = load_models("pocket", "pocket", CPU)
    stages = (Stage("waves", learning_rate=0.02),)
    engine = engine_for(replace(pocket, recipe=Recipe(cutouts=8, stages=stages)), CPU)
    state = engine.add_request(ImagineRequest("a", "a red apple", 1, 64, 64, 40, init="noise"))
    distances = []
    while len(engine):
        engine.step()
        assert state.picture is not None
        shown = F.interpolate(state.picture[None], size=pocket.perceptor.input_size, mode="area")
        distances.append(float((pocket.perceptor.encode_image(shown)[0] - state.rows[0][0]).norm()))
    assert distances[-1] < distances[0] - 0.2


def test_the_recipe_in_the_documentation_is_the_pocket_models() -> None:
    found = re.search(r"```yaml\nrecipe:\n(.+?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    told = Recipe.from_config(yaml.safe_load(found[1]))
    assert told.painters == load_models("pocket", "pocket", CPU).recipe.painters
